"""The second wall: what the database shows when the application forgets its filter. Over two full worlds, and over the catalogue."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, FromClause, text, true
from sqlalchemy.exc import DBAPIError

from authz.access import READ, scope
from authz.actions import Action
from authz.actor import Actor, Shape
from authz.walls import REGISTRY, WALLED
from gql.reading import sql
from models.base import every_table, new_id, table_of
from models.database import NOBODY, Tenant, Wall, beyond
from models.organizations import Organization
from models.policies import PolicyCurrent, PolicyLine, PolicyVersion
from tests.authz.test_relations import actors, asked, roots
from tests.crowd_bench import Bench
from tests.world import World

pytestmark = pytest.mark.anyio

WALLS = [one for one in Wall if one not in {Wall.NONE, Wall.TICKET, Wall.RULES}]
TABLES = sorted((one for one in WALLED if WALLED[one]), key=lambda one: one.name)  # type: ignore[attr-defined]
DEFINERS = {"is_listed", "assesses", "holds_elsewhere", "refuse_two_duties", "refuse_delegation", "refuse_operator_with_role", "login_at_home"}
"""Functions that see past the walls: the first three answer yes or no about one person, the others refuse or fill in without saying where."""

BEFORE_A_WALL = {table_of(one) for one in (PolicyVersion, PolicyLine, PolicyCurrent)}
"""What the serving role must know before it can say who may enter: rights, and nothing of any person."""


def of_the_owner(bench: Bench, query: str) -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        async with bench.owner.transaction() as session:
            return [tuple(one) for one in (await (await session.connection()).execute(text(query))).all()]

    return bench.portal.call(run)


def behind(bench: Bench, tenant: Tenant, query: str) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        async with bench.database.transaction(tenant) as session:
            return [dict(one) for one in (await (await session.connection()).execute(text(query))).mappings()]

    return bench.portal.call(run)


def test_every_table_has_its_walls_or_is_named_a_registry(bench: Bench) -> None:
    found = of_the_owner(
        bench, "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    secured = {name: (enabled, forced) for name, enabled, forced in found if name != "alembic_version"}
    registries = {table_of(one).name for one in REGISTRY}
    assert set(secured) == registries | {one.name for one in TABLES}  # type: ignore[attr-defined]
    for name, (enabled, forced) in secured.items():
        assert (enabled, forced) == ((False, False) if name in registries else (True, True)), name


def test_the_application_and_the_database_say_the_same_walls(bench: Bench) -> None:
    """One equality a policy: another form would be seen only in the time it takes."""
    form = re.compile(r"\((\w+) = \(NULLIF\(current_setting\('app\.(\w+)'::text, true\), ''::text\)\)::uuid\)")
    said: dict[str, dict[str, str]] = {}
    for table, policy, roles, command, permissive, condition, check in of_the_owner(
        bench, "SELECT tablename, policyname, roles::text[], cmd, permissive, qual, with_check FROM pg_policies"
    ):
        if policy in {one.value for one in WALLS}:
            equality = form.fullmatch(condition)
            assert equality is not None, (table, condition)
            assert (roles, command, permissive, check) == ([policy], "ALL", "PERMISSIVE", None), table
            assert equality[1] == f"{equality[2]}_id", (table, condition)
            said.setdefault(table, {})[policy] = equality[1]
        else:
            assert (policy, command) in {("wall_rules", "SELECT"), ("auditor", "SELECT"), ("serving", "SELECT"), ("wall_ticket", "ALL")}, (
                table,
                policy,
            )
    assert said == {one.name: {wall.value: column for wall, column in WALLED[one].items()} for one in TABLES}  # type: ignore[attr-defined]


def test_nothing_else_sees_past_the_walls(bench: Bench) -> None:
    functions = of_the_owner(bench, "SELECT proname, proconfig::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    assert {name for name, _ in functions} == DEFINERS
    assert all("search_path=public, pg_temp" in (settings or "") for _, settings in functions)
    views = of_the_owner(
        bench, "SELECT relname, reloptions::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    assert all("security_invoker=true" in (options or "") for _, options in views)
    roles = of_the_owner(bench, "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND (rolname = 'dudao_app' OR rolname LIKE 'wall_%')")
    owned = of_the_owner(
        bench, "SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE r.rolname = 'dudao_app' OR r.rolname LIKE 'wall_%'"
    )
    assert (roles, owned) == ([], [])
    members = of_the_owner(
        bench, "SELECT roleid::regrole::text, inherit_option, admin_option FROM pg_auth_members WHERE member = 'dudao_app'::regrole"
    )
    assert {name for name, *_ in members} == {one.value for one in Wall if one is not Wall.NONE}
    assert not any(inherits or admin for _, inherits, admin in members), "whoever inherits from a wall stands behind it without entering"


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_nothing_is_visible_without_a_wall_or_without_a_tenant(bench: Bench, table: FromClause) -> None:
    query = f"SELECT * FROM {table.name}"  # type: ignore[attr-defined]
    assert of_the_owner(bench, query) or table is table_of(PolicyCurrent), "there is something to hide; nobody in the crowd has changed the policy"
    if table not in BEFORE_A_WALL:
        assert behind(bench, NOBODY, query) == []
    for wall in WALLS:
        assert behind(bench, Tenant(wall=wall), query) == []


def strangers(bench: Bench) -> dict[str, Actor]:
    """People of every tier, of both worlds, and one who acts for nobody."""
    known = bench.crowd.actors
    names = ("center_admin", "district_dispatcher_0", "agency_admin_0", "supervisor_0", "strange_center_admin", "strange_agency_admin_0")
    nobody = replace(known["center_clerk"], organization_id=None, tier=None, center_id=None, district_id=None, agency_id=None, roles=frozenset())
    return {**{name: known[name] for name in names}, "nobody": nobody}


@pytest.mark.requirement("INV19")
@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_a_forgotten_filter_shows_no_foreign_row(bench: Bench, table: FromClause) -> None:
    """Plain SELECT * as each tier: only rows of the own tenant, and all of them."""
    everything = of_the_owner(bench, f"SELECT to_jsonb(t) FROM {table.name} t")  # type: ignore[attr-defined]
    for name, actor in strangers(bench).items():
        column = WALLED[table].get(actor.shape.wall)
        mine = str(getattr(actor.tenant, column)) if column and getattr(actor.tenant, column) else None
        rows = behind(bench, actor.tenant, f"SELECT to_jsonb(t) AS row FROM {table.name} t")  # type: ignore[attr-defined]
        expected = [row for (row,) in everything if mine is not None and column is not None and row[column] == mine]
        assert sorted(str(one["row"]) for one in rows) == sorted(map(str, expected)), name


@pytest.fixture
def forgetting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Action]]:
    """The compiled reads, with the application's own filter for these actions taken out."""
    forgotten: list[Action] = []

    def scoped(shape: Shape, action: Action, t: FromClause, **of: FromClause) -> ColumnElement[bool]:
        return true() if action in forgotten else scope(shape, action, t, **of)

    monkeypatch.setattr(sql, "scope", scoped)
    sql.statement.cache_clear()
    yield forgotten
    sql.statement.cache_clear()


@pytest.mark.parametrize("model", [one for one in READ if WALLED[table_of(one)] and roots(one)[0]], ids=lambda one: one.__name__)
def test_a_read_without_its_filter_still_finds_no_foreign_row(bench: Bench, forgetting: list[Action], model: Any) -> None:
    forgetting.append(READ[model])
    lists, wall = roots(model)[0], WALLED[table_of(model)]
    rows = {row.id.hex: row for row in bench.crowd.rows.of[model]}
    seen = 0
    for name, actor in strangers(bench).items():
        column = wall.get(actor.shape.wall)
        answer = bench.ask(actor, f"{{ {lists}(first: 100) {{ nodes {{ id }} totalCount }} }}")
        assert "errors" not in answer, (name, answer)
        for node in answer["data"][lists]["nodes"]:
            row = rows.get(node["id"].split("_")[1])
            assert row is not None, "a row of which the other world does not know"
            assert column is not None
            assert getattr(row, column) == getattr(actor.tenant, column), name
            seen += 1
    assert seen, "the filter was taken out and something was seen"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("model", [one for one in READ if WALLED[table_of(one)]], ids=lambda one: one.__name__)
def test_what_a_right_allows_lies_inside_the_wall(bench: Bench, model: Any) -> None:
    """Every role, situation and action of a table: the wall takes nothing from what the scope gives."""
    t = table_of(model)
    for actor in actors(bench.crowd):
        conditions = {READ[model].value: scope(actor.shape, READ[model], t)}
        through, over = (asked(bench, model, actor, conditions, walled=walled) for walled in (True, False))
        given = {id for id, said in over.items() if said[READ[model].value]}
        assert given == {id for id, said in through.items() if said[READ[model].value]}, (model.__name__, actor)


async def test_nothing_is_written_outside_of_the_wall(world: World, elsewhere: World) -> None:
    """Not even by injected SQL of the application's own making, as long as it stays behind its wall."""
    mine, theirs = world.actors["agency_admin_0"], elsewhere.center.id
    written = text(
        "INSERT INTO blacklist_query (id, center_id, organization_id, asked_by, purpose, subject_digest, listed)"
        " VALUES (:id, :center, :center, :person, 'x', '', false)"
    )
    with pytest.raises(DBAPIError) as refusal:
        async with world.database.transaction(mine.tenant) as session:
            await (await session.connection()).execute(written, {"id": new_id(), "center": theirs, "person": mine.person_id})
    assert getattr(refusal.value.orig, "sqlstate", None) == "42501"
    assert await elsewhere.rows(Organization, id=theirs)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name, phone FROM person",
        "SELECT facts FROM supervisor_case",
        "SELECT text FROM conflict",
        "SELECT * FROM event",
        "UPDATE assignment SET status = status",
        "SELECT * FROM login",
    ],
)
async def test_the_rules_see_facts_and_nothing_else(world: World, statement: str) -> None:
    with pytest.raises(DBAPIError) as refusal:
        async with world.database.transaction(world.actors["district_dispatcher_0"].tenant) as session, beyond(session):
            await (await session.connection()).execute(text(statement))
    assert getattr(refusal.value.orig, "sqlstate", None) == "42501"


async def test_whoever_leaves_the_rules_stands_behind_the_own_wall_again(world: World) -> None:
    async with world.database.transaction(world.actors["district_dispatcher_0"].tenant) as session:
        connection = await session.connection()
        async with beyond(session):
            assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "wall_rules"
        assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "wall_district"


async def test_the_next_user_of_a_connection_inherits_nothing(world: World) -> None:
    actor = world.actors["center_admin"]
    query = text("SELECT current_user, current_setting('app.center', true)")
    async with world.database.transaction(actor.tenant) as session:
        assert tuple((await (await session.connection()).execute(query)).one()) == ("wall_center", str(actor.center_id))
    async with world.database.transaction() as session:
        assert tuple((await (await session.connection()).execute(query)).one()) == ("dudao_app", "")


def test_every_model_is_known(bench: Bench) -> None:
    assert {table_of(one) for one in every_table()} == set(WALLED)
    assert all(isinstance(row.id, UUID) for row in bench.crowd.rows.of[Organization])
