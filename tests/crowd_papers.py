"""What hangs on the inspections of a crowd: forms, answers, signatures, findings, letters, rectifications, reports."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from models.checklists import (
    Answer,
    AnswerValue,
    Checklist,
    ChecklistItem,
    ChecklistTemplate,
    Finding,
    FindingCategory,
    FindingTarget,
    InspectionMethod,
    Phase,
    Section,
    Signature,
    TemplateKind,
)
from models.inspections import Inspection
from models.opinions import (
    OpinionLetter,
    OpinionLetterStatus,
    Rectification,
    RectificationStatus,
    SupervisionReport,
    SupervisionReportStatus,
)
from models.sessions import RecognitionMode
from tests.crowd_entries import entered


def extension(crowd: Any) -> dict[str, Any]:
    """More time was asked for or not, and granted, refused or not answered."""
    if crowd.maybe(1) is None:
        return {}
    now = crowd.world.now
    asked = {"extension_until": now.date(), "extension_reason": "设备'未到", "extension_asked_at": now}
    granted = crowd.dice.choice([None, True, False])
    return asked | {"extension_granted": granted} | ({"extension_refusal": "已有足够时间"} if granted is False else {})


async def papers(crowd: Any, visits: Sequence[Inspection]) -> None:
    dice = crowd.dice
    before = ChecklistTemplate(
        slug=secrets.token_hex(8), edition=1, title="督导表", kind=TemplateKind.EXAM, mode=RecognitionMode.EXAM, source="附件1"
    )
    await crowd.keep(before)
    template = ChecklistTemplate(
        slug=before.slug,
        edition=2,
        title="督导'表'",
        kind=TemplateKind.EXAM,
        mode=RecognitionMode.EXAM,
        source="附件1",
        organization_id=crowd.world.center.id,
        effective_from=date(2026, 8, 1),
        replaces_id=before.id,
        difference=[{"code": "1", "change": "ADDED", "before": None, "after": "准备 · 是否'公示'"}],
    )
    await crowd.keep(template)
    items = [
        ChecklistItem(
            template_id=template.id,
            position=n,
            code=f"{n}",
            phase=dice.choice(list(Phase)),
            heading="准备",
            text="是否'公示'",
            section=crowd.maybe(dice.choice(list(Section))),
            category=crowd.maybe(dice.choice(list(FindingCategory))),
            max_score=crowd.maybe(10),
            article=crowd.maybe("003 '§13'"),
        )
        for n in range(1, 5)
    ]
    await crowd.keep(*items)
    for visit in visits:
        if dice.random() < 0.7:
            await one_form(crowd, visit, template, items=items)
        if dice.random() < 0.7:
            await one_letter(crowd, visit)


async def one_form(crowd: Any, visit: Inspection, template: ChecklistTemplate, *, items: Sequence[ChecklistItem]) -> None:
    dice = crowd.dice
    where = {"center_id": visit.center_id, "district_id": visit.district_id, "agency_id": visit.agency_id, "inspection_id": visit.id}
    score = crowd.maybe(7)
    form = Checklist(
        template_id=template.id,
        advice=crowd.maybe("继续\n努力"),
        agency_name=crowd.maybe("学'院"),
        methods=dice.sample([one.value for one in InspectionMethod], dice.randrange(4)),
        score=score,
        score_of=None if score is None else 10,
        signed_at=crowd.maybe(crowd.world.now),
        **where,
    )
    await crowd.keep(form)
    who = dice.choice(crowd.people)
    for item in items:
        value = dice.choice(list(AnswerValue))
        counted = dice.choice([None, 0, 3])
        total = None if counted is None else 7
        blamed = {"target": FindingTarget.PERSON, "responsible": "监考'员"} if value is AnswerValue.NO and dice.random() < 0.5 else {}
        said = {"counted": counted, "total": total, "score": crowd.maybe(5), **blamed}
        await crowd.keep(Answer(checklist_id=form.id, item_id=item.id, value=value, remark="无'", person_id=who.id, **said, **where))
        if value is AnswerValue.NO:
            await crowd.keep(Finding(item_id=item.id, remark="缺", correction=crowd.maybe("补"), category=item.category, **blamed, **where))
    await entered(crowd, form, items=items, where=where)
    await crowd.keep(Signature(checklist_id=form.id, person_id=who.id, part="SITE", signed_at=crowd.world.now, digest=dice.randbytes(32), **where))


async def one_letter(crowd: Any, visit: Inspection) -> None:
    dice, now = crowd.dice, crowd.world.now
    where = {
        "center_id": visit.center_id,
        "district_id": visit.district_id,
        "agency_id": visit.agency_id,
        "inspection_id": visit.id,
        "dispatcher_id": visit.dispatcher_id,
    }
    served = crowd.maybe(now)
    status = OpinionLetterStatus.SERVED if served else OpinionLetterStatus.DRAFT
    told = [{"item": "F01", "text": "制度'", "remark": "缺", "correction": crowd.maybe("补"), "target": "AGENCY", "name": None}]
    letter = OpinionLetter(
        status=status,
        text="意见",
        corrections=dice.choice([[], told]),
        requires_rectification=True,
        due_on=crowd.maybe(now.date()),
        served_at=served,
        **where,
    )
    await crowd.keep(letter)
    corrected = dice.choice(list(RectificationStatus))
    await crowd.keep(
        Rectification(
            opinion_letter_id=letter.id, status=corrected, due_on=now.date(), text=crowd.maybe("已改"), served_at=served, **extension(crowd), **where
        )
    )
    if dice.random() < 0.6:
        status_ = dice.choice(list(SupervisionReportStatus))
        await crowd.keep(SupervisionReport(status=status_, text="报告", person_id=dice.choice(crowd.people).id, submitted_at=now, **where))
