"""From name and password to a token, from a token to an actor: what is told to whom, how long it holds, how fast it ends."""

import asyncio
import secrets
from datetime import datetime, timedelta

import pytest

from app import clock, identity
from app.front import Turned
from app.passwords import LIGHT, QUEUE, THREADS, Passwords
from authz.actor import Actor, Role
from authz.errors import Unauthenticated
from domain import accounts, memberships
from gql.errors import RateLimited
from models.memberships import Account, AccountKind, Attempt, Login, Membership
from models.organizations import Organization, Tier
from models.supervisors import Person
from tests.world import World, shown

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"
PASSWORDS = Passwords(LIGHT)
HASH = PASSWORDS.hashed(PASSWORD)


async def account(world: World, role: str, organization: Organization, *, kind: AccountKind = AccountKind.PERSON) -> Account:
    """Somebody with one role and a password."""
    async with world.transaction() as session:
        person = Person(name="张三")
        opened = await accounts.open_account(
            session,
            f"名{secrets.token_hex(4)}",
            kind=kind,
            person=person,
            home=organization,
            password_hash=None if kind is AccountKind.MACHINE else HASH,
        )
        act = world.act("center_admin", at=world.now - timedelta(days=1))
        await memberships.grant(session, person.id, role, organization=organization, act=act, reason="测试")
    return opened


async def signed_in(world: World, name: str, password: str = PASSWORD, *, at: datetime | None = None) -> str:
    return await identity.sign_in(world.database, name, password, now=at or world.now, passwords=PASSWORDS)


async def actor(world: World, token: str, organization: str | None = None, *, at: datetime | None = None) -> Actor:
    return await identity.actor_of(world.database, token, organization=organization, now=at or world.now)


async def test_a_password_gives_a_token_and_the_token_an_actor(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    token = await signed_in(world, clerk.name)
    assert len(token) >= 43
    [login], [held] = await world.rows(Login, account_id=clerk.id), await world.rows(Membership, person_id=clerk.person_id)
    assert await actor(world, token) == Actor(
        account_id=clerk.id,
        person_id=clerk.person_id,
        organization_id=world.districts[0].id,
        tier=Tier.DISTRICT,
        center_id=world.center.id,
        district_id=world.districts[0].id,
        agency_id=None,
        roles=frozenset({Role.DISTRICT_CLERK}),
        login_id=login.id,
        memberships={Role.DISTRICT_CLERK: held.id},
        offices=frozenset({held.id}),
    )


async def test_the_table_of_logins_holds_no_token(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    token = await signed_in(world, clerk.name)
    [login] = await world.rows(Login, account_id=clerk.id)
    assert token.encode() not in login.token_hash
    assert login.token_hash == identity.hash_of(token)
    assert login.expires_at == world.now + timedelta(hours=8)


async def test_a_token_ends_by_time_by_signing_out_and_with_the_account(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    token, other, third = [await signed_in(world, clerk.name) for _ in range(3)]
    late = world.now + timedelta(hours=8)
    assert (await actor(world, token, at=late - timedelta(seconds=1))).account_id == clerk.id
    with pytest.raises(Unauthenticated, match="EXPIRED"):
        await actor(world, token, at=late)
    await identity.sign_out(world.database, other, now=world.now)
    with pytest.raises(Unauthenticated):
        await actor(world, other)
    async with world.transaction() as session:
        clerk.disabled_at = world.now
        session.add(clerk)
    for one in (token, third):
        with pytest.raises(Unauthenticated):
            await actor(world, one)
    with pytest.raises(Unauthenticated):
        await signed_in(world, clerk.name)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\0", "名" * 1000])
async def test_a_strange_token_is_nobodys(world: World, token: str) -> None:
    with pytest.raises(Unauthenticated, match="EXPIRED"):
        await actor(world, token)


async def test_wrong_password_unknown_name_and_machine_look_alike(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    machine = await account(world, "integrator", world.agencies[0], kind=AccountKind.MACHINE)
    answers = []
    for name in (clerk.name, machine.name, f"nobody{secrets.token_hex(4)}", "", "a\0b\ud800"):
        with pytest.raises(Unauthenticated) as refusal:
            await signed_in(world, name, "wrong", at=world.now + timedelta(days=len(answers)))
        answers.append(refusal.value.args)
        with pytest.raises(RateLimited) as again:
            await signed_in(world, name, "wrong", at=world.now + timedelta(days=len(answers) - 1))
        answers[-1] += (again.value.retry_after,)
    assert set(answers) == {("MISSING", 1)}


class Counting(Passwords):
    """Notes which hashes are computed."""

    def __init__(self) -> None:
        super().__init__(LIGHT)
        self.computed: list[str] = []

    def _verified(self, kept: str, password: bytes) -> bool:
        self.computed.append(kept)
        return super()._verified(kept, password)


async def test_an_unknown_name_costs_the_same_work(world: World) -> None:
    counting = Counting()
    clerk = await account(world, "district_clerk", world.districts[0])
    for name in (clerk.name, f"nobody{secrets.token_hex(4)}"):
        with pytest.raises(Unauthenticated):
            await identity.sign_in(world.database, name, "wrong", now=world.now, passwords=counting)
    known, unknown = counting.computed
    assert known == HASH
    assert known.split("$")[:4] == unknown.split("$")[:4]
    assert [len(part) for part in known.split("$")] == [len(part) for part in unknown.split("$")]


async def test_the_pause_grows_and_a_success_ends_it(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    now = world.now
    pauses = []
    for _ in range(12):
        with pytest.raises(Unauthenticated):
            await signed_in(world, clerk.name, "wrong", at=now)
        with pytest.raises(RateLimited) as refused:
            await signed_in(world, clerk.name, at=now)
        pauses.append(refused.value.retry_after)
        now += timedelta(seconds=refused.value.retry_after)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert await signed_in(world, clerk.name, at=now)
    assert await signed_in(world, clerk.name, at=now)
    [attempt] = await world.rows(Attempt, name_digest=identity.digest_of(clerk.name))
    assert attempt.failures == 0


async def test_guesses_at_the_same_time_gain_nothing(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    answers = await asyncio.gather(*(signed_in(world, clerk.name, f"guess{n}") for n in range(6)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["RateLimited"] * 5 + ["Unauthenticated"]


async def test_a_full_queue_turns_away_before_any_work(world: World) -> None:
    full = Passwords(LIGHT)
    places = [full.place() for _ in range(THREADS + QUEUE)]
    for place in places:
        place.__enter__()
    name = f"hasty{secrets.token_hex(4)}"
    with pytest.raises(RateLimited):
        await identity.sign_in(world.database, name, PASSWORD, now=world.now, passwords=full)
    assert await world.rows(Attempt, name_digest=identity.digest_of(name)) == []
    places[0].__exit__(None, None, None)
    with pytest.raises(Unauthenticated):
        await identity.sign_in(world.database, name, PASSWORD, now=world.now, passwords=full)


async def test_the_loop_runs_on_while_a_password_is_checked() -> None:
    slow = Passwords()
    work = asyncio.ensure_future(slow.fits(None, "anything"))
    turns = 0
    while not work.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert turns > 5
    assert work.result() is False


async def second_office(world: World, person: Account, role: str, organization: Organization, *, until: datetime | None = None) -> Membership:
    async with world.transaction() as session:
        act = world.act("center_admin", at=world.now - timedelta(hours=2))
        membership, _ = await memberships.grant(session, person.person_id, role, organization=organization, act=act, reason="测试", until=until)
    return membership


async def test_which_organization_one_acts_for(world: World, elsewhere: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    await second_office(world, clerk, "district_admin", world.districts[0])
    await second_office(world, clerk, "agency_clerk", world.agencies[3])
    token = await signed_in(world, clerk.name)
    own = await actor(world, token)
    assert (own.organization_id, own.roles) == (world.districts[0].id, {Role.DISTRICT_CLERK, Role.DISTRICT_ADMIN})
    other = await actor(world, token, shown("agc", world.agencies[3].id))
    assert (other.tier, other.roles, other.district_id) == (Tier.AGENCY, {Role.AGENCY_CLERK}, world.districts[1].id)
    strange = [shown("ctr", elsewhere.center.id), shown("ctr", world.center.id), "", "dst_x", shown("sup", world.districts[0].id)]
    for organization in strange:
        with pytest.raises(Turned) as refusal:
            await actor(world, token, organization)
        assert (refusal.value.status, refusal.value.sentence) == (403, "organization")


async def test_an_ended_membership_binds_the_next_request(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    second = await second_office(world, clerk, "agency_clerk", world.agencies[0])
    token = await signed_in(world, clerk.name, at=clock.now())
    async with world.transaction() as session:
        await memberships.end(session, second, act=world.act("center_admin"), reason="离职")
    with pytest.raises(Turned):
        await actor(world, token, shown("agc", world.agencies[0].id))
    assert (await actor(world, token, shown("agc", world.agencies[0].id), at=world.now - timedelta(seconds=1))).roles == {Role.AGENCY_CLERK}
    [first] = [one for one in await world.rows(Membership, person_id=clerk.person_id) if one.role == "district_clerk"]
    async with world.transaction() as session:
        await memberships.end(session, first, act=world.act("center_admin"), reason="离职")
    nobody = await actor(world, token)
    assert (nobody.organization_id, nobody.tier, nobody.roles) == (None, None, {Role.ANYONE})
    assert "errors" not in await world.ask(nobody, "{ viewer { name organization { name } } }")


async def test_a_role_that_begins_later_or_is_held_already(world: World) -> None:
    clerk = await account(world, "district_clerk", world.districts[0])
    token = await signed_in(world, clerk.name)
    await second_office(world, clerk, "district_admin", world.districts[0], until=world.now + timedelta(days=1))
    assert Role.DISTRICT_ADMIN in (await actor(world, token)).roles
    expired = await signed_in(world, clerk.name, at=world.now + timedelta(days=1))
    assert Role.DISTRICT_ADMIN not in (await actor(world, expired, at=world.now + timedelta(days=1))).roles
