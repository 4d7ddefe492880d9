"""Joins the nouns' Query and Mutation."""

from typing import Any

import strawberry
from graphql import Undefined

from gql import (
    accounts,
    agency_cases,
    agreement,
    amendments,
    analysis,
    annual_coverage,
    applications,
    assessments,
    blacklist,
    candidates,
    cases,
    checklists,
    complaints,
    credit,
    decisions,
    directed,
    dispatch,
    drafts,
    education,
    evidence,
    explanations,
    figures,
    filing_refusals,
    filings,
    holidays,
    imports,
    inspections,
    members,
    node,
    notifications,
    obstructions,
    offers,
    opinions,
    organizations,
    overlays,
    policies,
    profiles,
    publications,
    ratings,
    rechecks,
    recommendations,
    refusals,
    returns,
    sampling,
    sessions,
    stipends,
    stuck,
    supervisors,
    training,
    verification,
    violations,
    webhooks,
)


@strawberry.type(description="All that can be asked. A refusal at one field empties only that field.")
class Query(
    organizations.Query,
    accounts.Query,
    members.Query,
    supervisors.Query,
    applications.Query,
    training.Query,
    sessions.Query,
    dispatch.Query,
    offers.Query,
    inspections.Query,
    checklists.Query,
    evidence.Query,
    opinions.Query,
    ratings.Query,
    recommendations.Query,
    amendments.Query,
    returns.Query,
    figures.Query,
    annual_coverage.Query,
    blacklist.Query,
    cases.Query,
    filings.Query,
    filing_refusals.Query,
    credit.Query,
    violations.Query,
    agency_cases.Query,
    obstructions.Query,
    complaints.Query,
    education.Query,
    assessments.Query,
    stipends.Query,
    rechecks.Query,
    verification.Query,
    publications.Query,
    analysis.Query,
    agreement.Query,
    sampling.Query,
    stuck.Query,
    imports.Query,
    decisions.Query,
    policies.Query,
    overlays.Query,
    holidays.Query,
    notifications.Query,
    webhooks.Query,
    node.Query,
    explanations.Query,
):
    pass


@strawberry.type(description="All that can be done. Each is answered once for its idempotency key.")
class Mutation(
    accounts.Mutation,
    members.Mutation,
    sessions.Mutation,
    dispatch.Mutation,
    offers.Mutation,
    inspections.Mutation,
    checklists.Mutation,
    evidence.Mutation,
    opinions.Mutation,
    directed.Mutation,
    candidates.Mutation,
    recommendations.Mutation,
    amendments.Mutation,
    returns.Mutation,
    supervisors.Mutation,
    drafts.Mutation,
    applications.Mutation,
    training.Mutation,
    blacklist.Mutation,
    cases.Mutation,
    filings.Mutation,
    filing_refusals.Mutation,
    credit.Mutation,
    violations.Mutation,
    agency_cases.Mutation,
    obstructions.Mutation,
    complaints.Mutation,
    education.Mutation,
    assessments.Mutation,
    stipends.Mutation,
    rechecks.Mutation,
    publications.Mutation,
    refusals.Mutation,
    imports.Mutation,
    policies.Mutation,
    profiles.Mutation,
    overlays.Mutation,
    holidays.Mutation,
    notifications.Mutation,
    webhooks.Mutation,
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
