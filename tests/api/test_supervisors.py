from datetime import date, timedelta

import pytest

from domain.calendar import shanghai_day
from domain.errors import Conflict, Unmet
from domain.supervisors import appoint, employ, enlist, issue_card
from models.memberships import Membership
from models.supervisors import Appointment, Card, Person, Sex, SkillLevel, Supervisor, SupervisorKind
from tests.making_supervisors import card_of, revoked, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

ROSTER = """query($id: ID!) { supervisor(id: $id) {
  kind standing level organization { name } person { name masked employments { startsOn agency { name } } }
  card { number status title issuer { __typename } availableSteps { mutation } } cards { status }
  appointments { startsOn endsOn dispatcher { __typename } } refusalStreak { count limit } history(first: 5) { nodes { step } } } }"""
ISSUE = (
    "mutation($input: CardIssueInput!) { cardIssue(input: $input) { replayed card { number title version issuer { __typename } } event { step } } }"
)


def issue(row: Supervisor, **other: object) -> dict[str, object]:
    return {
        "supervisor": shown("sup", row.id),
        "number": "A-1",
        "validFrom": "2026-01-01",
        "validUntil": "2029-01-01",
        "idempotencyKey": key(),
    } | other


@pytest.mark.requirement("Y006", "B021", "B022", "D05")
async def test_the_center_reads_the_roster_in_full(world: World) -> None:
    row, _ = await supervisor(world, employer=world.agencies[0])
    data = (await world.done("center_admin", ROSTER, id=shown("sup", row.id)))["supervisor"]
    assert data["card"]["title"] == "职业技能鉴定质量督导员"
    assert data["card"]["issuer"] == {"__typename": "Center"}
    assert data["card"]["availableSteps"] == [{"mutation": "supervisorCaseOpen"}, {"mutation": "cardReplace"}]
    assert data["person"]["masked"] == []
    assert data["person"]["employments"][0]["agency"] == {"name": "第0评价机构"}
    assert data["appointments"][0]["dispatcher"] == {"__typename": "Center"}
    assert data["refusalStreak"] == {"count": 0, "limit": None}
    assert [one["step"] for one in data["history"]["nodes"]] == ["ENLIST"]


@pytest.mark.requirement("B022")
async def test_a_stranger_sees_the_card_and_nothing_personal(world: World, elsewhere: World) -> None:
    row, _ = await supervisor(world, employer=world.agencies[0])
    for actor in ("agency_clerk_0", "center_clerk"):
        data = (await elsewhere.done(actor, ROSTER, id=shown("sup", row.id)))["supervisor"]
        assert data["card"]["status"] == "ACTIVE"
        assert data["person"]["employments"] == []
        assert data["appointments"] == []
        assert data["refusalStreak"] == {"count": None, "limit": None}
        assert data["history"] == {"nodes": []}
    assert data["person"]["name"] != "督**"
    hidden = (await elsewhere.done("agency_clerk_0", ROSTER, id=shown("sup", row.id)))["supervisor"]
    assert hidden["person"]["name"] == "督**"


async def test_rosters_and_cards_are_filtered(world: World) -> None:
    row, _ = await supervisor(world)
    await supervisor(world, "INTERNAL", employer=world.agencies[0])
    card = await card_of(world, row)
    where = {"center": {"eq": shown("ctr", world.center.id)}}
    ask = "query($f: SupervisorFilter) { supervisors(first: 10, filter: $f) { totalCount nodes { kind } } }"
    assert (await world.done("center_admin", ask, f=where))["supervisors"]["totalCount"] == 2
    found = (await world.done("center_admin", ask, f=where | {"kind": {"eq": "INTERNAL"}}))["supervisors"]
    assert found == {"totalCount": 1, "nodes": [{"kind": "INTERNAL"}]}
    ask = "query($f: CardFilter) { cards(first: 10, filter: $f, orderBy: {field: NUMBER, direction: ASC}) { nodes { number } } }"
    found = await world.done("district_clerk_0", ask, f={"number": {"eq": card.number}, "issuer": {"eq": shown("ctr", world.center.id)}})
    assert found["cards"]["nodes"] == [{"number": card.number}]


@pytest.mark.requirement("B021", "D06")
async def test_the_center_issues_the_cards_of_its_roster(world: World) -> None:
    row, _ = await supervisor(world, carded=False)
    given = issue(row)
    first = (await world.done("center_admin", ISSUE, input=given))["cardIssue"]
    assert first["card"] == {"number": "A-1", "title": "职业技能鉴定质量督导员", "version": 1, "issuer": {"__typename": "Center"}}
    assert first["event"] == {"step": "ISSUE"}
    again = (await world.done("center_admin", ISSUE, input=given))["cardIssue"]
    assert again["replayed"] is True
    reused = await world.ask("center_admin", ISSUE, input=given | {"number": "A-2"})
    assert reused["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    second = await world.ask("center_admin", ISSUE, input=issue(row, number="A-3"))
    assert codes(second) == ["CONFLICT"]
    assert len(await world.rows(Card, supervisor_id=row.id)) == 1


@pytest.mark.requirement("Y049", "Y050", "D08")
@pytest.mark.parametrize(("kind", "by"), [("EXTERNAL", "center_admin"), ("INTERNAL", "agency_admin_0")])
async def test_in_yunnan_no_card_without_an_application(yunnan: World, kind: str, by: str) -> None:
    """Training and a passed exam come first: the card follows the application (000 §13, §14)."""
    row, _ = await supervisor(yunnan, kind, employer=yunnan.agencies[0], carded=False)
    answer = await yunnan.ask(by, ISSUE, input=issue(row))
    said = answer["errors"][0]["extensions"]
    assert (codes(answer), said["rule"], said["article"]) == (["RULE_NOT_MET"], "application.required", "000 §14")
    assert await yunnan.rows(Card, supervisor_id=row.id) == []


@pytest.mark.requirement("Y049", "Y050", "B021")
async def test_nobody_else_issues_it(yunnan: World, elsewhere: World) -> None:
    row, own = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0], carded=False)
    for asker in ("agency_admin_1", "center_admin", "agency_clerk_0", own):
        answer = await yunnan.ask(asker, ISSUE, input=issue(row))
        assert codes(answer) == ["FORBIDDEN"]
        assert answer["data"] == {"cardIssue": None}
        assert "Y050" in answer["errors"][0]["extensions"]["article"]
    assert codes(await elsewhere.ask("center_admin", ISSUE, input=issue(row))) == ["FORBIDDEN"]
    assert await yunnan.rows(Card, supervisor_id=row.id) == []


@pytest.mark.requirement("D07")
async def test_internal_supervisors_of_beijing_bear_no_card(world: World) -> None:
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    answer = await world.ask("agency_admin_0", ISSUE, input=issue(row))
    assert codes(answer) == ["RULE_NOT_MET"]
    assert answer["errors"][0]["extensions"]["rule"] == "card.issuer.internal"
    assert await world.rows(Card, supervisor_id=row.id) == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"validUntil": "2026-01-01"}, "BAD_USER_INPUT"),
        ({"number": " "}, "BAD_USER_INPUT"),
        ({"number": "9" * 41}, "BAD_USER_INPUT"),
        ({"expectedVersion": 7}, "CONFLICT"),
        ({"supervisor": "per_" + "0" * 32}, "NOT_FOUND"),
        ({"supervisor": "sup_" + "0" * 32}, "NOT_FOUND"),
    ],
)
async def test_a_card_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    row, _ = await supervisor(world, carded=False)
    answer = await world.ask("center_admin", ISSUE, input=issue(row) | wrong)
    assert (codes(answer), answer["data"]) == ([code], {"cardIssue": None})
    assert await world.rows(Card, supervisor_id=row.id) == []


@pytest.mark.requirement("Y063", "Y064", "D09")
async def test_a_term_is_three_years_in_yunnan_and_open_in_beijing(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        row, _ = await supervisor(home)
        (term,) = await home.rows(Appointment, supervisor_id=row.id)
        assert (term.ends_on is None) == (home is world)
        assert term.ends_on is None or term.ends_on.year == term.starts_on.year + 3


@pytest.mark.requirement("Y007", "Y008")
async def test_enlisting_gives_the_role(world: World) -> None:
    outside, _ = await supervisor(world)
    inside, _ = await supervisor(world, "INTERNAL", employer=world.agencies[1])
    (role,) = await world.rows(Membership, person_id=outside.person_id)
    assert (role.role, role.organization_id) == ("supervisor_external", world.center.id)
    (role,) = await world.rows(Membership, person_id=inside.person_id)
    assert (role.role, role.organization_id) == ("supervisor_internal", world.agencies[1].id)


@pytest.mark.requirement("Y008")
async def test_an_internal_supervisor_is_employed_there(world: World) -> None:
    async with world.transaction() as session:
        person = Person(name="王五")
        session.add(person)
        await session.flush()
        await employ(session, person, world.agencies[1], starts_on=date(2020, 1, 1))
        with pytest.raises(Unmet) as refused:
            await enlist(session, world.agencies[0], person, kind=SupervisorKind.INTERNAL, act=world.act("agency_admin_0"))
    assert refused.value.rule == "internal.employed"


@pytest.mark.requirement("INV08", "A07")
@pytest.mark.parametrize(
    ("sex", "birth", "eligible"),
    [
        (Sex.MALE, date(1960, 9, 17), True),
        (Sex.MALE, date(1960, 9, 16), False),
        (Sex.FEMALE, date(1965, 9, 17), True),
        (Sex.FEMALE, date(1965, 9, 16), False),
    ],
)
async def test_inv08_age(world: World, yunnan: World, sex: Sex, birth: date, eligible: bool) -> None:  # noqa: FBT001
    """2026-09-16 is the day: who becomes 66 (61) on it is too old, who does tomorrow is not. Yunnan knows no age."""
    for home, allowed in ((world, eligible), (yunnan, True)):
        async with home.transaction() as session:
            person = Person(name="赵六", birth_date=birth, sex=sex)
            session.add(person)
            await session.flush()
            arriving = enlist(session, home.center, person, kind=SupervisorKind.EXTERNAL, act=home.act("center_admin"))
            if allowed:
                await arriving
            else:
                with pytest.raises(Unmet) as refused:
                    await arriving
                assert refused.value.rule == f"eligibility.max_age.{sex.lower()}"


@pytest.mark.requirement("INV09", "A06")
@pytest.mark.parametrize("level", list(SkillLevel))
async def test_inv09_rank(world: World, level: SkillLevel) -> None:
    """三级 and above may be internal supervisors in Beijing; 四级 and below may not."""
    too_low = level in {SkillLevel.APPRENTICE, SkillLevel.JUNIOR_5, SkillLevel.INTERMEDIATE_4}
    if too_low:
        with pytest.raises(Unmet) as refused:
            await supervisor(world, "INTERNAL", employer=world.agencies[0], level=level)
        assert refused.value.rule == "eligibility.internal"
    else:
        row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0], level=level)
        assert row.level is level


@pytest.mark.requirement("Y089", "D15")
async def test_a_listed_person_is_blocked_everywhere(world: World, elsewhere: World, yunnan: World) -> None:
    row, _ = await supervisor(world)
    theirs, _ = await supervisor(elsewhere, person=(await world.rows(Person, id=row.person_id))[0], carded=False, appointed=False)
    await revoked(world, row)
    (person,) = await world.rows(Person, id=row.person_id)
    today = shanghai_day(world.now)
    act = elsewhere.act("center_admin")
    async with elsewhere.transaction() as session:
        for refused in (
            enlist(session, yunnan.center, person, kind=SupervisorKind.EXTERNAL, act=yunnan.act("center_admin")),
            issue_card(session, theirs, number="1", valid_from=today, valid_until=today + timedelta(days=9), act=act),
            appoint(session, theirs, starts_on=today, act=act),
        ):
            with pytest.raises(Unmet) as why:
                await refused
            assert why.value.rule == "blacklist.blocks"
    answer = await elsewhere.ask("center_admin", ISSUE, input=issue(theirs))
    assert answer["errors"][0]["extensions"]["rule"] == "blacklist.blocks"
    assert await elsewhere.rows(Card, supervisor_id=theirs.id) == []


async def test_nobody_is_enlisted_twice(world: World) -> None:
    row, _ = await supervisor(world)
    (person,) = await world.rows(Person, id=row.person_id)
    with pytest.raises(Conflict):
        async with world.transaction() as session:
            await enlist(session, world.center, person, kind=SupervisorKind.EXTERNAL, act=world.act("center_admin"))
