"""From name and password to a token, from a token to an Actor with the memberships in force now. A token is kept as a hash only."""

import math
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.front import Turned
from app.passwords import Passwords
from authz.access import VERSIONS
from authz.actor import Actor, Role
from authz.errors import NotFound, Unauthenticated
from authz.policy import Table
from authz.versions import SHIPPED, PolicyUnavailable
from gql import ids
from gql.errors import RateLimited
from gql.organizations import PREFIXES
from models.base import table_of
from models.database import Database
from models.memberships import IN_FORCE, Account, Attempt, Login
from models.organizations import Tier

log = structlog.get_logger("app.identity")

SIGNED_IN_FOR = timedelta(hours=8)
TOKEN_BYTES = 32
NAME_DIGEST_BYTES = 3
REMEMBERED_FOR = timedelta(minutes=1)
"""What is asked of nobody else in the meantime: where an organization stands in the tree."""
LONGEST_PAUSE = timedelta(minutes=15)
DOUBLINGS = 10  # 1 s doubled so often is more than the longest pause

# $1 the hash of the token, $2 now. One statement, since every request begins with it. Who was only invited acts for nobody; a lent role counts
# as long as the one it was lent of.
WHO = f"""
SELECT json_build_object('account', a.id, 'login', l.id, 'person', a.person_id, 'home', a.organization_id, 'offices', coalesce((
  SELECT json_agg(json_build_object('membership', m.id, 'role', m.role, 'organization', o.id, 'tier', o.tier, 'center', o.center_id, 'district', o.district_id, 'agency', o.agency_id,
      'policy', (SELECT c.version FROM policy_current c WHERE c.center_id = o.center_id)))
    FROM membership m JOIN organization o ON o.id = m.organization_id
   WHERE m.person_id = a.person_id AND l.kind <> 'INVITATION' AND {IN_FORCE.format(at="$2")}), '[]'))::text
  FROM login l JOIN account a ON a.id = l.account_id
 WHERE l.token_hash = $1 AND l.ended_at IS NULL AND l.expires_at > $2 AND a.disabled_at IS NULL
"""


class Remembered:
    """Who bore a token a moment ago. What is decided for somebody remembered counts only where PostgreSQL says in the same transaction that all of it
    still stands: token, account, every office and the policy. So only the way there is shorter; see models/database.py, ENTER.
    """

    def __init__(self, *, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[tuple[bytes, str | None], tuple[Actor, datetime]] = OrderedDict()

    def recall(self, token: str, organization: str | None, *, now: datetime) -> Actor | None:
        actor, until = self._known.get((hash_of(token), organization), (None, now))
        return actor if actor is not None and now < until and VERSIONS.ready(actor.policy) else None

    def keep(self, token: str, organization: str | None, actor: Actor, *, now: datetime) -> None:
        key = (hash_of(token), organization)
        self._known[key] = actor, now + REMEMBERED_FOR
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


async def sign_in(database: Database, name: str, password: str, *, now: datetime, passwords: Passwords) -> str:
    """A new token. Raises Unauthenticated, alike and after equal work for a wrong password, a machine and nobody; RateLimited when too soon."""
    with passwords.place():
        account_id, kept = await _tried(database, name, now=now)
        if not await passwords.fits(kept, password) or account_id is None:
            raise Unauthenticated
    token = fresh_token()
    async with database.transaction() as session:
        session.add(Login(account_id=account_id, token_hash=hash_of(token), expires_at=now + SIGNED_IN_FOR))
        await session.exec(update(Attempt).where(col(Attempt.name_digest) == digest_of(name)).values(failures=0, next_try_at=now))
    return token


async def _tried(database: Database, name: str, *, now: datetime) -> tuple[UUID | None, str | None]:
    """Whose name that is, and the kept hash. The try counts as failed until it has not: so many at once gain nothing."""
    mine = col(Attempt.name_digest) == digest_of(name)
    async with database.transaction() as session:
        first = insert(table_of(Attempt)).values(name_digest=digest_of(name), failures=0, next_try_at=now)
        await session.exec(first.on_conflict_do_nothing())
        attempt = (await session.exec(select(Attempt).where(mine).with_for_update())).one()
        if attempt.next_try_at > now:
            raise RateLimited(math.ceil((attempt.next_try_at - now).total_seconds()))
        attempt.failures += 1
        attempt.next_try_at = now + pause(attempt.failures)
        query = select(Account.id, Account.password_hash).where(col(Account.name) == storable(name), col(Account.disabled_at).is_(None))
        return (await session.exec(query)).first() or (None, None)


async def sign_out(database: Database, token: str, *, now: datetime) -> None:
    """Ends a token at once. One that proves nothing has nothing to end."""
    async with database.transaction() as session:
        await session.exec(update(Login).where(col(Login.token_hash) == hash_of(token), col(Login.ended_at).is_(None)).values(ended_at=now))


async def actor_of(database: Database, token: str, *, organization: str | None, now: datetime) -> Actor:
    """Who bears the token, acting for `organization` (a typed id), else for the account's own, else for the only one there is.

    Raises Unauthenticated for a token that is unknown, ended or expired; Turned 403 where the person holds no office in the organization;
    Turned 503 where the policy in force there is not to be had: rights of another version are never given instead.
    """
    reading = database.glance()
    found = await reading.document(WHO, [hash_of(token), now])
    if found is None:
        raise Unauthenticated("EXPIRED")
    who: Mapping[str, Any] = orjson.loads(found)
    office = _chosen(who, organization)
    try:
        return _actor(who, office, policy=await VERSIONS.ensure(reading, _version(who, office)))
    except PolicyUnavailable as error:
        log.exception("policy_unavailable", organization=office)
        raise Turned(503, "policy", headers={"Retry-After": "5"}) from error


def _version(who: Mapping[str, Any], organization: str | None) -> int:
    """Which version of the policy is in force where the person acts: the one that comes with the release where none was published."""
    return next((office["policy"] for office in who["offices"] if office["organization"] == organization and office["policy"]), SHIPPED)


def _chosen(who: Mapping[str, Any], organization: str | None) -> str | None:
    held = {office["organization"] for office in who["offices"]}
    if organization is not None:
        try:
            asked = str(ids.read(organization, PREFIXES.values()))
        except NotFound:
            asked = ""
        if asked not in held:
            raise Turned(403, "organization")
        return asked
    if who["home"] in held:
        return str(who["home"])
    return next(iter(held)) if len(held) == 1 else None


def _actor(who: Mapping[str, Any], organization: str | None, *, policy: Table) -> Actor:
    """All offices held in the organization count together. Without one, the person is only somebody; a role the policy does not know gives nothing."""
    offices = [office for office in who["offices"] if office["organization"] == organization]
    place: Mapping[str, Any] = offices[0] if offices else {}
    roles = [office["role"] for office in offices]
    return Actor(
        account_id=UUID(who["account"]),
        login_id=UUID(who["login"]),
        person_id=UUID(who["person"]),
        organization_id=_id(place.get("organization")),
        tier=Tier(place["tier"]) if place else None,
        center_id=_id(place.get("center")),
        district_id=_id(place.get("district")),
        agency_id=_id(place.get("agency")),
        roles=frozenset(role for role in roles if role in policy.roles) or frozenset({Role.ANYONE}),
        policy=_version(who, organization),
        memberships={office["role"]: UUID(office["membership"]) for office in reversed(offices)},
        offices=frozenset(UUID(office["membership"]) for office in who["offices"]),
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def fresh_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """A token has 256 bits of chance, so a plain hash keeps it."""
    return sha256(token.encode(errors="replace")).digest()


def digest_of(name: str) -> bytes:
    return sha256(name.encode(errors="replace")).digest()[:NAME_DIGEST_BYTES]


def storable(name: str) -> str:
    """A name that PostgreSQL takes as a value; one that no text column can hold is nobody's."""
    return "" if "\0" in name else name.encode(errors="replace").decode()


def pause(failures: int) -> timedelta:
    """1, 2, 4 … seconds, at most 15 minutes; never a lock that only an administrator opens."""
    return min(timedelta(seconds=2 ** min(failures - 1, DOUBLINGS)), LONGEST_PAUSE)
