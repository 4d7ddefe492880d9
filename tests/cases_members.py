"""One prepared case for each mutation about accounts, logins, roles and auditors."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlmodel import col, select

from domain import accounts, memberships
from domain.accounts import Proof
from domain.memberships import Delegation
from models.base import new_id
from models.memberships import Account, AccountKind, AuditorProposal, Login, Membership
from tests.contract import AGAIN, Case
from tests.making_members import bearer, token_of
from tests.world import World, shown

Prepare = Callable[[World], Awaitable[Case]]
REASON = "工作需要"
LATER = timedelta(hours=1)


async def second_admin(world: World) -> str:
    """Another administrator of the center: for what takes two."""
    if "center_admin_2" not in world.actors:
        await world.hire("center_admin", world.center, name="center_admin_2")
    return "center_admin_2"


def account_of(world: World, actor: str) -> str:
    return shown("acct", world.actors[actor].account_id)


async def name_of(world: World, actor: str) -> str:
    (found,) = await world.rows(Account, id=world.actors[actor].account_id)
    return str(found.name)


async def role_of(world: World, actor: str) -> Membership:
    """The one role that somebody of the world holds for their organization, not lent."""
    who = world.actors[actor]
    (found,) = await world.rows(Membership, person_id=who.person_id, organization_id=who.organization_id, delegated_from=None)
    return found  # type: ignore[no-any-return]


def fresh_proof() -> Proof:
    return Proof(new_id(), secrets.token_bytes(32))


async def invited(world: World, actor: str, *, by: str) -> Login:
    async with world.transaction() as session:
        account = (await session.exec(select(Account).where(col(Account.id) == world.actors[actor].account_id))).one()
        login, _ = await accounts.invite(session, account, fresh_proof(), act=world.act(by))
    return login


async def machine(world: World, *, by: str = "agency_admin_0") -> Account:
    async with world.transaction() as session:
        person = accounts.newcomer("title", "学校接口")
        home = await memberships.place_of(session, world.agencies[0].id)
        account = accounts.drafted(secrets.token_hex(6), kind=AccountKind.MACHINE, person=person, home=home)
        await accounts.opened(session, account, person, act=world.act(by))
    return account


async def lent(world: World, *, until: datetime | None = None) -> Membership:
    """The dispatcher of the first district goes on leave: the clerk stands in."""
    async with world.transaction() as session:
        own = await session.merge(await role_of(world, "district_dispatcher_0"))
        to = world.actors["district_clerk_0"].person_id
        lending = Delegation(to=to, until=until or world.now + timedelta(days=14), reason="休假")
        row, _ = await memberships.delegate(session, own, lending, act=world.act("district_dispatcher_0"))
    return row


async def proposal(world: World) -> AuditorProposal:
    async with world.transaction() as session:
        center = await memberships.place_of(session, world.center.id)
        row = memberships.proposed(world.actors["center_clerk"].person_id, organization=center, act=world.act("center_admin"), reason=REASON)
        await memberships.propose(session, row, act=world.act("center_admin"))
    return row


async def account_open(world: World) -> Case:
    return Case(world, "center_admin", {"name": secrets.token_hex(6), "organization": shown("ctr", world.center.id), "personName": "新人"})


async def account_open_machine(world: World) -> Case:
    place = shown("agc", world.agencies[0].id)
    return Case(world, "agency_admin_0", {"name": secrets.token_hex(6), "organization": place, "title": "学校接口", "reason": REASON})


async def account_invite(world: World) -> Case:
    return Case(world, "agency_admin_0", {"account": account_of(world, "agency_clerk_0")}, again=AGAIN)


async def account_disable(world: World) -> Case:
    return Case(world, "district_admin_0", {"account": account_of(world, "district_clerk_0"), "reason": REASON})


async def account_set_password(world: World) -> Case:
    """A moment after signing in."""
    actor = await bearer(world, await token_of(world, "district_clerk_0"))
    return Case(world, actor, {"password": "a fresh password 1"}, again=AGAIN)


async def login_issue(world: World) -> Case:
    return Case(world, "agency_admin_0", {"account": shown("acct", (await machine(world)).id), "hours": 24}, again=AGAIN)


async def login_end(world: World) -> Case:
    login = await invited(world, "agency_clerk_0", by="agency_admin_0")
    return Case(world, "agency_admin_0", {"login": shown("login", login.id)})


async def membership_grant(world: World) -> Case:
    said = {"account": account_of(world, "center_clerk"), "organization": shown("ctr", world.center.id), "role": "CENTER_DISPATCHER"}
    return Case(world, "center_admin", {**said, "reason": REASON})


async def membership_end(world: World) -> Case:
    return Case(world, "center_admin", {"membership": shown("mem", (await role_of(world, "district_clerk_0")).id), "reason": REASON})


async def membership_delegate(world: World) -> Case:
    own = shown("mem", (await role_of(world, "district_dispatcher_0")).id)
    said = {"colleague": await name_of(world, "district_clerk_0"), "until": (world.now + timedelta(days=14)).isoformat(), "reason": "休假"}
    return Case(world, "district_dispatcher_0", {"membership": own, **said})


async def membership_recall(world: World) -> Case:
    row = await lent(world)
    return Case(world, "district_dispatcher_0", {"membership": shown("mem", row.id), "reason": "提前返岗"}, at=world.now + LATER)


async def auditor_proposal_grant(world: World) -> Case:
    return Case(world, "center_admin", {"account": account_of(world, "center_clerk"), "reason": REASON})


async def auditor_proposal_end(world: World) -> Case:
    return Case(world, "center_admin", {"membership": shown("mem", (await role_of(world, "center_auditor")).id), "reason": REASON})


async def auditor_proposal_confirm(world: World) -> Case:
    return Case(world, await second_admin(world), {"auditorProposal": shown("audp", (await proposal(world)).id)})


async def auditor_proposal_withdraw(world: World) -> Case:
    return Case(world, "center_admin", {"auditorProposal": shown("audp", (await proposal(world)).id)})


MEMBERS: Mapping[str, Prepare] = {
    "accountOpen": account_open,
    "accountOpenMachine": account_open_machine,
    "accountInvite": account_invite,
    "accountDisable": account_disable,
    "accountSetPassword": account_set_password,
    "loginIssue": login_issue,
    "loginEnd": login_end,
    "membershipGrant": membership_grant,
    "membershipEnd": membership_end,
    "membershipDelegate": membership_delegate,
    "membershipRecall": membership_recall,
    "auditorProposalGrant": auditor_proposal_grant,
    "auditorProposalEnd": auditor_proposal_end,
    "auditorProposalConfirm": auditor_proposal_confirm,
    "auditorProposalWithdraw": auditor_proposal_withdraw,
}
