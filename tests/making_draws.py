"""Draws by GraphQL, as a dispatcher makes them; and a large world for their speed."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from authz.actor import Actor
from models.sessions import RecognitionMode, RecognitionSession
from models.supervisors import Appointment, Card, Employment, Person, SkillLevel, Supervisor, SupervisorKind
from tests.making_supervisors import supervisor
from tests.world import World, key, shown

MONTH = "2026-09"
SOURCE = "2026-09-17 中国福利彩票双色球开奖号码"

FIELDS = "id status version month sessionsHeld sessionsInspected sessionsNeeded commitment poolDigest publicValue secret seed voidReason"
FREEZE = f"mutation($input: DrawFreezeInput!) {{ drawFreeze(input: $input) {{ replayed event {{ step }} draw {{ {FIELDS} replaces {{ id }} }} }} }}"
RUN = f"""mutation($input: DrawRunInput!) {{ drawRun(input: $input) {{ replayed draw {{ {FIELDS}
  picks(first: 50) {{ nodes {{ position mayHaveMore shortfall recognitionSession {{ id }} inspection {{ id }}
    team {{ seat supervisor {{ id }} recognitionSession {{ id }} }} }} }} }} }} }}"""
CONFIRM = """mutation($input: DrawConfirmInput!) { drawConfirm(input: $input) { replayed draw { id status
  picks(first: 50) { nodes { recognitionSession { id } inspection { id status venue scheduledOn
    team { id status role replyBy supervisor { id } } } } } } } }"""
VOID = f"mutation($input: DrawVoidInput!) {{ drawVoid(input: $input) {{ draw {{ {FIELDS} }} }} }}"
ACCEPT = "mutation($input: AssignmentAcceptInput!) { assignmentAccept(input: $input) { replayed assignment { status repliedAt } event { step } } }"
VERIFY = "query($id: ID!) { drawVerify(id: $id) { holds problems document } }"


async def roster(world: World, count: int) -> list[tuple[Supervisor, Actor]]:
    """So many external supervisors who may go anywhere."""
    return [await supervisor(world) for _ in range(count)]


def dispatcher(world: World) -> str:
    return "district_dispatcher_0" if world.districts else "center_dispatcher"


def freezing(world: World, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"idempotencyKey": key(), "month": MONTH, "publicSource": SOURCE}
    return said | ({} if world.districts else {"sessions": 1}) | changes


async def frozen(world: World, *, by: str | None = None, **changes: Any) -> dict[str, Any]:
    data = await world.done(by or dispatcher(world), FREEZE, input=freezing(world, **changes))
    return data["drawFreeze"]["draw"]


async def ran(world: World, *, by: str | None = None, value: str = "03,08,17,21,25,33+09", **changes: Any) -> dict[str, Any]:
    draw = await frozen(world, by=by, **changes)
    said = {"idempotencyKey": key(), "draw": draw["id"], "publicValue": value}
    return (await world.done(by or dispatcher(world), RUN, input=said))["drawRun"]["draw"]


async def confirmed(world: World, *, by: str | None = None, **changes: Any) -> list[dict[str, Any]]:
    """The picks of a confirmed draw, each with its inspection and team."""
    draw = await ran(world, by=by, **changes)
    data = await world.done(by or dispatcher(world), CONFIRM, input={"idempotencyKey": key(), "draw": draw["id"]})
    return data["drawConfirm"]["draw"]["picks"]["nodes"]


def actor_of(people: list[tuple[Supervisor, Actor]], shown_id: str) -> Actor:
    return next(actor for row, actor in people if row.id == UUID(hex=shown_id.partition("_")[2]))


async def crowd(world: World, *, people: int, sessions: int) -> None:
    """A city's roster and a district's month, put in as rows: a verb each would take longer than the draw that is measured."""
    district, start = world.districts[0], world.now + timedelta(days=2)
    day = start.date()
    async with world.transaction() as session:
        first: list[SQLModel] = []
        second: list[SQLModel] = []
        rows: list[SQLModel] = []
        for n in range(people):
            person = Person(name=f"督{n}", birth_date=date(1980, 1, 1))
            own = Supervisor(person_id=person.id, organization_id=world.center.id, center_id=world.center.id, kind=SupervisorKind.EXTERNAL)
            mine = {"supervisor_id": own.id, "person_id": person.id, "center_id": world.center.id}
            dated = {"valid_from": day - timedelta(days=90), "valid_until": day + timedelta(days=900)}
            card = Card(number=f"C{n}", title="督导员", issuer_id=world.center.id, **mine, **dated)
            term = Appointment(dispatcher_id=world.center.id, starts_on=day - timedelta(days=90), **mine)
            job = Employment(person_id=person.id, agency_id=world.agencies[n % 2].id, starts_on=day - timedelta(days=900))
            first.append(person)
            second.append(own)
            rows += [card, term, *([job] if n % 3 == 0 else [])]
        for n in range(sessions):
            begins = start + timedelta(hours=n % 8, days=n // 8)
            details = {"occupation": "电工", "place": "考场", "candidate_count": 60, "level": SkillLevel.SENIOR_3, "mode": RecognitionMode.EXAM}
            tenants = {"center_id": world.center.id, "district_id": district.id, "agency_id": world.agencies[n % 2].id}
            rows.append(RecognitionSession(starts_at=begins, ends_at=begins + timedelta(hours=3), **details, **tenants))
        for one in (first, second, rows):
            session.add_all(one)
            await session.flush()


def place(id: str | UUID, **more: Any) -> dict[str, Any]:
    """The input of an answer to an offer."""
    return {"idempotencyKey": key(), "assignment": id if isinstance(id, str) else shown("asg", id)} | more


def stored(draw: dict[str, Any]) -> UUID:
    return UUID(hex=draw["id"].partition("_")[2])
