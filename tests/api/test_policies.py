"""The policy as versioned data: proposed by one administrator, shown, approved by another, in force with the next request, and back again."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from app import identity
from app.front import Turned
from authz.access import POLICY, VERSIONS
from authz.actor import Actor
from authz.versions import PolicyUnavailable
from domain import memberships
from models.filings import FilingDecision
from models.memberships import Login, Membership
from models.organizations import Organization
from models.policies import PolicyCurrent, PolicyLine, PolicyVersion
from tests.making_filings import submitted
from tests.making_policies import APPROVE, ARCHIVIST, DIFFERENCE, PROPOSE, ROLL_BACK, approved, difference, present, proposed, published, second
from tests.making_returns import again
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

ADVISE = "mutation($input: FilingDecisionAdviseInput!) { filingDecisionAdvise(input: $input) { event { step } } }"
GRANT = "mutation($input: MembershipGrantOwnRoleInput!) { membershipGrantOwnRole(input: $input) { membership { id role } } }"
REJECT = "mutation($input: PolicyVersionRejectInput!) { policyVersionReject(input: $input) { policyVersion { status } } }"
VERSION = """query($id: ID!) { policyVersion(id: $id) { number status inForce reason proposedBy { id } decidedBy { id } heads { role people }
  difference { role action gains } availableSteps { mutation } history(first: 9) { nodes { step } }
  lines(first: 5) { totalCount nodes { line kind role base relation object action effect article } } } }"""
LOOSE = "p, center_dispatcher, SUBTREE, filing, advise, allow"


def why(answer: dict[str, Any]) -> dict[str, Any]:
    return dict(answer["errors"][0]["extensions"])


async def signed_in(world: World, who: Actor) -> Actor:
    """The actor that a token of theirs makes, by the door that the service has."""
    token = secrets.token_urlsafe()
    async with world.transaction() as session:
        session.add(Login(account_id=who.account_id, token_hash=identity.hash_of(token), expires_at=world.now + timedelta(days=999)))
    return await identity.actor_of(world.database, token, organization=None, now=world.now)


async def advised(world: World, who: Actor, filing: FilingDecision) -> dict[str, Any]:
    return await world.ask(who, ADVISE, input={"idempotencyKey": key(), "filingDecision": shown("fil", filing.id), "opinion": "规范"})


async def test_a_role_with_two_rights_from_the_proposal_to_the_act(world: World) -> None:
    filing, clerk = await submitted(world), await world.hire("district_clerk", world.districts[0], name="hand")
    assert codes(await advised(world, clerk, filing)) == ["FORBIDDEN"]
    dry = (await world.done("center_admin", DIFFERENCE, input={"changes": {"adds": ARCHIVIST}}))["policyDifference"]
    gained = {one["action"]: one for one in dry["changes"]}
    assert {one["role"] for one in dry["changes"]} == {"center_archivist"}
    assert gained["filing.advise"] == {
        "role": "center_archivist",
        "action": "filing.advise",
        "gains": True,
        "standing": ["SUBTREE"],
        "lacking": [],
        "places": ["OWN", "SAME_DISTRICT", "SAME_CENTER"],
        "situations": 768,
    }
    assert {"person.read_contact", "inspection.read"} <= set(gained), "the two rights, and what everybody of the tier reads"
    assert dry["heads"] == [{"role": "center_archivist", "people": 0}]
    version = await proposed(world)
    assert (version["status"], version["inForce"], version["base"], version["lineCount"]) == ("PROPOSED", False, 1, len(POLICY.said) + 3)
    assert (await difference(world, version["id"]))["digest"] == dry["digest"]
    done = await approved(world, version["id"])
    assert (done["policyVersion"]["status"], done["policyVersion"]["inForce"]) == ("PUBLISHED", True)
    assert (done["event"]["step"], dry["digest"] in done["event"]["reason"]) == ("APPROVE", True)
    hand = await world.hire("center_dispatcher", world.center, name="archivist")
    said = {"account": shown("acct", hand.account_id), "organization": shown("ctr", world.center.id), "role": "center_archivist", "reason": "档案"}
    granted = await world.done(await present(world, "center_admin"), GRANT, input=said | {"idempotencyKey": key()})
    assert granted["membershipGrantOwnRole"]["membership"]["role"] == "center_archivist"
    actor = await signed_in(world, hand)
    assert (actor.roles, actor.policy) == ({"center_archivist", "center_dispatcher"}, done["policyVersion"]["number"])
    assert "errors" not in await advised(world, actor, filing)
    counted = (await difference(world, (await proposed(world, [], removes=[ARCHIVIST[2]["line"]]))["id"]))["heads"]
    assert counted == [{"role": "center_archivist", "people": 1}]


async def test_a_right_works_in_the_next_request_and_ends_with_the_roll_back(world: World, elsewhere: World) -> None:
    filing, foreign = await submitted(world), await submitted(elsewhere)
    dispatcher = world.actors["center_dispatcher"]
    assert codes(await advised(world, dispatcher, filing)) == ["FORBIDDEN"]
    number = await published(world, [{"line": LOOSE, "article": "house"}])
    assert why(await advised(world, dispatcher, filing))["reason"] == "RIGHTS_CHANGED", "a request begun under the version before"
    now = await signed_in(world, dispatcher)
    assert now.policy == number
    assert "errors" not in await advised(world, now, filing)
    assert (await signed_in(elsewhere, elsewhere.actors["center_dispatcher"])).policy == 1
    assert codes(await advised(elsewhere, elsewhere.actors["center_dispatcher"], foreign)) == ["FORBIDDEN"], "another jurisdiction has its own"
    back = await world.done(await present(world, "center_admin"), ROLL_BACK, input={"idempotencyKey": key(), "reason": "收回"})
    await approved(world, back["policyVersionRollBack"]["policyVersion"]["id"])
    late = await signed_in(world, dispatcher)
    assert late.policy > number
    assert VERSIONS.table(late.policy).said == POLICY.said
    assert codes(await advised(world, late, filing)) == ["FORBIDDEN"]


async def test_it_takes_two_administrators_who_saw_the_same(world: World) -> None:
    version = await proposed(world)
    shown_now = (await difference(world, version["id"]))["digest"]
    said = {"policyVersion": version["id"], "expectedDifference": shown_now}
    alone = await world.ask("center_admin", APPROVE, input=said | {"idempotencyKey": key()})
    assert (codes(alone), why(alone)["rule"]) == (["RULE_NOT_MET"], "policy.two_persons")
    other = await second(world)
    unseen = await world.ask(other, APPROVE, input=said | {"idempotencyKey": key(), "expectedDifference": "0" * 64})
    assert (codes(unseen), why(unseen)["reason"]) == (["CONFLICT"], "STALE")
    assert codes(await world.ask("center_auditor", APPROVE, input=said | {"idempotencyKey": key()})) == ["FORBIDDEN"]
    assert codes(await world.ask("district_admin_0", APPROVE, input=said | {"idempotencyKey": key()})) == ["NOT_FOUND"]
    assert await world.rows(PolicyCurrent, center_id=world.center.id) == []
    read = (await world.done(other, VERSION, id=version["id"]))["policyVersion"]
    assert [one["mutation"] for one in read["availableSteps"]] == ["policyVersionApprove", "policyVersionReject"]
    assert read["lines"]["totalCount"] == version["lineCount"]
    assert read["lines"]["nodes"][0]["article"]
    assert ({"role": "center_archivist", "action": "filing.advise", "gains": True} in read["difference"], read["inForce"]) == (True, False)
    own = (await world.done("center_admin", VERSION, id=version["id"]))["policyVersion"]
    assert [one["mutation"] for one in own["availableSteps"]] == ["policyVersionReject"]
    assert codes(await world.ask("district_admin_0", VERSION, id=version["id"])) == ["NOT_FOUND"]
    await approved(world, version["id"])
    again = await world.ask(await present(world, other), APPROVE, input=said | {"idempotencyKey": key()})
    assert (codes(again), why(again)["reason"]) == (["CONFLICT"], "STATE")


async def test_what_was_shown_before_another_version_came_is_not_approved(world: World) -> None:
    first = await proposed(world)
    digest = (await difference(world, first["id"]))["digest"]
    refused = await world.ask(
        "center_admin", PROPOSE, input={"idempotencyKey": key(), "changes": {"adds": [{"line": LOOSE, "article": "house"}]}, "reason": "二"}
    )
    assert (codes(refused), why(refused)["reason"]) == (["CONFLICT"], "DUPLICATE"), "one proposal at a time"
    assert (await world.done("center_admin", REJECT, input={"idempotencyKey": key(), "policyVersion": first["id"], "reason": "改"}))[
        "policyVersionReject"
    ]
    number = await published(world, [{"line": LOOSE, "article": "house"}])
    (old,) = await world.rows(PolicyVersion, number=first["number"])
    rolled = await world.done(
        await present(world, "center_admin"), ROLL_BACK, input={"idempotencyKey": key(), "policyVersion": shown("pol", old.id), "reason": "再"}
    )
    anew = rolled["policyVersionRollBack"]["policyVersion"]
    now = await difference(world, anew["id"])
    assert (now["base"], now["digest"] != digest) == (number, True)
    assert {(one["role"], one["action"], one["gains"]) for one in now["changes"]} >= {("center_dispatcher", "filing.advise", False)}
    said = {"idempotencyKey": key(), "policyVersion": anew["id"], "expectedDifference": digest}
    stale = await world.ask(await present(world, await second(world)), APPROVE, input=said)
    assert (codes(stale), why(stale)["reason"]) == (["CONFLICT"], "STALE")


@pytest.mark.parametrize(
    ("adds", "removes", "problem"),
    [
        (["p, center_clerk, SUBTREE, filing, advice, allow"], [], "policy_word"),
        (["p, nobody_known, SUBTREE, filing, advise, allow"], [], "policy_word"),
        (["p, center_clerk, SUBTREE, filing, advise"], [], "policy_form"),
        (["p, center_clerk, SUBTREE, filing, advise, allow; DROP"], [], "policy_form"),
        (["p, center_clerk, SUBTREE, filing, advise, allow"], [], "policy_twice"),
        (["p, center_clerk, TEAM_MEMBER, filing, advise, allow"], [], "policy_meaning"),
        (["g, center_archivist, center", "g, center_archivist, district"], [], "policy_role"),
        ([], ["g, center_clerk, center"], "policy_role"),
        ([], ["p, center_clerk, SUBTREE, filing, refuse, allow"], "policy_absent"),
        ([], ["p, anyone, EMPLOYER, inspection, sign, deny"], "pinned_own_agency"),
        ([], ["p, center_admin, OWN_ORG, policy, approve, allow"], "pinned_publishers"),
        ([], [], "required"),
    ],
)
async def test_a_policy_that_cannot_be_is_refused_by_its_line(world: World, adds: list[str], removes: list[str], problem: str) -> None:
    changes = {"adds": [{"line": one, "article": "house"} for one in adds], "removes": removes}
    for document, said in ((DIFFERENCE, {"changes": changes}), (PROPOSE, {"idempotencyKey": key(), "changes": changes, "reason": "试"})):
        answer = await world.ask("center_admin", document, input=said)
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
        assert problem == "required" or why(answer)["params"]["line"] in answer["errors"][0]["message"]
    assert await world.rows(PolicyVersion, center_id=world.center.id) == []


async def test_only_the_own_administrators_and_auditors_see_a_change(world: World, elsewhere: World) -> None:
    version = await proposed(world)
    for who in ("district_admin_0", "agency_admin_0", "center_clerk"):
        assert codes(await world.ask(who, DIFFERENCE, input={"policyVersion": version["id"]})) == ["NOT_FOUND"]
        assert codes(await world.ask(who, DIFFERENCE, input={"changes": {"adds": ARCHIVIST}})) == ["FORBIDDEN"]
    assert codes(await elsewhere.ask("center_admin", DIFFERENCE, input={"policyVersion": version["id"]})) == ["NOT_FOUND"]
    assert (await difference(world, version["id"], by="center_auditor"))["count"] > 0
    assert codes(await world.ask("center_auditor", PROPOSE, input={"idempotencyKey": key(), "changes": {"adds": ARCHIVIST}, "reason": "x"})) == [
        "FORBIDDEN"
    ]


async def test_a_broken_version_denies_and_nothing_else_holds_instead(world: World) -> None:
    """Lines that are not the ones proposed: whoever changed them, nobody gets the rights of the version before."""
    actor = world.actors["center_admin"]
    number = await published(world)
    (version,) = await world.rows(PolicyVersion, number=number)
    async with world.transaction() as session:
        session.add(
            PolicyLine(
                center_id=world.center.id,
                policy_version_id=version.id,
                line=9_000,
                kind="p",
                role="center_clerk",
                relation="SUBTREE",
                object="filing",
                action="decide",
                effect="allow",
                article="house",
            )
        )
    fresh = VERSIONS.__class__(POLICY, VERSIONS._check)
    with pytest.raises(PolicyUnavailable):
        await fresh.ensure(world.database.glance(), number)
    with pytest.raises(PolicyUnavailable):
        fresh.table(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.identity.VERSIONS", fresh)
        with pytest.raises(Turned) as turned:
            await signed_in(world, actor)
    assert (turned.value.status, turned.value.sentence) == (503, "policy")


async def test_a_role_that_the_version_in_force_does_not_know_gives_nothing(world: World) -> None:
    await published(world)
    hand = await world.hire("center_clerk", world.center, name="archivist")
    async with world.transaction() as session:
        held = (await session.exec(select(Membership).where(col(Membership.person_id) == hand.person_id))).one()
        center, act = await again(session, Organization, world.center.id), world.act("center_admin", at=world.now - timedelta(days=1))
        await memberships.end(session, held, act=act, reason="试")
        await memberships.grant(session, hand.person_id, "center_archivist", organization=center, act=act, reason="试")
    assert (await signed_in(world, hand)).roles == {"center_archivist"}
    back = await world.done(await present(world, "center_admin"), ROLL_BACK, input={"idempotencyKey": key(), "reason": "收回"})
    await approved(world, back["policyVersionRollBack"]["policyVersion"]["id"])
    somebody = await signed_in(world, hand)
    assert somebody.roles == {"anyone"}
    assert (await world.done(somebody, "{ viewer { memberships(first: 1) { totalCount } } }"))["viewer"]["memberships"]["totalCount"] == 2


async def test_roles_of_a_policy_are_given_in_their_tier_and_those_of_ours_are_not(world: World) -> None:
    await published(world)
    admin, clerk = await present(world, "center_admin"), world.actors["center_clerk"]
    said = {"account": shown("acct", clerk.account_id), "organization": shown("ctr", world.center.id), "role": "center_archivist", "reason": "试"}
    for change, problem in (
        ({"role": "center_admin"}, "unknown"),
        ({"role": "center_reader"}, "unknown"),
        ({"organization": shown("dst", world.districts[0].id)}, "role_of_tier"),
    ):
        answer = await world.ask(admin, GRANT, input=said | change | {"idempotencyKey": key()})
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem), change
    assert codes(await world.ask(replace(admin, policy=1), GRANT, input=said | {"idempotencyKey": key()})) == ["CONFLICT"]
