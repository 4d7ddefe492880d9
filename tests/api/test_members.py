"""Roles: given, ended, lent for a time; auditors made by two; and what the database itself refuses."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.embedded_postgres import EmbeddedPostgres
from authz.actor import Actor, Role
from domain.calendar import shanghai_day
from models.events import Event
from models.memberships import Account, AccountKind, Membership
from models.supervisors import Person
from tests.cases_members import REASON, account_of, lent, name_of, proposal, role_of, second_admin
from tests.cluster import ask
from tests.making_draws import FREEZE, freezing
from tests.making_members import asked, bearer, done, present, token_of, why
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
LENT = "{ memberships(first: 20) { nodes { id role validUntil delegator { id } delegatedFrom { id } } } }"


async def offered(world: World, **changes: Any) -> dict[str, Any]:
    """The dispatcher of the first district asks the clerk to stand in for a fortnight."""
    own = shown("mem", (await role_of(world, "district_dispatcher_0")).id)
    said = {"membership": own, "colleague": await name_of(world, "district_clerk_0"), "until": (world.now + 14 * DAY).isoformat(), "reason": "休假"}
    return said | changes


async def test_a_district_of_two_goes_on_while_one_is_on_leave(world: World) -> None:
    present(world)
    held = await recognition(world)
    freeze = {"month": f"{shanghai_day(held.starts_at):%Y-%m}"}
    token = await token_of(world, "district_clerk_0")
    before = await bearer(world, token)
    assert codes(await world.ask(before, FREEZE, input=freezing(world, **freeze))) == ["FORBIDDEN"]

    lending = await done(world, "district_dispatcher_0", "membershipDelegate", **await offered(world))
    standing_in = await bearer(world, token)
    assert standing_in.roles == {Role.DISTRICT_CLERK, Role.DISTRICT_DISPATCHER}
    assert codes(await world.ask(standing_in, FREEZE, input=freezing(world, **freeze))) == []
    (event,) = await world.rows(Event, person_id=standing_in.person_id, subject_kind="Draw")
    assert event.organization_id == world.districts[0].id

    for who in ("district_dispatcher_0", "district_clerk_0"):
        found = [one for one in (await world.done(who, LENT))["memberships"]["nodes"] if one["id"] == lending["membership"]["id"]]
        assert found[0]["delegator"] == {"id": shown("per", world.actors["district_dispatcher_0"].person_id)}
    until = world.now + 14 * DAY
    assert (await bearer(world, token, at=until - timedelta(seconds=1))).roles == standing_in.roles
    assert (await bearer(world, token, at=until)).roles == {Role.DISTRICT_CLERK}


async def test_a_lent_role_ends_by_the_clock_of_the_database_alone(world: World) -> None:
    """Nobody sweeps; and whoever came before it ended does nothing more by it."""
    present(world)
    until = world.now + timedelta(seconds=2)
    await lent(world, until=until)
    token = await token_of(world, "district_clerk_0")
    standing_in = await bearer(world, token)
    assert Role.DISTRICT_DISPATCHER in standing_in.roles
    assert codes(await world.ask(standing_in, LENT)) == []
    await asyncio.sleep(2.1)
    assert why(await world.ask(standing_in, LENT)) == "CONFLICT RIGHTS_CHANGED"
    after = await bearer(world, token, at=clock.now())
    assert after.roles == {Role.DISTRICT_CLERK}
    assert codes(await world.ask(after, FREEZE, input=freezing(world))) == ["FORBIDDEN"]


async def test_a_lent_role_ends_with_the_own_one(world: World) -> None:
    row, token = await lent(world), await token_of(world, "district_clerk_0")
    later = world.now + DAY
    own = shown("mem", (await role_of(world, "district_dispatcher_0")).id)
    await done(world, "district_admin_0", "membershipEnd", at=later, membership=own, reason="调离")
    (ended,) = await world.rows(Membership, id=row.id)
    assert ended.valid_until == later
    assert [one.step for one in sorted(await world.rows(Event, subject_id=row.id), key=lambda one: one.sequence)] == ["DELEGATE", "END"]
    assert (await bearer(world, token, at=later)).roles == {Role.DISTRICT_CLERK}


async def test_a_lent_role_counts_only_beside_the_own_one_even_where_nobody_ended_it(world: World) -> None:
    row, token = await lent(world), await token_of(world, "district_clerk_0")
    later = world.now + DAY
    async with world.transaction() as session:
        own = await session.merge(await role_of(world, "district_dispatcher_0"))
        own.valid_until = later
    (still,) = await world.rows(Membership, id=row.id)
    assert still.valid_until > later
    assert Role.DISTRICT_DISPATCHER in (await bearer(world, token, at=later - timedelta(seconds=1))).roles
    assert (await bearer(world, token, at=later)).roles == {Role.DISTRICT_CLERK}


@pytest.mark.parametrize("who", ["district_dispatcher_0", "district_clerk_0"])
async def test_a_lent_role_is_called_back_or_given_back(world: World, who: str) -> None:
    row, later = await lent(world), world.now + DAY
    stranger = await asked(world, "district_dispatcher_1", "membershipRecall", at=later, membership=shown("mem", row.id), reason="无")
    bystander = await asked(world, "district_admin_0", "membershipRecall", at=later, membership=shown("mem", row.id), reason="无")
    assert (codes(stranger), why(bystander)) == (["NOT_FOUND"], "RULE_NOT_MET delegation.own_role")
    await done(world, who, "membershipRecall", at=later, membership=shown("mem", row.id), reason="提前返岗")
    (ended,) = await world.rows(Membership, id=row.id)
    assert ended.valid_until == later
    own = await asked(
        world, "district_clerk_0", "membershipRecall", membership=shown("mem", (await role_of(world, "district_clerk_0")).id), reason="无"
    )
    assert why(own) == "RULE_NOT_MET delegation.own_role"


async def nothing_lent(world: World) -> None:
    assert [one for one in await world.rows(Membership, center_id=world.center.id) if one.delegated_from] == []


async def test_a_role_one_does_not_hold_is_not_lent(world: World) -> None:
    others = shown("mem", (await role_of(world, "district_dispatcher_1")).id)
    assert why(await asked(world, "district_dispatcher_0", "membershipDelegate", **await offered(world, membership=others))) == "NOT_FOUND"
    colleagues = shown("mem", (await role_of(world, "district_dispatcher_0")).id)
    assert why(await asked(world, "district_clerk_0", "membershipDelegate", **await offered(world, membership=colleagues))) == "NOT_FOUND"
    # an administrator sees the role, and holds it no more for that
    refused = await asked(world, "district_admin_0", "membershipDelegate", **await offered(world))
    assert why(refused) == "RULE_NOT_MET delegation.own_role"
    await nothing_lent(world)


async def test_a_role_is_lent_within_the_organization_for_a_time_and_once(world: World) -> None:
    other = await name_of(world, "district_clerk_1")
    for colleague in (other, "nobody", await name_of(world, "agency_clerk_0")):
        refused = await asked(world, "district_dispatcher_0", "membershipDelegate", **await offered(world, colleague=colleague))
        assert why(refused) == "BAD_USER_INPUT unknown"
    itself = await offered(world, colleague=await name_of(world, "district_dispatcher_0"))
    assert why(await asked(world, "district_dispatcher_0", "membershipDelegate", **itself)) == "RULE_NOT_MET delegation.to_oneself"
    for until, said in ((timedelta(), "BAD_USER_INPUT past"), (184 * DAY, "RULE_NOT_MET delegation.longest")):
        refused = await asked(world, "district_dispatcher_0", "membershipDelegate", **await offered(world, until=(world.now + until).isoformat()))
        assert why(refused) == said
    await nothing_lent(world)


async def test_a_role_is_not_lent_for_longer_than_one_holds_it(world: World) -> None:
    async with world.transaction() as session:
        own = await session.merge(await role_of(world, "district_dispatcher_0"))
        own.valid_until = world.now + 7 * DAY
    assert why(await asked(world, "district_dispatcher_0", "membershipDelegate", **await offered(world))) == "RULE_NOT_MET delegation.own_end"
    await done(world, "district_dispatcher_0", "membershipDelegate", **await offered(world, until=(world.now + 7 * DAY).isoformat()))


async def test_a_lent_role_is_not_lent_on(world: World) -> None:
    present(world)
    row = await lent(world)
    standing_in = await bearer(world, await token_of(world, "district_clerk_0"))
    to = await name_of(world, "district_admin_0")
    refused = await asked(world, standing_in, "membershipDelegate", **await offered(world, membership=shown("mem", row.id), colleague=to))
    assert why(refused) == "RULE_NOT_MET delegation.depth"
    assert [one.id for one in await world.rows(Membership, center_id=world.center.id) if one.delegated_from] == [row.id]


async def test_the_auditor_lends_nothing_whatever_else_they_are(world: World) -> None:
    (who,) = await world.rows(Person, id=world.actors["center_auditor"].person_id)
    both: Actor = await world.hire("center_clerk", world.center, person=who, name="both")
    both = replace(both, roles=frozenset({Role.CENTER_CLERK, Role.CENTER_AUDITOR}))
    (audit,) = [one for one in await world.rows(Membership, person_id=who.id) if one.role == "center_auditor"]
    said = await offered(world, membership=shown("mem", audit.id), colleague=await name_of(world, "center_dispatcher"))
    assert why(await asked(world, both, "membershipDelegate", **said)) == "FORBIDDEN"
    await nothing_lent(world)


async def test_a_role_is_given_to_the_people_of_the_own_subtree_only(world: World, elsewhere: World) -> None:
    center, district, agency = shown("ctr", world.center.id), shown("dst", world.districts[0].id), shown("agc", world.agencies[0].id)
    clerk = account_of(world, "district_clerk_0")
    given = await done(world, "district_admin_0", "membershipGrant", account=clerk, organization=district, role="DISTRICT_DISPATCHER", reason=REASON)
    (row,) = [one for one in await world.rows(Membership, person_id=world.actors["district_clerk_0"].person_id) if one.role == "district_dispatcher"]
    assert given["membership"]["id"] == shown("mem", row.id)
    before = len(await world.rows(Membership))

    async def refused(by: str, account: str, organization: str, role: str) -> str:
        return why(await asked(world, by, "membershipGrant", account=account, organization=organization, role=role, reason=REASON))

    assert await refused("district_admin_0", clerk, center, "CENTER_CLERK") == "FORBIDDEN", "not above"
    assert await refused("district_admin_1", clerk, district, "DISTRICT_CLERK") == "NOT_FOUND", "not beside"
    assert await refused("center_admin", account_of(elsewhere, "center_clerk"), center, "CENTER_ADMIN") == "NOT_FOUND"
    assert await refused("center_admin", clerk, shown("ctr", elsewhere.center.id), "CENTER_CLERK") == "FORBIDDEN"
    assert await refused("center_admin", account_of(world, "center_admin"), center, "CENTER_DISPATCHER") == "FORBIDDEN", "not to oneself"
    assert await refused("center_admin", clerk, agency, "DISTRICT_CLERK") == "BAD_USER_INPUT role_of_tier"
    assert await refused("center_admin", clerk, center, "INTEGRATOR") == "BAD_USER_INPUT role_of_kind"
    assert await refused("center_admin", clerk, district, "DISTRICT_CLERK") == "CONFLICT OVERLAP"
    assert await refused("agency_clerk_0", account_of(world, "agency_clerk_0"), agency, "AGENCY_ADMIN") == "FORBIDDEN"
    assert len(await world.rows(Membership)) == before


async def test_what_one_administrator_does_not_end(world: World) -> None:
    _, actor = await supervisor(world)
    (carded,) = await world.rows(Membership, person_id=actor.person_id)
    ends = {carded.id: "RULE_NOT_MET membership.by_card", (await role_of(world, "center_auditor")).id: "RULE_NOT_MET auditor.two_persons"}
    for id, said in ends.items():
        assert why(await asked(world, "center_admin", "membershipEnd", membership=shown("mem", id), reason=REASON)) == said
        (row,) = await world.rows(Membership, id=id)
        assert row.valid_until is None or row.valid_until > world.now


async def test_an_auditor_is_made_and_unmade_by_two(world: World, elsewhere: World) -> None:
    row, second, clerk = await proposal(world), await second_admin(world), world.actors["center_clerk"].person_id
    about = {"auditorProposal": shown("audp", row.id)}
    assert why(await asked(world, "center_admin", "auditorProposalConfirm", **about)) == "RULE_NOT_MET auditor.two_persons"
    assert why(await asked(world, "center_auditor", "auditorProposalConfirm", **about)) == "FORBIDDEN"
    assert why(await asked(elsewhere, "center_admin", "auditorProposalConfirm", **about)) == "NOT_FOUND"
    made = await done(world, second, "auditorProposalConfirm", **about)
    (role,) = [one for one in await world.rows(Membership, person_id=clerk) if one.role == "center_auditor"]
    assert made["membership"]["id"] == shown("mem", role.id)

    later = world.now + DAY
    ending = await done(world, "center_admin", "auditorProposalEnd", at=later, membership=shown("mem", role.id), reason="调离")
    (still,) = await world.rows(Membership, id=role.id)
    assert still.valid_until is None
    await done(world, second, "auditorProposalConfirm", at=later, auditorProposal=ending["auditorProposal"]["id"])
    (ended,) = await world.rows(Membership, id=role.id)
    assert ended.valid_until == later
    again = await asked(world, second, "auditorProposalWithdraw", at=later, auditorProposal=ending["auditorProposal"]["id"])
    assert why(again) == "CONFLICT STATE"
    assert why(await asked(world, "center_admin", "auditorProposalEnd", membership=shown("mem", role.id), reason="x", at=later)) == "CONFLICT STATE"


async def test_administrator_and_auditor_are_never_one_person(world: World) -> None:
    center = shown("ctr", world.center.id)
    auditor = account_of(world, "center_auditor")
    given = await asked(world, "center_admin", "membershipGrant", account=auditor, organization=center, role="CENTER_ADMIN", reason=REASON)
    assert why(given) == "CONFLICT OVERLAP"
    second = await second_admin(world)
    proposing = await done(world, "center_admin", "auditorProposalGrant", account=account_of(world, second), reason=REASON)
    third = await world.hire("center_admin", world.center, name="center_admin_3")
    assert why(await asked(world, third, "auditorProposalConfirm", auditorProposal=proposing["auditorProposal"]["id"])) == "CONFLICT OVERLAP"
    admin = shown("mem", (await role_of(world, "center_admin")).id)
    lending = await offered(world, membership=admin, colleague=await name_of(world, "center_auditor"))
    assert why(await asked(world, "center_admin", "membershipDelegate", **lending)) == "CONFLICT OVERLAP"


ROLE = """INSERT INTO membership (id, person_id, role, organization_id, center_id, valid_from, valid_until, granted_by, reason, delegated_from, delegator_id)
  VALUES (gen_random_uuid(), '{person}', '{role}', '{place}', '{place}', {since}, {until}, '{person}', 'x', {origin}, {delegator}) RETURNING 1"""


async def raw(cluster: EmbeddedPostgres, statement: str) -> object:
    return await asyncio.to_thread(ask, cluster.url("dudao_owner"), statement)


async def test_the_database_holds_the_three_administrators_apart(world: World, elsewhere: World, cluster: EmbeddedPostgres) -> None:
    auditor = world.actors["center_auditor"].person_id
    said = {"since": "now()", "until": "NULL", "origin": "NULL", "delegator": "NULL"}
    for place in (world.center.id, elsewhere.center.id):
        with pytest.raises(Exception, match="ex_membership_administrators_apart"):
            await raw(cluster, ROLE.format(person=auditor, role="center_admin", place=place, **said))
    long_ago = said | {"since": "'2020-01-01'", "until": "'2021-01-01'"}
    assert await raw(cluster, ROLE.format(person=auditor, role="center_admin", place=world.center.id, **long_ago)) == 1, "one after the other may be"

    operator = Person(name="运维")
    async with world.transaction() as session:
        session.add(operator)
        await session.flush()
        session.add(Account(name=f"ops-{operator.id.hex[-8:]}", kind=AccountKind.OPERATOR, person_id=operator.id))
    with pytest.raises(Exception, match="an operator holds no role"):
        await raw(cluster, ROLE.format(person=operator.id, role="district_clerk", place=world.center.id, **said))
    account = "INSERT INTO account (id, name, kind, person_id) VALUES (gen_random_uuid(), '{name}', 'OPERATOR', '{person}') RETURNING 1"
    with pytest.raises(Exception, match="an operator holds no role"):
        await raw(cluster, account.format(name=f"x-{auditor.hex[-8:]}", person=auditor))


async def test_the_database_lets_nothing_be_lent_that_is_not_held(world: World, cluster: EmbeddedPostgres) -> None:
    own, clerk = await role_of(world, "center_dispatcher"), world.actors["center_clerk"].person_id
    said = {"person": clerk, "role": own.role, "place": world.center.id, "since": "now()", "until": "now() + interval '1 day'"}
    said |= {"origin": f"'{own.id}'", "delegator": f"'{own.person_id}'"}
    wrong: dict[str, dict[str, Any]] = {
        "does not hold": {"role": "center_admin"},
        "delegated_has_end": {"until": "NULL"},
        "delegated_by_another": {"person": own.person_id},
    }
    for match, change in wrong.items():
        with pytest.raises(Exception, match=match):
            await raw(cluster, ROLE.format(**(said | change)))
    with pytest.raises(Exception, match="does not hold"):
        await raw(cluster, ROLE.format(**(said | {"delegator": f"'{world.actors['center_admin'].person_id}'"})))
    first = await raw(cluster, ROLE.format(**said).replace("RETURNING 1", "RETURNING id"))
    third = world.actors["district_clerk_0"].person_id
    with pytest.raises(Exception, match="does not hold"):
        await raw(cluster, ROLE.format(**(said | {"person": third, "origin": f"'{first}'", "delegator": f"'{clerk}'"})))
    for change in (
        "role = 'center_admin'",
        f"person_id = '{third}'",
        "delegated_from = NULL, delegator_id = NULL",
        "valid_from = valid_from - interval '1 day'",
    ):
        with pytest.raises(Exception, match="only ends"):
            await raw(cluster, f"UPDATE membership SET {change} WHERE id = '{first}' RETURNING 1")
    await raw(cluster, f"UPDATE membership SET valid_until = now() + interval '9 days' WHERE id = '{own.id}' RETURNING 1")
    with pytest.raises(Exception, match="does not hold"):
        await raw(cluster, f"UPDATE membership SET valid_until = now() + interval '10 days' WHERE id = '{first}' RETURNING 1")
