"""One prepared case for the mutation that shows an id number."""

from collections.abc import Mapping

from domain.people import person_by_number
from models.supervisors import Person
from tests.cases_dispatch import Prepare
from tests.contract import AGAIN, Case
from tests.making_sessions import id_number
from tests.making_supervisors import supervisor
from tests.world import ID_KEYS, World, shown


async def numbered(world: World) -> tuple[Person, str]:
    """Somebody on the roster of the center, and the number that is kept of them."""
    number = id_number()
    async with world.transaction() as session:
        person = await person_by_number(session, number, name="名册甲", keys=ID_KEYS, on=world.now.date())
    await supervisor(world, person=person, name="numbered")
    return person, number


async def person_reveal_identity(world: World) -> Case:
    person, _ = await numbered(world)
    return Case(world, "center_admin", {"person": shown("per", person.id), "purpose": "核对证卡信息"}, again=AGAIN)


IDENTITY: Mapping[str, Prepare] = {"personRevealIdentity": person_reveal_identity}
