"""Sends webhooks as Standard Webhooks says, to addresses outside of the own network only: the name is resolved once, and what was looked at is called."""

import asyncio
import base64
import hmac
import ipaddress
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from domain.sealing import IdKeys, Unreadable
from domain.webhooks import Message, Tried
from gql.ids import shown
from gql.notifications import PREFIX, SUBJECTS
from gql.organizations import PREFIXES
from models.notifications import Notification

if TYPE_CHECKING:
    import httpx2

SECONDS = 10
"""From the question for the name to the end of the answer's head; the body is not read."""
WHSEC = "whsec_"
INSIDE = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
"""IPv6 that stands for an IPv4 address, whichever that may be."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):  # noqa: N818 - the address is; nothing is broken
    """Nothing is sent there."""


@dataclass(frozen=True)
class HttpSender:
    """`inside`: http, and addresses of the own network, are allowed too; for trials and tests."""

    keys: IdKeys
    inside: bool = False

    async def send(self, message: Message, *, now: datetime) -> Tried:
        began = time.monotonic()
        status, problem = await self._outcome(message, now)
        return Tried(now, round((time.monotonic() - began) * 1000), status, problem)

    async def _outcome(self, message: Message, now: datetime) -> tuple[int | None, str | None]:
        import httpx2  # noqa: PLC0415 (only who sends needs it)

        try:
            async with asyncio.timeout(SECONDS):
                return await self._sent(message, now), None
        except Forbidden:
            return None, "ADDRESS"
        except TimeoutError:
            return None, "TIMEOUT"
        except Unreadable:
            return None, "SECRET"
        except socket.gaierror:
            return None, "NAME"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            return None, "TLS" if "certificate" in str(error).lower() else "CONNECTION"

    async def _sent(self, message: Message, now: datetime) -> int:
        parts = urlsplit(message.url)
        if parts.scheme != "https" and not self.inside:
            raise Forbidden
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        there = await self.looked_at(host, port)
        called = f"[{there}]" if there.version == 6 else str(there)  # noqa: PLR2004 - of the protocol
        url = parts._replace(netloc=f"{called}:{port}").geturl()
        content = body(message.notification)
        secret = self.keys.open(message.secret_sealed, about=message.webhook_id).decode()
        headers = {"Host": parts.netloc, **signed(message, content, secret, now=now)}
        async with client() as http, http.stream("POST", url, content=content, headers=headers, extensions={"sni_hostname": host}) as answer:
            return int(answer.status_code)

    async def looked_at(self, host: str, port: int) -> Address:
        """The one address that is called. Forbidden where any that the name has is not on the open Internet."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        if not addresses or (not self.inside and not all(map(outside, addresses))):
            raise Forbidden
        return addresses[0]


def outside(address: Address) -> bool:
    """On the open Internet: neither private, loopback, link-local, reserved, shared nor multicast, nor another form of such."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return outside(address.ipv4_mapped)
        if any(address in one for one in INSIDE):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def client() -> "httpx2.AsyncClient":
    """One for each message: no connection is kept, no proxy and no password of the environment is used, no redirect is followed."""
    import httpx2  # noqa: PLC0415

    return httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS)


def body(notification: Notification) -> bytes:
    """Kinds and ids: what it is about is asked for by whoever may see it."""
    place = notification.agency_id or notification.district_id or notification.center_id
    tier = "AGENCY" if notification.agency_id else "DISTRICT" if notification.district_id else "CENTER"
    data = {
        "notification": shown(PREFIX, notification.id),
        "event": shown("evt", notification.event_id),
        "organization": shown(PREFIXES[tier], place),
        "subject": shown(SUBJECTS[notification.subject_kind], notification.subject_id),
        "occasion": notification.occasion,
    }
    said = {"type": notification.kind.value.lower(), "timestamp": notification.at.isoformat(), "data": data}
    return orjson.dumps(said)


def signed(message: Message, content: bytes, secret: str, *, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: the id is the same at every try, the instant is that of this one."""
    id, at = shown(PREFIX, message.notification.id), str(int(now.timestamp()))
    return {
        "webhook-id": id,
        "webhook-timestamp": at,
        "webhook-signature": signature_of(secret, id=id, at=at, content=content),
        "content-type": "application/json",
        "user-agent": "dudao",
    }


def signature_of(secret: str, *, id: str, at: str, content: bytes) -> str:
    """HMAC-SHA256 over id, instant and content, in the form of its first version."""
    digest = hmac.digest(base64.b64decode(secret.removeprefix(WHSEC)), f"{id}.{at}.".encode() + content, sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
