"""Lists and values that stand in no column, of every row that a caller sees, against the oracle: generated documents come by them seldom."""

import pytest
from graphql import build_schema, parse

from gql.schema import schema
from tests.crowd_bench import Bench
from tests.reading.oracle import Oracle

PLANS = "{ inspections(first: 100) { nodes { id plans { id kind holdsFrom occupation withdrawnAt inspection { id } } } } }"
AGENCIES = "{ agencies(first: 100) { nodes { id disqualifiedOn disqualificationNumber plans(first: 30) { totalCount nodes { id } } } } }"
CALLERS = ("center_admin", "district_clerk_0", "agency_clerk_0", "supervisor_0", "supervisor_2", "nobody", "strange_center_admin")


@pytest.mark.parametrize("document", [PLANS, AGENCIES], ids=["inspections", "agencies"])
def test_what_is_worked_out_is_what_the_oracle_works_out(bench: Bench, document: str) -> None:
    printed, told = build_schema(schema.as_str()), 0
    for caller in CALLERS:
        found = bench.ask(caller, document, {})
        truth = Oracle(schema, printed, bench.crowd.rows, bench.crowd.actors[caller]).answer(parse(document), {})
        assert found["data"] == truth.data, caller
        told += "2026-09" in str(found["data"])
    assert told, "somebody is told something"
