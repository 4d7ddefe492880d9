"""Joins the nouns' Query and Mutation."""

from typing import Any

import strawberry
from graphql import Undefined

from gql import (
    blacklist,
    cases,
    checklists,
    dispatch,
    imports,
    inspections,
    node,
    offers,
    opinions,
    organizations,
    refusals,
    returns,
    sessions,
    supervisors,
)


@strawberry.type(description="All that can be asked. A refusal at one field empties only that field.")
class Query(
    organizations.Query,
    supervisors.Query,
    sessions.Query,
    dispatch.Query,
    offers.Query,
    inspections.Query,
    checklists.Query,
    opinions.Query,
    returns.Query,
    blacklist.Query,
    cases.Query,
    imports.Query,
    node.Query,
):
    pass


@strawberry.type(description="All that can be done. Each is answered once for its idempotency key.")
class Mutation(
    sessions.Mutation,
    dispatch.Mutation,
    offers.Mutation,
    inspections.Mutation,
    checklists.Mutation,
    opinions.Mutation,
    returns.Mutation,
    supervisors.Mutation,
    blacklist.Mutation,
    cases.Mutation,
    refusals.Mutation,
    imports.Mutation,
):
    pass


def absent(made: strawberry.Schema) -> strawberry.Schema:
    """An argument that is left out is absent, and not null: so the schema says, and so the reader sees it."""
    for type in made._schema.type_map.values():  # noqa: SLF001 - strawberry has no word for it
        fields: Any = getattr(type, "fields", {}).values()
        for one in (*fields, *(given for field in fields for given in getattr(field, "args", {}).values())):
            if getattr(one, "default_value", Undefined) is None:
                one.default_value = Undefined
    return made


schema = absent(
    strawberry.Schema(query=Query, mutation=Mutation, types=[supervisors.Person, organizations.Center, organizations.District, organizations.Agency])
)
