"""Rosters from file to registry: the dry run finds every bad cell, the commit does all or nothing, and the same bytes go in once."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain import imports
from domain.machine import broken
from models.database import reading_in
from models.events import Event
from models.imports import RosterImport
from models.memberships import Membership
from models.organizations import Organization
from models.supervisors import Appointment, Card, Employment, Person, RosterStanding, Supervisor
from seeds.rosters import invented
from tests.making_imports import COMMIT, START, agencies, brought_in, empty, file_of, people, started, uploaded
from tests.making_supervisors import revoked, supervisor
from tests.world import ID_KEYS, World, codes, key

pytestmark = pytest.mark.anyio

TABLES = (Organization, Supervisor, Card, Appointment, Membership, Event)


async def counts(world: World) -> list[int]:
    return [len(await world.rows(table, center_id=world.center.id)) for table in TABLES]


def person_of(row: invented.Row) -> bytes:
    return ID_KEYS.digest(str(row[1]))


@pytest.fixture
async def fresh(world: World) -> World:
    return await empty(world)


@pytest.mark.requirement("B022", "Y059")
async def test_three_rosters_make_a_jurisdiction(fresh: World) -> None:
    employers = agencies(20)
    rows = people(60, employers)
    assert (await brought_in(fresh, "DISTRICTS", invented.districts()))["status"] == "COMMITTED"
    assert (await brought_in(fresh, "AGENCIES", employers))["rows"] == 20
    answer = await brought_in(fresh, "SUPERVISORS", rows)
    assert (answer["status"], answer["rows"], answer["known"], answer["problems"]) == ("COMMITTED", 60, 0, [])
    places = {one.code: one for one in await fresh.rows(Organization, center_id=fresh.center.id)}
    assert len(places) == 1 + 16 + 20
    agency = places[str(employers[0][1])]
    assert (agency.name, agency.tier, places["110101"].id) == (employers[0][0], "AGENCY", agency.district_id)
    external, internal = rows[0], rows[2]
    assert (external[3], internal[3]) == ("外部质量督导员", "质量内控人员")
    await check_external(fresh, external)
    await check_internal(fresh, internal, keeper=places[str(internal[2])])
    steps = [one for one in await fresh.rows(Event, subject_kind="RosterImport", center_id=fresh.center.id) if "SUPERVISORS" in one.reason]
    checked, done = sorted(steps, key=lambda one: one.sequence)
    assert (checked.step, done.step, done.to_status) == ("CHECK", "COMMIT", "COMMITTED")
    assert "60 rows, 0 known" in done.reason
    assert "sha256:" in done.reason
    chain = sorted(await fresh.rows(Event, organization_id=fresh.center.id), key=lambda one: one.sequence)
    assert broken(chain) is None
    assert len(chain) == 1 + 3 * 2, "one event for each dry run and one for each commit, whatever the size"


async def check_external(world: World, row: invented.Row) -> None:
    """On the center's roster with a card, a term and the role; the last days of the file are the days before ours."""
    [person] = await world.rows(Person, id_digest=person_of(row))
    assert (person.name, person.id_last_four, person.healthy) == (row[0], str(row[1])[-4:], True)
    assert person.birth_date == date.fromisoformat(str(row[1])[6:14])
    [place] = await world.rows(Supervisor, person_id=person.id)
    assert (place.kind, place.organization_id, place.agency_id, place.standing) == ("EXTERNAL", world.center.id, None, "ACTIVE")
    [card] = await world.rows(Card, person_id=person.id)
    assert isinstance(row[6], date)
    assert (card.number, card.issuer_id, card.title) == (row[4], world.center.id, "职业技能鉴定质量督导员")
    assert (card.valid_from, card.valid_until) == (row[5], row[6] + timedelta(days=1))
    [term] = await world.rows(Appointment, person_id=person.id)
    assert (term.dispatcher_id, term.starts_on, term.ends_on) == (world.center.id, row[8], card.valid_until)
    [role] = await world.rows(Membership, person_id=person.id)
    assert (role.role, role.organization_id, role.granted_by) == ("supervisor_external", world.center.id, world.actors["center_admin"].person_id)


async def check_internal(world: World, row: invented.Row, *, keeper: Organization) -> None:
    [person] = await world.rows(Person, id_digest=person_of(row))
    [place] = await world.rows(Supervisor, person_id=person.id)
    assert (place.kind, place.organization_id, place.agency_id, place.district_id) == ("INTERNAL", keeper.id, keeper.id, keeper.district_id)
    assert await world.rows(Card, person_id=person.id) == []
    [job] = await world.rows(Employment, person_id=person.id)
    assert (job.agency_id, job.starts_on, job.ends_on) == (keeper.id, row[8], None)
    [role] = await world.rows(Membership, person_id=person.id)
    assert (role.role, role.agency_id) == ("supervisor_internal", keeper.id)


async def test_the_same_bytes_go_in_once(fresh: World) -> None:
    await brought_in(fresh, "DISTRICTS", invented.districts())
    employers = agencies(3)
    content = file_of("AGENCIES", employers)
    first, second = await started(fresh, "AGENCIES", content), await started(fresh, "AGENCIES", content)
    assert first["id"] != second["id"]
    done = await fresh.done("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": first["id"]})
    before = await counts(fresh)
    other = await fresh.done("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": second["id"]})
    assert other["rosterImportCommit"] == {**done["rosterImportCommit"], "event": None}
    again = await started(fresh, "AGENCIES", content)
    assert (again["id"], again["status"]) == (first["id"], "COMMITTED")
    answer = await fresh.ask("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": first["id"]})
    assert (codes(answer), answer["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "STATE")
    assert await counts(fresh) == before


async def test_a_longer_roster_adds_what_is_new_and_leaves_the_rest(fresh: World) -> None:
    employers = agencies(4)
    rows = people(12, employers)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers[:3])
    assert (await brought_in(fresh, "AGENCIES", employers))["known"] == 3
    await brought_in(fresh, "SUPERVISORS", rows[:9])
    both = [*rows[2][:3], "外部", f"京督{key()[:8]}", date(2025, 1, 1), date(2027, 12, 31), *rows[2][7:]]
    longer = await brought_in(fresh, "SUPERVISORS", [*rows, both])
    assert (longer["rows"], longer["known"]) == (13, 9)
    [person] = await fresh.rows(Person, id_digest=person_of(rows[2]))
    assert sorted(one.kind for one in await fresh.rows(Supervisor, person_id=person.id)) == ["EXTERNAL", "INTERNAL"]
    assert len(await fresh.rows(Employment, person_id=person.id)) == 1
    assert len(await fresh.rows(Supervisor, center_id=fresh.center.id)) == 13


def spoiled(rows: list[invented.Row]) -> list[invented.Row]:
    """One fault a line, from the second line of the file on."""
    wrong = [list(row) for row in rows]
    wrong[0][1] = str(rows[0][1])[:17] + ("0" if str(rows[0][1])[17] != "0" else "1")
    wrong[1][1] = float(str(rows[1][1])[:17])
    wrong[2][1] = "".join(chr(ord(one) + 0xFEE0) for one in str(rows[2][1]))
    wrong[3][2] = "91110199D00000X21X"
    wrong[4][2] = invented.credit_code(4_999_999)
    wrong[5][3] = "顾问"
    wrong[6][6] = date(2020, 1, 1)
    wrong[7][1] = rows[8][1]
    wrong[9][0] = None
    return wrong


@pytest.mark.requirement("B022")
async def test_a_dry_run_tells_every_bad_cell_and_writes_nothing(fresh: World) -> None:
    employers = agencies(3)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers)
    before = await counts(fresh)
    found = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", spoiled(people(12, employers))))
    assert (found["status"], found["rows"], found["problemCount"]) == ("REJECTED", 12, len(found["problems"]))
    told = {(one["line"], one["column"], one["code"]) for one in found["problems"]}
    assert told >= {
        (2, "身份证号", "ID_CHECK_DIGIT"),
        (3, "身份证号", "NUMBER_CELL"),
        (4, "身份证号", "FULL_WIDTH"),
        (5, "所在评价机构信用代码", "CREDIT_CODE"),
        (6, "所在评价机构信用代码", "UNKNOWN_AGENCY"),
        (7, "督导员类别", "ENUM"),
        (10, "身份证号", "DUPLICATE"),
        (11, "姓名", "MISSING"),
    }
    assert not any(
        len(run) > 4
        for one in found["problems"]
        for run in "".join(c if c.isdigit() else " " for c in one["hint"]).split()
        if one["column"] == "身份证号"
    )
    answer = await fresh.ask("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": found["id"]})
    assert (codes(answer), answer["data"]) == (["CONFLICT"], {"rosterImportCommit": None})
    assert (await counts(fresh))[:-1] == before[:-1]


async def test_the_registry_and_the_rules_have_their_say(fresh: World, elsewhere: World) -> None:
    employers = agencies(3)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers)
    rows = people(10, employers)
    await brought_in(fresh, "SUPERVISORS", rows[:6])
    other_card = [*rows[0][:4], "京督另号", *rows[0][5:]]
    other_name = ["改名", *rows[2][1:]]
    internal_with_card = [*rows[7][:4], f"京督{key()[:8]}", date(2025, 1, 1), date(2027, 1, 1), *rows[7][7:]]
    too_low = [*rows[8][:10], "四级/中级工", "是"]
    unwell = [*rows[9][:11], "否"]
    found = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", [other_card, other_name, internal_with_card, too_low, unwell]))
    assert [(one["line"], one["column"], one["code"]) for one in found["problems"]] == [
        (2, "证卡编号", "EXISTS"),
        (3, "姓名", "EXISTS"),
        (4, "证卡编号", "RULE_NOT_MET"),
        (5, "技能等级/职称", "RULE_NOT_MET"),
        (6, "身份证号" if unwell[3] != "质量内控人员" else "身体健康", "RULE_NOT_MET"),
    ]
    taken = [
        ["同名", elsewhere.agencies[0].credit_code, "东城区", "用人单位", None, None],
        [employers[0][0], employers[0][1], "火星区", "用人单位", None, None],
    ]
    found = await started(fresh, "AGENCIES", file_of("AGENCIES", taken))
    assert [(one["line"], one["column"], one["code"]) for one in found["problems"]] == [
        (2, "评价机构名称", "EXISTS"),
        (3, "所属区", "UNKNOWN_DISTRICT"),
    ]


@pytest.mark.requirement("Y089")
async def test_who_is_on_the_blacklist_anywhere_comes_in_nowhere(fresh: World, elsewhere: World) -> None:
    """Listed by another jurisdiction between the dry run and the commit, which checks again and takes nobody."""
    employers = agencies(2)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers)
    rows = people(3, employers)
    checked = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", rows))
    assert checked["status"] == "CHECKED"
    there, _ = await supervisor(elsewhere, person=Person(name=str(rows[1][0]), id_digest=person_of(rows[1])))
    await revoked(elsewhere, there)
    before = await counts(fresh)
    answer = await fresh.ask("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": checked["id"]})
    assert codes(answer) == ["CONFLICT"]
    assert answer["errors"][0]["extensions"]["params"] == {"problems": 1, "line": 3, "column": "身份证号", "problem": "BLACKLISTED"}
    assert await counts(fresh) == before
    assert await fresh.rows(Person, id_digest=person_of(rows[0])) == []
    found = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", rows))
    assert [(one["line"], one["code"]) for one in found["problems"]] == [(3, "BLACKLISTED")]


async def test_who_was_removed_does_not_come_back_by_a_roster(fresh: World) -> None:
    employers = agencies(2)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers)
    rows = people(2, employers)
    await brought_in(fresh, "SUPERVISORS", rows)
    async with fresh.transaction() as session:
        [place] = [one for one in await fresh.rows(Supervisor, center_id=fresh.center.id) if one.kind == "EXTERNAL"][:1]
        place.standing = RosterStanding.REMOVED
        session.add(place)
    [person] = await fresh.rows(Person, id=place.person_id)
    rows.append(*people(1, employers))
    found = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", rows))
    line = [person_of(row) for row in rows].index(person.id_digest) + 2
    assert [(one["line"], one["column"], one["code"]) for one in found["problems"]] == [(line, "身份证号", "EXISTS")]


@pytest.mark.requirement("D01")
async def test_a_jurisdiction_without_districts(world: World) -> None:
    """Under the rules of Yunnan agencies stand below the center, have no district to name, and internal cards are theirs (D01, 000 §13)."""
    college = await empty(world, profile="yunnan-college-2023")
    upload = await uploaded(college, file_of("DISTRICTS", invented.districts()))
    answer = await college.ask("center_admin", START, i={"idempotencyKey": key(), "upload": upload, "kind": "DISTRICTS"})
    assert codes(answer) == ["RULE_NOT_MET"]
    assert answer["errors"][0]["extensions"]["rule"] == "tiers"
    assert await college.rows(RosterImport, center_id=college.center.id) == []
    employers = [[*row[:2], None, *row[3:]] for row in agencies(2)]
    await brought_in(college, "AGENCIES", employers)
    rows = people(4, employers)
    carded = [*rows[2][:4], "校督1", date(2025, 3, 1), date(2028, 2, 29), rows[2][7], date(2025, 3, 1), None, *rows[2][10:]]
    await brought_in(college, "SUPERVISORS", [rows[0], carded])
    [person] = await college.rows(Person, id_digest=person_of(carded))
    [card], [term] = await college.rows(Card, person_id=person.id), await college.rows(Appointment, person_id=person.id)
    [agency] = await college.rows(Organization, credit_code=carded[2])
    assert (card.issuer_id, agency.parent_id, agency.district_id) == (agency.id, college.center.id, None)
    assert (term.starts_on, term.ends_on) == (date(2025, 3, 1), date(2028, 3, 1)), "36 months where the file tells no end (000 §18)"


async def test_a_roster_takes_as_many_locks_however_long_it_is(fresh: World) -> None:
    """PostgreSQL has room for some ten thousand: one for each of 50,000 rows would end the commit."""
    employers = agencies(2)
    await brought_in(fresh, "DISTRICTS", invented.districts())
    await brought_in(fresh, "AGENCIES", employers)
    taken = []
    for length in (5, 300):
        checked = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", people(length, employers)))
        async with fresh.transaction() as session:
            row = await session.get_one(RosterImport, UUID(checked["id"].removeprefix("imp_")))
            await imports.bring_in(session, row, act=fresh.act("center_admin"), keys=ID_KEYS)
            mine = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
            taken.append(await (await reading_in(session)).driver.fetchval(mine))
    assert taken[0] == taken[1]
