import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from domain.blacklist import lift, review
from domain.supervisors import enlist, listed_persons
from models.cases import BlacklistEntry, BlacklistQuery, SupervisorCase
from models.dispatch import Assignment
from models.memberships import Membership
from models.supervisors import Card, Person, SupervisorKind
from tests.cases_office import decided, opened, put_forward, second, suspended, unlisted
from tests.making_inspections import dispatched
from tests.making_sessions import id_number, recognition
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


@pytest.mark.requirement("Y089", "D15", "N8")
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


@pytest.mark.requirement("N8")
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
    assert len(works[0]) == 5  # the tenant with the lock, out of its wall, the look-up, back, the log


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


@pytest.mark.requirement("N8")
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


@pytest.mark.requirement("A14", "N8")
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


PROPOSE = """mutation($input: BlacklistEntryProposeInput!) { blacklistEntryPropose(input: $input) { replayed event { step }
  blacklistEntry { id status ground decisionNumber document proposer { id } proposedBy { id } confirmedBy { id } availableSteps { mutation secondPerson } } } }"""
CONFIRM, DISMISS = step("blacklistEntryConfirm"), step("blacklistEntryDismiss")
CONSEQUENCES = """query($id: ID!) { blacklistConsequences(blacklistEntry: $id) {
  openAssignmentCount openAssignments inspections cards } }"""


def forward(case: SupervisorCase, **other: object) -> dict[str, object]:
    return {"case": shown("scase", case.id), "document": "复核意见第2号", "reason": "情节严重", "idempotencyKey": key()} | other


def only(entry: BlacklistEntry, **other: object) -> dict[str, object]:
    return {"blacklistEntry": shown("blk", entry.id), "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def entry_of(world: World, case: SupervisorCase) -> BlacklistEntry:
    (row,) = await world.rows(BlacklistEntry, case_id=case.id)
    found: BlacklistEntry = row
    return found


async def forced(world: World, statement: str) -> None:
    async with world.transaction() as session:
        await (await session.connection()).execute(text(statement))


@pytest.mark.requirement("Y089", "A14", "A15")
async def test_a_proposal_blocks_nothing_until_another_confirms_it(world: World) -> None:
    case = await unlisted(world)
    (card,) = await world.rows(Card, id=case.card_id)
    asked = about({"cardNumber": card.number})
    said = forward(case)
    done = (await world.done("center_admin", PROPOSE, input=said))["blacklistEntryPropose"]
    entry = done["blacklistEntry"]
    assert (done["event"]["step"], entry["status"], entry["ground"], entry["document"]) == ("PROPOSE", "PROPOSED", case.ground, "复核意见第2号")
    assert (entry["proposer"], entry["confirmedBy"]) == ({"id": shown("ctr", world.center.id)}, None)
    assert entry["availableSteps"] == [{"mutation": "blacklistEntryDismiss", "secondPerson": False}]
    assert (await world.done("center_admin", PROPOSE, input=said))["blacklistEntryPropose"]["replayed"] is True
    assert why(await world.ask("center_admin", PROPOSE, input=forward(case)))["reason"] == "DUPLICATE"
    assert (await world.done("agency_admin_0", CHECK, input=asked))["blacklistCheck"][0]["listed"] is False
    async with world.transaction() as session:
        assert await listed_persons(session, [case.person_id]) == set()
    alone = await world.ask("center_admin", CONFIRM, input=only(await entry_of(world, case)))
    assert (codes(alone), why(alone)["rule"]) == (["RULE_NOT_MET"], "blacklist.confirmations")
    later = world.now + timedelta(days=2)
    listed = (await world.done(await second(world), CONFIRM, input=only(await entry_of(world, case)), at=later))["blacklistEntryConfirm"]
    assert (listed["event"]["step"], listed["blacklistEntry"]) == ("CONFIRM", {"status": "LISTED", "reviewOn": "2029-09-18"})
    assert (await world.done("agency_admin_0", CHECK, input=asked))["blacklistCheck"][0]["listedOn"] == "2026-09-18"
    async with world.transaction() as session:
        assert await listed_persons(session, [case.person_id]) == {case.person_id}
    assert codes(await world.ask(await second(world), CONFIRM, input=only(await entry_of(world, case)))) == ["CONFLICT"]


@pytest.mark.requirement("Y089", "A15")
async def test_a_district_proposes_of_its_own_cases(world: World, elsewhere: World) -> None:
    """The card is the center's, the case was opened by the district."""
    case = await unlisted(world, by="district_admin_0")
    for home, asker, code in (
        (world, "district_admin_1", "NOT_FOUND"),
        (world, "agency_admin_0", "NOT_FOUND"),
        (world, "center_clerk", "FORBIDDEN"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, PROPOSE, input=forward(case))) == [code]
    offered = "query($id: ID!) { supervisorCase(id: $id) { availableSteps { mutation secondPerson } } }"
    steps = (await world.done("district_admin_0", offered, id=shown("scase", case.id)))["supervisorCase"]["availableSteps"]
    assert steps == [{"mutation": "blacklistEntryPropose", "secondPerson": True}]
    done = (await world.done("district_admin_0", PROPOSE, input=forward(case)))["blacklistEntryPropose"]["blacklistEntry"]
    assert (done["proposer"], done["availableSteps"]) == ({"id": shown("dst", world.districts[0].id)}, [])
    entry = await entry_of(world, case)
    for home, asker, code in (
        (world, "district_admin_0", "FORBIDDEN"),
        (world, "district_admin_1", "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, CONFIRM, input=only(entry))) == [code]
        assert codes(await home.ask(asker, DISMISS, input=on(entry))) == [code]
    assert (await entry_of(world, case)).status == "PROPOSED"
    await world.done("center_admin", CONFIRM, input=only(entry))
    assert (await entry_of(world, case)).status == "LISTED"


@pytest.mark.requirement("Y089", "A15")
async def test_an_issuer_proposes_and_the_center_lists(yunnan: World) -> None:
    row, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    case = await unlisted(yunnan, of=row, by="agency_admin_0")
    assert codes(await yunnan.ask("agency_admin_1", PROPOSE, input=forward(case))) == ["NOT_FOUND"]
    await yunnan.done("agency_admin_0", PROPOSE, input=forward(case))
    entry = await entry_of(yunnan, case)
    assert codes(await yunnan.ask("agency_admin_0", CONFIRM, input=only(entry))) == ["FORBIDDEN"]
    await yunnan.done("center_admin", CONFIRM, input=only(entry))
    reviewed = (await yunnan.done("agency_admin_0", REVIEW, input=on(entry, "信用修复")))["blacklistEntryReview"]
    assert reviewed["blacklistEntry"]["status"] == "UNDER_REVIEW"
    for document in (UPHOLD, LIFT):
        assert codes(await yunnan.ask("agency_admin_0", document, input=on(entry))) == ["FORBIDDEN"]
    await yunnan.done("center_admin", LIFT, input=on(entry))
    stored = await entry_of(yunnan, case)
    assert (stored.review_by, stored.lifted_by) == (yunnan.actors["agency_admin_0"].person_id, yunnan.actors["center_admin"].person_id)


async def test_only_a_revocation_in_force_is_proposed(world: World) -> None:
    suspended_case, open_case_ = await suspended(world), await opened(world)
    for case in (suspended_case, open_case_):
        assert codes(await world.ask("center_admin", PROPOSE, input=forward(case))) == ["CONFLICT"]
        assert await world.rows(BlacklistEntry, case_id=case.id) == []
    done = await decided(world, confirmed=True)
    assert why(await world.ask("center_admin", PROPOSE, input=forward(done)))["reason"] == "DUPLICATE"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"document": ""}, "BAD_USER_INPUT"), ({"reason": "长" * 2001}, "BAD_USER_INPUT"), ({"expectedVersion": 9}, "CONFLICT")],
)
async def test_a_proposal_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    case = await unlisted(world)
    assert codes(await world.ask("center_admin", PROPOSE, input=forward(case) | wrong)) == [code]
    assert await world.rows(BlacklistEntry, case_id=case.id) == []


async def test_a_dismissed_proposal_lists_nobody_and_may_come_again(world: World) -> None:
    case = await unlisted(world)
    await world.done("center_admin", PROPOSE, input=forward(case))
    entry = await entry_of(world, case)
    done = (await world.done("center_admin", DISMISS, input=on(entry, "证据不足")))["blacklistEntryDismiss"]
    assert (done["event"]["step"], done["blacklistEntry"]["status"]) == ("DISMISS", "DISMISSED")
    (card,) = await world.rows(Card, id=case.card_id)
    assert (await world.done("center_admin", CHECK, input=about({"cardNumber": card.number})))["blacklistCheck"][0]["listed"] is False
    assert codes(await world.ask(await second(world), CONFIRM, input=only(entry))) == ["CONFLICT"]
    await world.done("center_admin", PROPOSE, input=forward(case))
    assert sorted(one.status for one in await world.rows(BlacklistEntry, case_id=case.id)) == ["DISMISSED", "PROPOSED"]


@pytest.mark.requirement("Y089", "A14")
async def test_the_tables_hold_what_the_code_promises(world: World, listed: Listed) -> None:
    """Past the code: one person can neither list, lift nor revoke."""
    case = await unlisted(world)
    await world.done("center_admin", PROPOSE, input=forward(case))
    waiting, listed_entry = await entry_of(world, case), listed[2]
    me = world.actors["center_admin"].person_id
    for statement, constraint in (
        (f"UPDATE blacklist_entry SET status = 'LISTED', confirmed_by = proposed_by WHERE id = '{waiting.id}'", "listed_by_two"),
        (f"UPDATE blacklist_entry SET status = 'LISTED' WHERE id = '{waiting.id}'", "listed_is_confirmed"),
        (
            f"UPDATE blacklist_entry SET status = 'LIFTED', lifted_at = now(), review_by = '{me}', lifted_by = '{me}' WHERE id = '{listed_entry.id}'",
            "lifted_by_two",
        ),
        (
            f"UPDATE blacklist_entry SET status = 'LIFTED', lifted_at = now() WHERE id = '{listed_entry.id}'",
            "lifted_is_somebodys|review_is_somebodys",
        ),
        (f"UPDATE blacklist_entry SET status = 'UNDER_REVIEW' WHERE id = '{listed_entry.id}'", "review_is_somebodys"),
        (f"UPDATE supervisor_case SET confirmed_by = decided_by WHERE id = '{case.id}'", "two_persons"),
        (f"UPDATE supervisor_case SET confirmed_by = NULL WHERE id = '{case.id}'", "revocation_confirmed"),
    ):
        with pytest.raises(Exception, match=constraint):
            await forced(world, statement)
    assert [one.status for one in await world.rows(BlacklistEntry, case_id=case.id)] == ["PROPOSED"]
    assert [one.status for one in await world.rows(BlacklistEntry, id=listed_entry.id)] == ["LISTED"]


@pytest.mark.requirement("Y089", "INV13")
async def test_inv13_what_a_listing_ends_is_shown_before(world: World, yunnan: World) -> None:
    """The same rows the confirmation then ends: places under another card of the person. The card itself stays its issuer's to revoke."""
    for home in (world, yunnan):
        entry = await put_forward(home)
        (person,) = await home.rows(Person, id=entry.person_id)
        inside = await supervisor(home, "INTERNAL", employer=home.agencies[1], person=person)
        visit, _ = await dispatched(home, of=await recognition(home), team=[inside, await supervisor(home)], accepted=False)
        (place,) = await home.rows(Assignment, person_id=entry.person_id)
        cards = [shown("card", one.id) for one in await home.rows(Card, person_id=entry.person_id) if one.status != "REVOKED"]
        want = {"openAssignmentCount": 1, "openAssignments": [shown("asg", place.id)], "inspections": [shown("insp", visit.id)], "cards": cards}
        assert len(cards) == (0 if home.districts else 1)
        assert (await home.done(await second(home), CONSEQUENCES, id=shown("blk", entry.id)))["blacklistConsequences"] == want
        assert codes(await home.ask("center_clerk", CONSEQUENCES, id=shown("blk", entry.id))) == ["FORBIDDEN"]
        assert codes(await home.ask("agency_admin_1", CONSEQUENCES, id=shown("blk", entry.id))) == ["NOT_FOUND"]
        await home.done(await second(home), CONFIRM, input=only(entry))
        assert [one.status for one in await home.rows(Assignment, id=place.id)] == ["WITHDRAWN"]
        assert [shown("card", one.id) for one in await home.rows(Card, person_id=entry.person_id) if one.status != "REVOKED"] == cards
        after = (await home.done("center_admin", CONSEQUENCES, id=shown("blk", entry.id)))["blacklistConsequences"]
        assert after == {"openAssignmentCount": 0, "openAssignments": [], "inspections": [], "cards": cards}


async def test_questions_at_once_are_all_kept(world: World, listed: Listed) -> None:
    await asyncio.gather(*(world.done("center_admin", CHECK, input=about({"idNumber": listed[0]})) for _ in range(4)))
    assert len(await world.rows(BlacklistQuery, center_id=world.center.id)) == 4
