"""What random histories, or the writing of their model, have found, each as a short one of its own."""

from datetime import timedelta

import pytest

from domain import cases, directed, offers
from domain.cases import Decision
from domain.errors import Unmet
from models.cases import Ground, SupervisorCase
from models.dispatch import Assignment
from tests.making_inspections import dispatched
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("B023", "A09")
async def test_who_fills_a_place_was_not_in_the_inspection_before(world: World) -> None:
    """The inspection that somebody is wanted for had hidden the one before it."""
    last, _, fresh = [await supervisor(world) for _ in range(3)]
    await dispatched(world, team=[last, await supervisor(world)])
    later = await recognition(world, starts_at=world.now + timedelta(days=5))
    visit, _ = await dispatched(world, of=later, members=2, accepted=False)
    left = (await world.rows(Assignment, inspection_id=visit.id))[0]
    act = world.act("district_dispatcher_0")
    async with world.transaction() as session:
        place = await again(session, Assignment, left.id)
        await offers.excuse(session, place, "生病", act=act)
        with pytest.raises(Unmet) as refused:
            await directed.replace(session, place, last[0], act=act)
        assert refused.value.params["reason"] == "ROTATION"
        new, _ = await directed.replace(session, place, fresh[0], act=act)
    assert (new.status, new.replaces_id) == ("OFFERED", left.id)


@pytest.mark.requirement("B060", "Y087")
async def test_a_suspension_ends_with_the_card(world: World) -> None:
    """It would have stood against the next card of the person, and nobody could have lifted it."""
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    second = await world.hire("center_admin", world.center, name="second")
    first, other = world.act("center_admin"), world.act(second)
    async with world.transaction() as session:
        for ground in (Ground.NEGLIGENCE, Ground.PRIVATE_GAIN):
            case, _ = await cases.open_case(session, card, ground=ground, facts="未到现场", act=first)
            if ground is Ground.NEGLIGENCE:
                await cases.suspend(session, case, Decision("报告", "督停1"), act=first)
        await cases.revoke(session, case, Decision("报告", "督销1"), ground=ground, act=first)
        await cases.confirm(session, case, act=other)
    found = {one.ground.value: one.status.value for one in await world.rows(SupervisorCase, card_id=card.id)}
    assert found == {"NEGLIGENCE": "LIFTED", "PRIVATE_GAIN": "IN_FORCE"}
