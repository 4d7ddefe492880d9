"""Somebody remembered is answered only on PostgreSQL's word; all else is answered to who the proof says it is, as if nobody were ever remembered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text, update
from sqlmodel import col

from app import clock, identity
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from app.tracing import configure_logs
from domain import memberships
from gql import operation
from models.database import Apart
from models.memberships import Account, Login, Membership
from models.returns import MonthlyReturn
from tests.app.test_identity import account, signed_in
from tests.app.test_standing import by_another_role, by_disabling, by_ending_the_role, by_signing_out
from tests.world import World

pytestmark = pytest.mark.anyio

LIST = "{ viewer { capabilities { action } } }"
SEVERAL = "{ viewer { id } a: districts(first: 1) { totalCount } b: agencies(first: 1) { totalCount } }"
NAME = "{ __typename }"
KEY = "k" * 32


class Desk:
    """A service of its own, and how often it asked who somebody is."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        plain = identity.actor_of

        async def counted(*args: Any, **named: Any) -> Any:
            self.asked += 1
            return await plain(*args, **named)

        monkeypatch.setattr(identity, "actor_of", counted)
        settings = Settings(id_key=KEY, seal_key=KEY, cursor_key=KEY, allowed_hosts=["dudao.test"])
        self.app = create_app(settings, database_url=url)
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://dudao.test")

    async def ask(self, token: str, query: str, **headers: str) -> tuple[int, Any]:
        answer = await self.http.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}", **headers})
        return answer.status_code, answer.json()


@pytest.fixture
async def desk(cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    desk = Desk(cluster.url("dudao_app"), monkeypatch)
    async with desk.app.router.lifespan_context(desk.app), desk.http:
        yield desk


async def clerk_of(world: World) -> tuple[Account, str]:
    who = await account(world, "district_clerk", world.districts[0])
    return who, await signed_in(world, who.name, at=clock.now())


async def test_who_was_here_a_moment_ago_is_not_asked_about_again(world: World, desk: Desk) -> None:
    _, token = await clerk_of(world)
    answers = [await desk.ask(token, LIST) for _ in range(5)]
    assert desk.asked == 1
    assert all(one == answers[0] for one in answers)
    assert "errors" not in answers[0][1]


async def test_what_reads_and_writes_nothing_asks_anew(world: World, desk: Desk) -> None:
    _, token = await clerk_of(world)
    await desk.ask(token, LIST)
    for number, query in enumerate((NAME, "{ nonsense }", "{", '{ district(id: "x") { id } }', "mutation { __typename }"), start=2):
        await desk.ask(token, query)
        assert desk.asked == number, query


async def test_one_mutation_is_done_once_for_who_was_here_a_moment_ago(world: World, desk: Desk) -> None:
    _, token = await clerk_of(world)
    await desk.ask(token, LIST)
    first, again = [await desk.ask(token, filing(world, "once")) for _ in range(2)]
    assert [one[1]["data"]["monthlyReturnSubmit"]["replayed"] for one in (first, again)] == [False, True]
    assert (desk.asked, len(await world.rows(MonthlyReturn, district_id=world.districts[0].id))) == (1, 1)
    status, said = await desk.ask(token, filing(world, "other"))
    assert (status, said["errors"][0]["extensions"]["code"], desk.asked) == (200, "CONFLICT", 1)


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [(by_signing_out, 401, "UNAUTHENTICATED"), (by_disabling, 401, "UNAUTHENTICATED"), (by_ending_the_role, 200, "BAD_USER_INPUT")],
)
async def test_whose_standing_changed_changes_nothing(world: World, desk: Desk, ending: Any, status: int, code: str) -> None:
    who, token = await clerk_of(world)
    await desk.ask(token, LIST)
    await ending(world, who)
    found, said = await desk.ask(token, filing(world, "late"))
    assert (found, said["errors"][0]["extensions"]["code"], desk.asked) == (status, code, 2)
    assert await world.rows(MonthlyReturn, district_id=world.districts[0].id) == []


async def test_several_mutations_are_asked_anew(world: World, desk: Desk) -> None:
    _, token = await clerk_of(world)
    await desk.ask(token, LIST)
    one = filing(world, "a").partition("{")[2].rpartition("}")[0]
    await desk.ask(token, f"mutation {{ a: {one} b: {one} }}")
    assert desk.asked == 2


def filing(world: World, key: str) -> str:
    """The return of the world's last month, under a key."""
    last = world.now.replace(day=1) - timedelta(days=1)
    return f'mutation {{ monthlyReturnSubmit(input: {{ idempotencyKey: "{key}", month: "{last:%Y-%m}" }}) {{ replayed }} }}'


@pytest.mark.parametrize("ending", [by_signing_out, by_disabling])
@pytest.mark.parametrize("query", [LIST, SEVERAL, NAME, "{ nonsense }"])
async def test_whose_token_ended_is_turned_away_at_once(world: World, desk: Desk, ending: Any, query: str) -> None:
    who, token = await clerk_of(world)
    assert (await desk.ask(token, LIST))[0] == 200
    await ending(world, who)
    status, said = await desk.ask(token, query)
    assert (status, said["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("ending", [by_ending_the_role, by_another_role])
async def test_whose_roles_changed_is_answered_by_the_new_ones_without_an_error(world: World, desk: Desk, ending: Any) -> None:
    who, token = await clerk_of(world)
    before = await desk.ask(token, LIST)
    await ending(world, who)
    status, said = await desk.ask(token, LIST)
    assert (status, "errors" in said, desk.asked) == (200, False, 2)
    if ending is by_ending_the_role:
        assert said != before[1]


async def test_several_fields_are_all_answered_by_the_new_roles_or_none(world: World, desk: Desk) -> None:
    who, token = await clerk_of(world)
    before = await desk.ask(token, SEVERAL)
    assert (await desk.ask(token, SEVERAL), desk.asked) == (before, 1)
    await by_another_role(world, who)
    status, said = await desk.ask(token, SEVERAL)
    assert (status, "errors" in said, desk.asked) == (200, False, 2)


async def test_what_a_deadline_breaks_off_is_not_asked_a_second_time(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = await clerk_of(world)
    await desk.ask(token, SEVERAL)

    async def never(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(Apart, "documents", never)
    monkeypatch.setattr(operation, "_seconds", lambda _: 0.2)
    status, said = await desk.ask(token, SEVERAL)
    assert (status, said["data"], said["errors"][0]["extensions"]["code"], desk.asked) == (200, None, "TOO_COMPLEX", 1)


async def test_an_office_elsewhere_also_counts_since_it_may_change_whom_one_acts_for(world: World, desk: Desk) -> None:
    who, token = await clerk_of(world)
    await desk.ask(token, LIST)
    async with world.transaction() as session:
        await memberships.grant(
            session, who.person_id, "district_clerk", organization=world.districts[1], act=world.act("center_admin", at=clock.now()), reason="兼任"
        )
    await desk.ask(token, LIST)
    assert desk.asked == 2


async def test_an_office_that_begins_or_ends_by_its_date_counts_from_then_on(world: World, desk: Desk) -> None:
    who, token = await clerk_of(world)
    before = await desk.ask(token, LIST)
    async with world.transaction() as session:
        await session.exec(update(Membership).where(col(Membership.person_id) == who.person_id).values(valid_until=text("clock_timestamp()")))
    _, said = await desk.ask(token, LIST)
    assert desk.asked == 2
    assert said != before[1]


async def test_for_another_organization_somebody_else_is_remembered(world: World, desk: Desk) -> None:
    _, token = await clerk_of(world)
    assert (await desk.ask(token, LIST))[0] == 200
    status, said = await desk.ask(token, LIST, **{"Dudao-Organization": f"dst_{world.districts[1].id.hex}"})
    assert (status, said["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


async def test_only_so_many_are_remembered_and_for_a_minute(world: World) -> None:
    who, now = world.actors["district_clerk_0"], clock.now()
    remembered = identity.Remembered(most=2)
    for token in ("a", "b", "c"):
        remembered.keep(token, None, who, now=now)
    assert [remembered.recall(token, None, now=now) is who for token in ("a", "b", "c")] == [False, True, True]
    assert remembered.recall("c", None, now=now + identity.REMEMBERED_FOR) is None
    assert remembered.recall("c", "dst_1", now=now) is None


async def test_the_table_of_logins_is_still_asked_by_the_statement_that_reads(world: World, desk: Desk) -> None:
    who, token = await clerk_of(world)
    await desk.ask(token, LIST)
    async with world.transaction() as session:
        await session.exec(update(Login).where(col(Login.account_id) == who.id).values(expires_at=text("clock_timestamp()")))
    assert (await desk.ask(token, LIST))[0] == 401


async def test_at_the_level_of_debug_the_log_tells_one_statement_for_each_root_field(
    world: World, cluster: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token = await clerk_of(world)
    settings = Settings(id_key=KEY, seal_key=KEY, cursor_key=KEY, allowed_hosts=["dudao.test"], log_level="debug")
    app = create_app(settings, database_url=cluster.url("dudao_app"))
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://dudao.test")
    query = "{ a: districts(first: 1) { totalCount } viewer { id } n13800138000: __typename n13900139000: viewer { id } }"
    async with app.router.lifespan_context(app), client:
        await client.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"})
    configure_logs()
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines() if '"reads"' in line]
    assert [sorted(name for name, _ in one["statements"]) for one in lines] == [["a", "n_", "viewer"]]
    assert all(milliseconds > 0 for one in lines for _, milliseconds in one["statements"])
