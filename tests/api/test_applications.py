from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from domain.applications import Facts, Work
from domain.organizations import publish_profile
from domain.profiles import parse_profile
from models.applications import Application, ApplicationStatus, Attestation, AttestedCondition, WorkArea
from models.disclosures import Disclosure
from models.memberships import Membership
from models.organizations import Organization
from models.supervisors import Card, Employment, Person, Sex, SkillLevel, Supervisor, Title
from tests.making_applications import FACTS, SINCE, VOUCHED, WORK, brought, drafted, moved, own, somebody
from tests.making_returns import again
from tests.making_sessions import id_number
from tests.making_supervisors import revoked, supervisor
from tests.test_invariants import asked, why
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

FORM = """mutation($input: ApplicationDraftInput!) { applicationDraft(input: $input) { replayed event { step } application {
  id version status kind level work { area place startsOn endsOn } competences person { name } employer { name } issuer { __typename }
  availableSteps { mutation } } } }"""
SHOW = """query($id: ID!) { application(id: $id) { status appliedAt recommendation recommendedBy { id } reasons
  conditions { group condition required value met shownBy rule article } attestations { condition holds attestedOn attester { id } organization { name } }
  trainings { topic heldOn organization { name } } writtenExam { paper score passed paperOwner { __typename } }
  supervisor { kind level knowsQuestionBank knowsCertificates card { number } applications { id } } card { number issuer { __typename } }
  availableSteps { mutation } history(first: 20) { nodes { step } } } }"""
ELIGIBLE = """query($id: ID!) { eligibility(application: $id) { on profile met mayApply
  conditions { group condition required value met shownBy rule article } } }"""
LIST = (
    """query($f: ApplicationFilter, $o: ApplicationOrderBy) { applications(first: 20, filter: $f, orderBy: $o) { totalCount nodes { id status } } }"""
)
AGENCY = "agency_admin_0"


def of(row: Application, **said: object) -> dict[str, Any]:
    return {"application": shown("app", row.id), **said}


async def state(world: World, row: Application) -> str:
    (found,) = await world.rows(Application, id=row.id)
    return str(found.status)


async def form(world: World, **said: object) -> dict[str, Any]:
    person = await somebody(world, employer=world.agencies[0])
    return {
        "kind": "INTERNAL",
        "person": shown("per", person.id),
        "employer": shown("agc", world.agencies[0].id),
        "employedSince": "2019-03-01",
        "idempotencyKey": key(),
    } | said


@pytest.mark.requirement("Y048", "Y009", "B009", "B011", "B016")
async def test_the_form_is_drafted_and_replaced_in_somebodys_name(world: World) -> None:
    given = await form(world, level="SENIOR_3", work=[{"area": "ASSESSING", "place": "考点", "startsOn": "2020-01-01", "endsOn": "2021-01-01"}])
    first = (await world.done("agency_clerk_0", FORM, input=given))["applicationDraft"]
    assert (first["application"]["status"], first["event"]["step"]) == ("DRAFT", "DRAFT")
    assert first["application"]["work"] == [{"area": "ASSESSING", "place": "考点", "startsOn": "2020-01-01", "endsOn": "2021-01-01"}]
    assert {one["mutation"] for one in first["application"]["availableSteps"]} == {"applicationDraft", "applicationAttest", "applicationApply"}
    second = await world.done(AGENCY, FORM, input=given | {"level": "TECHNICIAN_2", "work": [], "idempotencyKey": key()})
    again_ = second["applicationDraft"]["application"]
    assert (again_["id"], again_["version"], again_["level"], again_["work"]) == (first["application"]["id"], 2, "TECHNICIAN_2", [])
    attested = await asked(
        world, "agency_clerk_0", "applicationAttest", application=again_["id"], condition="HEALTHY", holds=True, attestedOn="2026-09-01"
    )
    assert codes(attested) == []
    (row,) = await world.rows(Attestation, agency_id=world.agencies[0].id)
    assert (row.condition, row.holds, row.attested_on, row.attester_id) == (
        "HEALTHY",
        True,
        date(2026, 9, 1),
        world.actors["agency_clerk_0"].person_id,
    )


@pytest.mark.requirement("Y046", "Y047")
async def test_an_employer_speaks_for_its_own_people(world: World) -> None:
    """The conditions tell an age, so nobody looks up a stranger's by drafting for them; who holds an office there is one of them."""
    stranger, clerk = await somebody(world, employer=world.agencies[1]), world.actors["agency_clerk_0"]
    refused = await world.ask(AGENCY, FORM, input=await form(world, person=shown("per", stranger.id)))
    assert (codes(refused), why(refused)["rule"], refused["data"]) == (["RULE_NOT_MET"], "application.own_people", {"applicationDraft": None})
    assert await world.rows(Application, center_id=world.center.id) == []
    assert codes(await world.ask(AGENCY, FORM, input=await form(world, person=shown("per", clerk.person_id)))) == []


async def test_somebody_unknown_is_drafted_by_number(world: World) -> None:
    given = await form(world, idNumber=id_number(date(1985, 2, 3)), name="钱新")
    del given["person"]
    made = (await world.done(AGENCY, FORM, input=given))["applicationDraft"]["application"]
    (row,) = await world.rows(Application, agency_id=world.agencies[0].id)
    (person,) = await world.rows(Person, id=row.person_id)
    assert (person.name, person.birth_date, made["issuer"]) == ("钱新", date(1985, 2, 3), {"__typename": "Agency"})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"employedSince": "2026-09-17"}, "BAD_USER_INPUT"),
        ({"work": [{"area": "ASSESSING", "place": "甲", "startsOn": "2020-01-01", "endsOn": "2020-01-01"}]}, "BAD_USER_INPUT"),
        ({"work": [{"area": "ASSESSING", "place": "甲", "startsOn": "2020-01-01"}] * 31}, "BAD_USER_INPUT"),
        ({"person": None, "idNumber": "110105198005010000", "name": "甲"}, "BAD_USER_INPUT"),
        ({"employer": "agc_" + "0" * 32}, "NOT_FOUND"),
    ],
)
async def test_a_form_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    answer = await world.ask(AGENCY, FORM, input=await form(world) | wrong)
    assert (codes(answer), answer["data"]) == ([code], {"applicationDraft": None})
    assert await world.rows(Application, center_id=world.center.id) == []


async def test_only_an_agency_has_internal_supervisors(world: World) -> None:
    answer = await world.ask("center_admin", FORM, input=await form(world, employer=shown("ctr", world.center.id)))
    assert codes(answer) == ["BAD_USER_INPUT"]


@pytest.mark.requirement("Y046", "Y047")
async def test_oneself_applies_and_does_not_recommend_oneself(yunnan: World) -> None:
    """An internal supervisor applies to be an external one; the administrator of an agency may not sign the own recommendation."""
    _, inside = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    agency = shown("agc", yunnan.agencies[0].id)
    own = {"kind": "EXTERNAL", "employer": agency, "employedSince": "2020-01-01", "idempotencyKey": key()}
    work = [{"area": "MANAGEMENT", "place": "认定办公室", "startsOn": "2020-01-01"}]
    made = (await yunnan.done(inside, FORM, input=own | {"work": work}))["applicationDraft"]["application"]
    assert made["issuer"] == {"__typename": "Center"}
    said = {"application": made["id"], "condition": "INTEGRITY", "holds": True, "attestedOn": "2026-09-01"}
    assert codes(await asked(yunnan, inside, "applicationAttest", **said)) == []
    assert codes(await asked(yunnan, inside, "applicationApply", application=made["id"])) == []
    assert (await yunnan.done(inside, LIST))["applications"] == {"totalCount": 1, "nodes": [{"id": made["id"], "status": "APPLIED"}]}
    admin = yunnan.actors[AGENCY]
    theirs = (await yunnan.done(AGENCY, FORM, input=own | {"work": work, "idempotencyKey": key()}))["applicationDraft"]["application"]["id"]
    await asked(yunnan, AGENCY, "applicationAttest", application=theirs, condition="INTEGRITY", holds=True, attestedOn="2026-09-01")
    await asked(yunnan, AGENCY, "applicationApply", application=theirs)
    refused = await asked(yunnan, AGENCY, "applicationRecommend", application=theirs, statement="同意推荐")
    assert (codes(refused), refused["data"]) == (["FORBIDDEN"], {"applicationRecommend": None})
    (row,) = await yunnan.rows(Application, person_id=admin.person_id)
    assert (row.status, row.recommended_by) == ("APPLIED", None)


@pytest.mark.requirement("B009", "B066", "B013", "B014", "B015", "D04", "D07")
async def test_beijing_from_the_draft_to_the_roster(world: World) -> None:
    """No recommendation, training or exam is asked for, and no card given; the conditions are told one by one (003 §6, §7)."""
    row = await drafted(world)
    told = (await world.done("agency_clerk_0", ELIGIBLE, id=shown("app", row.id)))["eligibility"]
    assert (told["on"], told["profile"], told["met"], told["mayApply"]) == ("2026-09-16", "beijing-municipal@2024-01-01", True, True)
    known = {one["condition"]: (one["value"], one["required"], one["met"], one["article"]) for one in told["conditions"]}
    assert known == {
        "INTEGRITY": ("YES", "YES", True, "003 §7"),
        "POLICY_KNOWN": ("YES", "YES", True, "003 §7"),
        "RANK": ("SENIOR_3", ">=SENIOR_3", True, "003 §7"),
        "TITLE": (None, ">=MIDDLE", False, "003 §7"),
        "TECHNICAL_MANAGEMENT_YEARS": ("8", ">=5", True, "003 §7"),
        "HEALTHY": ("YES", "YES", True, "003 §7"),
        "AGE": ("46", "<=60", True, "003 §7(四)"),
    }
    assert codes(await asked(world, AGENCY, "applicationApply", **of(row))) == []
    done = await asked(world, AGENCY, "applicationDesignate", **of(row))
    assert done["data"]["applicationDesignate"]["card"] is None
    shown_ = (await world.done(AGENCY, SHOW, id=shown("app", row.id)))["application"]
    assert (shown_["status"], shown_["card"], shown_["availableSteps"]) == ("DESIGNATED", None, [])
    assert shown_["conditions"] == told["conditions"]
    assert shown_["supervisor"]["applications"] == [{"id": shown("app", row.id)}]
    assert [one["step"] for one in shown_["history"]["nodes"]][::-1] == ["DRAFT", "ATTEST", "ATTEST", "ATTEST", "APPLY", "DESIGNATE"]
    (role,) = await world.rows(Membership, person_id=row.person_id)
    assert (role.role, role.organization_id) == ("supervisor_internal", world.agencies[0].id)
    refused = await asked(
        world, AGENCY, "applicationIssueCard", **of(await brought(world, "APPLIED")), number="1", validFrom="2026-09-16", validUntil="2027-09-16"
    )
    assert (codes(refused), why(refused)["rule"]) == (["RULE_NOT_MET"], "card.issuer.internal")


YUNNAN = ("Y046", "Y047", "Y051", "Y052", "Y053", "Y054", "Y057", "Y097", "Y095", "D08")


@pytest.mark.requirement(*YUNNAN, "Y050", "Y056", "D07")
async def test_yunnan_internal_from_the_draft_to_the_agencys_card(yunnan: World) -> None:
    row = await drafted(yunnan)
    await whole_way(yunnan, row, by=AGENCY, owner=shown("agc", yunnan.agencies[0].id))
    shown_ = (await yunnan.done(AGENCY, SHOW, id=shown("app", row.id)))["application"]
    assert shown_["card"] == {"number": "云内001", "issuer": {"__typename": "Agency"}}
    assert shown_["writtenExam"] == {"paper": "A卷", "score": 88, "passed": True, "paperOwner": {"__typename": "Agency"}}
    assert [one["topic"] for one in shown_["trainings"]] == ["ETHICS", "POLICY", "WORKFLOW"]
    assert {one["organization"]["name"] for one in shown_["trainings"]} == {"第0评价机构"}
    assert shown_["recommendedBy"] == {"id": shown("per", yunnan.actors[AGENCY].person_id)}
    assert {name: shown_["supervisor"][name] for name in ("knowsQuestionBank", "knowsCertificates")} == {
        "knowsQuestionBank": True,
        "knowsCertificates": False,
    }
    (job,) = await yunnan.rows(Employment, person_id=row.person_id)
    assert (job.agency_id, job.starts_on) == (yunnan.agencies[0].id, SINCE)
    versed = "query($f: SupervisorFilter) { supervisors(first: 5, filter: $f) { totalCount } }"
    where = {"center": {"eq": shown("ctr", yunnan.center.id)}}
    for area, count in (("knowsQuestionBank", 1), ("knowsCertificates", 0)):
        assert (await yunnan.done(AGENCY, versed, f=where | {area: True}))["supervisors"]["totalCount"] == count


@pytest.mark.requirement(*YUNNAN, "Y049", "Y055", "Y010", "D03", "D06")
async def test_yunnan_external_from_the_draft_to_the_centers_card(yunnan: World) -> None:
    """Who knows the policy is shown by the exam: without an attestation the application is not held up (Y010)."""
    row = await drafted(yunnan, "EXTERNAL", vouched=VOUCHED[:1])
    told = (await yunnan.done(AGENCY, ELIGIBLE, id=shown("app", row.id)))["eligibility"]
    assert (told["met"], told["mayApply"]) == (False, True)
    assert {one["condition"]: one["shownBy"] for one in told["conditions"] if not one["met"]}["POLICY_KNOWN"] == "EXAM"
    await whole_way(yunnan, row, by="center_admin", owner=shown("ctr", yunnan.center.id))
    shown_ = (await yunnan.done("center_clerk", SHOW, id=shown("app", row.id)))["application"]
    assert (shown_["status"], shown_["card"]["issuer"]) == ("CARD_ISSUED", {"__typename": "Center"})
    assert {one["condition"]: one["met"] for one in shown_["conditions"]}["POLICY_KNOWN"] is True
    assert (await yunnan.done(AGENCY, ELIGIBLE, id=shown("app", row.id)))["eligibility"]["met"] is True


async def whole_way(world: World, row: Application, *, by: str, owner: str) -> None:
    """Each step refused before its turn, then taken."""
    training = {"topics": ["POLICY", "ETHICS"], "heldOn": "2026-09-10"}
    exam = {"heldOn": "2026-09-12", "paper": "A卷", "paperOwner": owner, "score": 88, "passed": True}
    card = {"number": "云内001", "validFrom": "2026-09-16", "validUntil": "2029-09-16"}
    assert codes(await asked(world, by, "applicationRecordTraining", **of(row, **training))) == ["CONFLICT"]
    assert codes(await asked(world, AGENCY, "applicationApply", **of(row))) == []
    early = await asked(world, by, "applicationRecordTraining", **of(row, **training))
    assert (codes(early), why(early)["rule"], why(early)["article"]) == (["RULE_NOT_MET"], "application.recommendation", "000 §13")
    assert codes(await asked(world, AGENCY, "applicationRecommend", **of(row, statement="同意推荐"))) == []
    for said, after in ((training, "RECOMMENDED"), ({"topics": ["WORKFLOW"], "heldOn": "2026-09-11"}, "TRAINED")):
        refused = await asked(world, by, "applicationIssueCard", **of(row, **card))
        assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "training.topics", "000 §14")
        assert codes(await asked(world, by, "applicationRecordTraining", **of(row, **said))) == []
        assert await state(world, row) == after
    refused = await asked(world, by, "applicationIssueCard", **of(row, **card))
    assert (codes(refused), why(refused)["rule"]) == (["RULE_NOT_MET"], "training.written_exam")
    assert codes(await asked(world, by, "applicationRecordExam", **of(row, **exam))) == []
    done = await asked(world, by, "applicationIssueCard", **of(row, **card))
    assert codes(done) == []
    assert await state(world, row) == "CARD_ISSUED"
    assert codes(await asked(world, by, "applicationReject", **of(row, reasons="晚了"))) == ["CONFLICT"]


@pytest.mark.requirement("Y054", "Y055", "Y056")
@pytest.mark.parametrize(("kind", "rule"), [("EXTERNAL", "training.paper_owner.external"), ("INTERNAL", "training.paper_owner.internal")])
async def test_the_paper_is_set_by_who_issues(yunnan: World, kind: str, rule: str) -> None:
    row = await brought(yunnan, "TRAINED", kind)
    other = shown("agc", yunnan.agencies[1].id)
    said = {"heldOn": "2026-09-12", "paper": "A卷", "score": 88, "passed": True}
    by = "center_admin" if kind == "EXTERNAL" else AGENCY
    refused = await asked(yunnan, by, "applicationRecordExam", **of(row, paperOwner=other, **said))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], rule, "000 §15")
    assert await state(yunnan, row) == "TRAINED"
    for wrong in ({"score": 101}, {"score": -1}, {"heldOn": "2026-09-17"}, {"paper": "长" * 61}):
        answer = await asked(
            yunnan, by, "applicationRecordExam", **of(row, paperOwner=shown("agc" if kind == "INTERNAL" else "ctr", row.issuer_id), **said | wrong)
        )
        assert (codes(answer), await state(yunnan, row)) == (["BAD_USER_INPUT"], "TRAINED")


@pytest.mark.requirement("Y049", "Y050", "Y047")
async def test_only_the_issuer_trains_examines_decides_and_only_the_employer_recommends(yunnan: World, elsewhere: World) -> None:
    row = await brought(yunnan, "APPLIED", "EXTERNAL")
    for actor in ("center_admin", "center_clerk", "agency_clerk_0"):
        assert codes(await asked(yunnan, actor, "applicationRecommend", **of(row, statement="同意推荐"))) == ["FORBIDDEN"]
    await moved(yunnan, row.id, ApplicationStatus.RECOMMENDED)
    training = {"topics": ["POLICY"], "heldOn": "2026-09-10"}
    for mutation, said in (("applicationRecordTraining", training), ("applicationReject", {"reasons": "不符"})):
        assert codes(await asked(yunnan, AGENCY, mutation, **of(row, **said))) == ["FORBIDDEN"]
        for stranger, actor in ((yunnan, "agency_admin_1"), (elsewhere, "center_admin"), (elsewhere, AGENCY)):
            assert codes(await asked(stranger, actor, mutation, **of(row, **said))) == ["NOT_FOUND"]
    assert await state(yunnan, row) == "RECOMMENDED"
    assert codes(await asked(elsewhere, "center_admin", "applicationDraft", **await form(yunnan))) == ["FORBIDDEN"]


LACKING: list[tuple[Facts, list[AttestedCondition], str]] = [
    (Facts(SINCE, SkillLevel.INTERMEDIATE_4, None, WORK), list(VOUCHED), "RANK>=SENIOR_3 / TITLE>=MIDDLE"),
    (Facts(SINCE, None, Title.ASSISTANT, WORK), list(VOUCHED), "RANK>=SENIOR_3 / TITLE>=MIDDLE"),
    (
        Facts(SINCE, SkillLevel.SENIOR_3, None, [Work(WorkArea.TECHNICAL_MANAGEMENT, "车间", date(2021, 9, 17))]),
        list(VOUCHED),
        "TECHNICAL_MANAGEMENT_YEARS>=5",
    ),
    (FACTS, [AttestedCondition.INTEGRITY, AttestedCondition.POLICY_KNOWN], "HEALTHY"),
    (FACTS, [AttestedCondition.POLICY_KNOWN, AttestedCondition.HEALTHY], "INTEGRITY"),
]


@pytest.mark.requirement("Y097", "B011", "B012", "B013", "B014", "B016", "B066", "INV09")
@pytest.mark.parametrize(("facts", "vouched", "needed"), LACKING, ids=lambda one: one if isinstance(one, str) else "")
async def test_a_condition_that_is_not_met_keeps_it_a_draft(world: World, facts: Facts, vouched: list[AttestedCondition], needed: str) -> None:
    row = await drafted(world, facts=facts, vouched=vouched)
    refused = await asked(world, AGENCY, "applicationApply", **of(row))
    said = why(refused)
    assert (codes(refused), said["rule"], said["article"]) == (["RULE_NOT_MET"], "eligibility.internal", "003 §7")
    assert said["params"]["needed"] == needed
    assert (refused["data"], await state(world, row)) == ({"applicationApply": None}, "DRAFT")
    told = (await world.done(AGENCY, ELIGIBLE, id=shown("app", row.id)))["eligibility"]
    assert (told["met"], told["mayApply"]) == (False, False)


@pytest.mark.requirement("INV08", "A07", "B015", "INV15")
@pytest.mark.parametrize(("sex", "birth"), [(Sex.MALE, date(1960, 9, 17)), (Sex.FEMALE, date(1965, 9, 17))])
async def test_age_is_judged_at_the_application_and_at_the_designation(world: World, sex: Sex, birth: date) -> None:
    """On the last day of 65 (60) one may apply; designated is who has not become 66 (61) meanwhile."""
    row = await drafted(world, person=await somebody(world, birth=birth, sex=sex))
    tomorrow = world.now + timedelta(days=1)
    late = await asked(world, AGENCY, "applicationApply", **of(row), at=tomorrow)
    assert (codes(late), why(late)["rule"]) == (["RULE_NOT_MET"], f"eligibility.max_age.{sex.lower()}")
    assert codes(await asked(world, AGENCY, "applicationApply", **of(row))) == []
    late = await asked(world, AGENCY, "applicationDesignate", **of(row), at=tomorrow)
    assert (codes(late), why(late)["article"]) == (["RULE_NOT_MET"], "003 §7(四)")
    assert await world.rows(Supervisor, person_id=row.person_id) == []
    assert codes(await asked(world, AGENCY, "applicationDesignate", **of(row))) == []


@pytest.mark.requirement("INV15", "Y097")
async def test_the_rules_of_the_day_judge(world: World) -> None:
    """From tomorrow on ten years are asked for; what was judged today stays as it was judged."""
    text = (
        (PROFILES / "beijing-municipal.toml").read_text(encoding="utf-8").replace("TECHNICAL_MANAGEMENT_YEARS>=5", "TECHNICAL_MANAGEMENT_YEARS>=10")
    )
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        await publish_profile(session, center, parse_profile(text, effective_from=date(2026, 9, 17)), act=world.act("center_admin"))
    first, second = await drafted(world), await drafted(world)
    assert codes(await asked(world, AGENCY, "applicationApply", **of(first))) == []
    late = await asked(world, AGENCY, "applicationApply", **of(second), at=world.now + timedelta(days=1))
    assert why(late)["params"]["needed"] == "TECHNICAL_MANAGEMENT_YEARS>=10"
    (kept,) = await world.rows(Application, id=first.id)
    assert next(one["required"] for one in kept.conditions if one["condition"] == "TECHNICAL_MANAGEMENT_YEARS") == ">=5"


@pytest.mark.requirement("Y011", "A16")
async def test_an_excellent_assessor_is_attested_by_the_employer(yunnan: World) -> None:
    _, inside = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    (person,) = await yunnan.rows(Person, id=inside.person_id)
    years = Facts(SINCE, None, None, [Work(WorkArea.ASSESSING, "考点", date(2023, 9, 16))])
    row = await drafted(yunnan, "EXTERNAL", person=person, facts=years)
    said = {"condition": "ASSESSOR_EXCELLENT", "holds": True, "attestedOn": "2026-09-01"}
    assert why(await asked(yunnan, AGENCY, "applicationApply", **of(row)))["rule"] == "eligibility.external"
    for actor in (inside, "center_admin"):
        refused = await asked(yunnan, actor, "applicationAttest", **of(row, **said))
        assert (codes(refused), why(refused)["rule"]) == (["RULE_NOT_MET"], "eligibility.assessor_excellent")
    assert codes(await asked(yunnan, AGENCY, "applicationAttest", **of(row, **said))) == []
    assert codes(await asked(yunnan, AGENCY, "applicationApply", **of(row))) == []
    ahead = await asked(yunnan, AGENCY, "applicationAttest", **of(await drafted(yunnan), **said | {"attestedOn": "2026-09-17"}))
    assert codes(ahead) == ["BAD_USER_INPUT"]


@pytest.mark.requirement("Y089", "D15")
async def test_a_blacklisted_person_does_not_leave_the_draft(world: World, elsewhere: World, yunnan: World) -> None:
    """Listed by one center, blocked at all; and who is listed meanwhile is not given the card."""
    listed, _ = await supervisor(elsewhere)
    (person,) = await elsewhere.rows(Person, id=listed.person_id)
    rows = [await drafted(world, person=person), await brought(yunnan, "EXAM_PASSED", "EXTERNAL", person=person)]
    await revoked(elsewhere, listed)
    refused = await asked(world, AGENCY, "applicationApply", **of(rows[0]))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "blacklist.blocks", "000 §23")
    assert await state(world, rows[0]) == "DRAFT"
    card = {"number": "云外1", "validFrom": "2026-09-16", "validUntil": "2027-09-16"}
    refused = await asked(yunnan, "center_admin", "applicationIssueCard", **of(rows[1], **card))
    assert (why(refused)["rule"], await yunnan.rows(Card, center_id=yunnan.center.id)) == ("blacklist.blocks", [])


@pytest.mark.requirement("Y054")
async def test_who_fails_the_exam_is_rejected_and_may_apply_anew(yunnan: World) -> None:
    row = await brought(yunnan, "TRAINED")
    said = {"heldOn": "2026-09-12", "paper": "A卷", "paperOwner": shown("agc", row.issuer_id), "score": 40, "passed": False}
    assert codes(await asked(yunnan, AGENCY, "applicationRecordExam", **of(row, **said))) == []
    card = {"number": "云内1", "validFrom": "2026-09-16", "validUntil": "2027-09-16"}
    assert codes(await asked(yunnan, AGENCY, "applicationIssueCard", **of(row, **card))) == ["CONFLICT"]
    assert codes(await asked(yunnan, AGENCY, "applicationReject", **of(row, reasons="笔试不合格"))) == []
    (kept,) = await yunnan.rows(Application, id=row.id)
    assert (kept.status, kept.reasons) == ("REJECTED", "笔试不合格")
    (person,) = await yunnan.rows(Person, id=row.person_id)
    assert (await drafted(yunnan, person=person)).id != row.id


@pytest.mark.parametrize("status", ["APPLIED", "RECOMMENDED", "TRAINED", "EXAM_PASSED"])
async def test_it_is_rejected_from_any_state_after_the_draft(yunnan: World, status: str) -> None:
    row = await brought(yunnan, status, "EXTERNAL")
    assert codes(await asked(yunnan, "center_admin", "applicationReject", **of(row, reasons="材料不实"))) == []
    assert await state(yunnan, row) == "REJECTED"
    early = await drafted(yunnan, "EXTERNAL")
    assert codes(await asked(yunnan, "center_admin", "applicationReject", **of(early, reasons="材料不实"))) == ["CONFLICT"]


async def test_one_is_on_the_way_at_a_time(world: World) -> None:
    row = await brought(world, "APPLIED", person=await somebody(world, employer=world.agencies[0]))
    given = await form(world, person=shown("per", row.person_id))
    answer = await world.ask(AGENCY, FORM, input=given)
    assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "STATE")


@pytest.mark.requirement("Y097")
async def test_what_was_applied_for_is_not_rewritten(world: World) -> None:
    """By the table itself, also where a verb forgets."""
    row = await brought(world, "APPLIED")
    with pytest.raises(DBAPIError):
        async with world.transaction() as session:
            (await again(session, Application, row.id)).employed_since = date(2001, 1, 1)


async def test_lists_are_filtered_ordered_and_ones_own(world: World, elsewhere: World) -> None:
    first, second = await brought(world, "APPLIED", "EXTERNAL"), await drafted(world)
    agency, center = shown("agc", world.agencies[0].id), shown("ctr", world.center.id)
    filters: list[tuple[dict[str, object], list[Application]]] = [
        ({}, [second, first]),
        ({"status": {"eq": "APPLIED"}}, [first]),
        ({"kind": {"in": ["INTERNAL"]}}, [second]),
        ({"employer": {"eq": agency}}, [second, first]),
        ({"issuer": {"eq": center}}, [first]),
        ({"person": {"eq": shown("per", second.person_id)}}, [second]),
        ({"appliedAt": {"from": "2026-09-16T00:00:00Z", "until": "2026-09-17T00:00:00Z"}}, [first]),
        ({"appliedAt": {"until": "2026-09-16T00:00:00Z"}}, []),
    ]
    for reader in ("center_clerk", "agency_clerk_0"):
        for given, expected in filters:
            found = (await world.done(reader, LIST, f=given))["applications"]
            assert [one["id"] for one in found["nodes"]] == [shown("app", one.id) for one in expected], given
    found = await world.done("center_clerk", LIST, o={"field": "MOVED_AT", "direction": "ASC"})
    assert found["applications"]["totalCount"] == 2
    for stranger, actor in ((world, "agency_clerk_1"), (world, "district_clerk_0"), (elsewhere, "center_admin")):
        assert (await stranger.done(actor, LIST))["applications"] == {"totalCount": 0, "nodes": []}
        for document in (SHOW, ELIGIBLE):
            assert codes(await stranger.ask(actor, document, id=shown("app", first.id))) == ["NOT_FOUND"]


@pytest.mark.requirement("B016")
async def test_reading_the_conditions_of_others_is_written_down(world: World) -> None:
    """They tell age and health. Reading the rest, or one's own, is not."""
    row = await brought(world, "APPLIED")
    id = shown("app", row.id)

    async def told() -> list[list[str]]:
        return [one.columns for one in await world.rows(Disclosure, center_id=world.center.id)]

    await world.done("agency_clerk_0", LIST)
    assert await told() == []
    await world.done("agency_clerk_0", SHOW, id=id)
    await world.done("agency_clerk_0", ELIGIBLE, id=id)
    assert await told() == [["Application.conditions", "Attestation.holds"], ["Application.conditions"]]
    assert codes(await world.ask("center_auditor", SHOW, id=id)) == ["NOT_FOUND"]


@pytest.mark.requirement("B020", "B021", "D03", "D06", "D08")
async def test_beijing_issues_an_external_card_from_the_application_or_at_once(world: World) -> None:
    """The conditions for external ones are the card itself and the age (D03); nothing else is asked for first."""
    row = await drafted(world, "EXTERNAL", vouched=())
    told = (await world.done(AGENCY, ELIGIBLE, id=shown("app", row.id)))["eligibility"]
    assert [(one["condition"], one["shownBy"]) for one in told["conditions"]] == [("CARD", "CARD"), ("AGE", None)]
    await moved(world, row.id, ApplicationStatus.APPLIED)
    card = {"number": "京1", "validFrom": "2026-09-16", "validUntil": "2029-09-16"}
    assert codes(await asked(world, AGENCY, "applicationIssueCard", **of(row, **card))) == ["FORBIDDEN"]
    assert codes(await asked(world, "center_admin", "applicationIssueCard", **of(row, **card))) == []
    (made,) = await world.rows(Card, person_id=row.person_id)
    assert (made.title, made.issuer_id) == ("职业技能鉴定质量督导员", world.center.id)
    refused = await asked(world, "center_admin", "applicationDesignate", **of(await brought(world, "APPLIED", "EXTERNAL")))
    assert codes(refused) == ["FORBIDDEN"]


@pytest.mark.requirement("D07", "Y050")
async def test_yunnan_designates_nobody_without_a_card(yunnan: World) -> None:
    row = await brought(yunnan, "EXAM_PASSED")
    refused = await asked(yunnan, AGENCY, "applicationDesignate", **of(row))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "application.designation", "000 §13")
    assert await state(yunnan, row) == "EXAM_PASSED"


DEAD_ENDS = ("APPLIED", "RECOMMENDED", "TRAINED", "EXAM_PASSED")


@pytest.mark.requirement("Y047", "Y046")
async def test_the_employer_may_decline_to_recommend_with_reasons(world: World, yunnan: World) -> None:
    row = await brought(yunnan, "APPLIED", "EXTERNAL")
    reasons = {"reasons": "岗位工作需要"}
    for who in ("agency_clerk_0", "center_admin"):
        assert codes(await asked(yunnan, who, "applicationDecline", **of(row, **reasons))) == ["FORBIDDEN"], who
    assert codes(await asked(yunnan, "agency_admin_1", "applicationDecline", **of(row, **reasons))) == ["NOT_FOUND"]
    assert codes(await asked(yunnan, AGENCY, "applicationDecline", **of(row, reasons=" "))) == ["BAD_USER_INPUT"]
    assert await state(yunnan, row) == "APPLIED"
    assert codes(await asked(yunnan, AGENCY, "applicationDecline", **of(row, **reasons))) == []
    (kept,) = await yunnan.rows(Application, id=row.id)
    assert (kept.status, kept.reasons, kept.recommended_at) == ("DECLINED", "岗位工作需要", None)
    for late in ("applicationRecommend", "applicationDecline"):
        said = reasons if late == "applicationDecline" else {"statement": "同意"}
        assert codes(await asked(yunnan, AGENCY, late, **of(row, **said))) == ["CONFLICT"]
    (person,) = await yunnan.rows(Person, id=row.person_id)
    assert (await drafted(yunnan, "EXTERNAL", person=person)).id != row.id
    after = await brought(yunnan, "RECOMMENDED", "EXTERNAL")
    assert codes(await asked(yunnan, AGENCY, "applicationDecline", **of(after, **reasons))) == ["CONFLICT"]
    free = await brought(world, "APPLIED", "EXTERNAL")
    refused = await asked(world, AGENCY, "applicationDecline", **of(free, **reasons))
    assert (codes(refused), why(refused)["rule"], await state(world, free)) == (["RULE_NOT_MET"], "application.not_recommended", "APPLIED")


@pytest.mark.requirement("Y046", "Y054")
async def test_the_person_withdraws_a_draft_and_after_a_failed_exam(yunnan: World) -> None:
    row, applicant = await own(yunnan, "TRAINED")
    said = {"heldOn": "2026-09-12", "paper": "A卷", "paperOwner": shown("agc", row.issuer_id), "score": 40, "passed": False}
    assert codes(await asked(yunnan, AGENCY, "applicationRecordExam", **of(row, **said))) == []
    for who in (AGENCY, "center_admin"):
        assert codes(await asked(yunnan, who, "applicationWithdraw", **of(row, reasons="不再申报"))) == ["FORBIDDEN"], who
    offered = (await yunnan.done(applicant, SHOW, id=shown("app", row.id)))["application"]["availableSteps"]
    assert {"mutation": "applicationWithdraw"} in offered
    assert codes(await asked(yunnan, applicant, "applicationWithdraw", **of(row, reasons="明年再考"))) == []
    (kept,) = await yunnan.rows(Application, id=row.id)
    assert (kept.status, kept.reasons) == ("WITHDRAWN", "明年再考")
    assert codes(await asked(yunnan, applicant, "applicationWithdraw", **of(row, reasons="再撤"))) == ["CONFLICT"]
    (person,) = await yunnan.rows(Person, id=row.person_id)
    anew = await drafted(yunnan, person=person)
    assert codes(await asked(yunnan, applicant, "applicationWithdraw", **of(anew, reasons="填错单位"))) == []
    (draft,) = await yunnan.rows(Application, id=anew.id)
    assert (draft.status, draft.applied_at) == ("WITHDRAWN", None)
    with pytest.raises(DBAPIError):
        async with yunnan.transaction() as session:
            (await again(session, Application, anew.id)).status = ApplicationStatus.DRAFT


@pytest.mark.requirement("Y046")
@pytest.mark.parametrize("status", DEAD_ENDS)
async def test_the_person_withdraws_on_the_way(world: World, status: str) -> None:
    row, applicant = await own(world, status, "EXTERNAL")
    assert codes(await asked(world, applicant, "applicationWithdraw", **of(row, reasons="调离"))) == []
    assert await state(world, row) == "WITHDRAWN"
