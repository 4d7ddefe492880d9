from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, delete

from domain import organizations
from domain.calendar import Month, monthly_return_due
from domain.figures import Coverage, compose, sealed
from domain.holidays import Days, enter, of_year
from domain.organizations import publish_profile
from domain.profiles import parse_profile
from domain.reminders import unfiled
from models.events import Event
from models.organizations import Organization
from models.returns import MonthlyReturn, MonthlyReturnStatus, Timeliness
from tests.making_returns import AUGUST, again, closed, closed_in_august, concluded, held, returned
from tests.making_sessions import recognition
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

SUBMIT = """mutation($input: MonthlyReturnSubmitInput!) { monthlyReturnSubmit(input: $input) { monthlyReturn {
  id version month edition status timeliness dueAt sessionsHeld sessionsInspected sessionsNeeded digest note comment previous { edition status }
  differences { inspection change } lines { inspection recognitionSession agency level mode candidateCount heldOn closedOn teamSize yes no findings rectification }
  availableSteps { mutation } } event { step } replayed } }"""
ACCEPT = "mutation($input: MonthlyReturnAcceptInput!) { monthlyReturnAccept(input: $input) { monthlyReturn { status } replayed } }"
SEND_BACK = "mutation($input: MonthlyReturnSendBackInput!) { monthlyReturnSendBack(input: $input) { monthlyReturn { status comment } replayed } }"
DRAFT = """query($district: ID!, $month: String!) { monthlyReturnDraft(district: $district, month: $month) {
  month dueAt coverage { held inspected needed } digest lines { inspection agency level mode findings rectification } } }"""
COVERAGE = "query($district: ID!, $month: String!) { coverage(district: $district, month: $month) { held inspected needed } }"

COVERAGES = "query($month: String!) { coverages(month: $month) { district name held inspected needed timeliness } }"

DUE = datetime(2026, 9, 5, 16, 0, tzinfo=UTC)
"""The end of 5 September in Shanghai."""


def on(month: str, **more: object) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), "month": month, **more}}


def of(row: MonthlyReturn, **more: object) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), "monthlyReturn": shown("mret", row.id), **more}}


def district(world: World, n: int = 0) -> str:
    return shown("dst", world.districts[n].id)


@pytest.mark.requirement("B048", "B053", "A22", "N12", "INV05")
async def test_a_return_composes_itself_from_closed_inspections(world: World) -> None:
    first = await closed_in_august(world, days=0)
    second = await closed_in_august(world, agency=1, days=1, rectify=False, no=())
    await closed_in_august(world, agency=2, days=2)
    for n in range(3, 11):
        await held(world, starts_at=AUGUST + timedelta(days=n))
    draft = (await world.done("district_clerk_0", DRAFT, district=district(world), month="2026-08"))["monthlyReturnDraft"]
    assert draft["coverage"] == {"held": 10, "inspected": 2, "needed": 3}
    filed = (await world.done("district_clerk_0", SUBMIT, **on("2026-08", note="八月情况")))["monthlyReturnSubmit"]
    row = filed["monthlyReturn"]
    assert (row["edition"], row["status"], row["previous"], row["note"], filed["event"]["step"]) == (1, "SUBMITTED", None, "八月情况", "SUBMIT")
    assert (row["sessionsHeld"], row["sessionsInspected"], row["sessionsNeeded"]) == (10, 2, 3)
    assert [one["inspection"] for one in row["lines"]] == [shown("insp", first.id), shown("insp", second.id)]
    assert row["lines"][0] | {"recognitionSession": ""} == {
        "inspection": shown("insp", first.id), "recognitionSession": "", "agency": "第0评价机构", "level": "SENIOR_3", "mode": "EXAM",
        "candidateCount": 40, "heldOn": "2026-08-10", "closedOn": "2026-08-11", "teamSize": 2, "yes": 17, "no": 1, "findings": ["F06"],
        "rectification": "ACCEPTED",
    }  # fmt: skip
    assert (row["lines"][1]["findings"], row["lines"][1]["rectification"]) == ([], None)
    assert row["digest"] == draft["digest"]
    assert draft["lines"][0] == {name: row["lines"][0][name] for name in draft["lines"][0]}
    assert row["availableSteps"] == []


@pytest.mark.requirement("N12")
async def test_the_same_rows_compose_the_same_bytes(world: World) -> None:
    await closed_in_august(world)
    row = await returned(world, at=DUE - timedelta(hours=1))
    later = await world.done("center_clerk", DRAFT, at=world.now + timedelta(days=90), district=district(world), month="2026-08")
    assert later["monthlyReturnDraft"]["digest"] == row.digest
    assert len(await world.rows(MonthlyReturn, district_id=world.districts[0].id)) == 1


@pytest.mark.requirement("N12")
async def test_postgresql_writes_the_canonical_document(world: World) -> None:
    """Whatever stands in a name: blanks, escapes and the order of the keys are those that Python writes."""
    await closed_in_august(world, no=("F06", "F07"))
    awkward = "".join(chr(n) for n in range(1, 128)) + "督\u2028𠮷😀\ufeff"
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        agency.name = awkward[-100:] + awkward[:20]
        await session.flush()
        composed = await compose(session, await again(session, Organization, world.districts[0].id), Month(2026, 8))
    assert composed == sealed(world.districts[0].id, Month(2026, 8), Coverage(1, 1, 1), lines=composed.lines)
    assert (composed.lines[0]["agency"], composed.lines[0]["findings"]) == (agency.name, ["F06", "F07"])
    draft = await world.done("district_clerk_0", DRAFT, district=district(world), month="2026-08")
    assert (draft["monthlyReturnDraft"]["digest"], draft["monthlyReturnDraft"]["lines"][0]["agency"]) == (composed.digest, agency.name)


@pytest.mark.requirement("A03", "A04")
@pytest.mark.parametrize(("day", "inclusive", "roll"), [(1, "true", "NEXT_WORKDAY"), (5, "false", "NEXT_WORKDAY"), (28, "true", "NONE")])
async def test_a_draft_is_due_when_the_return_is(world: World, day: int, inclusive: str, roll: str) -> None:
    text = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8")
    for rule, kept, value in (("due_day", "5", f"{day}"), ("inclusive", "true", inclusive), ("holiday_roll", '"NONE"', f'"{roll}"')):
        assert f'"monthly_return.{rule}" = {{ value = {kept},' in text
        text = text.replace(f'"monthly_return.{rule}" = {{ value = {kept},', f'"monthly_return.{rule}" = {{ value = {value},')
    rules = parse_profile(text, effective_from=date(2026, 1, 1))
    async with world.transaction() as session:
        await publish_profile(session, await again(session, Organization, world.center.id), rules, act=world.act("center_admin"))
    for month in [Month(2026, n) for n in range(1, 13)]:
        draft = await world.done("district_clerk_0", DRAFT, district=district(world), month=str(month))
        due = monthly_return_due(month, rules)
        assert due is not None
        assert draft["monthlyReturnDraft"]["dueAt"] == due.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.requirement("A04", "B053")
async def test_a_return_rolls_over_the_holidays_that_were_entered(world: World) -> None:
    """5 October 2026 lies in the national holidays; the 10th, a Saturday, is worked, and the 9th is off here."""
    text = (
        (PROFILES / f"{world.profile}.toml")
        .read_text(encoding="utf-8")
        .replace('holiday_roll" = { value = "NONE"', 'holiday_roll" = { value = "NEXT_WORKDAY"')
    )
    days = Days([date(2026, 10, day) for day in range(1, 10)], [date(2026, 10, 10)])
    act = world.act("center_admin")
    async with world.transaction() as session:
        await publish_profile(
            session, await again(session, Organization, world.center.id), parse_profile(text, effective_from=date(2026, 1, 1)), act=act
        )
        await enter(session, await of_year(session, 2026, act=act), days, act=act)
    due = datetime(2026, 10, 10, 16, tzinfo=UTC)
    draft = await world.done("district_clerk_0", DRAFT, district=district(world), month="2026-09")
    assert draft["monthlyReturnDraft"]["dueAt"] == due.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    on_time, late = [await returned(world, month="2026-09", district=n, at=due + timedelta(seconds=n - 1)) for n in (0, 1)]
    assert (on_time.timeliness, late.timeliness, late.due_at) == (Timeliness.ON_TIME, Timeliness.LATE, due)
    async with world.transaction() as session:
        await session.exec(delete(MonthlyReturn).where(col(MonthlyReturn.center_id) == world.center.id))
        for at, found in ((due - timedelta(seconds=1), 0), (due, 2)):
            assert len(await unfiled(session, "MONTHLY_RETURN_OVERDUE", world.center.id, at=at)) == found


@pytest.mark.requirement("INV15", "A29")
async def test_a_month_before_all_rules_has_no_figures(world: World) -> None:
    for document in (DRAFT, COVERAGE):
        answer = await world.ask("district_clerk_0", document, district=district(world), month="2011-02")
        assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "profile.effective_from")
    answer = await world.ask("center_clerk", COVERAGES, month="2011-02")
    assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "profile.effective_from")


@pytest.mark.requirement("INV05", "A01", "A02", "B028")
@pytest.mark.parametrize(("sessions", "needed"), [(0, 0), (10, 3), (11, 4)])
async def test_inv05_the_sessions_needed(world: World, sessions: int, needed: int) -> None:
    for n in range(sessions):
        await held(world, starts_at=AUGUST + timedelta(days=n, hours=n % 3))
    await recognition(world, starts_at=AUGUST, at=AUGUST - timedelta(days=2))
    found = await world.done("district_clerk_0", COVERAGE, district=district(world), month="2026-08")
    assert found["coverage"] == {"held": sessions, "inspected": 0, "needed": needed}
    row = (await world.done("district_clerk_0", SUBMIT, **on("2026-08")))["monthlyReturnSubmit"]["monthlyReturn"]
    assert (row["sessionsHeld"], row["sessionsNeeded"], row["lines"]) == (sessions, needed, [])


@pytest.mark.requirement("B028", "B053", "INV05", "A03")
async def test_all_districts_at_once_are_each_as_asked_alone(world: World, elsewhere: World) -> None:
    await closed_in_august(world)
    for n in range(1, 4):
        await held(world, starts_at=AUGUST + timedelta(days=n))
    await held(world, agency=2)
    await held(elsewhere)
    await returned(world, at=DUE - timedelta(days=1))
    august = (await world.done("center_clerk", COVERAGES, month="2026-08"))["coverages"]
    assert [(one["name"], one["timeliness"]) for one in august] == [("第0区", "ON_TIME"), ("第1区", None)]
    for n, one in enumerate(august):
        alone = await world.done("center_clerk", COVERAGE, district=district(world, n), month="2026-08")
        assert alone["coverage"] == {name: one[name] for name in ("held", "inspected", "needed")}
    assert [(one["held"], one["inspected"], one["needed"]) for one in august] == [(4, 1, 2), (1, 0, 1)]
    assert (await world.done("district_clerk_1", COVERAGES, month="2026-08"))["coverages"] == august[1:]
    await returned(world, district=1, at=DUE)
    await returned(world, month="2026-07", district=1, at=DUE)
    later = (await world.done("center_auditor", COVERAGES, month="2026-08"))["coverages"]
    assert [one["timeliness"] for one in later] == ["ON_TIME", "LATE"]


@pytest.mark.requirement("INV14")
async def test_the_first_edition_says_whether_a_month_was_reported_in_time(world: World) -> None:
    row = await returned(world, at=DUE - timedelta(days=1))
    await world.done("center_clerk", SEND_BACK, **of(row, comment="缺一场"))
    await returned(world, at=DUE + timedelta(days=9))
    found = (await world.done("center_clerk", COVERAGES, month="2026-08"))["coverages"]
    assert [(one["district"], one["timeliness"]) for one in found] == [(district(world), "ON_TIME"), (district(world, 1), None)]


@pytest.mark.requirement("INV11")
async def test_the_figures_of_all_districts_are_none_of_an_agencys_nor_a_strangers(world: World, elsewhere: World) -> None:
    await held(world)
    for who in ("agency_admin_0", "agency_clerk_0"):
        answer = await world.ask(who, COVERAGES, month="2026-08")
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"coverages": None})
    assert codes(await world.ask(None, COVERAGES, month="2026-08")) == ["UNAUTHENTICATED"]
    assert codes(await world.ask("center_clerk", COVERAGES, month="2026-13")) == ["BAD_USER_INPUT"]
    theirs = (await elsewhere.done("center_clerk", COVERAGES, month="2026-08"))["coverages"]
    assert [(one["district"], one["held"]) for one in theirs] == [(district(elsewhere, n), 0) for n in range(2)]


async def test_a_center_without_districts_has_no_figures_of_them(yunnan: World) -> None:
    assert await yunnan.done("center_clerk", COVERAGES, month="2026-08") == {"coverages": []}


@pytest.mark.requirement("INV14", "A03", "B053")
@pytest.mark.parametrize(
    ("at", "timeliness"),
    [(DUE - timedelta(seconds=30), "ON_TIME"), (DUE - timedelta(microseconds=1), "ON_TIME"), (DUE, "LATE"), (DUE + timedelta(days=40), "LATE")],
)
async def test_inv14_on_time_until_the_end_of_the_fifth_and_late_but_taken_after(world: World, at: datetime, timeliness: str) -> None:
    row = (await world.done("district_clerk_0", SUBMIT, at=at, **on("2026-08")))["monthlyReturnSubmit"]["monthlyReturn"]
    assert (row["timeliness"], row["status"], row["dueAt"]) == (timeliness, "SUBMITTED", "2026-09-05T16:00:00.000000Z")


@pytest.mark.requirement("A04")
async def test_a_month_that_is_not_over_is_not_reported(world: World) -> None:
    august_ends = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)
    early = await world.ask("district_clerk_0", SUBMIT, at=august_ends - timedelta(microseconds=1), **on("2026-08"))
    assert (codes(early), early["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "monthly_return.month_over")
    assert early["errors"][0]["extensions"]["article"] == "003 §15"
    assert await world.rows(MonthlyReturn, district_id=world.districts[0].id) == []
    await world.done("district_clerk_0", SUBMIT, at=august_ends, **on("2026-08"))
    for month in ("2026-13", "08-2026", "", "2026-8"):
        bad = await world.ask("district_clerk_0", SUBMIT, **on(month))
        assert (codes(bad), bad["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], "month")


@pytest.mark.requirement("B048", "N12", "A22")
async def test_a_return_sent_back_is_answered_by_the_next_edition(world: World) -> None:
    first = await returned(world, at=DUE - timedelta(days=1))
    back = await world.done("center_clerk", SEND_BACK, **of(first, comment="缺第二场"))
    assert back["monthlyReturnSendBack"]["monthlyReturn"] == {"status": "SENT_BACK", "comment": "缺第二场"}
    inspection = await closed_in_august(world, days=3)
    second = (await world.done("district_clerk_0", SUBMIT, **on("2026-08")))["monthlyReturnSubmit"]["monthlyReturn"]
    assert (second["edition"], second["timeliness"], second["previous"]) == (2, "ON_TIME", {"edition": 1, "status": "REPLACED"})
    assert second["differences"] == [{"inspection": shown("insp", inspection.id), "change": "ADDED"}]
    await world.done("center_clerk", ACCEPT, input={"idempotencyKey": key(), "monthlyReturn": second["id"]})
    rows = sorted(await world.rows(MonthlyReturn, district_id=world.districts[0].id), key=lambda one: one.edition)
    assert [(one.edition, one.status, one.comment) for one in rows] == [
        (1, MonthlyReturnStatus.REPLACED, "缺第二场"),
        (2, MonthlyReturnStatus.ACCEPTED, None),
    ]
    assert (rows[0].previous_id, rows[1].previous_id) == (None, rows[0].id)
    steps = [one.step for one in sorted(await world.rows(Event, subject_id=rows[0].id), key=lambda one: one.id)]
    assert steps == ["SUBMIT", "SEND_BACK", "REPLACE"]


async def test_the_same_month_twice_is_a_conflict(world: World) -> None:
    row = await returned(world)
    for _ in range(2):
        answer = await world.ask("district_admin_0", SUBMIT, **on("2026-08"))
        assert (codes(answer), answer["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "DUPLICATE")
        (stored,) = await world.rows(MonthlyReturn, district_id=world.districts[0].id)
        if stored.status is MonthlyReturnStatus.SUBMITTED:
            await world.done("center_clerk", ACCEPT, **of(row))


async def test_the_same_key_is_answered_once(world: World) -> None:
    given = on("2026-08")
    first, second = [(await world.done("district_clerk_0", SUBMIT, **given))["monthlyReturnSubmit"] for _ in range(2)]
    assert (first["replayed"], second["replayed"], first["monthlyReturn"]) == (False, True, second["monthlyReturn"])
    given["input"]["month"] = "2026-07"
    assert (await world.ask("district_clerk_0", SUBMIT, **given))["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    assert len(await world.rows(MonthlyReturn, district_id=world.districts[0].id)) == 1


async def test_only_the_center_decides_and_only_once(world: World, elsewhere: World) -> None:
    row = await returned(world)
    for place, who, code in (
        (world, "district_admin_0", "FORBIDDEN"),
        (world, "center_admin", "FORBIDDEN"),
        (world, "district_admin_1", "NOT_FOUND"),
        (world, "agency_admin_0", "NOT_FOUND"),
        (elsewhere, "center_clerk", "NOT_FOUND"),
    ):
        assert codes(await place.ask(who, ACCEPT, **of(row))) == [code]
        assert codes(await place.ask(who, SEND_BACK, **of(row, comment="x"))) == [code]
    stale = await world.ask("center_clerk", ACCEPT, **of(row, expectedVersion=7))
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    for comment, problem in ((" ", "required"), ("长" * 2001, "too_long")):
        answer = await world.ask("center_clerk", SEND_BACK, **of(row, comment=comment))
        assert answer["errors"][0]["extensions"]["problem"] == problem
    await world.done("center_clerk", ACCEPT, **of(row))
    assert codes(await world.ask("center_clerk", ACCEPT, **of(row))) == ["CONFLICT"]
    assert codes(await world.ask("center_clerk", SEND_BACK, **of(row, comment="x"))) == ["CONFLICT"]
    assert (await world.rows(MonthlyReturn, id=row.id))[0].status is MonthlyReturnStatus.ACCEPTED


async def test_only_a_district_submits(world: World) -> None:
    for who in ("center_clerk", "center_admin", "district_dispatcher_0", "agency_admin_0"):
        assert codes(await world.ask(who, SUBMIT, **on("2026-08"))) == ["FORBIDDEN"]
    assert await world.rows(MonthlyReturn, center_id=world.center.id) == []


@pytest.mark.requirement("INV11")
async def test_inv11_a_district_sees_its_own_returns_only(world: World, elsewhere: World) -> None:
    mine, theirs = await returned(world), await returned(world, district=1)
    await returned(elsewhere)
    ask = "{ monthlyReturns(first: 10) { totalCount nodes { id } } }"
    own = {"monthlyReturns": {"totalCount": 1, "nodes": [{"id": shown("mret", mine.id)}]}}
    assert await world.done("district_clerk_0", ask) == own
    assert (await world.done("center_auditor", ask))["monthlyReturns"]["totalCount"] == 2
    assert (await world.done("agency_admin_0", ask))["monthlyReturns"] == {"totalCount": 0, "nodes": []}
    one = "query($id: ID!) { monthlyReturn(id: $id) { digest } }"
    assert codes(await world.ask("district_clerk_0", one, id=shown("mret", theirs.id))) == ["NOT_FOUND"]
    for document in (DRAFT, COVERAGE):
        for place, who in ((world, "district_clerk_1"), (world, "agency_admin_0"), (elsewhere, "center_clerk")):
            assert codes(await place.ask(who, document, district=district(world), month="2026-08")) == ["FORBIDDEN"]
        assert codes(await world.ask("center_clerk", document, district=shown("dst", mine.id), month="2026-08")) == ["NOT_FOUND"]
        assert codes(await world.ask("center_clerk", document, district=shown("dst", world.center.id), month="2026-08")) == ["NOT_FOUND"]
        assert codes(await world.ask(None, document, district=district(world), month="2026-08")) == ["UNAUTHENTICATED"]


async def test_lists_filter_by_month_district_status_and_timeliness(world: World) -> None:
    await returned(world, month="2026-07", at=DUE)
    late = await returned(world, at=DUE)
    await returned(world, district=1, at=DUE - timedelta(days=1))
    ask = """query($f: MonthlyReturnFilter) { monthlyReturns(first: 10, filter: $f, orderBy: { field: MONTH, direction: ASC }) {
      nodes { id month district { name } timeliness } } }"""
    wanted = {
        "month": {"eq": "2026-08"},
        "district": {"eq": district(world)},
        "status": {"in": ["SUBMITTED", "ACCEPTED"]},
        "timeliness": {"eq": "LATE"},
    }
    data = await world.done("center_clerk", ask, f=wanted)
    assert data["monthlyReturns"]["nodes"] == [
        {"id": shown("mret", late.id), "month": "2026-08", "district": {"name": "第0区"}, "timeliness": "LATE"}
    ]
    everything = await world.done("center_clerk", ask, f=None)
    assert [one["month"] for one in everything["monthlyReturns"]["nodes"]] == ["2026-07", "2026-08", "2026-08"]


@pytest.mark.requirement("A02")
async def test_inspections_of_the_center_do_not_count(world: World) -> None:
    visited = await recognition(world, starts_at=AUGUST, at=AUGUST - timedelta(days=3))
    present, world.now = world.now, AUGUST - timedelta(days=3)
    await closed(world, of=visited, by="center_dispatcher")
    world.now = present
    await concluded(world, visited)
    found = await world.done("district_clerk_0", DRAFT, district=district(world), month="2026-08")
    assert found["monthlyReturnDraft"]["coverage"] == {"held": 1, "inspected": 0, "needed": 1}
    assert found["monthlyReturnDraft"]["lines"] == []


@pytest.mark.requirement("INV15")
async def test_inv15_a_month_is_judged_by_its_own_profile(world: World) -> None:
    for n in range(4):
        await held(world, starts_at=AUGUST + timedelta(days=n))
    text = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8")
    text = text.replace('"sampling.min_ratio" = { value = "3/10"', '"sampling.min_ratio" = { value = "1/1"').replace(
        '"monthly_return.due_day" = { value = 5', '"monthly_return.due_day" = { value = 1'
    )
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        await publish_profile(session, center, parse_profile(text, effective_from=date(2026, 9, 1)), act=world.act("center_admin"))
    row = await returned(world, at=DUE - timedelta(days=1))
    assert (row.sessions_held, row.sessions_needed, row.timeliness) == (4, 2, Timeliness.ON_TIME)
    september = await world.done("district_clerk_0", DRAFT, district=district(world), month="2026-09")
    assert september["monthlyReturnDraft"]["dueAt"].startswith("2026-10-01T16:00:00")


@pytest.mark.requirement("B053")
async def test_under_yunnan_there_is_no_monthly_return(yunnan: World) -> None:
    async with yunnan.transaction() as session:
        center = await again(session, Organization, yunnan.center.id)
        place, _ = await organizations.register_district(session, center, "昆明", code="530100", act=yunnan.act("center_admin"))
    yunnan.districts.append(place)
    await yunnan.hire("district_clerk", place, name="clerk")
    answer = await yunnan.ask("clerk", SUBMIT, **on("2026-08"))
    assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "monthly_return.none")
    draft = await yunnan.ask("clerk", DRAFT, district=district(yunnan), month="2026-08")
    assert codes(draft) == ["RULE_NOT_MET"]
    assert (await yunnan.done("clerk", COVERAGE, district=district(yunnan), month="2026-08"))["coverage"]["needed"] == 0
    assert await yunnan.rows(MonthlyReturn, center_id=yunnan.center.id) == []
