"""Implementing rules: published ones are shared like profiles, a proposal is seen by its own administrators and those above them."""

from sqlalchemy import literal_column

from authz.actions import Action
from authz.relations import OWN_ORG, SUBTREE, Meaning, Meanings, Relation
from models.overlays import Overlay, OverlayStatus

READ = {Overlay: Action.OVERLAY_READ}

PUBLISHED = Meaning(
    holds=lambda _actor, row, _world: row.status is OverlayStatus.PUBLISHED,
    where=lambda t, _: t.c.status == literal_column("'PUBLISHED'"),
)

MEANINGS: Meanings = {Overlay: {Relation.SHARED: PUBLISHED, Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG}}
