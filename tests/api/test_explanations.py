"""explainAccess: the decision with line, article and membership; the half that fails; and never a way to learn that something exists."""

import json
from datetime import timedelta
from typing import Any

import pytest

from authz.access import POLICY
from authz.explain import Weighed
from authz.relations import Relation
from domain.memberships import end
from gql.explanations import SAYS, sentence
from models.base import new_id
from models.memberships import Membership
from models.supervisors import Employment
from tests.making_inspections import dispatched, notified
from tests.making_policies import present, published
from tests.making_supervisors import card_of, supervisor
from tests.world import NOW, World, codes, shown

pytestmark = pytest.mark.anyio

LINE = "{ number role relation action allows article membership missing text }"
EXPLAIN = f"""query($subject: ExplainSubject!, $action: String!, $object: ID!, $when: DateTime) {{
  explainAccess(subject: $subject, action: $action, object: $object, at: $when) {{
    outcome action policyVersion at organization roles line {LINE} closest {LINE} }} }}"""


def about(world: World, name: str, **more: str) -> dict[str, str]:
    return {"person": shown("per", world.actors[name].person_id), **more}


async def told(world: World, asker: Any, subject: dict[str, str], **question: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await world.done(asker, EXPLAIN, subject=subject, **question))["explainAccess"]
    return found


async def membership_of(world: World, name: str) -> Membership:
    found: Membership = (await world.rows(Membership, person_id=world.actors[name].person_id))[0]
    return found


async def test_an_allowance_names_line_article_and_membership(world: World) -> None:
    visit, _ = await dispatched(world)
    found = await told(world, "center_auditor", about(world, "district_dispatcher_0"), action="inspection.notify", object=shown("insp", visit.id))
    assert (found["outcome"], found["policyVersion"], found["closest"]) == ("ALLOWED", 1, [])
    assert (found["organization"], found["roles"]) == (shown("dst", world.districts[0].id), ["district_dispatcher"])
    line = found["line"]
    assert (line["role"], line["relation"], line["allows"], line["missing"]) == ("district_dispatcher", "DISPATCHER", True, [])
    assert line["membership"] == shown("mem", (await membership_of(world, "district_dispatcher_0")).id)
    assert line["article"] == "000 §11(一), Y037"


async def test_a_base_role_is_carried_by_a_membership_and_anyone_by_none(world: World) -> None:
    visit, _ = await dispatched(world)
    read = await told(world, "center_admin", about(world, "district_clerk_0"), action="inspection.read", object=shown("insp", visit.id))
    assert read["line"]["role"] == "district"
    assert read["line"]["membership"] == shown("mem", (await membership_of(world, "district_clerk_0")).id)
    center = shown("ctr", world.center.id)
    shared = await told(world, "center_admin", about(world, "district_clerk_0"), action="organization.read", object=center)
    assert (shared["line"]["role"], shared["line"]["membership"]) == ("anyone", None)


async def test_a_refusal_names_the_half_that_fails(world: World) -> None:
    visit, team = await notified(world)
    other, actor = await supervisor(world)
    world.actors["other"] = actor
    object = shown("insp", visit.id)
    mate = shown("per", team[0][1].person_id)
    lacking_role = await told(world, "center_admin", about(world, "center_clerk"), action="inspection.notify", object=object)
    assert lacking_role["outcome"] == "DENIED"
    assert {one["relation"]: one["missing"] for one in lacking_role["closest"]} == {"DISPATCHER": ["ROLE", "RELATION"]}
    hidden = await told(world, "center_admin", about(world, "other"), action="inspection.fill", object=object)
    assert (hidden["outcome"], hidden["action"]) == ("HIDDEN", "inspection.read")
    line = next(one for one in hidden["closest"] if one["relation"] == "TEAM_MEMBER")
    assert (line["missing"], line["text"]) == (["RELATION"], f"line {line['number']} TEAM_MEMBER: not in this team")
    allowed = await told(world, "center_admin", {"person": mate}, action="inspection.fill", object=object)
    assert (allowed["outcome"], allowed["line"]["relation"]) == ("ALLOWED", "TEAM_MEMBER")
    assert other.person_id == actor.person_id


async def test_a_line_that_takes_is_named_with_its_article(world: World) -> None:
    visit, team = await notified(world)
    mate = team[0][1]
    assert visit.agency_id is not None
    async with world.transaction() as session:
        session.add(Employment(person_id=mate.person_id, agency_id=visit.agency_id, starts_on=visit.scheduled_on - timedelta(days=9)))
    found = await told(world, mate, {"account": shown("acct", mate.account_id)}, action="inspection.fill", object=shown("insp", visit.id))
    assert (found["outcome"], found["line"]["allows"], found["line"]["relation"]) == ("DENIED", False, "EMPLOYER")
    assert "Y025" in found["line"]["article"]
    assert found["line"]["text"].endswith("EMPLOYER: employed there on the day")


async def test_an_embargoed_inspection_does_not_exist_for_the_agency(world: World) -> None:
    """The agency may ask about itself, and gets the answer of an object that never was."""
    visit, _ = await dispatched(world)
    for object in (visit.id, new_id()):
        subject = about(world, "agency_admin_0")
        answer = await world.ask("agency_admin_0", EXPLAIN, subject=subject, action="inspection.read", object=shown("insp", object))
        assert codes(answer) == ["NOT_FOUND"]
    seen = await told(world, "center_admin", about(world, "agency_admin_0"), action="inspection.read", object=shown("insp", visit.id))
    assert seen["outcome"] == "HIDDEN"
    assert [(one["relation"], one["missing"]) for one in seen["closest"] if one["role"] == "agency"] == [("INSPECTED", ["RELATION"])]


async def test_nothing_tells_that_a_person_or_an_object_exists(world: World, elsewhere: World) -> None:
    """A stranger, somebody else's colleague, a person who never was, and an object of either kind: one answer, byte for byte."""
    visit, _ = await dispatched(world)
    theirs, _ = await dispatched(elsewhere)
    mine, foreign = shown("insp", visit.id), shown("insp", theirs.id)
    nobody, stranger = shown("per", new_id()), about(elsewhere, "center_clerk")["person"]
    colleague = about(world, "district_clerk_0")["person"]
    asked = [
        ("center_admin", stranger, mine),
        ("center_admin", nobody, mine),
        ("center_admin", colleague, foreign),
        ("center_auditor", nobody, foreign),
    ]
    asked += [("district_admin_0", colleague, mine), ("center_clerk", colleague, mine), ("agency_admin_0", stranger, mine)]
    answers = set()
    for asker, person, object in asked:
        answers.add(json.dumps(await world.ask(asker, EXPLAIN, subject={"person": person}, action="inspection.read", object=object)))
    assert len(answers) == 1
    assert '"NOT_FOUND"' in answers.pop()


async def test_a_role_in_another_jurisdiction_is_not_looked_at(world: World, elsewhere: World) -> None:
    """Who also works elsewhere is explained by what the asker may know: the roles in reach."""
    visit, _ = await dispatched(world)
    clerk, object = about(world, "center_clerk"), shown("insp", visit.id)
    async with world.transaction() as session:
        tenants: dict[str, Any] = {"center_id": elsewhere.center.id, "valid_from": NOW - timedelta(days=9)}
        person = world.actors["center_clerk"].person_id
        session.add(Membership(person_id=person, role="center_admin", organization_id=elsewhere.center.id, granted_by=person, reason="兼", **tenants))
    there = clerk | {"organization": shown("ctr", elsewhere.center.id)}
    assert codes(await world.ask("center_admin", EXPLAIN, subject=there, action="inspection.read", object=object)) == ["NOT_FOUND"]
    found = await told(world, "center_admin", clerk, action="inspection.read", object=object)
    assert (found["organization"], found["roles"]) == (shown("ctr", world.center.id), ["center_clerk"])


async def test_as_of_an_instant_the_memberships_then_count(world: World) -> None:
    """Could she revoke the card the day before her role ended? Yes; a day later, no."""
    row, _ = await supervisor(world)
    card, held = shown("card", (await card_of(world, row)).id), await membership_of(world, "center_clerk")
    async with world.transaction() as session:
        await end(session, await session.merge(held), act=world.act("center_admin"), reason="调岗")
    question: dict[str, Any] = {"action": "person.read_contact", "object": shown("per", row.person_id)}
    subject = about(world, "center_clerk")
    later, before = NOW + timedelta(days=2), (NOW - timedelta(days=1)).isoformat()
    then = await told(world, "center_admin", subject, when=before, **question)
    now = await told(world, "center_admin", subject, **question)
    assert (then["outcome"], then["roles"]) == ("ALLOWED", ["center_clerk"])
    assert (now["outcome"], now["roles"], now["organization"]) == ("DENIED", [], None)
    assert card
    future = await world.ask("center_admin", EXPLAIN, subject=subject, when=later.isoformat(), **question)
    assert codes(future) == ["BAD_USER_INPUT"]


async def test_as_of_an_instant_the_policy_then_counts(world: World) -> None:
    """A line that was published today gives nothing yesterday, and is named by the version that brought it."""
    row, _ = await supervisor(world)
    number = await published(world, [{"line": "p, center_auditor, SUBTREE, person, read_contact, allow", "article": "house"}])
    admin = await present(world, "center_admin")
    question: dict[str, Any] = {"action": "person.read_contact", "object": shown("per", row.person_id)}
    now = await told(world, admin, about(world, "center_auditor"), **question)
    then = await told(world, admin, about(world, "center_auditor"), when=(NOW - timedelta(days=1)).isoformat(), **question)
    assert (now["outcome"], now["policyVersion"], now["line"]["role"]) == ("ALLOWED", number, "center_auditor")
    assert (then["outcome"], then["policyVersion"], then["line"]) == ("DENIED", 1, None)


async def test_a_role_of_a_policys_own_carries_its_line(world: World) -> None:
    """And under a version that does not know the role it is held and gives nothing."""
    row, _ = await supervisor(world)
    await published(world)
    dispatcher = world.actors["center_dispatcher"]
    async with world.transaction() as session:
        tenants: dict[str, Any] = {"center_id": world.center.id, "valid_from": NOW - timedelta(days=9), "organization_id": world.center.id}
        session.add(Membership(person_id=dispatcher.person_id, role="center_archivist", granted_by=dispatcher.person_id, reason="档案", **tenants))
    admin, question = await present(world, "center_admin"), {"action": "person.read_contact", "object": shown("per", row.person_id)}
    now = await told(world, admin, about(world, "center_dispatcher"), **question)
    then = await told(world, admin, about(world, "center_dispatcher"), when=(NOW - timedelta(days=1)).isoformat(), **question)
    assert now["roles"] == then["roles"] == ["center_archivist", "center_dispatcher"]
    assert (now["policyVersion"] > 1, then["policyVersion"]) == (True, 1)
    assert then["line"]["role"] == "center_dispatcher"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"action": "inspection.reed"}, "unknown"),
        ({"action": "monthly_return.submit"}, "not_of_object"),
        ({"subject": {}}, "required"),
        ({"when": "2026-09-15T00:00:00"}, "timezone"),
    ],
)
async def test_what_cannot_be_asked_is_refused(world: World, changes: dict[str, Any], problem: str) -> None:
    visit, _ = await dispatched(world)
    question: dict[str, Any] = {"subject": about(world, "center_clerk"), "action": "inspection.read", "object": shown("insp", visit.id)} | changes
    answer = await world.ask("center_admin", EXPLAIN, **question)
    assert [(one["extensions"]["code"], one["extensions"]["problem"]) for one in answer["errors"]] == [("BAD_USER_INPUT", problem)]


async def test_the_sentence_is_said_in_the_language_of_the_caller() -> None:
    assert set(SAYS) == set(Relation)
    line = next(one for one in POLICY.lines if one.relation is Relation.TEAM_MEMBER)
    assert sentence(Weighed(line, None, stands=False), "zh") == f"第 {line.number} 行 TEAM_MEMBER：需要角色 {line.role}；不是督导组成员"
    assert sentence(Weighed(line, None, stands=True), "en") == f"line {line.number} TEAM_MEMBER: needs the role {line.role}"
