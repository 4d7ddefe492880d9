"""Accounts and their logins. An administrator opens, invites and disables; a password is chosen by the person alone, a machine has tokens."""

import hmac
from datetime import datetime
from enum import Enum
from hashlib import sha256
from uuid import UUID

import strawberry

from authz.actions import Action
from authz.errors import Unauthenticated
from domain import accounts, memberships
from domain.accounts import Proof
from domain.memberships import GrantedRole
from gql import ids
from gql.context import Context
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, Said, changed, mutation, row
from gql.organizations import EVENTS, MEMBERSHIPS, ORGANIZATIONS, PERSONS, PREFIXES, Event, Membership, Organization, Somebody, Versioned
from gql.reading.declare import Source, bound, column, given, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from models.base import new_id
from models.memberships import Account as AccountRow
from models.memberships import AccountKind, LoginKind
from models.memberships import Login as LoginRow
from models.memberships import Membership as MembershipRow
from models.supervisors import Person

described(
    AccountKind,
    "账号类别: what signs in.",
    PERSON="个人.",
    MACHINE="接口系统: another institution's machine, by tokens only.",
    OPERATOR="运维人员: never signs in and holds no role.",
)
described(
    LoginKind,
    "登录凭证类别: what a token is for.",
    SESSION="会话: by name and password.",
    INVITATION="邀请: once, to choose a password.",
    MACHINE="接口令牌.",
)

OPEN, INVITE, DISABLE, SET_PASSWORD = Action.ACCOUNT_OPEN, Action.ACCOUNT_INVITE, Action.ACCOUNT_DISABLE, Action.ACCOUNT_SET_PASSWORD
ACCOUNTS = Source(AccountRow, "Account", "acct")
LOGINS = Source(LoginRow, "Login", "login")


@strawberry.type(description="登录凭证: one proof of who asks. The token itself is told once and never kept.")
class Login(Versioned):
    kind: LoginKind = column("kind", "What it is for.")
    expires_at: datetime = column("expires_at", "When it ends by itself.")
    ended_at: datetime | None = column("ended_at", "When it was ended before.")
    account: "Account | None" = one("account_id", ACCOUNTS, "Whose it is.")


@strawberry.input(description="Which logins.")
class LoginFilter:
    kind: Among[LoginKind] | None = where("kind", "What they are for.")
    account: IdFilter | None = where("account_id", "Whose they are.", "acct")
    expires_at: RangeFilter[datetime] | None = where("expires_at", "When they end by themselves.")
    ended_at: RangeFilter[datetime] | None = where("ended_at", "When they were ended.")


LOGIN_ARGUMENTS = Arguments(LoginFilter)


@strawberry.type(description="账号: what signs in. Never its password, never a token.")
class Account(Versioned):
    name: str = column("name", "The name to sign in with.")
    kind: AccountKind = column("kind", "What signs in by it.")
    disabled_at: datetime | None = column("disabled_at", "Since when nobody comes in by it.")
    person: Somebody | None = one("person_id", PERSONS, "Who that is.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Where it is at home: whose administrators look after it.")
    logins: Connection[Login] = page("account_id", LOGINS, "Its logins, newest first.", type=Connection[Login], arguments=LOGIN_ARGUMENTS)


@strawberry.input(description="Which accounts.")
class AccountFilter:
    name: TextFilter | None = where("name", "Their names.")
    kind: Among[AccountKind] | None = where("kind", "What signs in by them.")
    organization: IdFilter | None = where("organization_id", "Where they are at home.", *PREFIXES.values())
    person: IdFilter | None = where("person_id", "Whose they are.", "per")
    disabled_at: RangeFilter[datetime] | None = where("disabled_at", "Since when they are disabled.")


@strawberry.enum(description="What accounts may be sorted by.")
class AccountOrder(Enum):
    NAME = strawberry.enum_value("name", description="By name.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were opened.")


@strawberry.type
class Query:
    accounts: Connection[Account] | None = page(
        None,
        ACCOUNTS,
        "Accounts at home in the own subtree for administrators; for everybody the own.",
        type=Connection[Account],
        arguments=Arguments(AccountFilter, AccountOrder),
    )
    account: Account | None = row(ACCOUNTS, "One account.", Account)
    logins: Connection[Login] | None = page(
        None, LOGINS, "Logins of the accounts that the caller may see, newest first.", type=Connection[Login], arguments=LOGIN_ARGUMENTS
    )
    login: Login | None = row(LOGINS, "One login.", Login)


@strawberry.input(description="An account for a person.")
class AccountOpenInput(Keyed):
    name: str = strawberry.field(description="The name to sign in with, 1 to 60 visible characters.")
    organization: strawberry.ID = strawberry.field(description="Where it is at home.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="Somebody registered who acts in the own subtree and nowhere else. Instead of `personName`."
    )
    person_name: str | None = strawberry.field(default=None, description="The name of somebody who is not registered yet. Instead of `person`.")


@strawberry.input(description="An account for another institution's machine.")
class AccountOpenMachineInput(Keyed):
    name: str = strawberry.field(description="The name of the account, 1 to 60 visible characters.")
    organization: strawberry.ID = strawberry.field(description="Whose machine it is.")
    title: str = strawberry.field(description="What it is called in records, at most 60 characters.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="An account of a person to be invited.")
class AccountInviteInput(Keyed):
    account: strawberry.ID = strawberry.field(description="The account.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="An account, and the invitation to it.")
class AccountInvitedPayload:
    account: Account | None = given("account", ACCOUNTS, "The account.")
    login: Login | None = given("login", LOGINS, "The invitation; it holds for 24 hours.")
    invitation: str = bound("invitation", "Hand it to the person: the bearer token with which to choose a password, once. Kept as a hash only.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.input(description="An account by which nobody shall come in any more.")
class AccountDisableInput(Keyed):
    account: strawberry.ID = strawberry.field(description="The account.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A new password of one's own.")
class AccountSetPasswordInput(Keyed):
    password: str = strawberry.field(description="12 to 200 characters.")


@strawberry.type(description="An account after a step.")
class AccountPayload:
    account: Account | None = given("account", ACCOUNTS, "The account.")
    event: Event | None = given("event", EVENTS, "The event written; null for who came by an invitation, and so acts for nobody.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="The account of a machine, and its role.")
class AccountOpenMachinePayload:
    account: Account | None = given("account", ACCOUNTS, "The account.")
    membership: Membership | None = given("membership", MEMBERSHIPS, "Its role.")
    event: Event | None = given("event", EVENTS, "The event of the opening.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.input(description="A token for a machine.")
class LoginIssueInput(Keyed):
    account: strawberry.ID = strawberry.field(description="The account of the machine.")
    hours: int = strawberry.field(description="How long it holds, 1 to 8784.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A login to end.")
class LoginEndInput(Keyed):
    login: strawberry.ID = strawberry.field(description="The login.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A new token of a machine.")
class LoginIssuePayload:
    login: Login | None = given("login", LOGINS, "The login.")
    token: str = bound("token", "The bearer token. Kept as a hash only; the same key says it again.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A login after a step.")
class LoginPayload:
    login: Login | None = given("login", LOGINS, "The login.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def token_of(context: Context, login: UUID) -> str:
    """Nobody can make one without our key, and the same login always has the same."""
    return hmac.new(context.cursor_key, b"login:" + login.bytes, sha256).hexdigest()


def proof(context: Context) -> Proof:
    id = new_id()
    return Proof(id, sha256(token_of(context, id).encode()).digest())


def told(name: str) -> Said:
    """The token of the payload's login, under this name."""
    return lambda context, rows: {name: token_of(context, rows["login"])}


async def own_login(call: Call) -> LoginRow:
    """The login by which the caller came. Raises Unauthenticated where it is no longer good, or too old to choose a password by."""
    if call.actor.login_id is None:
        raise Unauthenticated("STEP_UP")
    login: LoginRow = await call.fetch(LOGINS, ids.shown("login", call.actor.login_id), to=Action.LOGIN_READ)
    if not accounts.live(login, at=call.context.now):
        raise Unauthenticated("EXPIRED")
    if not accounts.fresh(login, at=call.context.now):
        raise Unauthenticated("STEP_UP")
    return login


async def chosen(call: Call, account: AccountRow, login: LoginRow, *, password: str) -> AccountPayload:
    hashed = await call.context.hashed(password)
    await accounts.set_password(call.session, account, login, password_hash=hashed, at=call.context.now)
    at_home = call.actor.organization_id is not None and call.actor.organization_id == account.organization_id
    events = {"event": (await accounts.password_recorded(call.session, account, act=call.act)).id} if at_home else {}
    return changed(AccountPayload, account=account.id, **events)


async def drafted(call: Call, input: AccountOpenInput | AccountOpenMachineInput, person: Person, *, kind: AccountKind) -> AccountRow:
    """The account to be. Everybody sees every organization; what may be done there is asked about this row."""
    home = await memberships.place_of(call.session, ids.read(input.organization, PREFIXES.values()))
    account = accounts.drafted(input.name, kind=kind, person=person, home=home)
    call.require(OPEN, account)
    return account


async def its_role(call: Call, account: AccountRow, reason: str) -> MembershipRow:
    """The one role of a machine, for its home."""
    home = await memberships.place_of(call.session, accounts.home_of(account))
    role = memberships.drafted(account.person_id, GrantedRole.INTEGRATOR, organization=home, act=call.act, reason=reason)
    call.require(Action.MEMBERSHIP_GRANT, role)
    await memberships.give(call.session, role, act=call.act)
    return role


@strawberry.type
class Mutation:
    @mutation(OPEN, "Open an account for a person, with an invitation to hand over.", said=told("invitation"))
    async def account_open(call: Call, input: AccountOpenInput) -> AccountInvitedPayload:
        person = await accounts.somebody(call.session, ids.optional(input.person, ["per"]), name=input.person_name, act=call.act)
        account = await drafted(call, input, person, kind=AccountKind.PERSON)
        event = await accounts.opened(call.session, account, person, act=call.act)
        login, _ = await accounts.invite(call.session, account, proof(call.context), act=call.act)
        return changed(AccountInvitedPayload, account=account.id, login=login.id, event=event.id)

    @mutation(OPEN, "Open an account for a machine of an institution: tokens only, one role.")
    async def account_open_machine(call: Call, input: AccountOpenMachineInput) -> AccountOpenMachinePayload:
        person = accounts.newcomer("title", input.title)
        account = await drafted(call, input, person, kind=AccountKind.MACHINE)
        event = await accounts.opened(call.session, account, person, act=call.act)
        role = await its_role(call, account, input.reason)
        return changed(AccountOpenMachinePayload, account=account.id, membership=role.id, event=event.id)

    @mutation(
        INVITE, "Invite the person of an account anew: who forgot the password chooses another. Earlier invitations end.", said=told("invitation")
    )
    async def account_invite(call: Call, input: AccountInviteInput) -> AccountInvitedPayload:
        account = await call.fetch(ACCOUNTS, input.account, to=INVITE, version=input.expected_version)
        login, event = await accounts.invite(call.session, account, proof(call.context), act=call.act)
        return changed(AccountInvitedPayload, account=account.id, login=login.id, event=event.id)

    @mutation(DISABLE, "Let nobody in by an account any more. All its logins end at once.")
    async def account_disable(call: Call, input: AccountDisableInput) -> AccountPayload:
        account = await call.fetch(ACCOUNTS, input.account, to=DISABLE, version=input.expected_version)
        event = await accounts.disable(call.session, account, act=call.act, reason=input.reason)
        return changed(AccountPayload, account=account.id, event=event.id)

    @mutation(SET_PASSWORD, "Choose the own password: by an invitation, or a moment after signing in. All other logins end.")
    async def account_set_password(call: Call, input: AccountSetPasswordInput) -> AccountPayload:
        accounts.check_password(input.password)
        login = await own_login(call)
        account: AccountRow = await call.fetch(ACCOUNTS, ids.shown("acct", call.actor.account_id), to=SET_PASSWORD)
        return await chosen(call, account, login, password=input.password)

    @mutation(Action.LOGIN_ISSUE, "Issue a bearer token for a machine.", said=told("token"))
    async def login_issue(call: Call, input: LoginIssueInput) -> LoginIssuePayload:
        account = await call.fetch(ACCOUNTS, input.account, to=Action.LOGIN_ISSUE, version=input.expected_version)
        login, event = await accounts.issue(call.session, account, proof(call.context), hours=input.hours, act=call.act)
        return changed(LoginIssuePayload, login=login.id, event=event.id)

    @mutation(Action.LOGIN_END, "End a login at once: an own one, or one of an account that one administers.")
    async def login_end(call: Call, input: LoginEndInput) -> LoginPayload:
        login = await call.fetch(LOGINS, input.login, to=Action.LOGIN_END, version=input.expected_version)
        event = await accounts.end_login(call.session, login, act=call.act)
        return changed(LoginPayload, login=login.id, event=event.id)
