"""`node`: any object by its id, whose prefix tells the type. The last noun, since it knows all others."""

from typing import Any

import strawberry
from strawberry import Info

from authz.errors import NotFound
from gql import (
    accounts,
    agency_cases,
    amendments,
    applications,
    assessments,
    blacklist,
    candidates,
    cases,
    checklists,
    complaints,
    conflicts,
    credit,
    decisions,
    dispatch,
    education,
    evidence,
    filing_refusals,
    filings,
    holidays,
    ids,
    imports,
    inspections,
    members,
    notifications,
    obstructions,
    offers,
    opinions,
    organizations,
    overlays,
    policies,
    publications,
    ratings,
    rechecks,
    recommendations,
    returns,
    sessions,
    stipends,
    supervisors,
    training,
    violations,
    webhooks,
)
from gql.organizations import Node
from gql.reading import read_one
from gql.reading.declare import Given, Source

NOUNS = (
    organizations,
    accounts,
    members,
    supervisors,
    applications,
    training,
    sessions,
    dispatch,
    offers,
    inspections,
    checklists,
    candidates,
    evidence,
    opinions,
    ratings,
    recommendations,
    amendments,
    returns,
    blacklist,
    cases,
    filings,
    filing_refusals,
    credit,
    violations,
    agency_cases,
    rechecks,
    obstructions,
    complaints,
    conflicts,
    education,
    assessments,
    stipends,
    imports,
    policies,
    publications,
    overlays,
    holidays,
    notifications,
    webhooks,
    decisions,
)

BY_PREFIX = {
    value.prefix: Given("row", value)
    for noun in NOUNS
    for value in vars(noun).values()
    if isinstance(value, Source) and isinstance(value.prefix, str)
}


async def resolve(info: Info, id: strawberry.ID) -> Any:
    prefix = str(id).partition("_")[0]
    stored = BY_PREFIX.get(prefix)
    if stored is None:
        raise NotFound
    return await read_one(info, {"row": ids.read(str(id), [prefix])}, stored=stored)


resolve.__annotations__["return"] = Node | None


@strawberry.type
class Query:
    node: Node | None = strawberry.field(resolver=resolve, description="Any object by its id.")
