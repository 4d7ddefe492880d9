"""The printed schema is the contract: committed, current, described throughout, and every list in it is paged or bounded."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from authz.actions import Action
from gql.reading.declare import STORED, Many, Page, Steps, source_of
from gql.reading.paging import LARGEST, Beside, Where
from gql.reading.selection import DEFINITION
from gql.schema import schema
from models.base import table_of

SDL = Path(__file__).resolve().parent.parent / "gql" / "schema.graphql"
GRAPH = schema._schema
TYPES = {name: one for name, one in GRAPH.type_map.items() if not name.startswith("__")}
OBJECTS = {name: one for name, one in TYPES.items() if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)}
FIELDS = [(name, field, it) for name, one in OBJECTS.items() for field, it in one.fields.items()]
MUTATIONS = GRAPH.mutation_type.fields if GRAPH.mutation_type else {}


def metadata(field: Any) -> dict[str, Any]:
    definition = (field.extensions or {}).get(DEFINITION)
    return definition.metadata if definition else {}


def test_the_committed_schema_is_current() -> None:
    assert SDL.read_text(encoding="utf-8") == schema.as_str() + "\n", "run `make schema` and read the difference"


@pytest.mark.parametrize("name", TYPES)
def test_everything_is_described(name: str) -> None:
    one = TYPES[name]
    assert one.description or name in {"Query", "Mutation", "Int", "String", "Boolean", "ID", "Float"}, name
    for field, it in getattr(one, "fields", {}).items():
        assert it.description, f"{name}.{field}"
        for argument, given in getattr(it, "args", {}).items():
            assert given.description or argument in {"id", "input"}, f"{name}.{field}({argument}:)"
    if isinstance(one, GraphQLEnumType):
        assert all(value.description for value in one.values.values()), name


LISTS = [(type, name, field) for type, name, field in FIELDS if is_list_type(get_nullable_type(field.type)) and not type.endswith("Connection")]


def id_of(one: Any) -> str:
    return one if isinstance(one, str) else ""


@pytest.mark.parametrize(("type", "name", "field"), LISTS, ids=id_of)
def test_every_list_is_paged_or_bounded(type: str, name: str, field: Any) -> None:
    what = metadata(field).get(STORED)
    assert isinstance(what, Many | Steps) or f"{type}.{name}" in BOUNDED, "a list without pages says in BOUNDED what bounds it"
    assert not isinstance(what, Many) or 1 <= what.cap <= LARGEST


BOUNDED = {
    "Person.masked": "the personal columns",
    "Application.competences": "the areas of competence",
    "Application.work": "thirty periods of work",
    "Application.conditions": "the conditions of a profile",
    "Eligibility.conditions": "the conditions of a profile",
    "AccessExplanation.roles": "the roles of a person in one organization",
    "AccessExplanation.closest": "the lines of the policy about one action",
    "ExplainedLine.missing": "two halves",
    "Draw.weights": "the agencies of a draw",
    "Checklist.methods": "the four methods",
    "OpinionLetter.corrections": "the lines of a form",
    "Profile.rules": "the keys of rules",
    "Profile.difference": "the keys of rules, and three texts",
    "Profile.differenceFromFirst": "the keys of rules, and three texts",
    "ProfilePreview.difference": "the keys of rules, and three texts",
    "Overlay.rules": "the keys of rules",
    "Overlay.difference": "the keys of rules",
    "ChecklistTemplate.difference": "the lines of two forms",
    "HolidayCalendar.daysOff": "a hundred",
    "HolidayCalendar.workingDays": "a hundred",
    "Viewer.capabilities": "the lines of the policy",
    "MonthlyReturn.lines": "the inspections of a district in a month",
    "MonthlyReturn.differences": "the lines of a return",
    "MonthlyReturnDraft.lines": "the lines of a return",
    "PolicyVersion.difference": "the first five hundred",
    "PolicyVersion.heads": "the roles of a policy",
    "PolicyChange.standing": "the relations",
    "PolicyChange.lacking": "the relations",
    "PolicyChange.places": "the places",
    "PolicyDifference.changes": "the first five hundred",
    "PolicyDifference.heads": "the roles of a policy",
    "ReturnLine.findings": "the lines of a form",
    "Webhook.kinds": "the kinds of notifications",
    "WebhookDelivery.tries": "the last ten",
    "RosterImport.problems": "the first thousand",
    "DrawProof.problems": "the rules of a pool",
    "PublicDraw.targets": "the sessions of a draw",
    "AnnualCoverage.missing": "the first two hundred",
    "Query.coverages": "the districts of a center",
    "FindingAnalysis.groups": "the first hundred",
    "StandingRules.overlays": "the two tiers below a center",
    "StandingRules.rules": "the keys of rules",
    "SamplingDebt.chances": "the next two hundred sessions",
    "SamplingDebt.barred": "the reasons of a draw",
    "Query.inspectionAgreements": "the first two hundred",
    "Query.itemAgreements": "the first two hundred",
    "Query.pairAgreements": "the first two hundred",
    "Query.stuckSteps": "the first two hundred",
    "StuckStep.oldest": "the five oldest",
    "Query.blacklistCheck": "the entries of a person",
    "BlacklistConsequences.openAssignments": "the duties of a person",
    "BlacklistConsequences.inspections": "the duties of a person",
    "BlacklistConsequences.cards": "the cards of a person",
    "FilingDecision.sessions": "the sessions of an agency in a month",
    "FilingDecision.basis": "the inspections of the sessions of an agency in a month, and at most 50 that are named",
    "FilingDecision.blockedBy": "what is open against an agency, and what was upheld of it since the month",
    "FilingReach.recognitionSessions": "the sessions of an agency in a month",
    "FilingReach.inspections": "the inspections of a month's sessions",
    "RevocationPreview.appointments": "the terms of a person",
    "RevocationPreview.memberships": "the roles of a person",
    "RevocationPreview.openAssignments": "the duties of a person",
    "RevocationPreview.inspections": "the duties of a person",
}


def test_whatever_is_called_bounded_is_still_there() -> None:
    assert set(BOUNDED) <= {f"{type}.{name}" for type, name, _ in LISTS}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_object_then_verb_and_takes_one_input_with_a_key(name: str) -> None:
    field = MUTATIONS[name]
    assert list(field.args) == ["input"]
    given = get_named_type(field.args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    assert given.name == f"{name[0].upper()}{name[1:]}Input"
    assert str(given.fields["idempotencyKey"].type) == "String!"
    assert any(name.startswith(noun[0].lower() + noun[1:]) for noun in OBJECTS), "the object comes first"
    assert not is_non_null_type(field.type), "a refusal empties its own field only"
    payload = get_named_type(field.type)
    assert str(payload.fields["replayed"].type) == "Boolean!"


def test_every_root_field_may_be_null() -> None:
    assert not [name for name, field in GRAPH.query_type.fields.items() if is_non_null_type(field.type)]


@pytest.mark.parametrize(
    ("type", "name", "field"),
    [one for one in FIELDS if isinstance(metadata(one[2]).get(STORED), Page)],
    ids=id_of,
)
def test_a_page_is_sorted_by_what_is_never_null(type: str, name: str, field: Any) -> None:
    what = metadata(field)[STORED]
    columns = table_of(source_of(what.source).model).columns
    sorting = [what.order[0]]
    if "orderBy" in field.args:
        by = get_named_type(get_named_type(field.args["orderBy"].type).fields["field"].type)
        sorting += [getattr(value.value, "value", value.value) for value in by.values.values()]
    assert not [one for one in sorting if columns[one].nullable], f"{type}.{name}"


def test_a_filter_speaks_of_columns_that_are_there_and_not_masked() -> None:
    masked = {metadata(field)[STORED].name for type, _, field in FIELDS if getattr(metadata(field).get(STORED), "mask", None) and type == "Person"}
    for type, name, field in FIELDS:
        what = metadata(field).get(STORED)
        if isinstance(what, Page) and "filter" in field.args:
            model = source_of(what.source).model
            for one in get_named_type(field.args["filter"].type).fields.values():
                where: Where | None = metadata(one).get("where")
                if where is None:
                    continue
                if isinstance(where.what, Beside):
                    beside = source_of(where.what.source).model
                    assert beside.__name__ != "Person" or where.what.column not in masked or where.what.mask is Action.PERSON_READ_NAME
                    assert {where.what.theirs, where.what.column} <= set(table_of(beside).columns.keys()), f"{type}.{name}"
                elif where.what is None:
                    assert where.column in table_of(model).columns, f"{type}.{name}"
                    assert model.__name__ != "Person" or where.column not in masked
                assert (where.what is None) == (where.column in table_of(model).columns), f"{type}.{name}: a name no column has"


def test_no_description_cites_a_number_of_our_own() -> None:
    """Users look up regulation and article. What stays are the codes of a form's lines (F03), which they write themselves."""
    cited = [line.strip() for line in schema.as_str().splitlines() if re.search(r"\b(?:[YBAN]\d{1,3}|D\d\d|INV\d+)\b", line)]
    assert cited == []
    assert set(re.findall(r"\bF\d{1,3}\b", schema.as_str())) <= {f"F{n:02}" for n in range(20)}


def test_nothing_defaults_to_null() -> None:
    assert "= null" not in schema.as_str()
