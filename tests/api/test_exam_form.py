"""The form of 003 for an exam: facilities, plan, order and staff stand on it, are answered with findings, and are signed with a date."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.asking_on_site import SAVE, SIGN, about, full
from tests.making_returns import day_of, on_site
from tests.world import World, shown

pytestmark = pytest.mark.anyio

FORM = """query($id: ID!) { inspection(id: $id) { checklist { siteSignedAt signedAt signatures { person { id } part signedAt }
  template { slug edition items { code numbers phase maxScore text } } answers { item { code } value remark } }
  findings { item { code } remark } } }"""

LINES = {
    "facilities fit this exam": {"F05": "认定考场符合标准", "F06": "认定现场环境符合各项要求"},
    "according to the plan": {"F02": "按评价机构备案方案", "F04": "按备案方案组织认定试题"},
    "order and staff": {"F08": "认定现场负责人履职情况", "F09": "其他考务人员履职情况", "F13": "认定现场纪律有序"},
}


async def form_of(world: World, who: Any, id: str) -> dict[str, Any]:
    return dict((await world.done(who, FORM, id=id))["inspection"])


@pytest.mark.requirement("B038", "B040", "B041", "F19")
async def test_what_the_article_asks_of_an_exam_is_answered_found_and_signed_with_its_date(world: World) -> None:
    visit, team = await on_site(world)
    at, insp = await day_of(world, visit), shown("insp", visit.id)
    form = (await form_of(world, team[0][1], insp))["checklist"]
    assert (form["template"]["slug"], form["signatures"], form["siteSignedAt"]) == ("recognition-exam", [], None)
    texts = {one["code"]: one["text"] for one in form["template"]["items"]}
    asked = {code: text for lines in LINES.values() for code, text in lines.items()}
    assert {code: texts[code][: len(text)] for code, text in asked.items()} == asked
    await world.done(team[0][1], SAVE, at=at, **about(visit, answers=full(form, no=tuple(asked))))
    signed = [at + timedelta(minutes=minute) for minute in (30, 45)]
    for (_, actor), moment in zip(team, signed, strict=True):
        await world.done(actor, SIGN, at=moment, **about(visit, part="SITE"))
    found = await form_of(world, "agency_admin_0", insp)
    assert {one["item"]["code"]: one["remark"] for one in found["findings"]} == dict.fromkeys(asked, "不合格")
    dates = {one["person"]["id"]: datetime.fromisoformat(one["signedAt"]) for one in found["checklist"]["signatures"]}
    assert dates == {shown("per", row.person_id): moment for (row, _), moment in zip(team, signed, strict=True)}
    assert datetime.fromisoformat(found["checklist"]["siteSignedAt"]) == signed[-1]
    assert found["checklist"]["signedAt"] is None
