import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from domain.blacklist import lift, review
from domain.supervisors import enlist
from models.cases import BlacklistEntry, BlacklistQuery
from models.memberships import Membership
from models.supervisors import Person, SupervisorKind
from tests.making_sessions import id_number
from tests.making_supervisors import card_of, revoked, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CHECK = "query($input: BlacklistCheckInput!) { blacklistCheck(input: $input) { index listed ground listedOn reviewOn } }"
ENTRIES = (
    "{ blacklistEntries(first: 10) { totalCount nodes { id status person { id } case { status } decisionNumber availableSteps { mutation } } } }"
)
PURPOSE = "聘任前核查"


def number() -> str:
    """A sound id number, by one of forty thousand days of birth."""
    return id_number(date(1955, 1, 1) + timedelta(days=hash(key()) % 14_000))


def about(*subjects: dict[str, str], purpose: str = PURPOSE) -> dict[str, object]:
    return {"purpose": purpose, "subjects": list(subjects)}


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} blacklistEntry {{ status reviewOn }} }} }}"


REVIEW, UPHOLD, LIFT = step("blacklistEntryReview"), step("blacklistEntryUphold"), step("blacklistEntryLift")


def on(entry: BlacklistEntry, reason: str = "已满三年", **other: object) -> dict[str, object]:
    return {"blacklistEntry": shown("blk", entry.id), "reason": reason, "idempotencyKey": key()} | other


@pytest.fixture
async def listed(world: World) -> tuple[str, str, BlacklistEntry]:
    """Somebody's id number, card number and entry."""
    mine = number()
    row, _ = await supervisor(world, number=mine)
    card = await card_of(world, row)
    return mine, card.number, await revoked(world, row)


Listed = tuple[str, str, BlacklistEntry]


@pytest.mark.requirement("Y089", "D15")
async def test_every_institution_is_answered_by_either_number(world: World, elsewhere: World, yunnan: World, listed: Listed) -> None:
    mine, card, _ = listed
    full = {"index": 0, "listed": True, "ground": "NEGLIGENCE", "listedOn": "2026-09-16", "reviewOn": "2029-09-16"}
    for home, asker in ((world, "district_clerk_0"), (elsewhere, "agency_admin_0"), (yunnan, "agency_admin_0"), (yunnan, "center_admin")):
        for subject in ({"idNumber": mine}, {"cardNumber": card}, {"idNumber": mine.lower()}):
            data = await home.done(asker, CHECK, input=about(subject))
            assert data["blacklistCheck"] == [full]


async def test_who_may_not_know_the_ground_learns_listed_or_not(world: World, listed: Listed) -> None:
    data = await world.done("center_dispatcher", CHECK, input=about({"idNumber": listed[0]}, {"idNumber": number()}))
    nothing = {"ground": None, "listedOn": None, "reviewOn": None}
    assert data["blacklistCheck"] == [{"index": 0, "listed": True} | nothing, {"index": 1, "listed": False} | nothing]


async def test_each_question_is_kept_hit_or_miss(world: World, listed: Listed) -> None:
    mine, card, _ = listed
    asked = about({"idNumber": mine}, {"idNumber": number()}, {"cardNumber": card}, {"cardNumber": "没有"})
    await world.done("district_admin_0", CHECK, input=asked)
    log = await world.rows(BlacklistQuery, organization_id=world.districts[0].id)
    assert sorted(one.listed for one in log) == [False, False, True, True]
    assert {(one.asked_by, one.purpose) for one in log} == {(world.actors["district_admin_0"].person_id, PURPOSE)}
    assert len({one.subject_digest for one in log}) == 4
    assert mine.encode() not in b"".join(one.subject_digest for one in log)


@pytest.fixture
def statements(world: World) -> Iterator[list[str]]:
    """What goes to the database, in order."""
    seen: list[str] = []
    engine = world.database._engine.sync_engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def test_a_hit_and_a_miss_are_the_same_work(world: World, listed: Listed, statements: list[str]) -> None:
    mine, card, _ = listed
    works = []
    for subject in ({"idNumber": mine}, {"idNumber": number()}, {"cardNumber": card}, {"cardNumber": "没有"}):
        statements.clear()
        await world.done("agency_admin_0", CHECK, input=about(subject))
        works.append(list(statements))
    assert all(one == works[0] for one in works)
    assert len(works[0]) == 3  # the tenant, the look-up, the log


@pytest.mark.parametrize(
    ("asker", "count", "code"),
    [
        ("agency_admin_0", 2, "BAD_USER_INPUT"),
        ("district_admin_0", 50, None),
        ("district_admin_0", 51, "BAD_USER_INPUT"),
        ("center_admin", 51, "BAD_USER_INPUT"),
        ("center_admin", 0, "BAD_USER_INPUT"),
        ("agency_clerk_0", 1, "FORBIDDEN"),
        ("center_auditor", 1, "FORBIDDEN"),
    ],
)
async def test_how_many_and_who(world: World, asker: str, count: int, code: str | None) -> None:
    answer = await world.ask(asker, CHECK, input=about(*({"idNumber": number()} for _ in range(count))))
    assert codes(answer) == ([code] if code else [])
    kept = await world.rows(BlacklistQuery, center_id=world.center.id)
    assert len(kept) == (0 if code else count)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subjects": [{"idNumber": "110105198005010000"}]},
        {"subjects": [{"idNumber": "１１０１０５１９８００５０１００００"}]},
        {"subjects": [{"idNumber": ""}]},
        {"subjects": [{"cardNumber": " "}]},
        {"subjects": [{"cardNumber": "9" * 41}]},
        {"subjects": [{"idNumber": "110105198005010000", "cardNumber": "1"}]},
        {"subjects": [{}]},
        {"purpose": " "},
        {"purpose": "长" * 501},
    ],
)
async def test_a_question_that_cannot_be(world: World, wrong: dict[str, object]) -> None:
    answer = await world.ask("center_admin", CHECK, input=about({"cardNumber": "1"}) | wrong)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert await world.rows(BlacklistQuery, center_id=world.center.id) == []


async def test_once_an_operation(world: World) -> None:
    twice = "query($input: BlacklistCheckInput!) { a: blacklistCheck(input: $input) { listed } b: blacklistCheck(input: $input) { listed } }"
    assert codes(await world.ask("center_admin", twice, input=about({"cardNumber": "1"}))) == ["TOO_COMPLEX"]


async def test_a_card_number_of_two_issuers_is_not_guessed(world: World, elsewhere: World) -> None:
    one, _ = await supervisor(world, carded=False)
    other, _ = await supervisor(elsewhere, carded=False)
    issue = "mutation($input: CardIssueInput!) { cardIssue(input: $input) { card { number } } }"
    same = f"京{key()}"
    for home, row in ((world, one), (elsewhere, other)):
        given = {"supervisor": shown("sup", row.id), "number": same, "validFrom": "2026-01-01", "validUntil": "2029-01-01", "idempotencyKey": key()}
        await home.done("center_admin", issue, input=given)
    answer = await world.ask("center_admin", CHECK, input=about({"cardNumber": same}))
    assert answer["errors"][0]["extensions"]["problem"] == "ambiguous"


async def test_never_the_list(world: World, elsewhere: World, listed: Listed) -> None:
    data = (await world.done("center_clerk", ENTRIES))["blacklistEntries"]
    assert (data["totalCount"], data["nodes"][0]["status"], data["nodes"][0]["case"]) == (1, "LISTED", {"status": "IN_FORCE"})
    for home, asker in ((world, "district_admin_0"), (world, "agency_admin_0"), (elsewhere, "center_admin")):
        assert (await home.done(asker, ENTRIES))["blacklistEntries"] == {"totalCount": 0, "nodes": []}
        one = await home.ask(asker, "query($id: ID!) { blacklistEntry(id: $id) { status } }", id=shown("blk", listed[2].id))
        assert codes(one) == ["NOT_FOUND"]


async def test_one_sees_the_own_entry(world: World) -> None:
    row, actor = await supervisor(world)
    await revoked(world, row)
    data = (await world.done(actor, ENTRIES))["blacklistEntries"]
    assert (data["totalCount"], data["nodes"][0]["person"]["id"]) == (1, shown("per", row.person_id))
    assert data["nodes"][0]["availableSteps"] == []


@pytest.mark.requirement("A14")
async def test_a_review_is_upheld_or_lifted_by_another(world: World, listed: Listed) -> None:
    mine, _, entry = listed
    other = await world.hire("center_admin", world.center, name="other")
    assert codes(await world.ask("center_admin", LIFT, input=on(entry))) == ["CONFLICT"]
    given = on(entry)
    done = (await world.done("center_admin", REVIEW, input=given))["blacklistEntryReview"]
    assert (done["event"], done["blacklistEntry"]["status"]) == ({"step": "REVIEW"}, "UNDER_REVIEW")
    assert (await world.done("center_admin", REVIEW, input=given))["blacklistEntryReview"]["replayed"] is True
    assert (await world.done("agency_admin_0", CHECK, input=about({"idNumber": mine})))["blacklistCheck"][0]["listed"] is True
    later = world.now + timedelta(days=30)
    kept = (await world.done("center_admin", UPHOLD, input=on(entry, "尚未改正"), at=later))["blacklistEntryUphold"]["blacklistEntry"]
    assert kept == {"status": "LISTED", "reviewOn": "2029-10-16"}
    await world.done("center_admin", REVIEW, input=on(entry), at=later + timedelta(days=1))
    alone = await world.ask("center_admin", LIFT, input=on(entry), at=later + timedelta(days=2))
    assert alone["errors"][0]["extensions"]["rule"] == "blacklist.two_persons"
    lifted = (await world.done(other, LIFT, input=on(entry), at=later + timedelta(days=2)))["blacklistEntryLift"]["blacklistEntry"]
    assert lifted["status"] == "LIFTED"
    assert (await world.done("agency_admin_0", CHECK, input=about({"idNumber": mine})))["blacklistCheck"][0]["listed"] is False
    assert codes(await world.ask(other, REVIEW, input=on(entry))) == ["CONFLICT"]


@pytest.mark.requirement("A14", "Y089")
async def test_who_was_lifted_comes_back_to_the_same_row(world: World) -> None:
    row, _ = await supervisor(world)
    entry = await revoked(world, row)
    (person,) = await world.rows(Person, id=row.person_id)
    later = world.now + timedelta(days=1)
    async with world.transaction() as session:
        stored = await session.merge(entry)
        await review(session, stored, "申请信用修复", act=world.act("center_admin", at=later))
        await lift(session, stored, "已改正", act=world.act("decider_0", at=later))
        back, _ = await enlist(session, world.center, person, kind=SupervisorKind.EXTERNAL, act=world.act("center_admin", at=later))
    assert (back.id, back.standing) == (row.id, "ACTIVE")
    roles = await world.rows(Membership, person_id=row.person_id)
    assert sorted(one.valid_until is None for one in roles) == [False, True]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"reason": ""}, "BAD_USER_INPUT"),
        ({"reason": "长" * 2001}, "BAD_USER_INPUT"),
        ({"expectedVersion": 4}, "CONFLICT"),
        ({"blacklistEntry": "blk_" + "0" * 32}, "NOT_FOUND"),
    ],
)
async def test_a_review_that_cannot_be(world: World, listed: Listed, wrong: dict[str, object], code: str) -> None:
    entry = listed[2]
    assert codes(await world.ask("center_admin", REVIEW, input=on(entry) | wrong)) == [code]
    assert [one.status for one in await world.rows(BlacklistEntry, id=entry.id)] == ["LISTED"]


async def test_only_the_center_reviews(world: World, elsewhere: World, listed: Listed) -> None:
    for home, asker, code in (
        (world, "center_clerk", "FORBIDDEN"),
        (world, "district_admin_0", "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, REVIEW, input=on(listed[2]))) == [code]


async def test_questions_at_once_are_all_kept(world: World, listed: Listed) -> None:
    await asyncio.gather(*(world.done("center_admin", CHECK, input=about({"idNumber": listed[0]})) for _ in range(4)))
    assert len(await world.rows(BlacklistQuery, center_id=world.center.id)) == 4
