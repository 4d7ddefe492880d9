"""Accounts, their logins, memberships and proposals of auditors: who sees which rows."""

from sqlalchemy import or_

from authz.actions import Action
from authz.relations import OWN_ORG, PERSON, SELF, SUBTREE, Meaning, Meanings, Relation
from models.memberships import Account, AuditorProposal, Login, Membership

READ = {
    Account: Action.ACCOUNT_READ,
    Login: Action.LOGIN_READ,
    Membership: Action.MEMBERSHIP_READ,
    AuditorProposal: Action.AUDITOR_PROPOSAL_READ,
}

MINE = Meaning(
    holds=lambda actor, row, _: actor.person_id in {row.person_id, row.delegator_id},
    where=lambda t, _: or_(t.c.person_id == PERSON, t.c.delegator_id == PERSON),
)
"""A role that is held, or that was lent."""

MEANINGS: Meanings = {
    Account: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG, Relation.SELF: SELF},
    Login: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG, Relation.SELF: SELF},
    Membership: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG, Relation.SELF: MINE},
    AuditorProposal: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG, Relation.SELF: SELF},
}
