"""What a decision costs, beside `enforce`, Cedar and Polar on the same policy: `python -m bench.rights`, and a part of `make bench`."""

import argparse
import asyncio
import gc
import itertools
import os
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from app import accounts, clock, identity, migrate
from app.embedded_postgres import EmbeddedPostgres
from authz import asking, deciding
from authz.access import POLICY, VERSIONS, given, holds, sound
from authz.actions import Action
from authz.actor import Actor, Role
from authz.asking import Acting, Subject
from authz.changes import Addition, changed, difference
from authz.explain import decided, explained, relations
from authz.policy import digest_of
from authz.versions import Versions
from bench.figures import HERE, about_machine, verdict, written
from bench.peers.enforced import each
from bench.peers_decisions import MODULES, Question, alike, answering, by_casbin, inspection, installed, questions
from domain.machine import Act
from domain.policies import Shown, alone, approve, blank, propose
from models.database import Database
from models.inspections import Inspection
from models.organizations import Tier
from seeds.scale import seed_scale

USERS, EXPLAINED, INSPECTIONS, QUESTIONS, ROUNDS = 500_000, 200, 200, 300, 9
ROLES = (Role.DISTRICT_ADMIN, Role.DISTRICT_DISPATCHER, Role.DISTRICT_CLERK)
ACTION = Action.INSPECTION_NOTIFY
ADDED = (
    Addition("g, center_watch, center", "house"),
    Addition("p, center_watch, SUBTREE, employment, read, allow", "003 §10"),
    Addition("p, center_watch, SUBTREE, supervisor_case, read, allow", "000 §21"),
)
"""A role with two rights, as docs/authorization.md adds one."""

DECISION, RECORDED, TAIL, ENFORCE = "decision, p50", "decision with record, p50", "decision with record, p99", "enforce, p50"
TIMES = {DECISION: 3_000, RECORDED: 3_000, ENFORCE: 50, **{f"{peer}, p50": 150 for peer in MODULES}}
"""How often each side is asked in each round."""

MEMORY, RELOAD, WEIGHING, EXPLAIN, DRY_RUN = (
    "memory for 500,000 users",
    "new version, read to ready",
    "explanation: weighing",
    "explanation, beside its statements",
    "dry run",
)
MOST = {RECORDED: 2.0, TAIL: 10.0, MEMORY: 1.0, RELOAD: 50.0, EXPLAIN: 1.0, DRY_RUN: 1.0}
UNITS = {
    DECISION: "µs",
    RECORDED: "µs",
    TAIL: "µs",
    ENFORCE: "µs",
    **{f"{peer}, p50": "µs" for peer in MODULES},
    **{f"{peer} / decision": "×" for peer in ("enforce", *MODULES)},
    MEMORY: "MiB",
    RELOAD: "ms",
    WEIGHING: "µs",
    EXPLAIN: "ms",
    DRY_RUN: "s",
}


@dataclass
class Rights:
    """A run. The units are in UNITS; `absent` says of a peer why it has no figures."""

    about: dict[str, str]
    figures: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def write(self) -> Path:
        return written("rights", asdict(self))

    def table(self) -> str:
        rows = [f"| {what} | {one:.3g} {UNITS[what]} | {verdict(one, MOST.get(what), UNITS[what])} |" for what, one in self.figures.items()]
        rows += [f"| {peer}, p50 | {why} | |" for peer, why in self.absent.items()]
        return "\n".join(["| Rights | Figure | Goal |", "|---|---|---|", *rows, "", *(f"- {what}: {said}" for what, said in self.about.items())])


def somebody(organization: UUID) -> Actor:
    """Three roles, each by a membership with an end; who opened the request has left out those that are not in force."""
    tenants: dict[str, Any] = {"organization_id": organization, "center_id": uuid4(), "district_id": organization, "agency_id": None}
    held = {role: uuid4() for role in ROLES}
    return Actor(account_id=uuid4(), person_id=uuid4(), tier=Tier.DISTRICT, roles=frozenset(ROLES), memberships=held, **tenants)


def visit(actor: Actor) -> Inspection:
    """Dispatched by whom the actor acts for. Its ids are equal to the actor's and not the same objects, as in a row from the database."""
    ids = {"dispatcher_id": actor.organization_id, "center_id": actor.center_id, "district_id": actor.district_id, "agency_id": uuid4()}
    return inspection({name: UUID(str(id)) for name, id in ids.items()})


def deciding_costs(rights: Rights) -> None:
    """All sides in turn, round by round; each ratio is the middle one of neighbours.

    Timed is what a door does about a row in hand: the wall, the first line that gives, those that take, and the record: line, role, membership,
    article. That the memberships are in force was asked by the statement that opens the request; the row of the log is part of the write.
    """
    actor = somebody(uuid4())
    found: dict[str, list[list[float]]] = {}
    with ExitStack() as stack:
        sides = sides_of(rights, stack, [Question(actor, ACTION, visit(actor)), *questions(QUESTIONS)])
        for _ in range(ROUNDS):
            for name, timed in sides.items():
                found.setdefault(name, []).append(timed(TIMES[name]))
    middles = {name: [statistics.median(times) for times in rounds] for name, rounds in found.items()}
    whole = {name: sorted(itertools.chain(*rounds)) for name, rounds in found.items()}
    rights.figures |= {name: statistics.median(times) for name, times in whole.items()}
    rights.figures[TAIL] = statistics.quantiles(whole[RECORDED], n=100)[98]
    for name in [name for name in sides if name not in {DECISION, RECORDED}]:
        pairs = zip(middles[name], middles[RECORDED], strict=True)
        rights.figures[name.replace(", p50", " / decision")] = statistics.median(theirs / ours for theirs, ours in pairs)
    quick, slow = min(middles[RECORDED]), max(middles[RECORDED])
    rights.about["pace"] = f"decision with record in the quickest of {ROUNDS} rounds {quick:.2f} µs, in the slowest {slow:.2f} µs"


def sides_of(rights: Rights, stack: ExitStack, asked: list[Question]) -> dict[str, Callable[[int], list[float]]]:
    """How each is asked the first question so many times, after all have given our answer to every one. Who cannot be had has no figure."""
    actor, row = asked[0].actor, asked[0].row
    # what is kept for these roles is kept of somebody else's request, as it is in the service
    holds(somebody(uuid4()), ACTION, row)

    def recorded() -> object:
        found = given(actor, ACTION, row)
        return found and deciding.granted(actor, found)

    enforced = list(map(by_casbin(), asked))
    alike("enforce", asked, [one() for one in enforced])
    calls = {DECISION: lambda: holds(actor, ACTION, row), RECORDED: recorded, ENFORCE: enforced[0]}
    sides: dict[str, Callable[[int], list[float]]] = {name: partial(each, what=call) for name, call in calls.items()}
    python = installed()
    for name in MODULES:
        if python is None:
            rights.absent[name] = "not installed"
        else:
            sides[f"{name}, p50"] = stack.enter_context(answering(python, name, asked)).timed
    return sides


def resident() -> float:
    """Memory of this process, in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory(rights: Rights) -> None:
    """Every user is another person; nobody leaves anything behind."""
    row = visit(somebody(uuid4()))
    for _ in range(USERS // 50):
        holds(somebody(row.dispatcher_id), ACTION, row)
    before = resident()
    for _ in range(USERS):
        holds(somebody(row.dispatcher_id), ACTION, row)
    rights.figures[MEMORY] = max(0.0, resident() - before)


def dry_run(rights: Rights) -> None:
    """A role with two rights, compared over the whole space for every role and action."""
    new = VERSIONS.compiled(changed(POLICY.said, adds=ADDED, removes=()))
    began = time.perf_counter()
    cells = difference(POLICY, new)
    rights.figures[DRY_RUN] = time.perf_counter() - began
    if {one.role for one in cells} != {"center_watch"}:
        raise RuntimeError("another role gains")


async def published(database: Database, center: Actor) -> int:
    """A version in force, by the rules' own verbs."""
    if center.center_id is None:
        raise RuntimeError("nobody acts for nobody")
    said = changed(POLICY.said, adds=ADDED, removes=())
    first, second = (Act(one, center.center_id, clock.now()) for one in (center.person_id, await other_person(database, center.person_id)))
    shown = Shown(said=said, digest=digest_of(said), base=1, difference="d" * 64, cells=[], heads={})
    version = blank(first)
    async with database.transaction() as session:
        await propose(session, version, shown, act=first, reason="bench")
        await alone(session, version.center_id)
        await approve(session, version, shown, expected="d" * 64, act=second)
        return version.number


async def other_person(database: Database, person_id: UUID) -> UUID:
    return await identified(database, "SELECT to_json(id)::text FROM person WHERE id <> $1 LIMIT 1", person_id)


async def identified(database: Database, statement: str, value: object) -> UUID:
    return UUID(orjson.loads(await database.glance().document(statement, [value]) or ""))


async def with_rows(rights: Rights, owner: str, url: str) -> None:
    async with AsyncExitStack() as stack:
        seeded, database = Database(owner), Database(url)
        for one in (seeded, database):
            stack.push_async_callback(one.close)
        await seed_scale(seeded, inspections=INSPECTIONS)
        center, district = [await signed_in(database, name) for name in ("scale-center", "scale-110105")]
        visited = await newest(seeded, district.organization_id)
        question = asking.Question(Subject(person_id=district.person_id), ACTION, Inspection, visited, clock.now())
        await explaining(rights, database, center, question=question)
        number = await published(seeded, center)
        took = []
        for _ in range(7):
            versions = Versions(POLICY, sound)
            began = time.perf_counter()
            await versions.ensure(database.glance(), number)
            took.append(time.perf_counter() - began)
        rights.figures[RELOAD] = statistics.median(took) * 1_000


async def signed_in(database: Database, name: str) -> Actor:
    token = await accounts.issue_token(database, name, hours=1, now=clock.now())
    return await identity.actor_of(database, token, organization=None, now=clock.now())


async def newest(database: Database, dispatcher_id: UUID | None) -> UUID:
    """The inspection made last by somebody."""
    return await identified(database, "SELECT to_json(id)::text FROM inspection WHERE dispatcher_id = $1 ORDER BY id DESC LIMIT 1", dispatcher_id)


async def processor(what: Callable[[], Awaitable[object]]) -> float:
    """The milliseconds of our processor that one call takes; the database's are not in it."""
    began = time.process_time()
    for _ in range(EXPLAINED):
        await what()
    return (time.process_time() - began) / EXPLAINED * 1_000


async def three_statements(database: Database, asker: Actor) -> None:
    """As many transactions as an explanation opens, and nothing asked in them."""
    for reading in (database.read(asker.tenant), database.glance(), database.read(asker.tenant)):
        await reading.document("SELECT '1'", [])


async def explaining(rights: Rights, database: Database, asker: Actor, *, question: asking.Question) -> None:
    """Asked by the center about a dispatcher of its district."""
    told = await explained(database, asker, question)
    whole = await processor(lambda: explained(database, asker, question))
    rights.figures[EXPLAIN] = whole - await processor(lambda: three_statements(database, asker))
    asked = frozenset(relations(POLICY, ACTION))
    acting = Acting(told.acting.actor, told.acting.memberships)
    rights.figures[WEIGHING] = statistics.median(
        each(2_000, lambda: decided(POLICY, acting, (Action.INSPECTION_READ, ACTION), standing=asked, within=True))
    )


def measured(folder: Path) -> Rights:
    """Under a minute, and the peers' installation before it where there is none. Makes a cluster of its own in a corner of `folder`."""
    asked = f"{TIMES[RECORDED]:,} of ours and {TIMES[ENFORCE]} of enforce in each of {ROUNDS} rounds"
    rights = Rights(
        about_machine() | {"decisions": f"{asked}; three roles, {len(POLICY.lines)} lines, {QUESTIONS} other questions answered alike before"}
    )
    deciding_costs(rights)
    memory(rights)
    dry_run(rights)
    corner = folder / "rights"
    shutil.rmtree(corner, ignore_errors=True)
    corner.mkdir(parents=True)
    try:
        with EmbeddedPostgres(corner / "postgres", fsync=False) as postgres:
            migrate.upgrade(postgres.url("dudao_owner"))
            asyncio.run(with_rows(rights, postgres.url("dudao_owner"), postgres.url("dudao_app")))
    finally:
        shutil.rmtree(corner, ignore_errors=True)
    return rights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "var" / "bench", help="in whose corner the database lies while it is needed")
    rights = measured(parser.parse_args().folder)
    print(f"Written to {rights.write()}")
    print(rights.table())


if __name__ == "__main__":
    main()
