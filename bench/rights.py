"""What a decision costs, beside pycasbin's own `enforce` on the same policy: `python -m bench.rights`, and a part of `make bench`."""

import argparse
import asyncio
import gc
import json
import os
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import casbin

from app import accounts, clock, identity, migrate
from app.embedded_postgres import EmbeddedPostgres
from authz import deciding
from authz.access import EMPTY, POLICY, VERSIONS, given, holds, meaning, sound
from authz.actions import Action
from authz.actor import Actor, Role
from authz.asking import Acting, Question, Subject
from authz.changes import Addition, changed, difference
from authz.explain import decided, explained, relations
from authz.policy import MODEL, digest_of
from authz.policy import POLICY as FILE
from authz.relations import Relation
from authz.versions import Versions
from bench.figures import HERE, about_machine, verdict
from domain.machine import Act
from domain.policies import Shown, alone, approve, blank, propose
from models.base import new_id, table_of
from models.database import Database
from models.inspections import Inspection, InspectionForm, Venue
from models.organizations import Tier
from seeds.scale import seed_scale

DECISIONS, ENFORCED, USERS, EXPLAINED, INSPECTIONS = 20_000, 500, 500_000, 200, 200
ROLES = (Role.DISTRICT_ADMIN, Role.DISTRICT_DISPATCHER, Role.DISTRICT_CLERK)
ACTION = Action.INSPECTION_NOTIFY
ADDED = (
    Addition("g, center_watch, center", "house"),
    Addition("p, center_watch, SUBTREE, employment, read, allow", "003 §10"),
    Addition("p, center_watch, SUBTREE, supervisor_case, read, allow", "000 §21"),
)
"""A role with two rights, as docs/authorization.md adds one."""

DECISION, RECORDED, TAIL, ENFORCE, RATIO = (
    "decision, p50",
    "decision with record, p50",
    "decision with record, p99",
    "enforce, p50",
    "enforce / decision",
)
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
    RATIO: "×",
    MEMORY: "MiB",
    RELOAD: "ms",
    WEIGHING: "µs",
    EXPLAIN: "ms",
    DRY_RUN: "s",
}


@dataclass
class Rights:
    """A run. The units are in UNITS."""

    about: dict[str, str]
    figures: dict[str, float] = field(default_factory=dict)

    def write(self) -> Path:
        file = HERE / "results" / "rights.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return file

    def table(self) -> str:
        rows = [f"| {what} | {one:.3g} {UNITS[what]} | {verdict(one, MOST.get(what), UNITS[what])} |" for what, one in self.figures.items()]
        return "\n".join(["| Rights | Figure | Goal |", "|---|---|---|", *rows, "", *(f"- {what}: {said}" for what, said in self.about.items())])


def somebody(organization: UUID) -> Actor:
    """Three roles, each by a membership with an end; who opened the request has left out those that are not in force."""
    tenants: dict[str, Any] = {"organization_id": organization, "center_id": uuid4(), "district_id": organization, "agency_id": None}
    held = tuple((role, uuid4()) for role in ROLES)
    return Actor(account_id=uuid4(), person_id=uuid4(), tier=Tier.DISTRICT, roles=frozenset(ROLES), memberships=held, **tenants)


def visit(actor: Actor) -> Inspection:
    if actor.organization_id is None or actor.center_id is None:
        raise RuntimeError("nobody acts for nobody")
    return Inspection(
        form=next(iter(InspectionForm)),
        venue=next(iter(Venue)),
        dispatcher_id=actor.organization_id,
        recognition_session_id=new_id(),
        profile_id=new_id(),
        scheduled_on=clock.now().date(),
        center_id=actor.center_id,
        district_id=actor.district_id,
        agency_id=uuid4(),
    )


def each(times: int, what: Callable[[], object]) -> list[float]:
    """The microseconds of each call, less those of looking at the clock."""
    look = time.perf_counter_ns
    empty = statistics.median(-(look() - look()) for _ in range(1_000))
    found = []
    for _ in range(times):
        began = look()
        what()
        found.append(max(0.0, look() - began - empty) / 1_000)
    return found


def deciding_costs(rights: Rights) -> None:
    actor = somebody(uuid4())
    row = visit(actor)
    enforcer = casbin.Enforcer(str(MODEL), str(FILE))
    enforcer.add_function("stands", lambda who, relation, what: meaning(table_of(type(what)), Relation(relation)).holds(who, what, EMPTY))
    noun, verb = ACTION.value.split(".")

    def recorded() -> object:
        found = given(actor, ACTION, row)
        return found and deciding.granted(actor, found)

    def enforced() -> bool:
        return any(enforcer.enforce(role, noun, verb, actor, row) for role in ROLES)

    if not (holds(actor, ACTION, row) and enforced()):
        raise RuntimeError("the two do not decide alike")
    plain, full, theirs = each(DECISIONS, lambda: holds(actor, ACTION, row)), each(DECISIONS, recorded), each(ENFORCED, enforced)
    rights.figures[DECISION] = statistics.median(plain)
    rights.figures[RECORDED], rights.figures[TAIL] = statistics.median(full), statistics.quantiles(full, n=100)[98]
    rights.figures[ENFORCE] = statistics.median(theirs)
    rights.figures[RATIO] = rights.figures[ENFORCE] / rights.figures[RECORDED]


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
    async with database.glance() as reading:
        return UUID(await reading.document("SELECT id::text FROM person WHERE id <> $1 LIMIT 1", [person_id]) or "")


async def with_rows(rights: Rights, owner: str, url: str) -> None:
    async with AsyncExitStack() as stack:
        seeded, database = Database(owner), Database(url)
        for one in (seeded, database):
            stack.push_async_callback(one.close)
        await seed_scale(seeded, inspections=INSPECTIONS)
        center, district = [await signed_in(database, name) for name in ("scale-center", "scale-110105")]
        visited = await newest(seeded, district.organization_id)
        question = Question(Subject(person_id=district.person_id), ACTION, Inspection, visited, clock.now())
        await explaining(rights, database, center, question=question)
        number = await published(seeded, center)
        took = []
        for _ in range(7):
            versions = Versions(POLICY, sound)
            async with database.glance() as reading:
                began = time.perf_counter()
                await versions.ensure(reading, number)
                took.append(time.perf_counter() - began)
        rights.figures[RELOAD] = statistics.median(took) * 1_000


async def signed_in(database: Database, name: str) -> Actor:
    token = await accounts.issue_token(database, name, hours=1, now=clock.now())
    return await identity.actor_of(database, token, organization=None, now=clock.now())


async def newest(database: Database, dispatcher_id: UUID | None) -> UUID:
    """The inspection made last by somebody."""
    async with database.glance() as reading:
        found = await reading.document("SELECT id::text FROM inspection WHERE dispatcher_id = $1 ORDER BY id DESC LIMIT 1", [dispatcher_id])
    return UUID(found or "")


async def processor(what: Callable[[], Awaitable[object]]) -> float:
    """The milliseconds of our processor that one call takes; the database's are not in it."""
    began = time.process_time()
    for _ in range(EXPLAINED):
        await what()
    return (time.process_time() - began) / EXPLAINED * 1_000


async def three_statements(database: Database, asker: Actor) -> None:
    """As many transactions as an explanation opens, and nothing asked in them."""
    async with database.read(asker.tenant) as reading:
        await reading.document("SELECT '1'", [])
    async with database.glance() as reading:
        await reading.document("SELECT '1'", [])
    async with database.read(asker.tenant) as reading:
        await reading.document("SELECT '1'", [])


async def explaining(rights: Rights, database: Database, asker: Actor, *, question: Question) -> None:
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
    """Under a minute. Makes a cluster of its own in `folder`, which is emptied."""
    rights = Rights(about_machine() | {"decisions": f"{DECISIONS:,} of ours, {ENFORCED:,} of enforce; three roles, {len(POLICY.lines)} lines"})
    deciding_costs(rights)
    memory(rights)
    dry_run(rights)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with EmbeddedPostgres(folder / "postgres", fsync=False) as postgres:
            migrate.upgrade(postgres.url("dudao_owner"))
            asyncio.run(with_rows(rights, postgres.url("dudao_owner"), postgres.url("dudao_app")))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return rights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "var" / "bench-rights", help="for the database; emptied before and after")
    rights = measured(parser.parse_args().folder)
    print(f"Written to {rights.write()}")
    print(rights.table())


if __name__ == "__main__":
    main()
