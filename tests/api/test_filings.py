import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.events import Event
from models.filings import FilingDecision, FilingRefusal
from models.supervisors import Person
from tests.making_filings import accused, posted, results_of, submitted
from tests.making_returns import AUGUST, closed_in_august, held
from tests.making_sessions import recognition
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

DECISION = "filingDecision { id status version month sessionCount candidateCount opinion comment sessions { recognitionSession candidateCount } refusals(first: 9) { totalCount } }"
REFUSAL = "filingRefusal { id status ground sessionCount candidateCount proposedBy { id } decidedBy { id } availableSteps { mutation secondPerson } }"
REACH = """query($id: ID!) { filingReach(filingDecision: $id) {
  recognitionSessions candidateCount inspections openInspectionCount findingCount } }"""
STEPS = "query($id: ID!) { filingDecision(id: $id) { status availableSteps { mutation to secondPerson } } }"
OF_REFUSAL = "query($id: ID!) { filingRefusal(id: $id) { status availableSteps { mutation secondPerson } } }"
CHARGE = {"ground": "FRAUD_IN_RECOGNITION", "document": "调查报告第8号", "facts": "替考两人"}


def step(name: str, shows: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {shows} }} }}"


SUBMIT, ADVISE, FILE, BACK = (step(f"filingDecision{name}", DECISION) for name in ("Submit", "Advise", "File", "SendBack"))
PROPOSE, CONFIRM, DISMISS = (step(f"filingRefusal{name}", f"{REFUSAL} {DECISION}") for name in ("Propose", "Confirm", "Dismiss"))


def month(name: str = "2026-08") -> dict[str, object]:
    return {"month": name, "idempotencyKey": key()}


def on(filing: FilingDecision, **other: object) -> dict[str, object]:
    return {"filingDecision": shown("fil", filing.id), "idempotencyKey": key()} | other


def about(refusal: FilingRefusal, **other: object) -> dict[str, object]:
    return {"filingRefusal": shown("fref", refusal.id), "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def stands(world: World, filing: FilingDecision) -> str:
    (row,) = await world.rows(FilingDecision, id=filing.id)
    return str(row.status)


@pytest.mark.requirement("B049", "B050")
async def test_a_month_is_put_forward_and_answered(world: World) -> None:
    first = await posted(world)
    await recognition(world)  # of September
    done = (await world.done("agency_clerk_0", SUBMIT, input=month()))["filingDecisionSubmit"]
    batch = done["filingDecision"]
    assert (done["event"]["step"], batch["status"], batch["month"]) == ("SUBMIT", "PENDING", "2026-08")
    assert batch["sessions"] == [{"recognitionSession": shown("ses", first.id), "candidateCount": 40}]
    assert (batch["sessionCount"], batch["candidateCount"]) == (1, 40)
    (row,) = await world.rows(FilingDecision, agency_id=world.agencies[0].id)
    advised = await world.done("center_clerk", ADVISE, input=on(row, opinion="认定过程规范。"))
    assert advised["filingDecisionAdvise"]["filingDecision"]["status"] == "OPINION_ISSUED"
    read = "query($id: ID!) { filingDecision(id: $id) { opinion issuedAt availableSteps { mutation } } }"
    known = (await world.done("agency_admin_0", read, id=batch["id"]))["filingDecision"]
    assert (known["opinion"], known["availableSteps"]) == ("认定过程规范。", [])
    filed = (await world.done("center_admin", FILE, input=on(row)))["filingDecisionFile"]
    assert (filed["event"]["step"], filed["filingDecision"]["status"]) == ("FILE", "FILED")
    assert codes(await world.ask("center_admin", BACK, input=on(row, comment="补"))) == ["CONFLICT"]
    steps = sorted(await world.rows(Event, subject_id=row.id), key=lambda one: one.created_at)
    assert [one.step for one in steps] == ["SUBMIT", "ADVISE", "FILE"]


async def test_what_was_sent_back_is_put_forward_anew(world: World) -> None:
    row = await submitted(world, advised=True)
    assert codes(await world.ask("agency_clerk_0", SUBMIT, input=month())) == ["CONFLICT"]
    await world.done("center_admin", BACK, input=on(row, comment="补充材料"))
    again = (await world.done("agency_admin_0", SUBMIT, input=month()))["filingDecisionSubmit"]["filingDecision"]
    assert (again["id"], again["status"], again["opinion"], again["comment"]) == (shown("fil", row.id), "PENDING", None, None)
    said = [one.reason for one in await world.rows(Event, subject_id=row.id) if one.step == "SEND_BACK"]
    assert said == ["补充材料"]


@pytest.mark.parametrize(
    ("asked", "code", "about"),
    [
        ("2026-09", "RULE_NOT_MET", "filing.month_over"),
        ("2026-07", "BAD_USER_INPUT", "nothing_to_file"),
        ("2026-8", "BAD_USER_INPUT", "month"),
    ],
)
async def test_a_month_that_cannot_be_put_forward(world: World, asked: str, code: str, about: str) -> None:
    await posted(world)
    answer = await world.ask("agency_clerk_0", SUBMIT, input=month(asked))
    assert (codes(answer), why(answer).get("rule") or why(answer)["problem"]) == ([code], about)
    assert await world.rows(FilingDecision, center_id=world.center.id) == []


async def test_results_that_are_missing_are_waited_for(world: World) -> None:
    await posted(world)
    await held(world, starts_at=AUGUST + timedelta(days=1))
    assert why(await world.ask("agency_clerk_0", SUBMIT, input=month()))["rule"] == "filing.results_posted"


async def test_who_puts_forward_advises_and_decides(world: World, elsewhere: World) -> None:
    row = await submitted(world)
    for asker in ("center_clerk", "district_clerk_0"):
        assert codes(await world.ask(asker, SUBMIT, input=month())) == ["FORBIDDEN"]
    for asker, code in (
        ("center_admin", "FORBIDDEN"),
        ("district_admin_0", "FORBIDDEN"),
        ("agency_admin_0", "FORBIDDEN"),
        ("district_admin_1", "NOT_FOUND"),
    ):
        assert codes(await world.ask(asker, ADVISE, input=on(row, opinion="好"))) == [code]
    assert codes(await elsewhere.ask("center_clerk", ADVISE, input=on(row, opinion="好"))) == ["NOT_FOUND"]
    for asker in ("center_clerk", "district_admin_0", "agency_admin_0"):
        assert codes(await world.ask(asker, FILE, input=on(row))) == ["FORBIDDEN"]
    assert codes(await world.ask("center_admin", FILE, input=on(row))) == ["CONFLICT"]
    assert await stands(world, row) == "PENDING"


@pytest.mark.requirement("B058", "A20", "A21", "N14")
@pytest.mark.parametrize("proposer", ["district_admin_0", "district_clerk_0", "center_clerk"])
async def test_one_proposes_the_refusal_and_another_confirms(world: World, proposer: str) -> None:
    row = await submitted(world, advised=True)
    offered = (await world.done(proposer, STEPS, id=shown("fil", row.id)))["filingDecision"]["availableSteps"]
    assert offered == [{"mutation": "filingRefusalPropose", "to": None, "secondPerson": True}]
    said = on(row, **CHARGE)
    done = (await world.done(proposer, PROPOSE, input=said))["filingRefusalPropose"]
    assert (done["event"]["step"], done["filingRefusal"]["status"], done["filingDecision"]["status"]) == ("PROPOSE", "PROPOSED", "OPINION_ISSUED")
    assert (done["filingRefusal"]["sessionCount"], done["filingRefusal"]["candidateCount"]) == (1, 40)
    assert (await world.done(proposer, PROPOSE, input=said))["filingRefusalPropose"]["replayed"] is True
    assert why(await world.ask(proposer, PROPOSE, input=on(row, **CHARGE)))["reason"] == "DUPLICATE"
    (refusal,) = await world.rows(FilingRefusal, filing_decision_id=row.id)
    steps = (await world.done("center_admin", OF_REFUSAL, id=shown("fref", refusal.id)))["filingRefusal"]["availableSteps"]
    assert steps == [{"mutation": "filingRefusalConfirm", "secondPerson": True}, {"mutation": "filingRefusalDismiss", "secondPerson": False}]
    refused = (await world.done("center_admin", CONFIRM, input=about(refusal)))["filingRefusalConfirm"]
    assert (refused["event"]["step"], refused["filingRefusal"]["status"], refused["filingDecision"]["status"]) == ("REFUSE", "CONFIRMED", "REFUSED")
    (stored,) = await world.rows(FilingDecision, id=row.id)
    assert stored.refusal_proposed_by == world.actors[proposer].person_id
    assert stored.decided_by == world.actors["center_admin"].person_id
    (last,) = [one for one in await world.rows(Event, subject_id=refusal.id) if one.step == "CONFIRM"]
    assert last.reason == CHARGE["document"]
    assert codes(await world.ask("center_admin", CONFIRM, input=about(refusal))) == ["CONFLICT"]


@pytest.mark.requirement("B058")
async def test_the_same_person_never_does_both(world: World) -> None:
    """Not by the code, and not past it: the tables refuse as well."""
    row = await submitted(world, advised=True)
    both = await world.hire("center_clerk", world.center, name="both")
    await world.done(both, PROPOSE, input=on(row, **CHARGE))
    (refusal,) = await world.rows(FilingRefusal, filing_decision_id=row.id)
    (who,) = await world.rows(Person, id=both.person_id)
    same = await world.hire("center_admin", world.center, person=who, name="same")
    answer = await world.ask(same, CONFIRM, input=about(refusal))
    assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "filing.confirmations")
    steps = (await world.done(same, OF_REFUSAL, id=shown("fref", refusal.id)))["filingRefusal"]
    assert (steps["status"], [one["mutation"] for one in steps["availableSteps"]]) == ("PROPOSED", ["filingRefusalDismiss"])
    decided = f"UPDATE filing_decision SET status = 'REFUSED', decided_by = '{both.person_id}', decided_at = now()"
    past = (
        f"UPDATE filing_refusal SET status = 'CONFIRMED', decided_by = proposed_by, decided_at = now() WHERE id = '{refusal.id}'",
        f"{decided}, refusal_proposed_by = '{both.person_id}' WHERE id = '{row.id}'",
        f"{decided} WHERE id = '{row.id}'",
    )
    for statement, constraint in zip(past, ("confirmed_by_another", "refused_by_two", "refused_is_proposed"), strict=True):
        with pytest.raises(Exception, match=constraint):
            await forced(world, statement)
    assert await stands(world, row) == "OPINION_ISSUED"


async def forced(world: World, statement: str) -> None:
    async with world.transaction() as session:
        await (await session.connection()).execute(text(statement))


@pytest.mark.requirement("INV16", "B058", "N14")
async def test_inv16_a_batch_with_an_open_refusal_is_not_filed(world: World, yunnan: World) -> None:
    """Neither filed nor sent back, until the refusal is decided. Under 000 nothing is filed at all (D22)."""
    row, refusal = await accused(world)
    for document, said in ((FILE, on(row)), (BACK, on(row, comment="补"))):
        answer = await world.ask("center_admin", document, input=said)
        assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "filing.refusal_open", "003 §16")
    offered = (await world.done("center_admin", STEPS, id=shown("fil", row.id)))["filingDecision"]
    assert (offered["status"], offered["availableSteps"]) == ("OPINION_ISSUED", [])
    dismissed = (await world.done("center_admin", DISMISS, input=about(refusal, reason="查无实据")))["filingRefusalDismiss"]
    assert (dismissed["filingRefusal"]["status"], dismissed["filingDecision"]["status"]) == ("DISMISSED", "OPINION_ISSUED")
    assert (await world.done("center_admin", FILE, input=on(row)))["filingDecisionFile"]["filingDecision"]["status"] == "FILED"
    none = await yunnan.ask("agency_clerk_0", SUBMIT, input=month())
    assert (codes(none), why(none)["rule"], why(none)["article"]) == (["RULE_NOT_MET"], "filing.none", "000 §11")
    assert await yunnan.rows(FilingDecision, center_id=yunnan.center.id) == []


async def test_a_refusal_proposed_before_the_opinion_waits_for_it(world: World) -> None:
    row, refusal = await accused(world, advised=False)
    assert codes(await world.ask("center_admin", CONFIRM, input=about(refusal))) == ["CONFLICT"]
    steps = (await world.done("center_admin", OF_REFUSAL, id=shown("fref", refusal.id)))["filingRefusal"]
    assert (steps["status"], [one["mutation"] for one in steps["availableSteps"]]) == ("PROPOSED", ["filingRefusalDismiss"])
    await world.done("center_clerk", ADVISE, input=on(row, opinion="拟不予备案。"))
    await world.done("center_admin", CONFIRM, input=about(refusal))
    assert await stands(world, row) == "REFUSED"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"document": " "}, "BAD_USER_INPUT"),
        ({"facts": "长" * 2001}, "BAD_USER_INPUT"),
        ({"ground": "OTHER"}, "BAD_USER_INPUT"),
        ({"expectedVersion": 9}, "CONFLICT"),
        ({"filingDecision": "fil_" + "0" * 32}, "NOT_FOUND"),
    ],
)
async def test_a_proposal_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    row = await submitted(world)
    assert codes(await world.ask("district_admin_0", PROPOSE, input=on(row, **CHARGE) | wrong)) == [code]
    assert await world.rows(FilingRefusal, filing_decision_id=row.id) == []


async def test_who_proposes_and_who_decides(world: World, elsewhere: World) -> None:
    row, refusal = await accused(world)
    for home, asker, code in (
        (world, "center_admin", "FORBIDDEN"),
        (world, "district_dispatcher_0", "FORBIDDEN"),
        (world, "agency_admin_0", "FORBIDDEN"),
        (world, "district_admin_1", "NOT_FOUND"),
        (elsewhere, "district_admin_0", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, PROPOSE, input=on(row, **CHARGE))) == [code]
    for home, asker, code in (
        (world, "center_clerk", "FORBIDDEN"),
        (world, "district_admin_0", "FORBIDDEN"),
        (world, "agency_admin_0", "NOT_FOUND"),
        (world, "district_admin_1", "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        for document, said in ((CONFIRM, {}), (DISMISS, {"reason": "无"})):
            assert codes(await home.ask(asker, document, input=about(refusal, **said))) == [code]
    assert await stands(world, row) == "OPINION_ISSUED"


@pytest.mark.requirement("B050")
async def test_the_agency_learns_of_a_refusal_when_it_is_in_force(world: World) -> None:
    row, refusal = await accused(world)
    read = "query($id: ID!) { filingDecision(id: $id) { version refusals(first: 9) { totalCount nodes { ground facts } } } filingRefusals(first: 9) { totalCount } }"
    before = await world.done("agency_admin_0", read, id=shown("fil", row.id))
    assert before["filingDecision"]["refusals"] == {"totalCount": 0, "nodes": []}
    assert before["filingRefusals"] == {"totalCount": 0}
    assert before["filingDecision"]["version"] == 2
    await world.done("center_admin", CONFIRM, input=about(refusal))
    after = (await world.done("agency_admin_0", read, id=shown("fil", row.id)))["filingDecision"]["refusals"]
    assert after == {"totalCount": 1, "nodes": [{"ground": "FRAUD_IN_RECOGNITION", "facts": "替考两人"}]}
    assert codes(await world.ask("agency_admin_1", read, id=shown("fil", row.id))) == ["NOT_FOUND"]


@pytest.mark.requirement("B049", "B058", "N14")
async def test_the_reach_is_shown_before(world: World) -> None:
    visit = await closed_in_august(world, days=1)
    await results_of(world, visit.recognition_session_id)
    row = await submitted(world)
    want = {"candidateCount": 80, "inspections": [shown("insp", visit.id)], "openInspectionCount": 0, "findingCount": 1}
    for asker in ("district_clerk_0", "center_clerk", "center_admin"):
        found = (await world.done(asker, REACH, id=shown("fil", row.id)))["filingReach"]
        assert len(found.pop("recognitionSessions")) == 2
        assert found == want
    for asker, code in (("agency_admin_0", "FORBIDDEN"), ("center_auditor", "FORBIDDEN"), ("district_clerk_1", "NOT_FOUND")):
        assert codes(await world.ask(asker, REACH, id=shown("fil", row.id))) == [code]


async def test_of_two_decisions_at_once_one_is_taken(world: World) -> None:
    row, refusal = await accused(world)
    answers = await asyncio.gather(
        world.ask("center_admin", CONFIRM, input=about(refusal)), world.ask("center_admin", DISMISS, input=about(refusal, reason="查无实据"))
    )
    assert sorted(len(codes(one)) for one in answers) == [0, 1]
    assert await stands(world, row) in {"REFUSED", "OPINION_ISSUED"}
