"""Webhooks: registered, signed as Standard Webhooks says, sent to the open Internet only, tried again, given up, and read by their organization."""

import base64
import hmac
import ipaddress
import json
import socket
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from app.webhooks import HttpSender, outside
from domain import notifications, webhooks
from domain.errors import BadInput
from domain.identity_numbers import rotate_next
from domain.sealing import IdKeys
from domain.webhooks import LEASE, PAUSES, Message, Tried, pause_after
from gql.node import BY_PREFIX
from gql.notifications import SUBJECTS
from gql.organizations import PREFIXES
from gql.reading.declare import source_of
from models.notifications import Notification, NotificationKind
from models.webhooks import Webhook, WebhookDelivery
from tests.making_inspections import notified
from tests.making_time import Refusing, receiving, round_of, told, trusting
from tests.making_webhooks import OUTSIDE, SECRET, deliveries, given_up, registered, row_of, suspended
from tests.world import ID_KEYS, World, codes, key, shown

pytestmark = pytest.mark.anyio

REGISTER = """mutation($input: WebhookRegisterInput!) { webhookRegister(input: $input) {
  replayed secret event { step } webhook { id url kinds status failingSince organization { id } } } }"""
RESUME = "mutation($input: WebhookResumeInput!) { webhookResume(input: $input) { webhook { status failingSince } } }"
RETRY = "mutation($input: WebhookDeliveryRetryInput!) { webhookDeliveryRetry(input: $input) { webhookDelivery { status attempts } } }"
LOG = """{ webhooks(first: 10) { nodes { status url deliveries(first: 20) { nodes { status attempts deliveredAt
  notification { kind } tries { at status problem milliseconds } availableSteps { mutation } } } } } }"""


def registering(**changes: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "url": OUTSIDE, "kinds": []} | changes


async def test_the_secret_is_shown_once_and_kept_sealed(world: World) -> None:
    said = registering(kinds=["RECTIFICATION_OVERDUE", "NOTICE_SERVED", "NOTICE_SERVED"])
    done = (await world.done("agency_admin_0", REGISTER, input=said))["webhookRegister"]
    assert done["webhook"]["kinds"] == ["NOTICE_SERVED", "RECTIFICATION_OVERDUE"]
    assert len(base64.b64decode(done["secret"].removeprefix("whsec_"))) == 32
    again = (await world.done("agency_admin_0", REGISTER, input=said))["webhookRegister"]
    assert (again["secret"], again["replayed"], again["webhook"]) == (None, True, done["webhook"])
    (row,) = await world.rows(Webhook, organization_id=world.agencies[0].id)
    assert done["secret"].encode() not in row.secret_sealed
    assert ID_KEYS.open(row.secret_sealed, about=row.id).decode() == done["secret"]


async def test_who_may_register_and_read(world: World, elsewhere: World) -> None:
    for who in ("agency_clerk_0", "district_dispatcher_0", "center_clerk", "center_auditor"):
        assert codes(await world.ask(who, REGISTER, input=registering())) == ["FORBIDDEN"]
    for who in ("agency_admin_0", "district_admin_0", "center_admin"):
        await world.done(who, REGISTER, input=registering())
    for home, who in ((world, "agency_admin_1"), (world, "district_admin_1"), (world, "center_auditor"), (elsewhere, "center_admin")):
        assert (await home.done(who, "{ webhooks(first: 5) { totalCount } }"))["webhooks"]["totalCount"] == 0, who
    assert (await world.done("center_admin", "{ webhooks(first: 5) { totalCount } }"))["webhooks"]["totalCount"] == 1, "the own one, none below"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.cn/a",
        "https://",
        "ftp://hooks.example.cn",
        "https://u:p@hooks.example.cn/",
        "https://a b.cn/",
        "https://h.cn/#f",
        "https://h.cn:x/",
        "名",
    ],
)
async def test_only_https_addresses_are_taken(world: World, url: str) -> None:
    answer = await world.ask("agency_admin_0", REGISTER, input=registering(url=url))
    assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], "address")
    assert await world.rows(Webhook, organization_id=world.agencies[0].id) == []


async def test_ten_addresses_and_each_once(world: World) -> None:
    for n in range(10):
        await world.done("agency_admin_0", REGISTER, input=registering(url=f"{OUTSIDE}/{n}"))
    answer = await world.ask("agency_admin_0", REGISTER, input=registering(url=f"{OUTSIDE}/11"))
    assert answer["errors"][0]["extensions"]["rule"] == "webhook.most"
    await world.done("agency_admin_1", REGISTER, input=registering())
    assert codes(await world.ask("agency_admin_1", REGISTER, input=registering())) == ["CONFLICT"]


async def test_what_is_sent_is_signed_and_holds_nothing_of_anybody(world: World) -> None:
    async with receiving(200) as system:
        done = (await world.done("agency_admin_0", REGISTER, input=registering()))["webhookRegister"]
        await pointed(world, done["webhook"]["id"], system.url)
        inspection, team = await notified(world)
        now = world.now + timedelta(hours=2)
        assert (await round_of(world, now, sender=trusting())).sent == 1
        assert (await round_of(world, now, sender=trusting())).sent == 0
    (head,), (body,) = system.heads, system.bodies
    assert head["request"] == "POST /hook?of=dudao HTTP/1.1"
    assert head["host"] == f"localhost:{system.port}", "the name, although the address was called"
    id, at = head["webhook-id"], head["webhook-timestamp"]
    signature = hmac.digest(base64.b64decode(done["secret"].removeprefix("whsec_")), f"{id}.{at}.".encode() + body, sha256)
    assert head["webhook-signature"] == f"v1,{base64.b64encode(signature).decode()}"
    assert int(at) == int(now.timestamp())
    said = json.loads(body)
    (notice,) = await told(world, "agency_admin_0", kind={"eq": "NOTICE_SERVED"})
    assert (said["type"], id) == ("notice_served", notice["id"])
    assert set(said["data"]) == {"notification", "event", "organization", "subject", "occasion"}
    assert said["data"]["subject"] == shown("insp", inspection.id)
    assert said["data"]["organization"] == shown("agc", world.agencies[0].id)
    assert not [actor for _, actor in team if actor.person_id.hex in body.decode()]


async def pointed(world: World, webhook: str, url: str) -> None:
    """Past the check of new addresses, which lets none inside."""
    async with world.transaction() as session:
        (row,) = [one for one in await world.rows(Webhook) if shown("hook", one.id) == webhook]
        row = await session.merge(row)
        row.url = url


async def test_only_the_kinds_asked_for_are_sent_and_only_ones_own(world: World) -> None:
    mine = await registered(world, kinds=[NotificationKind.OPINION_SERVED])
    theirs = await registered(world, by="agency_admin_1")
    await notified(world)
    await round_of(world, world.now + timedelta(hours=2))
    assert (await deliveries(world, mine), await deliveries(world, theirs)) == ([], [])


async def test_a_redirect_is_not_followed_and_a_failure_tried_again(world: World) -> None:
    async with receiving(302, 500, 204) as system:
        hook = await registered(world, system.url)
        await notified(world)
        now = world.now + timedelta(hours=2)
        await round_of(world, now, sender=trusting())
        (waiting,) = await deliveries(world, hook)
        assert (waiting.attempts, waiting.next_at) == (1, now + PAUSES[0])
        assert (await round_of(world, now + PAUSES[0] / 2, sender=trusting())).sent == 0
        await round_of(world, now + PAUSES[0], sender=trusting())
        await round_of(world, now + PAUSES[0] + PAUSES[1], sender=trusting())
    assert [one["request"] for one in system.heads] == ["POST /hook?of=dudao HTTP/1.1"] * 3, "never /elsewhere"
    assert len({one["webhook-id"] for one in system.heads}) == 1
    assert len({one["webhook-timestamp"] for one in system.heads}) == 3
    (log,) = (await world.done("agency_admin_0", LOG))["webhooks"]["nodes"]
    (sent,) = log["deliveries"]["nodes"]
    assert (sent["status"], [one["status"] for one in sent["tries"]]) == ("DELIVERED", [302, 500, 204])
    assert (await row_of(world, hook)).failing_since is None


async def test_given_up_after_a_day_and_begun_anew_by_hand(world: World) -> None:
    hook, delivery = await given_up(world)
    assert (delivery.status, delivery.attempts, len(delivery.tries)) == ("FAILED", 8, 8)
    assert timedelta(hours=20) < sum(PAUSES, timedelta()) < timedelta(hours=26)
    assert hook.status == "ACTIVE"
    for home, who, code in ((world, "agency_clerk_0", "NOT_FOUND"), (world, "agency_admin_1", "NOT_FOUND"), (world, "center_admin", "NOT_FOUND")):
        assert codes(await home.ask(who, RETRY, input=beginning(delivery))) == [code]
    done = await world.done("agency_admin_0", RETRY, input=beginning(delivery), at=world.now + timedelta(days=3))
    assert done["webhookDeliveryRetry"]["webhookDelivery"] == {"status": "PENDING", "attempts": 0}
    sender = Refusing()
    await round_of(world, world.now + timedelta(days=3), sender=sender)
    assert [one.delivery_id for one in sender.sent] == [delivery.id]


def beginning(delivery: WebhookDelivery) -> dict[str, Any]:
    return {"idempotencyKey": key(), "webhookDelivery": shown("dlv", delivery.id)}


async def test_an_address_that_fails_for_five_days_is_suspended_and_resumed_by_hand(world: World) -> None:
    hook = await suspended(world)
    assert hook.failing_since is not None
    assert hook.failing_since <= world.now + timedelta(days=1)
    await round_of(world, world.now + timedelta(days=9))
    assert [one["subject"] for one in await told(world, "agency_clerk_0", kind={"eq": "WEBHOOK_SUSPENDED"})] == [shown("hook", hook.id)]
    sender = Refusing()
    await notified(world)
    await round_of(world, world.now + timedelta(days=10), sender=sender)
    assert sender.sent == [], "nothing goes there any more"
    done = await world.done("agency_admin_0", RESUME, input={"idempotencyKey": key(), "webhook": shown("hook", hook.id)})
    assert done["webhookResume"]["webhook"] == {"status": "ACTIVE", "failingSince": None}


async def test_an_address_that_is_gone_is_suspended_at_once(world: World) -> None:
    async with receiving(410) as system:
        hook = await registered(world, system.url)
        await notified(world)
        await round_of(world, world.now + timedelta(hours=2), sender=trusting())
    assert (await row_of(world, hook)).status == "SUSPENDED"


async def test_what_a_lost_worker_has_taken_is_sent_by_another(world: World) -> None:
    hook = await registered(world)
    await notified(world)
    now = world.now + timedelta(hours=2)

    class Lost(Refusing):
        async def send(self, message: Message, *, now: Any) -> Tried:
            await super().send(message, now=now)
            raise OSError

    await round_of(world, now, sender=Lost())
    (taken,) = await deliveries(world, hook)
    assert (taken.attempts, taken.next_at) == (0, now + LEASE)
    other = Refusing()
    await round_of(world, now + LEASE, sender=other)
    assert len(other.sent) == 1


INSIDE = """127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 240.0.0.1
::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:7f00:1:: 2001:0:a00:1:: 2001:db8::1 ::127.0.0.1"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_inside_is_refused_in_every_form(address: str) -> None:
    assert not outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:1.1.1.1"])
def test_an_address_outside_is_taken(address: str) -> None:
    assert outside(ipaddress.ip_address(address))


async def test_nothing_is_sent_inside(world: World) -> None:
    """Neither by name nor by number, and where one address of several is inside nothing is called at all."""
    strict = HttpSender(ID_KEYS)
    async with receiving(200) as system:
        for url, problem in (
            (system.url, "ADDRESS"),
            (f"https://localhost:{system.port}/", "ADDRESS"),
            (f"https://127.0.0.1:{system.port}/", "ADDRESS"),
            (f"https://[::ffff:127.0.0.1]:{system.port}/", "ADDRESS"),
            (f"https://2130706433:{system.port}/", "ADDRESS"),
        ):
            tried = await strict.send(await message(world, url), now=world.now)
            assert (tried.status, tried.problem) == (None, problem), url
    assert system.heads == []


async def test_a_name_is_asked_for_once_and_that_answer_is_called(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads outside when it is looked at and inside when it is called (DNS rebinding) reaches nothing inside."""
    asked: list[str] = []
    whole = socket.getaddrinfo

    def answering(host: Any, *args: Any, **named: Any) -> Any:
        asked.append(str(host))
        return whole("127.0.0.1", *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answering)
    async with receiving(200) as system:
        sent = await message(world, f"http://hooks.example.cn:{system.port}/")
        tried = await trusting().send(sent, now=world.now)
        assert (tried.status, tried.problem) == (200, None)
        assert asked.count("hooks.example.cn") == 1
        assert system.heads[0]["host"] == f"hooks.example.cn:{system.port}"
        assert (await HttpSender(ID_KEYS).send(await message(world, "https://hooks.example.cn/"), now=world.now)).problem == "ADDRESS"


async def test_what_does_not_answer_is_told_by_its_kind(world: World) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert (await trusting().send(await message(world, f"http://127.0.0.1:{port}/"), now=world.now)).problem == "CONNECTION"
    async with receiving(200) as system:
        tried = await trusting().send(await message(world, f"https://127.0.0.1:{system.port}/"), now=world.now)
        assert tried.status is None
        assert tried.problem in {"TLS", "CONNECTION"}


async def message(world: World, url: str) -> Message:
    """One that was never stored."""
    hook = await registered(world, url, at=world.now) if url.startswith("https://hooks") else None
    about = Notification(
        kind=NotificationKind.NOTICE_SERVED,
        center_id=world.center.id,
        organization_id=world.center.id,
        event_id=world.center.id,
        subject_kind="Inspection",
        subject_id=world.center.id,
        at=world.now,
    )
    id = hook.id if hook else world.center.id
    sealed = ID_KEYS.seal(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", about=id)
    return Message(id, id, url, sealed, about)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of standard-webhooks' own documentation."""
    from app.webhooks import signature_of  # noqa: PLC0415

    said = signature_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id="msg_p5jXN8AQM9LWM0D4loKWxJek", at="1614265330", content=b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_pauses_grow_and_are_spread() -> None:
    plain = [pause_after(n, 0) for n in range(1, len(PAUSES) + 2)]
    assert plain == [*PAUSES, None]
    assert list(PAUSES) == sorted(PAUSES)
    assert pause_after(1, 1) == PAUSES[0] * 1.2


def test_every_subject_has_the_prefix_of_its_type() -> None:
    # a part of the rows of a table may be a type of its own: it is not what is told of
    whole = {prefix: source_of(given.source) for prefix, given in BY_PREFIX.items() if not source_of(given.source).only}
    prefixes = {source.model.__name__: prefix for prefix, source in whole.items()}
    told_of = set(notifications.MODELS)
    assert set(SUBJECTS) == told_of
    for kind in told_of - {"Organization"}:
        assert prefixes[kind] == SUBJECTS[kind]
    assert SUBJECTS["Organization"] == PREFIXES["DISTRICT"]


def test_every_kind_is_told_of_by_some_step() -> None:
    assert {one.kind for one in notifications.TELLS.values()} == set(NotificationKind)


def test_plain_addresses_are_for_trials() -> None:
    assert webhooks.address("http://localhost:8000/x", plain=True) == "http://localhost:8000/x"
    with pytest.raises(BadInput):
        webhooks.address("http://localhost:8000/x", plain=False)


async def test_the_secret_moves_to_a_new_key(world: World) -> None:
    hook = await registered(world)
    newer = IdKeys(index=ID_KEYS.index, seal=[b"next" * 8, b"seal" * 8])
    async with world.transaction() as session:
        assert await rotate_next(session, Webhook, "secret_sealed", keys=newer, after=UUID(int=hook.id.int - 1)) == hook.id
    sealed = (await row_of(world, hook)).secret_sealed
    assert newer.current(sealed)
    assert not newer.current(hook.secret_sealed)
    assert IdKeys(index=ID_KEYS.index, seal=[b"next" * 8]).open(sealed, about=hook.id).decode() == SECRET
