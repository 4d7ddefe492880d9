"""Draws by GraphQL, as a dispatcher makes them; and a large world for their speed."""

from typing import Any
from uuid import UUID

from authz.actor import Actor
from models.supervisors import Supervisor
from tests.making_supervisors import supervisor
from tests.world import World, key

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
