"""`python -m bench.plans`: how PostgreSQL goes about each published operation on the big data.

Every operation is run as its caller runs it, and the statements that the service makes of it are noted: one for a root field is the promise. Each
is then explained, for that caller behind its wall, with the values it had: no table that grows with the inspections may be read from end to end.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse

from app import clock, identity
from authz.actor import Actor
from bench import data, operations, processes
from bench.figures import about_machine
from bench.steady import Figure, Report
from bench.turns import SERVICE
from bench.walls import NotingDatabase, statements_of
from models.database import Database, Question, Tenant
from seeds.scale import OF_CASES

PART = "plans"
INSPECTIONS = 1_000_000
STATEMENTS, SCANS = "statements per root field, at most", "case tables read from end to end"
RETURNS = "{ monthlyReturns(first: 50, orderBy: { field: MONTH, direction: DESC }) { nodes { id month status district { id name } } } }"


@dataclass(frozen=True)
class Planned:
    """An operation as the database sees it. `scans`: the case tables that one of its statements reads from end to end."""

    operation: str
    fields: int
    statements: int
    scans: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        many = [f"{self.statements} statements for {self.fields} root fields"] if self.statements > self.fields else []
        return [*many, *(f"reads all of {table}" for table in self.scans)]


def root_fields(document: str) -> int:
    """How many fields the operation asks for at the root, as many as its statements may be."""
    [operation] = [one for one in parse(document).definitions if isinstance(one, OperationDefinitionNode)]
    return sum(isinstance(one, FieldNode) and not one.name.value.startswith("__") for one in operation.selection_set.selections)


def scanned(plan: Mapping[str, Any]) -> set[str]:
    """The case tables that a plan reads from end to end, in any of its steps."""
    own = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return (own & set(OF_CASES)).union(*(scanned(one) for one in plan.get("Plans", ())))


async def explained(database: Database, tenant: Tenant, said: Question) -> Mapping[str, Any]:
    statement, values = said
    told = await database.read(tenant).document(f"EXPLAIN (FORMAT JSON) {statement}", values)
    plan: Mapping[str, Any] = json.loads(told or "")[0]["Plan"]
    return plan


async def planned(database: NotingDatabase, actor: Actor, name: str, asked: Mapping[str, Any]) -> Planned:
    found = await statements_of(database, actor, asked["query"], asked["variables"])
    scans: set[str] = set()
    for one in found:
        scans |= scanned(await explained(database, actor.tenant, one))
    return Planned(name, root_fields(asked["query"]), len(found), sorted(scans))


async def looked_into(lent: data.Lent) -> list[Planned]:
    """Every operation that is measured, and the list of returns, which no peer is asked."""
    facts = await operations.facts_of(lent.owner)
    database = NotingDatabase(lent.url)
    asked = [(one.name, one.token, json.loads(one.bodies[SERVICE])) for one in operations.operations(facts)]
    asked.append(("list of returns", facts.callers["center"], {"query": RETURNS, "variables": {}}))
    try:
        return [
            await planned(database, await identity.actor_of(database, token, organization=None, now=clock.now()), name, body)
            for name, token, body in asked
        ]
    finally:
        await database.close()


def report(found: list[Planned], inspections: int) -> Report:
    faults = {one.operation: ", ".join(one.faults) for one in found if one.faults}
    about = about_machine() | {"data": f"{inspections:,} inspections", "operations": f"{len(found)}"} | faults
    most = max(-(-one.statements // one.fields) for one in found)
    return Report(PART, about, figures=[Figure(STATEMENTS, most, "", 1), Figure(SCANS, sum(len(one.scans) for one in found), "", 0)])


def main() -> None:
    """Ends with 1 and the offenders on standard error where there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspections", type=int, default=INSPECTIONS, help="of the database that is asked")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench", help="for databases and logs; kept")
    given = parser.parse_args()
    with data.lent(given.folder, given.inspections) as lent:
        found = asyncio.run(looked_into(lent))
    told = report(found, given.inspections)
    print(f"Written to {told.write()}")
    print(told.table())
    if faults := [f"{one.operation}: {', '.join(one.faults)}" for one in found if one.faults]:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
