from datetime import date
from pathlib import Path

import pytest

from domain.profiles import Profile, parse_profile
from domain.templates import BadTemplate, form_of, parse_template
from models.checklists import Phase
from models.sessions import RecognitionMode

SEEDS = Path(__file__).parents[2] / "seeds"
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


@pytest.mark.requirement("B037", "B039", "B042", "B043", "B044", "B045", "B046", "B047")
def test_every_file_is_a_form() -> None:
    forms = [parse_template(file.read_text(encoding="utf-8")) for file in sorted((SEEDS / "checklists").glob("*.toml"))]
    assert {one.mode: [line.code for line in one.items] for one in forms if one.mode is not RecognitionMode.EXAM} == {
        RecognitionMode.PROCESS: ["P1", "P2", "P3", "P4", "P5"],
        RecognitionMode.RESULT: ["R1", "R2", "R3", "R4"],
    }


@pytest.mark.requirement("Y012", "Y038")
def test_one_form_for_each_mode_and_one_for_all_under_yunnan() -> None:
    beijing, yunnan = rules("beijing-municipal"), rules("yunnan-college-2023")
    modes = list(RecognitionMode)
    assert [form_of(mode, beijing).value for mode in modes] == ["EXAM", "PROCESS", "RESULT", "RESULT"]
    assert [form_of(mode, yunnan).value for mode in modes] == ["EXAM"] * 4


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
