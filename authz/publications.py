"""Publications: everybody's to read, also without signing in; the center's to publish and to withdraw."""

from authz.actions import Action
from authz.organizations import SHARED
from authz.relations import SUBTREE, Meanings, Relation
from models.publications import PublicDraw, PublicResult

READ = {PublicDraw: Action.PUBLICATION_READ, PublicResult: Action.PUBLICATION_READ}

OF_EVERYBODY = {Relation.SHARED: SHARED, Relation.SUBTREE: SUBTREE}

MEANINGS: Meanings = {PublicDraw: OF_EVERYBODY, PublicResult: OF_EVERYBODY}
