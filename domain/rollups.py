"""A signed statement over the heads of all chains, and an export of one organization's chains that anybody can check without the database.

An export is JSON lines: the roll-up first, then the events, then the decisions, each kind in the order of its chain. The signature is Ed25519
over the canonical JSON of the roll-up (`domain/canonical.py`), by a key that the operator keeps; its public half may be known to everybody.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import audit
from domain.audit import L
from domain.canonical import canonical
from domain.machine import GENESIS, broken
from models.base import table_of
from models.decisions import Decision, Outcome
from models.events import Event

FORMAT = "dudao-roll-up-1"
KINDS: Mapping[str, type[Event] | type[Decision]] = {"event": Event, "decision": Decision}
UNCHAINED = {"created_at", "updated_at", "version"}

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Verified:
    """What an export was found to say. `fault` is the first one, or None; `public_key` in hex is whose signature it bears."""

    organization: str
    at: str
    events: int
    decisions: int
    public_key: str
    fault: str | None


def signing_key(secret: str) -> Ed25519PrivateKey:
    """The key pair that belongs to a secret of the settings: the same secret, the same pair."""
    return Ed25519PrivateKey.from_private_bytes(sha256(b"dudao-audit-1:" + secret.encode()).digest())


async def rolled_up(session: AsyncSession, key: Ed25519PrivateKey, *, at: datetime) -> Json:
    """The lengths and heads of all chains as they stand, signed. Raises ValueError where a chain is broken: that is not to be signed."""
    found = await audit.chains(session)
    for one in found:
        if one.fault:
            raise ValueError(f"{one.name}: {one.fault}")
    heads = [
        {
            "organization": str(one.organization_id),
            "name": one.name,
            "event": {"length": one.length, "head": one.head.hex()},
            "decision": {"length": one.decisions, "head": one.decision_head.hex()},
        }
        for one in found
    ]
    statement = {"format": FORMAT, "at": at.astimezone(UTC).isoformat(), "chains": heads}
    public = key.public_key().public_bytes_raw().hex()
    return {"roll_up": statement, "signature": key.sign(canonical(statement)).hex(), "public_key": public}


async def exported(session: AsyncSession, organization_id: UUID, roll_up: Json) -> AsyncIterator[str]:
    """The lines of an export. To be taken in one snapshot with the roll-up, else the chains have moved on."""
    yield line({"organization": str(organization_id), **roll_up})
    async for link in links(session, organization_id, Event):
        yield line({"event": facts_of(link)})
    async for decision in links(session, organization_id, Decision):
        yield line({"decision": facts_of(decision)})


async def links(session: AsyncSession, organization_id: UUID, kind: type[L]) -> AsyncIterator[L]:
    """In batches, and never all in memory."""
    last: int | None = 0
    while last is not None:
        found = await audit.batch(session, organization_id, kind, after=last)
        for link in found:
            yield link
        last = found[-1].sequence if len(found) == audit.BATCH else None
        session.expunge_all()


def facts_of(link: Event | Decision) -> Json:
    return {column.name: plain(getattr(link, column.name)) for column in table_of(type(link)).c if column.name not in UNCHAINED}


def line(document: Json) -> str:
    return canonical(document).decode() + "\n"


def plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case bytes():
            return value.hex()
        case StrEnum():
            return value.value
        case UUID():
            return str(value)
    return value


def verified(lines: Iterable[str], *, public_key: str | None = None) -> Verified:
    """Recomputes an export: signature, every link, both lengths. With `public_key` it must bear that one's signature.

    Raises ValueError or KeyError where the text is no export at all.
    """
    rest = iter(lines)
    first = json.loads(next(rest, "null") or "null")
    statement, signer, organization = first["roll_up"], first["public_key"], first["organization"]
    stated = next((one for one in statement["chains"] if one["organization"] == organization), None)
    counted = {name: stated[name]["length"] if stated else 0 for name in KINDS}
    fault = forged(first, public_key) or (walked(rest, organization, stated) if stated else f"the roll-up does not speak of {organization}")
    return Verified(organization, statement["at"], counted["event"], counted["decision"], signer, fault)


def forged(first: Json, public_key: str | None) -> str | None:
    """Whether the roll-up is not what the key has signed, or the key is another than the one that is trusted."""
    if first["roll_up"]["format"] != FORMAT:
        return "the roll-up has another format"
    if public_key is not None and public_key.lower() != first["public_key"]:
        return "the roll-up bears the signature of another key"
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(first["public_key"])).verify(bytes.fromhex(first["signature"]), canonical(first["roll_up"]))
    except (InvalidSignature, ValueError):
        return "the signature of the roll-up is wrong"
    return None


def walked(lines: Iterator[str], organization: str, stated: Json) -> str | None:
    """The first fault of the links: each follows the one before it, and each chain ends where the roll-up says."""
    ends = dict.fromkeys(KINDS, (0, GENESIS))
    for number, text in enumerate(lines, start=2):
        ((name, facts),) = json.loads(text).items()
        link = read(KINDS[name], facts)
        fault = broken([link], after=ends[name])
        if fault is None and str(link.organization_id) != organization:
            fault = f"{name} {link.sequence} belongs to another organization"
        if fault is not None:
            return f"line {number}: {fault}"
        ends[name] = (link.sequence, link.digest)
    heads = {name: (stated[name]["length"], bytes.fromhex(stated[name]["head"])) for name in KINDS}
    return next((fault for name in KINDS if (fault := audit.cut(ends[name], heads[name], called=name))), None)


def read(kind: type[Event] | type[Decision], facts: Json) -> Event | Decision:
    """The link as it was chained. Ids stay text: a digest is taken of their text."""
    readers: Mapping[str, Callable[[str], Any]] = {
        "at": datetime.fromisoformat,
        "previous": bytes.fromhex,
        "digest": bytes.fromhex,
        "outcome": Outcome,
    }
    values: dict[str, Any] = {name: readers[name](value) if name in readers else value for name, value in facts.items()}
    return kind(**values)
