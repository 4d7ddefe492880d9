"""What holds under every policy, whoever publishes it: checked over the whole space of situations each time one is compiled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from authz.actions import NOBODYS, Action
from authz.actor import Role
from authz.policy import BadPolicy, Table
from authz.situations import EVERYWHERE, FACTS, PLACES, Fact, Place, granted, held_roles, tiers_of

LOOKS = ("read", "check", "introspect", "explain")
"""Verbs that change nothing."""

WORKING = frozenset(
    {
        Action.ASSIGNMENT_ACCEPT,
        Action.INSPECTION_CHECK_IN,
        Action.INSPECTION_FILL,
        Action.INSPECTION_SIGN,
        Action.INSPECTION_REPORT,
        Action.AMENDMENT_PROPOSE,
        Action.AMENDMENT_SIGN,
        Action.AMENDMENT_ATTACH,
        Action.ASSESSOR_RECOMMENDATION_PROPOSE,
        Action.OPINION_DRAFT,
        Action.OPINION_ISSUE,
        Action.RECTIFICATION_ACCEPT,
        Action.RECTIFICATION_RETURN,
    }
)
SENDING = frozenset({Action.AMENDMENT_ATTACH, Action.OPINION_ISSUE, Action.RECTIFICATION_ACCEPT, Action.RECTIFICATION_RETURN})
"""What the dispatcher does. An agency dispatches its own internal supervisor and nobody else (000 §12): a CHECK of the table says so."""
ACCEPTING = frozenset({Action.RECTIFICATION_ACCEPT, Action.RECTIFICATION_RETURN, Action.RECTIFICATION_DECIDE_EXTENSION})
REVOKING = frozenset({Action.CARD_ISSUE, Action.APPLICATION_DESIGNATE, Action.SUPERVISOR_CASE_REVOKE, Action.SUPERVISOR_CASE_CONFIRM})
QUALIFYING = frozenset({Action.CARD_ISSUE, *(Action(f"application.{verb}") for verb in ("recommend", "train", "examine", "designate", "reject"))})
RATING = frozenset(
    {*(Action(f"appointment.{verb}") for verb in ("make", "evaluate", "renew", "assess")), Action.YEARLY_ASSESSMENT_COMMEND, Action.ASSIGNMENT_PAY}
)
SPEAKING = frozenset({Action.SUPERVISOR_CASE_STATE, Action.SUPERVISOR_CASE_APPEAL})
"""What the person concerned does in the own case: it decides nothing."""
EMBARGOED = (
    *("draw", "assignment", "inspection", "report", "opinion", "rectification"),
    *("evidence_request", "amendment", "assessor_recommendation", "annual_rating"),
)
PROTECTED = ("serious_violation_report", "obstruction", "complaint", "alteration_request")
JUDGING = ("supervisor_case", "blacklist")
ADMINISTERING = ("account", "membership", "auditor_proposal", "policy", "login")
PUBLISHING = frozenset({Action.POLICY_PROPOSE, Action.POLICY_APPROVE})

BY_THE_OWN_HAND = FACTS[Fact.ISSUER] | FACTS[Fact.DISPATCHER] | FACTS[Fact.TEAM_MEMBER] | FACTS[Fact.SELF]


def looks(action: Action) -> bool:
    """Whether the verb changes nothing."""
    return action.value.split(".")[1].startswith(LOOKS)


def about(*nouns: str) -> frozenset[Action]:
    return frozenset(action for action in Action if action.value.split(".")[0] in nouns)


CHANGES = frozenset(action for action in Action if not looks(action))


@dataclass(frozen=True)
class Pinned:
    """No role of these may do any of this in any of those situations."""

    name: str
    article: str
    roles: Callable[[frozenset[str]], bool]
    actions: frozenset[Action]
    where: int


def of(*roles: Role) -> Callable[[frozenset[str]], bool]:
    """Roles that are one of these or stand below one."""
    return lambda bases: bool(bases & set(roles))


def all_but(*roles: Role) -> Callable[[frozenset[str]], bool]:
    return lambda bases: not bases & set(roles)


def everybody(_: frozenset[str]) -> bool:
    return True


def custom(bases: frozenset[str]) -> bool:
    """A role that a version brings itself."""
    return bool(bases - set(Role))


PINNED = (
    Pinned("own_agency", "000 §8(八); 003 §10", everybody, WORKING, FACTS[Fact.EMPLOYER]),
    Pinned("only_issuer", "000 §13, §19; 003 §9, §17", everybody, REVOKING, EVERYWHERE & ~FACTS[Fact.ISSUER]),
    Pinned(
        "own_district",
        "000 §12; 003 §11",
        of(Role.DISTRICT),
        CHANGES,
        (PLACES[Place.SAME_CENTER] | PLACES[Place.ELSEWHERE]) & ~BY_THE_OWN_HAND,
    ),
    Pinned("signed", "000 §8(二); 003 §12", everybody, NOBODYS, EVERYWHERE),
    Pinned("inspected_side", "000 §11; 003 §12", of(Role.AGENCY, Role.INTEGRATOR), WORKING - SENDING, EVERYWHERE),
    Pinned("inspected_side", "000 §11; 003 §12", of(Role.AGENCY, Role.INTEGRATOR), SENDING, EVERYWHERE & ~FACTS[Fact.DISPATCHER]),
    Pinned("embargo", "000 §11(一)", of(Role.AGENCY, Role.INTEGRATOR), about(*EMBARGOED), EVERYWHERE & ~FACTS[Fact.SERVED] & ~BY_THE_OWN_HAND),
    Pinned("source", "000 §8(六), (七), §20(二), (五); 003 §15", of(Role.AGENCY, Role.INTEGRATOR), about(*PROTECTED), EVERYWHERE),
    Pinned("own_rectification", "000 §11(三)", everybody, ACCEPTING, FACTS[Fact.TEAM_MEMBER]),
    Pinned("own_case", "000 §18, §21-§23", everybody, about(*JUDGING) & CHANGES - SPEAKING | QUALIFYING | RATING, FACTS[Fact.SELF]),
    Pinned("auditor_reads", "GB/T 22239", of(Role.CENTER_AUDITOR), CHANGES, EVERYWHERE & ~FACTS[Fact.SELF]),
    Pinned("strangers_look", "000 §24; 003 §9", lambda bases: bases == {Role.ANYONE}, CHANGES, EVERYWHERE & ~FACTS[Fact.SELF]),
    Pinned("publishers", "GB/T 22239", all_but(Role.CENTER_ADMIN), PUBLISHING, EVERYWHERE),
    Pinned("administrators", "GB/T 22239", custom, about(*ADMINISTERING) & CHANGES, EVERYWHERE & ~FACTS[Fact.SELF]),
)


def broken(table: Table) -> Iterator[tuple[str, str, Action | None]]:
    """Name of the invariant, role and action of each cell in which one is broken; no action where a role has lost its tier or a right it keeps."""
    for role in held_roles(table):
        bases = table.roles[role]
        for pinned in PINNED:
            if pinned.roles(bases):
                for action in pinned.actions:
                    if any(granted(table, role, action, tier=tier) & pinned.where for tier in tiers_of(role, table)):
                        yield pinned.name, role, action
    for action in PUBLISHING:
        if not granted(table, Role.CENTER_ADMIN, action, tier=tiers_of(Role.CENTER_ADMIN, table)[0]) & PLACES[Place.OWN]:
            yield "publishers", Role.CENTER_ADMIN, action


def hold_in(table: Table, shipped: Table) -> None:
    """Raises BadPolicy naming the first invariant that does not hold. Roles of ours stay in the tier they were made for."""
    if moved := next((role for role in Role if table.roles[role] != shipped.roles[role]), None):
        raise BadPolicy(f"{moved} has left its tier", problem="policy_role", said=moved)
    for name, role, action in broken(table):
        raise BadPolicy(f"{name} is pinned: {role} would have {action}", problem=f"pinned_{name}", said=f"{role}, {action}")
