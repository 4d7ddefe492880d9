"""Roles of an organization's people: granted, ended, lent for a time; and auditors, proposed by one administrator and confirmed by another."""

from dataclasses import replace
from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement

from authz.actions import Action
from authz.relations import PERSON
from domain import memberships
from domain.memberships import Delegation, GrantedRole
from gql import ids
from gql.accounts import ACCOUNTS
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, MEMBERSHIPS, ORGANIZATIONS, PERSONS, PREFIXES, Event, Membership, Organization, Somebody, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from models.memberships import Account, AuditorProposalStatus
from models.memberships import AuditorProposal as AuditorProposalRow
from models.memberships import Membership as MembershipRow

described(
    GrantedRole,
    "角色: what one administrator alone gives.",
    CENTER_ADMIN="中心管理员: the security administrator of a jurisdiction.",
    CENTER_DISPATCHER="中心派遣岗.",
    CENTER_CLERK="中心经办岗.",
    DISTRICT_ADMIN="区管理员.",
    DISTRICT_DISPATCHER="区派遣岗.",
    DISTRICT_CLERK="区经办岗.",
    AGENCY_ADMIN="机构管理员.",
    AGENCY_CLERK="机构经办岗.",
    INTEGRATOR="接口: for machines only.",
)
described(
    AuditorProposalStatus,
    "审计员任免提议的状态: how far a proposal about an auditor has come.",
    PROPOSED="已提议, by one administrator.",
    CONFIRMED="已确认, by another; in force.",
    WITHDRAWN="已撤回.",
)

GRANT, END, DELEGATE = Action.MEMBERSHIP_GRANT, Action.MEMBERSHIP_END, Action.MEMBERSHIP_DELEGATE
MAKE, CONFIRM = Action.AUDITOR_PROPOSAL_MAKE, Action.AUDITOR_PROPOSAL_CONFIRM
AUDITOR_PROPOSALS = Source(AuditorProposalRow, "AuditorProposal", "audp")


def by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c["proposed_by"] != PERSON


@strawberry.type(description="审计员任免提议: that somebody become the auditor of a center, or no longer be it. It takes two administrators.")
class AuditorProposal(Versioned):
    status: AuditorProposalStatus = column("status", "How far it has come.")
    reason: str = column("reason", "Why.")
    person: Somebody | None = one("person_id", PERSONS, "About whom.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "For which center.")
    ends: Membership | None = one("ends_id", MEMBERSHIPS, "The role that would end; without it, one would begin.")
    proposed_by: Somebody | None = one("proposed_by", PERSONS, "Who proposed it.")
    confirmed_by: Somebody | None = one("confirmed_by", PERSONS, "Who confirmed it: never who proposed it.")
    available_steps: list[Step] = steps(
        Offered("auditorProposalConfirm", CONFIRM, ("PROPOSED",), to="CONFIRMED", when=by_another),
        Offered("auditorProposalWithdraw", MAKE, ("PROPOSED",), to="WITHDRAWN"),
    )


@strawberry.input(description="Which roles.")
class MembershipFilter:
    organization: IdFilter | None = where("organization_id", "For which organization.", *PREFIXES.values())
    person: IdFilter | None = where("person_id", "Held by whom.", "per")
    delegated_from: IdFilter | None = where("delegated_from", "Lent of which role.", "mem")
    valid_until: RangeFilter[datetime] | None = where("valid_until", "When they end.")


@strawberry.enum(description="What roles may be sorted by.")
class MembershipOrder(Enum):
    VALID_FROM = strawberry.enum_value("valid_from", description="By when they began.")
    ROLE = strawberry.enum_value("role", description="By role.")


@strawberry.input(description="Which proposals.")
class AuditorProposalFilter:
    status: Among[AuditorProposalStatus] | None = where("status", "How far they have come.")


@strawberry.type
class Query:
    memberships: Connection[Membership] | None = page(
        None,
        MEMBERSHIPS,
        "Roles: of the own subtree for administrators, one's own and those one lent for everybody.",
        type=Connection[Membership],
        arguments=Arguments(MembershipFilter, MembershipOrder),
    )
    membership: Membership | None = row(MEMBERSHIPS, "One role.", Membership)
    auditor_proposals: Connection[AuditorProposal] | None = page(
        None, AUDITOR_PROPOSALS, "Proposals about auditors.", type=Connection[AuditorProposal], arguments=Arguments(AuditorProposalFilter)
    )
    auditor_proposal: AuditorProposal | None = row(AUDITOR_PROPOSALS, "One proposal.", AuditorProposal)


@strawberry.input(description="A role to give.")
class MembershipGrantInput(Keyed):
    account: strawberry.ID = strawberry.field(description="Whose: an account that is at home in the own subtree.")
    organization: strawberry.ID = strawberry.field(description="For which organization, of the role's tier.")
    role: GrantedRole = strawberry.field(description="The role.")
    until: datetime | None = strawberry.field(default=None, description="When it ends by itself; open without it.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="A role to end.")
class MembershipEndInput(Keyed):
    membership: strawberry.ID = strawberry.field(description="The role.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="An own role to lend to a colleague, for leave.")
class MembershipDelegateInput(Keyed):
    membership: strawberry.ID = strawberry.field(description="The own role; not one that was lent to oneself.")
    colleague: str = strawberry.field(description="The name under which the colleague signs in: of the same organization, or with a role there.")
    until: datetime = strawberry.field(description="When it ends by itself: at most 183 days from now, and never after the own role.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="A lent role to take back, or to give back.")
class MembershipRecallInput(MembershipEndInput):
    pass


@strawberry.type(description="A role after a step.")
class MembershipPayload:
    membership: Membership | None = given("membership", MEMBERSHIPS, "The role.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.input(description="An auditor to be.")
class AuditorProposalGrantInput(Keyed):
    account: strawberry.ID = strawberry.field(description="Whose account: at home in the own subtree.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="An auditor who shall no longer be one.")
class AuditorProposalEndInput(Keyed):
    membership: strawberry.ID = strawberry.field(description="The role of the auditor.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="A proposal about an auditor.")
class AuditorProposalConfirmInput(Keyed):
    auditor_proposal: strawberry.ID = strawberry.field(description="The proposal.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A proposal of which nothing shall come.")
class AuditorProposalWithdrawInput(AuditorProposalConfirmInput):
    pass


@strawberry.type(description="A proposal about an auditor after a step.")
class AuditorProposalPayload:
    auditor_proposal: AuditorProposal | None = given("auditor_proposal", AUDITOR_PROPOSALS, "The proposal.")
    membership: Membership | None = given("membership", MEMBERSHIPS, "The role that began or ended; null before it is confirmed.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def proposed(call: Call, proposal: AuditorProposalRow) -> AuditorProposalPayload:
    call.require(MAKE, proposal)
    event = await memberships.propose(call.session, proposal, act=call.act)
    return changed(AuditorProposalPayload, auditor_proposal=proposal.id, event=event.id)


async def drafted(call: Call, account: Account, input: MembershipGrantInput) -> MembershipRow:
    """The role to be. Everybody sees every organization; what may be done there is asked about this row."""
    place = await memberships.place_of(call.session, ids.read(input.organization, PREFIXES.values()))
    row = memberships.drafted(account.person_id, input.role, organization=place, act=call.act, reason=input.reason, until=input.until)
    call.require(GRANT, row)
    memberships.check_fit(input.role, kind=account.kind, tier=place.tier)
    return row


@strawberry.type
class Mutation:
    @mutation(GRANT, "Give a role, from now on. Not to oneself, and never administrator and auditor to one person (三员分立).")
    async def membership_grant(call: Call, input: MembershipGrantInput) -> MembershipPayload:
        account = await call.fetch(ACCOUNTS, input.account, to=GRANT)
        granted = await drafted(call, account, input)
        event = await memberships.give(call.session, granted, act=call.act)
        return changed(MembershipPayload, membership=granted.id, event=event.id)

    @mutation(END, "End a role now, and with it what was lent of it.")
    async def membership_end(call: Call, input: MembershipEndInput) -> MembershipPayload:
        found = await call.fetch(MEMBERSHIPS, input.membership, to=END, version=input.expected_version)
        event = await memberships.end_by_one(call.session, found, act=call.act, reason=input.reason)
        return changed(MembershipPayload, membership=found.id, event=event.id)

    @mutation(DELEGATE, "代岗: lend an own role to a colleague of the same organization until a day. It ends by itself, or with the own role.")
    async def membership_delegate(call: Call, input: MembershipDelegateInput) -> MembershipPayload:
        own = await call.fetch(MEMBERSHIPS, input.membership, to=DELEGATE)
        # asked in that one role: what another role of the caller's may lend does not carry this one
        replace(call, actor=replace(call.actor, roles=frozenset({own.role}))).require(DELEGATE, own)
        to = await memberships.colleague(call.session, input.colleague, act=call.act)
        lent, event = await memberships.delegate(call.session, own, Delegation(to=to, until=input.until, reason=input.reason), act=call.act)
        return changed(MembershipPayload, membership=lent.id, event=event.id)

    @mutation(DELEGATE, "End a lent role before its day: by who lent it or who got it.")
    async def membership_recall(call: Call, input: MembershipRecallInput) -> MembershipPayload:
        lent = await call.fetch(MEMBERSHIPS, input.membership, to=DELEGATE, version=input.expected_version)
        event = await memberships.recall(call.session, lent, act=call.act, reason=input.reason)
        return changed(MembershipPayload, membership=lent.id, event=event.id)

    @mutation(MAKE, "Propose somebody as auditor of the own center.")
    async def auditor_proposal_grant(call: Call, input: AuditorProposalGrantInput) -> AuditorProposalPayload:
        account = await call.fetch(ACCOUNTS, input.account, to=Action.ACCOUNT_READ)
        memberships.check_auditor(account)
        center = await memberships.place_of(call.session, call.act.organization_id)
        return await proposed(call, memberships.proposed(account.person_id, organization=center, act=call.act, reason=input.reason))

    @mutation(MAKE, "Propose that an auditor be one no longer.")
    async def auditor_proposal_end(call: Call, input: AuditorProposalEndInput) -> AuditorProposalPayload:
        ends = await call.fetch(MEMBERSHIPS, input.membership, to=Action.MEMBERSHIP_READ)
        center = await memberships.place_of(call.session, ends.organization_id)
        return await proposed(call, memberships.proposed(ends.person_id, organization=center, act=call.act, reason=input.reason, ends=ends))

    @mutation(CONFIRM, "Confirm a proposal about an auditor, by another administrator than who made it. The role begins or ends at once.")
    async def auditor_proposal_confirm(call: Call, input: AuditorProposalConfirmInput) -> AuditorProposalPayload:
        found = await call.fetch(AUDITOR_PROPOSALS, input.auditor_proposal, to=CONFIRM, version=input.expected_version)
        membership, event = await memberships.confirm(call.session, found, act=call.act)
        return changed(AuditorProposalPayload, auditor_proposal=found.id, membership=membership, event=event.id)

    @mutation(MAKE, "Withdraw a proposal about an auditor.")
    async def auditor_proposal_withdraw(call: Call, input: AuditorProposalWithdrawInput) -> AuditorProposalPayload:
        found = await call.fetch(AUDITOR_PROPOSALS, input.auditor_proposal, to=MAKE, version=input.expected_version)
        event = await memberships.withdraw(call.session, found, act=call.act)
        return changed(AuditorProposalPayload, auditor_proposal=found.id, event=event.id)
