"""Rights end at the next statement: each transaction asks anew whether token, roles and policy are still those the request was decided under."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from app import clock, identity
from domain import memberships
from gql.errors import describe
from models.database import RightsChanged
from models.memberships import Account, Login, Membership
from tests.app.test_identity import account, signed_in
from tests.world import World, codes

pytestmark = pytest.mark.anyio

LIST = "{ inspections(first: 1) { totalCount } }"

Ending = Callable[[World, Account], Awaitable[None]]


async def by_signing_out(world: World, who: Account) -> None:
    async with world.transaction() as session:
        await session.exec(update(Login).where(col(Login.account_id) == who.id).values(ended_at=clock.now()))


async def by_disabling(world: World, who: Account) -> None:
    async with world.transaction() as session:
        await session.exec(update(Account).where(col(Account.id) == who.id).values(disabled_at=clock.now()))


async def by_ending_the_role(world: World, who: Account) -> None:
    [held] = await world.rows(Membership, person_id=who.person_id)
    async with world.transaction() as session:
        await memberships.end(session, held, act=world.act("center_admin", at=clock.now()), reason="离职")


async def by_another_role(world: World, who: Account) -> None:
    act = world.act("center_admin", at=clock.now())
    async with world.transaction() as session:
        await memberships.grant(session, who.person_id, "district_admin", organization=world.districts[0], act=act, reason="任命")


@pytest.mark.parametrize(
    ("ending", "what", "code"),
    [
        (by_signing_out, "LOGIN", "UNAUTHENTICATED"),
        (by_disabling, "LOGIN", "UNAUTHENTICATED"),
        (by_ending_the_role, "ROLES", "CONFLICT"),
        (by_another_role, "ROLES", "CONFLICT"),
    ],
)
async def test_what_changed_after_the_request_began_ends_it(world: World, ending: Ending, what: str, code: str) -> None:
    who = await account(world, "district_clerk", world.districts[0])
    token = await signed_in(world, who.name, at=clock.now())
    actor = await identity.actor_of(world.database, token, organization=None, now=clock.now())
    assert "errors" not in await world.ask(actor, LIST)
    await ending(world, who)
    with pytest.raises(RightsChanged) as changed:
        await world.database.read(actor.tenant).document("SELECT '1'", [])
    assert changed.value.what == what
    with pytest.raises(RightsChanged):
        async with world.database.transaction(actor.tenant):
            pass
    assert codes(await world.ask(actor, LIST)) == [code]


async def test_another_version_of_the_policy_ends_it(world: World) -> None:
    actor = replace(world.actors["district_clerk_0"], policy=2)
    with pytest.raises(RightsChanged, match="POLICY"):
        async with world.database.transaction(actor.tenant):
            pass


async def test_nothing_of_the_refused_transaction_is_left_on_the_connection(world: World) -> None:
    actor = replace(world.actors["district_clerk_0"], policy=2)
    for _ in range(20):
        with pytest.raises(RightsChanged):
            await world.database.read(actor.tenant).document("SELECT '1'", [])
    async with world.database.transaction() as session:
        assert (await (await session.connection()).execute(text("SELECT current_user"))).scalar_one() == "dudao_app"


def test_a_client_reads_what_to_do() -> None:
    ended, other = describe(RightsChanged("LOGIN"), "en"), describe(RightsChanged("ROLES"), "en")
    assert (ended.code, other.code, other.extensions["reason"]) == ("UNAUTHENTICATED", "CONFLICT", "RIGHTS_CHANGED")
