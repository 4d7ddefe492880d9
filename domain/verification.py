"""证卡核验: what anybody may learn of a card from its number and the check that goes with it, and how often an address may ask."""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.sealing import IdKeys
from domain.texts import checked
from models.base import HOUSE, table_of
from models.organizations import Organization
from models.supervisors import Card, CardStatus, Person, Supervisor, SupervisorKind
from models.verification import PublicCheck

LONGEST_NUMBER = 40
LONGEST_CHECK = 40
CHECK_BYTES = 10
"""Of the digest, which 16 letters and figures spell: nobody guesses 80 bits at thirty questions a quarter of an hour."""
PART = 4
MOST = 30
WITHIN = timedelta(minutes=15)
DIGEST_BYTES = 3
SITE = 64
"""Bits of an IPv6 address that stand for one customer of a network."""


class Verdict(StrEnum):
    VALID = "VALID"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Verified:
    """All that the public learns. An unknown card has nothing but its status; of a revoked or cancelled one the name is gone too (000 §23, Y088)."""

    status: Verdict
    kind: SupervisorKind | None = None
    name: str | None = None
    issuer: str | None = None
    valid_until: date | None = None
    ledger_digest: str | None = None
    print_number: int | None = None


UNKNOWN = Verified(Verdict.UNKNOWN)


def check_of(card_id: UUID, number: str, keys: IdKeys) -> str:
    """The check of a card, like ABCD-EFGH-IJKL-MNOP: a digest under the newest key, which nobody without the key can make."""
    return spelled(keys.digest(secret_text(card_id, number)))


def secret_text(card_id: UUID, number: str) -> str:
    """What is digested; no id number and no other use of the key has this form."""
    return f"check of card {card_id.hex}: {number}"


def spelled(digest: bytes) -> str:
    letters = b32encode(digest[:CHECK_BYTES]).decode()
    return "-".join(letters[place : place + PART] for place in range(0, len(letters), PART))


def plain(check: str) -> str:
    """As it is compared: blanks, hyphens and small letters are how people copy it."""
    return check.replace("-", "").replace(" ", "").upper()


async def seconds_to_wait(session: AsyncSession, address: str, *, at: datetime) -> int | None:
    """Counts a question of an address. None where it may be asked; else the seconds until the next one may."""
    p = table_of(PublicCheck)
    over = p.c.since <= at - WITHIN
    again = {"asked": case((over, 1), else_=p.c.asked + 1), "since": case((over, at), else_=p.c.since)}
    first = insert(p).values(address_digest=digest_of(address), asked=1, since=at)
    counted = first.on_conflict_do_update(index_elements=[p.c.address_digest], set_=again).returning(p.c.asked, p.c.since)
    asked, since = (await (await session.connection()).execute(counted)).one()
    return None if asked <= MOST else max(1, ceil((since + WITHIN - at).total_seconds()))


def digest_of(address: str) -> bytes:
    """Who has one IPv6 address has all of its network, so those count together."""
    return sha256(site_of(address).encode(errors="replace")).digest()[:DIGEST_BYTES]


def site_of(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, SITE), strict=False)) if isinstance(found, IPv6Address) else str(found)


async def verify(session: AsyncSession, number: str, check: str, *, keys: IdKeys, on: date) -> Verified:
    """What stands behind a number and its check. BadInput for texts that cannot be either.

    A number that is nobody's and a check that is wrong cost the same statement and the same comparisons, and are answered alike.
    """
    asked, given = checked("number", number, LONGEST_NUMBER), plain(checked("check", check, LONGEST_CHECK))
    found = {one.id: one for one in await cards_of(session, asked)}
    good = [one for one in found or [HOUSE] if fits(one, asked, given, keys=keys)]
    return verified(found[good[0]], on=on) if found and good else UNKNOWN


async def cards_of(session: AsyncSession, number: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The cards of this number, one of each issuer at most."""
    c, p, s, o = table_of(Card), table_of(Person), table_of(Supervisor), table_of(Organization)
    joined = c.join(p, p.c.id == c.c.person_id).join(s, s.c.id == c.c.supervisor_id).join(o, o.c.id == c.c.issuer_id)
    query = select(
        c.c.id, c.c.status, c.c.valid_from, c.c.valid_until, c.c.ledger_digest, c.c.print_number, s.c.kind, p.c.name, o.c.name.label("issuer")
    )
    return (await (await session.connection()).execute(query.select_from(joined).where(c.c.number == number).order_by(c.c.id))).all()


def fits(card_id: UUID, number: str, given: str, *, keys: IdKeys) -> bool:
    """Under any of the keys, so that a check copied before the key changed is good as long as the earlier key is known. Each is compared."""
    text = secret_text(card_id, number)
    return sum(hmac.compare_digest(plain(spelled(one)).encode(), given.encode()) for one in keys.digests(text)) > 0


def verified(card: Row[*tuple[Any, ...]], *, on: date) -> Verified:
    status = verdict(card.status, card.valid_from, card.valid_until, on=on)
    name = None if status in {Verdict.REVOKED, Verdict.CANCELLED} else f"{card.name[:1]}**"
    return Verified(status, card.kind, name, card.issuer, card.valid_until, card.ledger_digest, card.print_number)


def verdict(status: CardStatus, valid_from: date, valid_until: date, *, on: date) -> Verdict:
    """A revoked, cancelled or suspended card is that on every day; any other counts on the days of its validity."""
    if status is not CardStatus.ACTIVE:
        return Verdict(status.value)
    return Verdict.VALID if valid_from <= on < valid_until else Verdict.EXPIRED
