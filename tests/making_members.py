"""Mutations about accounts and roles by GraphQL, and who somebody is by a token."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from app import clock, identity
from authz.actor import Actor
from models.memberships import Login, LoginKind
from tests.contract import MUTATIONS, Case, sent
from tests.world import World


async def asked(world: World, by: Actor | str, mutation: str, /, *, at: datetime | None = None, **input: Any) -> dict[str, Any]:
    """The whole answer."""
    assert mutation in MUTATIONS
    return await sent(mutation, Case(world, by, input, at=at))


async def done(world: World, by: Actor | str, mutation: str, /, *, at: datetime | None = None, **input: Any) -> dict[str, Any]:
    """The payload of a mutation that must succeed."""
    answer = await asked(world, by, mutation, at=at, **input)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"][mutation]
    return found


def why(answer: dict[str, Any]) -> str:
    """The code of a refusal, and the most exact word beside it."""
    facts = answer["errors"][0]["extensions"]
    exact = facts.get("rule") or facts.get("problem") or facts.get("reason")
    return f"{facts['code']} {exact}" if exact else str(facts["code"])


def present(world: World) -> None:
    """What a token proves is judged by the clock of the database, so the world must be of today."""
    world.now = clock.now()


async def token_of(world: World, actor: Actor | str, *, lasting: timedelta = timedelta(days=400), kind: LoginKind = LoginKind.SESSION) -> str:
    """A token of somebody's account, as signing in gives it."""
    who = world.actors[actor] if isinstance(actor, str) else actor
    token = secrets.token_urlsafe(32)
    async with world.transaction() as session:
        session.add(Login(account_id=who.account_id, kind=kind, token_hash=identity.hash_of(token), expires_at=world.now + lasting))
    return token


async def bearer(world: World, token: str, *, at: datetime | None = None) -> Actor:
    """Who bears the token."""
    return await identity.actor_of(world.database, token, organization=None, now=at or world.now)
