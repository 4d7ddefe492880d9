from datetime import date
from pathlib import Path

import pytest

from domain.errors import Unmet
from domain.profiles import Profile, parse_profile
from domain.templates import BadTemplate, form_of, parse_template
from models.checklists import FindingCategory, Phase, Section, TemplateKind
from models.inspections import InspectionForm
from models.sessions import RecognitionMode

SEEDS = Path(__file__).parents[2] / "seeds"
SCORED = (SEEDS / "checklists" / "onsite-scored-1.toml").read_text(encoding="utf-8")
EXAM = (SEEDS / "checklists" / "exam-1.toml").read_text(encoding="utf-8")


def rules(name: str) -> Profile:
    return parse_profile((SEEDS / "profiles" / f"{name}.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))


@pytest.mark.requirement("F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F09", "F10", "F11", "F12", "F13", "F14", "F15")
def test_the_form_of_beijing_in_its_own_words() -> None:
    form = parse_template(EXAM)
    assert (form.slug, form.edition, form.mode) == ("recognition-exam", 1, RecognitionMode.EXAM)
    lines = {one.code: one for one in form.items}
    assert [f"F{n:02}" for n in range(1, 16)] == [code for code in lines if code.startswith("F")]
    assert {code for code in lines if code.startswith("E")} == {"E1", "E3", "E6"}
    assert lines["F06"].text == "认定现场环境符合各项要求（安静、整洁、通风、安全出口）"
    assert {code for code, one in lines.items() if one.phase is Phase.AFTER} == {"F15"}
    assert [code for code, one in lines.items() if one.numbers] == ["F03", "F10", "F12", "E6"]
    source = (SEEDS.parent / "seeds" / "checklists" / "exam-1.toml").read_text(encoding="utf-8")
    assert all(one.text in source for one in form.items)


@pytest.mark.requirement("B037", "B039", "B042", "B043", "B044", "B045", "B046", "B047", "D21")
def test_every_file_is_a_form() -> None:
    forms = [parse_template(file.read_text(encoding="utf-8")) for file in sorted((SEEDS / "checklists").glob("*.toml"))]
    assert {one.kind for one in forms} == set(TemplateKind)
    codes = {one.kind: [line.code for line in one.items] for one in forms}
    assert codes[TemplateKind.PROCESS] == ["P1", "P2", "P3", "P4", "P5"]
    assert codes[TemplateKind.DIRECT_RESULT] == ["R1", "R2", "R3", "R4"]
    assert {one.kind: (one.mode, one.example) for one in forms} == {
        TemplateKind.EXAM: (RecognitionMode.EXAM, False),
        TemplateKind.PROCESS: (RecognitionMode.PROCESS, False),
        TemplateKind.DIRECT_RESULT: (RecognitionMode.RESULT, False),
        TemplateKind.ONSITE_SCORED: (None, True),
        TemplateKind.ANNUAL: (None, True),
        TemplateKind.AGENCY: (None, True),
    }


@pytest.mark.requirement("Y016", "Y019", "Y020", "Y021", "Y028", "Y039")
def test_the_report_of_yunnan_looks_at_what_its_article_names() -> None:
    """000 §8(三)-(五), (九): papers from assembly to secrecy, the question bank, skill certificates, discipline in both exams."""
    form = parse_template((SEEDS / "checklists" / "onsite-scored-1.toml").read_text(encoding="utf-8"))
    told = " ".join(one.text for one in form.items)
    assert [
        word for word in ("组卷", "印制", "阅卷", "成绩登录", "发布", "保密", "题库管理", "证书印制", "证书核发", "证书管理") if word not in told
    ] == []
    assert {one.section for one in form.items if one.category is FindingCategory.EXAM_DISCIPLINE} == {Section.THEORY, Section.PRACTICAL}
    assert {one.text[-2:] for one in form.items if one.category is FindingCategory.CERTIFICATES} == {"印制", "核发", "管理"}
    assert sum(one.max_score or 0 for one in form.items) == 100


@pytest.mark.requirement("Y012", "Y038", "D21")
def test_one_form_for_each_mode_and_one_for_all_under_yunnan() -> None:
    beijing, yunnan = rules("beijing-municipal"), rules("yunnan-college-2023")
    modes, onsite = list(RecognitionMode), InspectionForm.ONSITE
    assert [form_of(onsite, mode, beijing).value for mode in modes] == ["EXAM", "PROCESS", "DIRECT_RESULT", "DIRECT_RESULT"]
    assert [form_of(onsite, mode, yunnan).value for mode in modes] == ["ONSITE_SCORED"] * 4
    assert form_of(InspectionForm.ANNUAL, None, yunnan) is TemplateKind.ANNUAL
    assert form_of(InspectionForm.SPECIAL, None, yunnan) is form_of(InspectionForm.COMPREHENSIVE, None, beijing) is TemplateKind.AGENCY
    with pytest.raises(Unmet):
        form_of(InspectionForm.ANNUAL, None, beijing)


@pytest.mark.parametrize(
    "changed",
    [
        SCORED.replace('kind = "ONSITE_SCORED"', 'kind = "OTHER"'),
        SCORED.replace('section = "THEORY"', 'section = "ORAL"'),
        SCORED.replace('category = "RESULTS"', 'category = "SCORES"'),
        SCORED.replace("max_score = 10", "max_score = 0"),
        SCORED.replace(", max_score = 10", ""),
    ],
)
def test_a_wrong_scored_file_is_refused(changed: str) -> None:
    with pytest.raises(BadTemplate):
        parse_template(changed)


@pytest.mark.parametrize(
    "changed",
    [
        EXAM.replace('code = "F02"', 'code = "F01"'),
        EXAM.replace("edition = 1", "edition = 0"),
        EXAM.replace('mode = "EXAM"', 'mode = "TEST"'),
        EXAM.replace('phase = "AFTER"', 'phase = "LATER"'),
        EXAM.replace('text = "认定结果公示"', 'text = ""'),
        EXAM.replace("监考员人数:考生人数", "监考员人数"),
        EXAM.replace("slug =", "name ="),
        "items = [",
    ],
)
def test_a_wrong_file_is_refused(changed: str) -> None:
    with pytest.raises(BadTemplate):
        parse_template(changed)
