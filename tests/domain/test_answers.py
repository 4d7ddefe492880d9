from datetime import date
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from domain.answers import Given, Part, complete, digest, missing, numbers_fit, part_of, placed, proper
from domain.errors import BadInput, Unmet
from domain.profiles import Profile, parse_profile
from models.checklists import Answer, AnswerValue, Checklist, ChecklistItem, ChecklistTemplate, Phase, TemplateKind
from models.sessions import RecognitionMode

FOLDER = Path(__file__).parents[2] / "seeds" / "profiles"
ID = UUID(int=7)
YES, NO = AnswerValue.YES, AnswerValue.NO


@pytest.fixture(params=["beijing-municipal", "yunnan-college-2023"])
def rules(request: pytest.FixtureRequest) -> Profile:
    return parse_profile((FOLDER / f"{request.param}.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))


def item(code: str, phase: Phase = Phase.BEFORE, numbers: str | None = None) -> ChecklistItem:
    return ChecklistItem(template_id=ID, position=1, code=code, phase=phase, heading="标题", text="内容", numbers=numbers)


def answer(line: ChecklistItem, value: AnswerValue, remark: str | None = None) -> Answer:
    return Answer(checklist_id=ID, inspection_id=ID, item_id=line.id, value=value, remark=remark, person_id=ID, center_id=ID)


@pytest.mark.requirement("A23", "Y030", "B034")
def test_a_no_needs_its_remark_under_both_profiles(rules: Profile) -> None:
    for remark in (None, "", "   "):
        with pytest.raises(Unmet) as refusal:
            proper(Given("F05", NO, remark), item("F05"), rules)
        assert refusal.value.rule == "checklist.no_needs_remark"
        assert refusal.value.article == rules.rule("checklist.no_needs_remark").article
        assert refusal.value.params == {"item": "F05"}
    assert proper(Given("F05", NO, " 场地不足 "), item("F05"), rules).remark == "场地不足"
    assert proper(Given("F05", AnswerValue.NOT_OBSERVED), item("F05"), rules).remark is None


@pytest.mark.requirement("A23")
@pytest.mark.parametrize(
    ("numbers", "counted", "total", "problem"),
    [
        (None, 1, 2, "numbers_unwanted"),
        (None, None, 2, "numbers_unwanted"),
        ("错/查", None, None, "numbers_needed"),
        ("错/查", 1, None, "numbers_needed"),
        ("错/查", 3, 2, "numbers_range"),
        ("错/查", -1, 2, "numbers_range"),
        ("监考员:考生", 1, 1_000_001, "numbers_range"),
    ],
)
def test_a_ratio_is_two_integers(numbers: str | None, counted: int | None, total: int | None, problem: str) -> None:
    with pytest.raises(BadInput) as refusal:
        numbers_fit(Given("F03", YES, counted=counted, total=total), item("F03", numbers=numbers))
    assert refusal.value.problem == problem


def test_two_invigilators_may_watch_one_candidate() -> None:
    numbers_fit(Given("F10", YES, counted=2, total=1), item("F10", numbers="监考员:考生"))
    numbers_fit(Given("F03", YES, counted=2, total=2), item("F03", numbers="错/查"))


def test_what_was_not_observed_has_no_numbers() -> None:
    numbers_fit(Given("F03", AnswerValue.NOT_OBSERVED), item("F03", numbers="错/查"))
    with pytest.raises(BadInput):
        numbers_fit(Given("F03", AnswerValue.NOT_OBSERVED, counted=0, total=0), item("F03", numbers="错/查"))


def test_each_answer_finds_its_line_once() -> None:
    lines = [item("F01"), item("F02")]
    assert [(one.value, line.code) for one, line in placed([Given("F02", YES), Given("F01", NO)], lines)] == [(YES, "F02"), (NO, "F01")]
    for given, problem in (([Given("F99", YES)], "unknown_item"), ([Given("F01", YES), Given("F01", NO, "x")], "repeated_item")):
        with pytest.raises(BadInput) as refusal:
            placed(given, lines)
        assert refusal.value.problem == problem


def test_texts_are_not_longer_than_their_columns(rules: Profile) -> None:
    for given in (Given("F01", YES, "长" * 1001), Given("F01", YES, correction="长" * 1001), Given("F01", YES, "a\x00b")):
        with pytest.raises(BadInput):
            proper(given, item("F01"), rules)


@pytest.mark.requirement("A24", "F15")
def test_the_posting_of_results_is_a_part_of_its_own(rules: Profile) -> None:
    site, during, after = item("F01"), item("F08", Phase.DURING), item("F15", Phase.AFTER)
    assert [part_of(one.phase) for one in (site, during, after)] == [Part.SITE, Part.SITE, Part.AFTER]
    lines = [site, during, after]
    assert missing(lines, {site.id}, Part.SITE) == ["F08"]
    assert missing(lines, {site.id, during.id}, Part.SITE) == []
    assert missing(lines, {site.id, during.id}, Part.AFTER) == ["F15"]
    with pytest.raises(Unmet) as refusal:
        complete(lines, set(), Part.SITE, rules=rules)
    assert (refusal.value.rule, refusal.value.params) == ("checklist.complete", {"missing": "F01, F08"})


@pytest.mark.requirement("N9", "Y015")
def test_a_signature_covers_every_word_and_can_be_recomputed() -> None:
    form = ChecklistTemplate(
        slug="recognition-exam", edition=1, title="督导表", kind=TemplateKind.EXAM, mode=RecognitionMode.EXAM, source="003 annex"
    )
    sheet = Checklist(inspection_id=ID, template_id=form.id, center_id=ID, advice="加强管理")
    line, later = item("F01"), item("F15", Phase.AFTER)
    lines = [(line, answer(line, NO, remark="缺考场纪律")), (later, answer(later, YES))]
    written = (
        '{"advice":"加强管理","answers":[{"correction":null,"counted":null,"item":"F01","remark":"缺考场纪律","total":null,"value":"NO"}],'
        f'"appraisal":null,"edition":1,"inspection":"{ID.hex}","part":"SITE","template":"recognition-exam"}}'
    )
    first = digest(form, sheet, lines, part=Part.SITE)
    assert first == sha256(written.encode()).digest()
    lines[1][1].value = NO
    assert digest(form, sheet, lines, part=Part.SITE) == first
    assert digest(form, sheet, lines, part=Part.AFTER) != first
    lines[0][1].score = 3
    assert digest(form, sheet, lines, part=Part.SITE) != first
    lines[0][1].score, sheet.methods = None, ["BRIEFING"]
    assert digest(form, sheet, lines, part=Part.SITE) != first
    sheet.methods = []
    assert digest(form, sheet, lines, part=Part.SITE) == first
    lines[0][1].responsible = "考务负责人"
    assert digest(form, sheet, lines, part=Part.SITE) != first
    lines[0][1].responsible = None
    lines[0][1].remark = "缺考场纪律。"
    assert digest(form, sheet, lines, part=Part.SITE) != first
