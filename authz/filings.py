"""Filing: the center and the districts see the batches below them, an agency its own, and a refusal once it is in force."""

from authz.actions import Action
from authz.relations import ORGANIZATION, OWN_AGENCY, SUBTREE, Meaning, Meanings, Relation
from models.filings import FilingDecision, FilingRefusal, FilingRefusalStatus

READ = {FilingDecision: Action.FILING_READ, FilingRefusal: Action.FILING_REFUSAL_READ}

# a proposal is not the agency's to know
REFUSED = Meaning(
    holds=lambda actor, row, world: OWN_AGENCY.holds(actor, row, world) and row.status is FilingRefusalStatus.CONFIRMED,
    where=lambda t, _: (t.c.agency_id == ORGANIZATION) & (t.c.status == FilingRefusalStatus.CONFIRMED),
)

MEANINGS: Meanings = {
    FilingDecision: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_AGENCY},
    FilingRefusal: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: REFUSED},
}
