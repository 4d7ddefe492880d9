"""Where every history of a regime begins, and one history: steps by the verbs of the domain beside the model, in a transaction that is undone."""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict, Refused, Unmet
from domain.supervisors import appoint, card_in_use, terms_in_force
from gql.errors import REFUSALS_OF_THE_DATABASE
from models.database import Database
from models.dispatch import Assignment
from models.inspections import Inspection
from models.supervisors import Supervisor
from tests.histories import verbs_of_cases, verbs_of_people, verbs_of_visits
from tests.histories.hand import Hand, NotDue
from tests.histories.moves import JUDGES, chosen, judged, outcome
from tests.histories.standing import differences, faults, unlinked
from tests.histories.told import History, Move, Row, begun, fresh, team
from tests.making_returns import again, published
from tests.making_supervisors import supervisor
from tests.world import World

Choice = tuple[str, int]
"""A mood and a number: the model makes a step of them, whatever came before."""

VERBS = (verbs_of_visits, verbs_of_people, verbs_of_cases)
LOOK = 30
"""After so many steps the invariants are asked."""
PAUSE = 120
"""Seconds that a history may wait between two statements: other tests may have the machine."""
PEOPLE, TERM_LEFT = 5, timedelta(days=15)
EMPLOYED, ENDING = 1, (2, 4)
"""Who is employed by the first agency, and whose terms are nearly over."""


class Apart(Exception):  # noqa: N818 - what a history was run for
    """The service and the model are apart, or an invariant is broken."""


class Undone(Exception):  # noqa: N818 - how every history ends
    """Takes the transaction back."""


@dataclass
class Ground:
    """A jurisdiction and its people."""

    world: World
    regime: dict[str, Any]
    people: list[Supervisor]
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each outcome of each verb was met."""

    @classmethod
    async def made(cls, database: Database, maker: Database, regime: dict[str, Any]) -> "Ground":
        world = await World.founded(database, maker=maker, profile=regime["profile"])
        await published(world)
        for other in JUDGES[1:]:
            await world.hire("center_admin", world.center, name=other)
        return cls(world, regime, [await hired(world, n) for n in range(PEOPLE)])

    async def told(self, session: AsyncSession) -> History:
        people = [await told_of(session, self.world, one, n) for n, one in enumerate(self.people)]
        districts = self.world.districts
        return begun(self.regime, self.world.now, people, center=self.world.center.id, district=districts[0].id if districts else None)

    async def run(self, choices: Sequence[Choice]) -> tuple[list[str], str | None]:
        """The steps in words, and what was wrong after the last of them."""
        taken: list[str] = []
        try:
            async with self.world.maker.transaction(seconds=PAUSE) as session:
                await self.live(session, choices, taken)
        except Undone:
            return taken, None
        except Apart as error:
            return taken, str(error)

    async def live(self, session: AsyncSession, choices: Sequence[Choice], taken: list[str]) -> None:
        h = await self.told(session)
        for mood, pick in choices:
            move = chosen(h, mood, pick)
            said, words = judged(h, move), shown(h, move)
            foreseen = outcome(said)
            happened, row = await self.tried(session, h, move, lightly=isinstance(said, str))
            taken.append(f"{len(taken) + 1}. {h['now']:%m-%d %H:%M} {words}: {happened}")
            for met in (self.steps, h["met"]):
                met[move[0], happened] += 1
            if happened != foreseen:
                raise Apart(f"the model says {foreseen}")
            if not isinstance(said, str):
                await adopted(session, h, said(), row)
                agree(await differences(session, h))
            if len(taken) % LOOK == 0:
                agree(await faults(session, h))
        tenants = [self.world.center, *self.world.districts, *self.world.agencies]
        agree(await faults(session, h) + await unlinked(session, [one.id for one in tenants]))
        raise Undone

    async def tried(self, session: AsyncSession, h: History, move: Move, *, lightly: bool) -> tuple[str, SQLModel | None]:
        """DONE, or the refusal. One that is foreseen leaves nothing behind: `lightly` takes what was written back, as the service would."""
        name, *about = move
        if name == "wait":
            return "DONE", None
        verb = next(getattr(one, name) for one in VERBS if hasattr(one, name))
        try:
            async with session.begin_nested() if lightly else nullcontext():
                row = await verb(Hand(self.world, session, h), *about)
                await session.flush()
        except (Refused, NotDue, DBAPIError) as error:
            # the heads of the chains are again what they were before
            session.info.pop("heads", None)
            return code_of(error), None
        return "DONE", row


def agree(found: list[str]) -> None:
    if found:
        raise Apart("; ".join(found))


def code_of(error: Exception) -> str:
    """What a client would be told: the reason of a conflict, the rule that is not met, the field that is wrong."""
    match error:
        case DBAPIError():
            return code_of(REFUSALS_OF_THE_DATABASE[getattr(error.orig, "sqlstate", "")])
        case Conflict():
            return error.reason
        case Unmet():
            return str(error.params.get("reason", error.rule))
        case BadInput():
            return error.field
    return "NOT_DUE"


async def hired(world: World, n: int) -> Supervisor:
    row, _ = await supervisor(world, employer=world.agencies[0] if n == EMPLOYED else None, appointed=n not in ENDING, name=f"person_{n}")
    if n in ENDING:
        act = world.act("center_admin", at=world.now - timedelta(days=300))
        async with world.transaction() as session:
            mine, until = await again(session, Supervisor, row.id), (world.now + TERM_LEFT).date()
            await appoint(session, mine, starts_on=act.at.date(), ends_on=until, act=act)
    return row


async def told_of(session: AsyncSession, world: World, row: Supervisor, n: int) -> Row:
    card, terms = await card_in_use(session, row.id), await terms_in_force(session, row.id, on=world.now.date())
    assert card is not None
    cards = [{"id": card.id, "status": "ACTIVE", "from": card.valid_from, "until": card.valid_until}]
    running = [{"id": one.id, "status": "ACTIVE", "from": one.starts_on, "until": one.ends_on} for one in terms]
    own = fresh(name=f"person_{n}", standing="ACTIVE", employer=0 if n == EMPLOYED else None, streak=0, cards=cards, terms=running)
    return own | {"id": row.id, "person": row.person_id}


async def adopted(session: AsyncSession, h: History, told: Row | None, stored: SQLModel | None) -> None:
    """Tells the model the ids of what was made."""
    if (told is None) != (stored is None):
        raise Apart(f"made {stored!r}, and in the model {told!r}")
    if told is None or stored is None:
        return
    told["id"] = stored.id  # type: ignore[attr-defined]
    if isinstance(stored, Inspection):
        found = await session.exec(select(Assignment).where(col(Assignment.inspection_id) == stored.id))
        ids = {one.supervisor_id: one.id for one in found.all()}
        for place in team(h, told):
            place["id"] = ids[place["person"]["id"]]


def shown(h: History, move: Move) -> str:
    """A step for people: rows by their number."""
    return " ".join([move[0], *(named(h, one) for one in move[1:])])


def named(h: History, one: Any) -> str:
    if isinstance(one, list):
        return "+".join(named(h, each) for each in one)
    if not isinstance(one, dict):
        return str(one)
    if "name" in one:
        return str(one["name"])
    for kind in ("sessions", "visits", "places", "cases", "entries", "returns"):
        for n, row in enumerate(h[kind]):
            if row is one:
                return f"{kind}[{n}]" + (f" ({named(h, row['visit'])} {row['person']['name']})" if kind == "places" else "")
    return f"{one['status']} since {one['from']}"
