"""Every decision of a mutation is on record: with the effect, or without it where there was none; and who may read the record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from authz.access import POLICY
from authz.actor import Actor
from domain.machine import broken
from domain.memberships import in_force
from models.decisions import Decision, Outcome
from models.events import ChainHead, Event
from models.memberships import Membership
from tests.making_inspections import dispatched
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CANCEL = "mutation($input: RecognitionSessionCancelInput!) { recognitionSessionCancel(input: $input) { replayed event { step } } }"
REGISTER = "mutation($input: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $input) { recognitionSession { id } } }"
REVOKE = "mutation($input: SupervisorCaseRevokeInput!) { supervisorCaseRevoke(input: $input) { case { id } } }"
OPEN = "mutation($input: SupervisorCaseOpenInput!) { supervisorCaseOpen(input: $input) { case { id } } }"
ACCEPT = "mutation($input: AssignmentAcceptInput!) { assignmentAccept(input: $input) { assignment { id } } }"
LIST = """query($filter: DecisionFilter) { decisions(first: 50, filter: $filter) { totalCount nodes {
  id action outcome objectKind objectId reason role line policy article requestId sequence digest actor { id } membership { id role } organization { id }
} } }"""


async def memberships_at(session: AsyncSession, person_id: UUID, organization_id: UUID, *, at: datetime) -> Sequence[Membership]:
    """Which roles counted for the person at the organization at that instant, a lent one only while the lender's did.

    Exact for any instant: memberships are ended, never changed or deleted.
    """
    theirs = (col(Membership.person_id) == person_id, col(Membership.organization_id) == organization_id)
    return (await session.exec(select(Membership).where(*theirs, in_force(at)).order_by(col(Membership.role), col(Membership.id)))).all()


def cancelling(id: str, **other: object) -> dict[str, object]:
    return {"recognitionSession": id, "reason": "停电", "idempotencyKey": key()} | other


def place_of(world: World, who: str) -> UUID:
    found = world.actors[who].organization_id
    assert found is not None
    return found


async def log_of(world: World, who: str) -> list[Decision]:
    rows: list[Decision] = await world.rows(Decision, organization_id=place_of(world, who))
    return sorted(rows, key=lambda one: one.sequence)


async def test_what_is_allowed_is_recorded_with_its_line_and_membership(world: World) -> None:
    actor, row = world.actors["agency_clerk_0"], await recognition(world)
    before = len(await world.rows(Event, organization_id=place_of(world, "agency_clerk_0")))
    await world.done(actor, CANCEL, input=cancelling(shown("ses", row.id)))
    (found,) = await log_of(world, "agency_clerk_0")
    (line,) = (one for one in POLICY.lines if one.number == found.line)
    assert (line.action, line.role, line.allows, line.article) == ("session.cancel", "agency_clerk", True, found.article)
    assert (found.action, found.outcome, found.reason) == ("session.cancel", Outcome.ALLOWED, None)
    assert (found.object_kind, found.object_id) == ("RecognitionSession", shown("ses", row.id))
    assert (found.account_id, found.person_id, found.role, found.policy) == (actor.account_id, actor.person_id, "agency_clerk", 1)
    assert dict(actor.memberships) == {"agency_clerk": found.membership_id}
    assert (found.at, found.request_id, found.agency_id) == (world.now, "test", world.agencies[0].id)
    (head,) = await world.rows(ChainHead, organization_id=found.organization_id)
    assert (head.sequence, head.decision_sequence, head.decision_digest) == (before + 1, 1, found.digest)


async def test_what_is_made_has_no_id_yet(world: World) -> None:
    starts = world.now.replace(day=20)
    given = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidateCount": 40, "place": "实训楼", "idempotencyKey": key()}
    given |= {"startsAt": starts.isoformat(), "endsAt": starts.replace(hour=6).isoformat()}
    await world.done("agency_admin_1", REGISTER, input=given)
    (found,) = await log_of(world, "agency_admin_1")
    assert (found.action, found.object_kind, found.object_id, found.role) == ("session.register", "RecognitionSession", None, "agency_admin")
    assert found.outcome is Outcome.ALLOWED
    assert found.membership_id in dict(world.actors["agency_admin_1"].memberships).values()


async def test_a_refusal_is_recorded_after_all_is_undone(world: World) -> None:
    """A center sees the session of an agency and may not cancel it."""
    row = await recognition(world)
    refused = await world.ask("center_clerk", CANCEL, input=cancelling(shown("ses", row.id)))
    assert codes(refused) == ["FORBIDDEN"]
    (found,) = await log_of(world, "center_clerk")
    assert (found.outcome, found.action, found.object_id) == (Outcome.DENIED, "session.cancel", shown("ses", row.id))
    assert (found.line, found.membership_id) == (None, None)
    assert found.reason is not None
    assert found.reason.startswith("ROLE agency_admin agency_clerk")
    assert found.article == refused["errors"][0]["extensions"]["article"]


async def test_the_half_that_is_missing_is_named(world: World) -> None:
    """Everybody sees the card that the center issued; an agency may open a case about cards of its own only."""
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": "NEGLIGENCE", "facts": "未到", "idempotencyKey": key()}
    assert codes(await world.ask("agency_admin_1", OPEN, input=given)) == ["FORBIDDEN"]
    (found,) = await log_of(world, "agency_admin_1")
    assert found.reason is not None
    assert found.reason.startswith("RELATION ISSUER")


async def test_the_line_that_takes_is_named(world: World) -> None:
    own = await supervisor(world, employer=world.agencies[0])
    visit, _ = await dispatched(world, team=[own, await supervisor(world)], accepted=False)
    from models.dispatch import Assignment  # noqa: PLC0415

    (place,) = await world.rows(Assignment, inspection_id=visit.id, supervisor_id=own[0].id)
    assert codes(await world.ask(own[1], ACCEPT, input={"assignment": shown("asg", place.id), "idempotencyKey": key()})) == ["FORBIDDEN"]
    found = [one for one in await world.rows(Decision, person_id=own[1].person_id) if one.outcome is Outcome.DENIED]
    assert [(one.reason, one.object_kind) for one in found] == [("DENY EMPLOYER", "Assignment")]
    (line,) = (one for one in POLICY.lines if one.number == found[0].line)
    assert (line.allows, line.relation) == (False, "EMPLOYER")


async def test_hidden_and_absent_are_recorded_alike(world: World, elsewhere: World) -> None:
    hidden = shown("ses", (await recognition(elsewhere)).id)
    absent = shown("ses", uuid4())
    for asked in (hidden, absent, "ses_123", "draw_" + "0" * 32):
        assert codes(await world.ask("agency_admin_0", CANCEL, input=cancelling(asked))) == ["NOT_FOUND"]
    found = await log_of(world, "agency_admin_0")
    assert [one.object_id for one in found] == [hidden, absent, None, None], "what is no id is not kept"
    assert {(one.outcome, one.reason, one.action, one.line, one.article) for one in found} == {
        (Outcome.DENIED, "NOT_FOUND", "session.cancel", None, None)
    }
    assert await log_of(elsewhere, "agency_admin_0") == []


async def test_a_key_that_was_answered_decides_nothing_anew(world: World) -> None:
    given = cancelling(shown("ses", (await recognition(world)).id))
    for replayed in (False, True):
        answer = await world.done("agency_admin_0", CANCEL, input=given)
        assert answer["recognitionSessionCancel"]["replayed"] is replayed
    assert len(await log_of(world, "agency_admin_0")) == 1


async def test_what_is_undone_leaves_no_decision(world: World) -> None:
    """The right was there, the state or the version was not: nothing was done, and nothing is on record."""
    id = shown("ses", (await recognition(world)).id)
    assert codes(await world.ask("agency_admin_0", CANCEL, input=cancelling(id, expectedVersion=99))) == ["CONFLICT"]
    await world.done("agency_admin_0", CANCEL, input=cancelling(id))
    assert codes(await world.ask("agency_admin_0", CANCEL, input=cancelling(id))) == ["CONFLICT"]
    assert [one.outcome for one in await log_of(world, "agency_admin_0")] == [Outcome.ALLOWED]


async def test_both_chains_hold_beside_each_other(world: World) -> None:
    for n in range(3):
        row = await recognition(world)
        await world.done("agency_admin_0", CANCEL, input=cancelling(shown("ses", row.id)))
        await world.ask("agency_admin_0", CANCEL, input=cancelling(shown("ses", uuid4())))
        assert len(await log_of(world, "agency_admin_0")) == 2 * (n + 1)
    events = sorted(await world.rows(Event, organization_id=place_of(world, "agency_admin_0")), key=lambda one: one.sequence)
    assert broken(events) is None
    assert broken(await log_of(world, "agency_admin_0")) is None


async def test_no_personal_data_is_kept(world: World) -> None:
    """Neither what stands in a refused input nor who the row is about."""
    number, row = id_number(), await recognition(world)
    naming = "mutation($input: RecognitionSessionNameAssessorInput!) { recognitionSessionNameAssessor(input: $input) { event { step } } }"
    given = {"recognitionSession": shown("ses", row.id), "assessor": {"name": "王小明", "idNumber": number}, "idempotencyKey": key()}
    await world.ask("center_clerk", naming, input=given)
    await world.ask("agency_admin_0", naming, input=given | {"recognitionSession": f"ses_{number}"})
    found = await world.rows(Decision, center_id=world.center.id)
    assert len(found) == 2
    assert not any(number in repr(one) or "王小明" in repr(one) for one in found)


async def listed(world: World, who: Actor | str, **filter: Any) -> list[dict[str, Any]]:
    found = (await world.done(who, LIST, filter=filter))["decisions"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


async def test_the_auditor_reads_the_whole_jurisdiction_others_the_own(world: World, elsewhere: World) -> None:
    row = await recognition(world)
    id = shown("ses", row.id)
    await world.ask("center_clerk", CANCEL, input=cancelling(id))
    await world.done("agency_admin_0", CANCEL, input=cancelling(id))
    assert [(one["outcome"], one["organization"]["id"]) for one in await listed(world, "center_auditor")] == [
        ("ALLOWED", shown("agc", world.agencies[0].id)),
        ("DENIED", shown("ctr", world.center.id)),
    ]
    (mine,) = await listed(world, "agency_admin_0")
    assert (mine["actor"]["id"], mine["membership"]["role"]) == (shown("per", world.actors["agency_admin_0"].person_id), "agency_admin")
    for other in ("center_admin", "agency_clerk_0", "district_admin_0", elsewhere.actors["center_auditor"]):
        assert await listed(world, other) == []
        answer = await world.ask(other, "query($id: ID!) { decision(id: $id) { id } }", id=mine["id"])
        assert codes(answer) == ["NOT_FOUND"]


async def test_the_record_is_searched(world: World) -> None:
    row = await recognition(world)
    id, clerk = shown("ses", row.id), world.actors["center_clerk"]
    await world.ask(clerk, CANCEL, input=cancelling(id))
    await world.done("agency_admin_0", CANCEL, input=cancelling(id))
    for filter, outcomes in (
        ({"outcome": {"eq": "DENIED"}}, ["DENIED"]),
        ({"person": {"eq": shown("per", clerk.person_id)}}, ["DENIED"]),
        ({"organization": {"eq": shown("agc", world.agencies[0].id)}}, ["ALLOWED"]),
        ({"action": {"eq": "session.cancel"}, "objectId": {"eq": id}}, ["ALLOWED", "DENIED"]),
        ({"objectId": {"eq": shown("ses", uuid4())}}, []),
        ({"at": {"from": world.now.isoformat()}}, ["ALLOWED", "DENIED"]),
        ({"at": {"until": world.now.isoformat()}}, []),
    ):
        assert [one["outcome"] for one in await listed(world, "center_auditor", **filter)] == outcomes


async def test_who_acts_for_nobody_has_no_chain(world: World) -> None:
    """Such a person may do nothing here; the refusal is told to the service's own log."""
    nobody = replace(
        world.actors["agency_admin_0"], organization_id=None, tier=None, center_id=None, agency_id=None, roles=frozenset(), memberships=()
    )
    row = await recognition(world)
    assert codes(await world.ask(nobody, CANCEL, input=cancelling(shown("ses", row.id)))) == ["NOT_FOUND"]
    assert await world.rows(Decision, person_id=nobody.person_id) == []


async def test_who_held_which_role_at_another_time(world: World) -> None:
    actor = world.actors["center_clerk"]
    (held,) = await world.rows(Membership, person_id=actor.person_id)
    async with world.transaction() as session:
        for at, found in ((held.valid_from, [held.id]), (held.valid_from.replace(year=2020), []), (world.now, [held.id])):
            assert [one.id for one in await memberships_at(session, actor.person_id, world.center.id, at=at)] == found
        row = next(iter(await memberships_at(session, actor.person_id, world.center.id, at=world.now)))
        row.valid_until = world.now
    async with world.transaction() as session:
        assert await memberships_at(session, actor.person_id, world.center.id, at=world.now) == []
        assert [one.id for one in await memberships_at(session, actor.person_id, world.center.id, at=world.now.replace(day=1))] == [held.id]


async def test_a_lent_role_counted_while_the_lenders_did(world: World) -> None:
    lender, other = world.actors["district_dispatcher_0"], world.actors["district_clerk_0"]
    (held,) = await world.rows(Membership, person_id=lender.person_id)
    place, since = world.districts[0], world.now - timedelta(days=9)
    async with world.transaction() as session:
        lent = Membership(
            person_id=other.person_id,
            role=held.role,
            organization_id=place.id,
            center_id=place.center_id,
            district_id=place.id,
            valid_from=since,
            valid_until=world.now + timedelta(days=9),
            granted_by=lender.person_id,
            reason="休假",
            delegated_from=held.id,
            delegator_id=lender.person_id,
        )
        session.add(lent)
        (mine,) = await memberships_at(session, lender.person_id, place.id, at=world.now)
        mine.valid_until = world.now - timedelta(days=1)
    async with world.transaction() as session:
        for days, roles in (
            (10, {"district_clerk"}),
            (9, {"district_clerk", "district_dispatcher"}),
            (1, {"district_clerk"}),
            (0, {"district_clerk"}),
        ):
            found = await memberships_at(session, other.person_id, place.id, at=world.now - timedelta(days=days))
            assert {one.role for one in found} == roles, days
