"""Accounts: opened and invited by who never knows the password, machines with tokens, and who is not to be become by either."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import identity
from authz.actor import Actor, Role
from authz.errors import Unauthenticated
from models.events import Event
from models.memberships import Account, Login, LoginKind
from models.supervisors import Person
from tests.cases_members import account_of, machine
from tests.contract import Case, sent
from tests.making_members import asked, bearer, done, present, token_of, why
from tests.making_supervisors import supervisor
from tests.world import PASSWORDS, World, codes, key, shown

pytestmark = pytest.mark.anyio

PASSWORD = "a fresh password 1"
OPENED = """mutation($input: AccountOpenInput!) { accountOpen(input: $input) {
  replayed invitation account { id name kind organization { id } } login { id kind expiresAt } } }"""
INVITED = "mutation($input: AccountInviteInput!) { accountInvite(input: $input) { invitation login { id } } }"
ISSUED = "mutation($input: LoginIssueInput!) { loginIssue(input: $input) { replayed token login { id expiresAt account { id } } } }"
ALL = "{ accounts(first: 100) { nodes { id name logins(first: 5) { nodes { id kind endedAt } } } } }"


def newcomer(world: World, **changes: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "name": key(), "organization": shown("dst", world.districts[0].id), "personName": "王新"} | changes


async def test_a_person_is_invited_and_chooses_a_password_nobody_else_knows(world: World) -> None:
    present(world)
    said = newcomer(world)
    opened = (await world.done("district_admin_0", OPENED, input=said))["accountOpen"]
    again = (await world.done("district_admin_0", OPENED, input=said))["accountOpen"]
    assert again == opened | {"replayed": True}
    invited = await bearer(world, opened["invitation"])
    assert (invited.organization_id, invited.roles) == (None, {Role.ANYONE})
    granted = {"account": opened["account"]["id"], "organization": said["organization"], "role": "DISTRICT_CLERK", "reason": "任命"}
    await done(world, "district_admin_0", "membershipGrant", **granted)
    assert (await bearer(world, opened["invitation"])).roles == {Role.ANYONE}, "an invitation serves for the password alone"

    for wrong in ("short", "x" * 201):
        assert why(await asked(world, invited, "accountSetPassword", password=wrong)) == "BAD_USER_INPUT password"
    await done(world, invited, "accountSetPassword", password=PASSWORD)
    with pytest.raises(Unauthenticated, match="EXPIRED"):
        await bearer(world, opened["invitation"])
    assert codes(await asked(world, invited, "accountSetPassword", password=PASSWORD)) == ["UNAUTHENTICATED"]
    token = await identity.sign_in(world.database, said["name"], PASSWORD, now=world.now, passwords=PASSWORDS)
    assert (await bearer(world, token)).roles == {Role.DISTRICT_CLERK}
    (row,) = await world.rows(Account, name=said["name"])
    assert (row.center_id, row.district_id, row.agency_id) == (world.center.id, world.districts[0].id, None)
    steps = [(one.step, one.person_id) for one in sorted(await world.rows(Event, subject_id=row.id), key=lambda one: one.sequence)]
    admin = world.actors["district_admin_0"].person_id
    assert steps == [("OPEN", admin), ("INVITE", admin)], "who comes by an invitation acts for nobody"
    assert row.version == 2
    (used,) = await world.rows(Login, account_id=row.id, kind=LoginKind.INVITATION)
    assert used.ended_at == world.now


async def test_an_invitation_ends_after_a_day_and_with_the_next(world: World) -> None:
    opened = (await world.done("district_admin_0", OPENED, input=newcomer(world)))["accountOpen"]
    with pytest.raises(Unauthenticated):
        await bearer(world, opened["invitation"], at=world.now + timedelta(hours=24))
    said = {"idempotencyKey": key(), "account": opened["account"]["id"]}
    second = (await world.done("district_admin_0", INVITED, input=said))["accountInvite"]
    with pytest.raises(Unauthenticated):
        await bearer(world, opened["invitation"])
    assert (await bearer(world, second["invitation"])).login_id is not None


async def test_an_account_is_not_a_way_to_become_another(world: World, elsewhere: World) -> None:
    """Neither by opening one for somebody who acts beyond the own reach, nor by inviting them anew."""
    _, outside = await supervisor(world)
    (person,) = await world.rows(Person, id=outside.person_id)
    home = shown("ctr", world.center.id)

    async def opened(by: str, who: object, organization: str) -> dict[str, Any]:
        return await world.ask(by, OPENED, input=newcomer(world, personName=None, person=shown("per", who), organization=organization))  # type: ignore[arg-type]

    assert why(await opened("district_admin_0", person.id, shown("dst", world.districts[0].id))) == "BAD_USER_INPUT unknown"
    for who in (elsewhere.actors["center_clerk"].person_id, world.actors["center_auditor"].person_id):
        assert why(await opened("center_admin", who, home)) == "BAD_USER_INPUT unknown"
    assert codes(await opened("center_admin", person.id, home)) == []
    await elsewhere.hire("center_clerk", elsewhere.center, person=person)
    assert why(await opened("center_admin", person.id, home)) == "BAD_USER_INPUT unknown"
    assert why(await asked(world, "center_admin", "accountInvite", account=shown("acct", outside.account_id))) == "RULE_NOT_MET account.elsewhere"
    auditor = await asked(world, "center_admin", "accountInvite", account=account_of(world, "center_auditor"))
    assert why(auditor) == "RULE_NOT_MET account.auditor"
    assert await world.rows(Login, person_id=world.actors["center_auditor"].person_id) == []


async def test_an_administrator_acts_on_the_accounts_of_the_own_subtree(world: World, elsewhere: World) -> None:
    for mutation, more in (("accountInvite", {}), ("accountDisable", {"reason": "离职"})):
        for by, whose, said in (
            ("district_admin_1", "district_clerk_0", "NOT_FOUND"),
            ("agency_admin_1", "agency_clerk_0", "NOT_FOUND"),
            ("district_admin_0", "center_clerk", "NOT_FOUND"),
            ("center_auditor", "center_clerk", "FORBIDDEN"),
            ("center_admin", "center_admin", "FORBIDDEN"),
        ):
            assert why(await asked(world, by, mutation, account=account_of(world, whose), **more)) == said, (mutation, by)
        assert why(await asked(elsewhere, "center_admin", mutation, account=account_of(world, "center_clerk"), **more)) == "NOT_FOUND"
    beyond = newcomer(world, organization=shown("dst", world.districts[1].id))
    assert codes(await world.ask("district_admin_0", OPENED, input=beyond)) == ["FORBIDDEN"]
    assert why(await world.ask("district_admin_0", OPENED, input=newcomer(world, personName=None))) == "BAD_USER_INPUT required"
    assert await world.rows(Account, name=beyond["name"]) == []


async def test_a_disabled_account_ends_with_all_its_tokens(world: World) -> None:
    token = await token_of(world, "district_clerk_0")
    await done(world, "district_admin_0", "accountDisable", account=account_of(world, "district_clerk_0"), reason="离职")
    with pytest.raises(Unauthenticated):
        await bearer(world, token)
    (login,) = await world.rows(Login, account_id=world.actors["district_clerk_0"].account_id)
    assert login.ended_at == world.now
    assert why(await asked(world, "district_admin_0", "accountInvite", account=account_of(world, "district_clerk_0"))) == "CONFLICT STATE"


async def test_a_password_is_changed_only_a_moment_after_signing_in(world: World) -> None:
    mine, other = [await token_of(world, "agency_clerk_0") for _ in range(2)]
    actor = await bearer(world, mine)
    (login,) = await world.rows(Login, id=actor.login_id)
    old = login.created_at + timedelta(minutes=11)
    assert why(await asked(world, actor, "accountSetPassword", at=old, password=PASSWORD)) == "UNAUTHENTICATED STEP_UP"
    assert why(await asked(world, replace(actor, login_id=None), "accountSetPassword", password=PASSWORD)) == "UNAUTHENTICATED STEP_UP"
    (account,) = await world.rows(Account, id=actor.account_id)
    assert account.password_hash is None
    await done(world, actor, "accountSetPassword", at=old - timedelta(minutes=2), password=PASSWORD)
    assert (await bearer(world, mine)).account_id == actor.account_id
    assert [one.step for one in await world.rows(Event, subject_id=actor.account_id)] == ["SET_PASSWORD"]
    with pytest.raises(Unauthenticated):
        await bearer(world, other)
    machines = await machine(world)
    robot = Actor(machines.id, machines.person_id, None, None, None, None, None, frozenset(), login_id=None)
    robot = await bearer(world, await token_of(world, robot, kind=LoginKind.MACHINE))
    assert why(await asked(world, robot, "accountSetPassword", password=PASSWORD)) == "CONFLICT STATE"


async def test_a_machine_has_tokens_that_are_told_once_and_end_at_once(world: World, elsewhere: World) -> None:
    place = shown("agc", world.agencies[0].id)
    said = {"name": key(), "organization": place, "title": "学校接口", "reason": "对接"}
    opened = await done(world, "agency_admin_0", "accountOpenMachine", **said)
    asking = {"idempotencyKey": key(), "account": opened["account"]["id"], "hours": 24}
    issued = (await world.done("agency_admin_0", ISSUED, input=asking))["loginIssue"]
    again = (await world.done("agency_admin_0", ISSUED, input=asking))["loginIssue"]
    assert again == issued | {"replayed": True}
    robot = await bearer(world, issued["token"])
    assert (robot.roles, robot.organization_id) == ({Role.INTEGRATOR}, world.agencies[0].id)
    with pytest.raises(Unauthenticated):
        await bearer(world, issued["token"], at=world.now + timedelta(hours=24))

    for hours in (0, 8785):
        assert why(await world.ask("agency_admin_0", ISSUED, input=asking | {"idempotencyKey": key(), "hours": hours})) == "BAD_USER_INPUT range"
    people = {"idempotencyKey": key(), "account": account_of(world, "agency_clerk_0"), "hours": 1}
    assert why(await world.ask("agency_admin_0", ISSUED, input=people)) == "CONFLICT STATE"
    login = {"login": issued["login"]["id"]}
    assert why(await asked(elsewhere, "agency_admin_0", "loginEnd", **login)) == "NOT_FOUND"
    assert why(await asked(world, "agency_clerk_0", "loginEnd", **login)) == "NOT_FOUND"
    await done(world, "agency_admin_0", "loginEnd", **login)
    with pytest.raises(Unauthenticated):
        await bearer(world, issued["token"])
    assert why(await asked(world, "agency_admin_0", "loginEnd", **login)) == "CONFLICT STATE"


async def test_a_machine_is_opened_where_one_may_give_roles(world: World) -> None:
    said = {"name": key(), "organization": shown("ctr", world.center.id), "title": "接口", "reason": "对接"}
    for by in ("district_admin_0", "center_clerk", "center_auditor"):
        assert codes(await sent("accountOpenMachine", Case(world, by, said))) == ["FORBIDDEN"]
    assert await world.rows(Account, name=said["name"]) == []


async def test_who_sees_which_accounts(world: World, elsewhere: World) -> None:
    await token_of(world, "agency_clerk_0")

    async def seen(by: str) -> set[str]:
        return {one["id"] for one in (await world.done(by, ALL))["accounts"]["nodes"]}

    agency = {account_of(world, one) for one in ("agency_admin_0", "agency_clerk_0")}
    assert await seen("agency_admin_0") == agency
    assert await seen("agency_clerk_0") == {account_of(world, "agency_clerk_0")}
    below = agency | {account_of(world, f"{one}_0") for one in ("district_admin", "district_dispatcher", "district_clerk")}
    assert await seen("district_admin_0") == below | {account_of(world, f"agency_{one}_1") for one in ("admin", "clerk")}
    assert await seen("center_admin") == await seen("center_auditor") >= below
    assert not await seen("center_admin") & {account_of(elsewhere, one) for one in elsewhere.actors}
    nodes = (await world.done("agency_admin_0", ALL))["accounts"]["nodes"]
    assert [len(one["logins"]["nodes"]) for one in nodes if one["id"] == account_of(world, "agency_clerk_0")] == [1]


async def test_one_ends_an_own_login(world: World) -> None:
    token = await token_of(world, "district_clerk_0")
    (login,) = await world.rows(Login, account_id=world.actors["district_clerk_0"].account_id)
    assert why(await asked(world, "district_clerk_1", "loginEnd", login=shown("login", login.id))) == "NOT_FOUND"
    await done(world, "district_clerk_0", "loginEnd", login=shown("login", login.id))
    with pytest.raises(Unauthenticated):
        await bearer(world, token)
