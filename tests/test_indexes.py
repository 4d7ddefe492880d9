"""No list sorts a tenant's history to show one page of it: the catalogue has an index for each tier that lists what grows with the work."""

from typing import Any

import pytest
from graphql import GraphQLField

from app.embedded_postgres import EmbeddedPostgres
from authz.walls import WALLED
from gql.reading.declare import STORED, Page, source_of
from gql.reading.selection import DEFINITION
from gql.schema import schema
from models.base import table_of
from models.candidates import CandidateCheck
from models.checklists import Finding
from models.database import Wall
from models.decisions import Decision
from models.dispatch import Assignment, Draw
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification, SupervisionReport
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from tests.cluster import ask

GROWING = (
    Assignment,
    CandidateCheck,
    Decision,
    Draw,
    Finding,
    Inspection,
    MonthlyReturn,
    OpinionLetter,
    RecognitionSession,
    Rectification,
    SupervisionReport,
)
INDEXES = """
SELECT string_agg(said, ' ') FROM (
  SELECT c.relname || ':' || string_agg(a.attname, ',' ORDER BY k.place) AS said
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
   WHERE i.indpred IS NULL AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname, i.indexrelid) AS indexes
"""


def stored(field: GraphQLField) -> Any:
    definition = (field.extensions or {}).get(DEFINITION)
    return definition.metadata.get(STORED) if definition else None


QUERY = schema._schema.query_type
LISTS = {name: what for name, field in (QUERY.fields if QUERY else {}).items() if isinstance(what := stored(field), Page)}
OF_GROWING = {name: what for name, what in LISTS.items() if source_of(what.source).model in GROWING}


@pytest.fixture(scope="module")
def columns(cluster: EmbeddedPostgres) -> dict[str, list[list[str]]]:
    """By table the columns of each index over the whole of it."""
    found: dict[str, list[list[str]]] = {}
    for said in str(ask(cluster.url("dudao_owner"), INDEXES)).split():
        table, names = said.split(":")
        found.setdefault(table, []).append(names.split(","))
    return found


def test_every_table_that_grows_has_its_list() -> None:
    assert {source_of(what.source).model for what in OF_GROWING.values()} == set(GROWING)


@pytest.mark.parametrize("name", OF_GROWING)
def test_each_tier_has_an_index_for_its_list(name: str, columns: dict[str, list[list[str]]]) -> None:
    """By the column of its wall; for a center, whose rows are the most, in the order of the list too."""
    what = OF_GROWING[name]
    table = table_of(source_of(what.source).model)
    for wall, scope in WALLED[table].items():
        served = [one for one in columns[table.name] if one[0] == scope]
        assert served, (wall, scope)
        assert wall is not Wall.CENTER or any(one[1:2] == [what.order[0]] for one in served), (wall, scope, what.order)


def test_no_index_is_doubled(columns: dict[str, list[list[str]]]) -> None:
    """The same columns in the same order are written twice and read once."""
    assert not [table for table, several in columns.items() if len({tuple(one) for one in several}) < len(several)]
