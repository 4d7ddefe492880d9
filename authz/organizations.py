"""The registry, history and roster files: who sees which rows."""

from sqlalchemy import and_, true

from authz.actions import Action
from authz.relations import OWN_ORG, SELF, SUBTREE, Meaning, Meanings, Relation
from models.events import Event
from models.imports import RosterImport, Upload, UploadPurpose
from models.organizations import Organization, Profile

SHARED = Meaning(holds=lambda _actor, _row, _world: True, where=lambda _t, _tier: true())

# what is handed over as evidence may be need-to-know, and so may its name
ROSTERS = Meaning(
    holds=lambda actor, row, world: row.purpose is UploadPurpose.ROSTER and OWN_ORG.holds(actor, row, world),
    where=lambda t, tier: and_(t.c.purpose == UploadPurpose.ROSTER, OWN_ORG.where(t, tier)),
)

READ = {
    Organization: Action.ORGANIZATION_READ,
    Profile: Action.PROFILE_READ,
    Event: Action.EVENT_READ,
    Upload: Action.UPLOAD_READ,
    RosterImport: Action.ROSTER_IMPORT_READ,
}

MEANINGS: Meanings = {
    Organization: {Relation.SHARED: SHARED},
    Profile: {Relation.SHARED: SHARED, Relation.OWN_ORG: OWN_ORG},
    Event: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG, Relation.SELF: SELF},
    Upload: {Relation.OWN_ORG: ROSTERS, Relation.SELF: SELF},
    RosterImport: {Relation.SUBTREE: SUBTREE},
}
