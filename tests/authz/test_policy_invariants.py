"""What is pinned holds in the shipped policy, and no version that breaks it is ever compiled: each invariant once, by the line that would break it."""

from collections.abc import Sequence

import pytest

from authz.access import MEANINGFUL, POLICY, VERSIONS, sound
from authz.actions import Action
from authz.actor import Role
from authz.changes import Addition, changed, difference, digest_between
from authz.invariants import PINNED, broken
from authz.policy import BadPolicy, Said, table_said
from authz.relations import Relation
from authz.situations import EVERYWHERE, PLACES, SITUATIONS, STANDING, Place, granted, held_roles, tiers_of
from models.organizations import Tier

BREAKING = [
    ("own_agency", [], ["p, anyone, EMPLOYER, inspection, fill, deny"]),
    ("own_agency", [], ["p, anyone, EMPLOYER, assignment, accept, deny"]),
    ("only_issuer", ["p, center_admin, SUBTREE, supervisor_case, revoke, allow"], []),
    ("only_issuer", ["p, center_admin, SUBTREE, supervisor_case, confirm, allow"], []),
    ("only_issuer", ["p, center_admin, SUBTREE, card, issue, allow"], []),
    ("own_district", ["p, district_clerk, SHARED, filing, propose, allow"], []),
    ("inspected_side", ["p, agency_clerk, TEAM_MEMBER, inspection, fill, allow"], []),
    ("inspected_side", ["p, agency_admin, INSPECTED, rectification, accept, allow"], []),
    ("inspected_side", ["p, agency_admin, DISPATCHER, opinion, draft, allow"], []),
    ("embargo", ["p, agency_admin, SUBTREE, inspection, read, allow"], []),
    ("embargo", ["p, integrator, SUBTREE, draw, read, allow"], []),
    ("source", ["p, agency_admin, SUBTREE, complaint, read, allow"], []),
    ("source", ["p, agency_clerk, SELF, serious_violation_report, read, allow"], []),
    ("own_rectification", [], ["p, anyone, TEAM_MEMBER, rectification, accept, deny"]),
    ("own_case", [], ["p, anyone, SELF, supervisor_case, suspend, deny"]),
    ("own_case", [], ["p, anyone, SELF, blacklist, lift, deny"]),
    ("auditor_reads", ["p, center_auditor, SUBTREE, filing, advise, allow"], []),
    ("strangers_look", ["p, anyone, SHARED, supervisor_case, open, allow"], []),
    ("publishers", [], ["p, center_admin, OWN_ORG, policy, propose, allow"]),
    ("publishers", ["p, center_clerk, OWN_ORG, policy, approve, allow"], []),
    ("administrators", ["g, center_boss, center", "p, center_boss, SUBTREE, membership, grant, allow"], []),
]


def policy(adds: Sequence[str], removes: Sequence[str]) -> tuple[Said, ...]:
    return changed(POLICY.said, adds=[Addition(one, "house") for one in adds], removes=removes)


def test_the_shipped_policy_keeps_what_is_pinned() -> None:
    assert list(broken(POLICY)) == []
    assert sound(POLICY) is None


@pytest.mark.requirement("Y025", "Y026", "Y042", "Y068", "B025", "B031", "B061")
@pytest.mark.parametrize(("name", "adds", "removes"), BREAKING, ids=lambda one: one if isinstance(one, str) else "")
def test_a_version_that_breaks_it_is_refused(name: str, adds: Sequence[str], removes: Sequence[str]) -> None:
    table = table_said(policy(adds, removes))
    assert name in {pinned for pinned, _, _ in broken(table)}
    with pytest.raises(BadPolicy) as refused:
        VERSIONS.compiled(policy(adds, removes))
    assert refused.value.problem.startswith(("pinned_", "policy_meaning"))


def test_every_invariant_is_broken_above_or_by_no_line_at_all() -> None:
    """`signed`: that nobody changes a signed result is refused before any table is made (`inspection.change_signed` is nobody's)."""
    assert {one.name for one in PINNED} == {name for name, _, _ in BREAKING} | {"signed"}
    with pytest.raises(BadPolicy, match="nobody's right"):
        table_said(policy(["p, center_admin, SUBTREE, inspection, change_signed, allow"], []))


@pytest.mark.parametrize(
    ("adds", "removes", "problem"),
    [
        (["g, center_admin, district"], [], "policy_role"),
        ([], ["g, agency_clerk, agency"], "policy_role"),
        (["g, center, district"], [], "policy_role"),
        (["g, boss, supervisor"], [], "policy_role"),
        (["g, Boss, center"], [], "policy_role"),
        (["g, boss, center_admin"], [], "policy_role"),
        (["p, boss, SUBTREE, session, read, allow"], [], "policy_word"),
        (["p, center_admin, ASSESSOR, session, read, allow"], [], "policy_right"),
        (["p, center_clerk, SHARED, session, register, allow"], [], "policy_meaning"),
        (["q, center_clerk, center"], [], "policy_form"),
        (["p, center_clerk, SUBTREE, session, read, Allow"], [], "policy_word"),
    ],
)
def test_a_malformed_version_is_refused(adds: Sequence[str], removes: Sequence[str], problem: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        VERSIONS.compiled(policy(adds, removes))
    assert refused.value.problem == problem


def test_a_line_without_its_article_is_refused() -> None:
    with pytest.raises(BadPolicy) as refused:
        VERSIONS.compiled(changed(POLICY.said, adds=[Addition("p, center_clerk, OWN_ORG, upload, read, allow", " ")], removes=[]))
    assert refused.value.problem == "policy_article"


def test_every_relation_of_the_shipped_lines_has_a_meaning() -> None:
    assert all(line.relation in MEANINGFUL[line.action] for line in POLICY.lines)


def test_the_space_is_finite_and_whole() -> None:
    assert len(SITUATIONS) == 4 * 2**8 == EVERYWHERE.bit_count()
    assert sum(bits.bit_count() for bits in PLACES.values()) == len(SITUATIONS)
    assert STANDING[Relation.SUBTREE, Tier.DISTRICT] == PLACES[Place.OWN] | PLACES[Place.SAME_DISTRICT]
    assert STANDING[Relation.INSPECTED, Tier.CENTER] == 0
    assert {tiers_of(role, POLICY) for role in held_roles(POLICY)} >= {(None,), (Tier.CENTER,), (Tier.DISTRICT,), (Tier.AGENCY,)}


def test_a_set_of_situations_is_the_decision_in_each_of_them() -> None:
    """The bits against the table asked one situation at a time, for a district dispatcher and a supervisor over every action."""
    for role in (Role.DISTRICT_DISPATCHER, Role.SUPERVISOR_EXTERNAL, Role.AGENCY_ADMIN, Role.ANYONE):
        tier = tiers_of(role, POLICY)[0]
        for action in Action:
            gives = {line.relation for line in POLICY.allowing([role], action)}
            takes = {line.relation for line in POLICY.denying(action)}
            bits = granted(POLICY, role, action, tier=tier)
            for n in range(0, len(SITUATIONS), 7):
                stands = {relation for relation in Relation if STANDING[relation, tier] >> n & 1}
                assert bool(bits >> n & 1) is (bool(gives & stands) and not takes & stands)


def test_the_difference_says_who_gains_and_loses_what_and_where() -> None:
    new = policy(["p, district_clerk, DISPATCHER, inspection, notify, allow"], ["p, center_clerk, SUBTREE, filing, advise, allow"])
    cells = difference(POLICY, VERSIONS.compiled(new))
    assert {(one.role, one.action, one.gains) for one in cells} == {
        ("district_clerk", Action.INSPECTION_NOTIFY, True),
        ("center_clerk", Action.FILING_ADVISE, False),
    }
    (notify,) = [one for one in cells if one.gains]
    assert (notify.standing, notify.places) == ((Relation.DISPATCHER,), tuple(Place))
    assert difference(POLICY, VERSIONS.compiled(POLICY.said)) == ()
    back = difference(VERSIONS.compiled(new), POLICY)
    assert {(one.role, one.action, not one.gains) for one in back} == {(one.role, one.action, one.gains) for one in cells}


def test_what_everybody_gains_is_said_of_anyone_alone() -> None:
    (cell,) = difference(POLICY, table_said(policy(["p, anyone, SELF, assessor, read, allow"], [])))
    assert (cell.role, cell.action, cell.standing) == (Role.ANYONE, Action.ASSESSOR_READ, (Relation.SELF,))


def test_a_lifted_deny_shows_in_which_situations() -> None:
    cells = difference(POLICY, table_said(policy([], ["p, anyone, BARRED, inspection, fill, deny"])))
    assert {(one.role, one.action) for one in cells} == {
        (Role.SUPERVISOR_EXTERNAL, Action.INSPECTION_FILL),
        (Role.SUPERVISOR_INTERNAL, Action.INSPECTION_FILL),
    }
    assert all(
        {Relation.TEAM_MEMBER, Relation.BARRED} == set(one.standing) and {Relation.EMPLOYER, Relation.ASSESSOR} <= set(one.lacking) for one in cells
    )


def test_the_digest_stands_for_base_text_and_difference() -> None:
    one, other = policy(["p, center_clerk, OWN_ORG, upload, read, allow"], []), policy(["p, center_clerk, OWN_ORG, upload, issue, allow"], [])
    cells = difference(POLICY, VERSIONS.compiled(one))
    found = {digest_between(1, one, cells), digest_between(2, one, cells), digest_between(1, other, cells), digest_between(1, one, cells[:-1])}
    assert len(found) == 4
    assert digest_between(1, one, cells) == digest_between(1, list(one), list(cells))
