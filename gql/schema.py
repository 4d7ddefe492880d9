"""Joins the nouns' Query and Mutation."""

import strawberry

from gql import node, organizations, supervisors


@strawberry.type(description="All that can be asked. A refusal at one field empties only that field.")
class Query(organizations.Query, node.Query):
    pass


schema = strawberry.Schema(query=Query, types=[supervisors.Person, organizations.Center, organizations.District, organizations.Agency])
