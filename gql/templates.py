"""督导表的版本 in the graph: the forms with their lines, and a center's own editions of them."""

from datetime import date
from typing import Annotated

import strawberry

from authz.actions import Action
from domain import template_editions
from domain.overlays import organization_of
from domain.template_editions import Edition
from domain.templates import Item
from gql.enums import described
from gql.fields import Call, Keyed, changed, mutation, row
from gql.organizations import CENTERS, EVENTS, Center, Event, Node
from gql.reading.declare import Source, bound, column, given, items, many, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from models.checklists import ChecklistItem as ChecklistItemRow
from models.checklists import ChecklistTemplate as ChecklistTemplateRow
from models.checklists import FindingCategory, FindingTarget, LineChange, Phase, Section, TemplateKind
from models.sessions import RecognitionMode

described(
    Phase,
    "项目: when a line of the form is looked at.",
    BEFORE="督导准备（认定过程前）.",
    DURING="督导实施（认定过程中）.",
    AFTER="督导结果（认定结果）.",
)
described(
    TemplateKind,
    "督导表的种类: which inspections a form is for.",
    EXAM="考核评价 (003 annex).",
    PROCESS="过程评价.",
    DIRECT_RESULT="直接认定、结果认定.",
    ONSITE_SCORED="现场质量督导情况报告表: with points, for every session (000 §11(二)).",
    ANNUAL="年检评估标准: with points (000 §10(三)).",
    AGENCY="评价机构工作: of a special or comprehensive inspection without a session.",
)
described(Section, "考核部分: what is examined there (000 §8(三)).", THEORY="理论知识考核.", PRACTICAL="实际操作考核.")
described(
    FindingCategory,
    "问题类别: what a line, and a finding at it, is about.",
    ORGANIZATION="组织管理.",
    ELIGIBILITY="报考资格.",
    EXAM_DISCIPLINE="考风考纪 (000 §8(九)).",
    EXAM_PAPERS="试卷、题库和保密 (000 §8(四)).",
    RESULTS="阅卷、成绩登录和发布 (000 §8(四)).",
    CERTIFICATES="证书印制、核发和管理 (000 §8(五)).",
)
described(
    FindingTarget,
    "问题对象: whom a finding is against (000 §8(一), (三)).",
    AGENCY="评价机构.",
    PERSON="责任人: a person it names.",
    ASSESSOR="考评人员: an assessor of the session, who is criticized by it (批评).",
)

TEMPLATES = Source(ChecklistTemplateRow, "ChecklistTemplate", "tpl")
ITEMS = Source(ChecklistItemRow, "ChecklistItem", "item")
PUBLISH = Action.CHECKLIST_TEMPLATE_PUBLISH


@strawberry.type(description="督导内容: one line of a form.")
class ChecklistItem(Node):
    code: str = column("code", "Its short name on the form, like F03; what `checklistSave` calls it.")
    position: int = column("position", "Its place on the form, from 1.")
    phase: Phase = column("phase", "When it is looked at.")
    heading: str = column("heading", "The group it stands under.")
    text: str = column("text", "内容: what is looked at.")
    numbers: str | None = column("numbers", "The names of its two numbers, where it has any: part/whole, or one:other.")
    section: Section | None = column("section", "Whether it is looked at in the theory or in the practical exam, where that is told apart.")
    category: FindingCategory | None = column("category", "What it is about.")
    max_score: int | None = column("max_score", "分值: its points, where the form has points.")
    article: str | None = column("article", "依据: where the rules ask for it; null where the form alone does.")


@strawberry.type(description="修订的一项: one line that an edition changes.")
class TemplateChange:
    code: str = column("code", "The line.")
    change: LineChange = column("change", "What becomes of it.")
    before: str | None = column("before", "All it said before; null for a new line.")
    after: str | None = column("after", "All it says now; null for a line that goes out.")


@strawberry.type(description="督导表的版本: an edition of a form. Published once, never changed; a visit keeps the edition it began with.")
class ChecklistTemplate(Node):
    slug: str = column("slug", "The name of the form.")
    edition: int = column("edition", "Its edition, from 1.")
    title: str = column("title", "Its title.")
    kind: TemplateKind = column("kind", "Which inspections it is for.")
    mode: RecognitionMode | None = column("mode", "For which way of recognition, where it is for one.")
    example: bool = column("example", "示例: its lines are an example, since the regulation names the form without printing it.")
    source: str = column("source", "Where the regulation has it.")
    center: Center | None = one(
        "organization_id", CENTERS, "发布机构: whose edition it is; null for a form of the house, which holds for all without one."
    )
    effective_from: date | None = column("effective_from", "施行日期: visits of this day and later use it; null for a form of the house.")
    replaces: Annotated["ChecklistTemplate", strawberry.lazy("gql.templates")] | None = one(
        "replaces_id", TEMPLATES, "原版本: the edition it stands for from its day on."
    )
    difference: list[TemplateChange] = items(lambda frame: frame.t.c["difference"], "修订内容: what it changes in the lines of that edition.")
    items: list[ChecklistItem] = many("template_id", ITEMS, "Its lines, in order.", order=("position",), cap=100)


@strawberry.input(description="Which forms.")
class ChecklistTemplateFilter:
    slug: TextFilter | None = where("slug", "The name of the form.")
    kind: Among[TemplateKind] | None = where("kind", "Which inspections they are for.")
    mode: Among[RecognitionMode] | None = where("mode", "For which way of recognition.")
    center: IdFilter | None = where("organization_id", "Whose own editions.", "ctr")
    effective_from: RangeFilter[date] | None = where("effective_from", "Since when they hold; forms of the house have no such day.")


@strawberry.input(description="督导内容: one line of an edition.")
class ChecklistItemInput:
    code: str = strawberry.field(description="Its short name, like F03; at most 8 characters. A line keeps it through the editions.")
    phase: Phase = strawberry.field(description="When it is looked at.")
    heading: str = strawberry.field(description="The group it stands under, at most 40 characters.")
    text: str = strawberry.field(description="内容: what is looked at, at most 300 characters.")
    numbers: str | None = strawberry.field(default=None, description="The names of its two numbers, part/whole or one:other; at most 60 characters.")
    section: Section | None = strawberry.field(default=None, description="Of which exam, where that is told apart.")
    category: FindingCategory | None = strawberry.field(default=None, description="What it is about.")
    max_score: int | None = strawberry.field(
        default=None, description="分值, 1 to 100: for every line of a form with points. Without, it is answered YES or NO."
    )
    article: str | None = strawberry.field(default=None, description="依据: where the rules ask for it, at most 120 characters.")


@strawberry.input(description="An edition of a form: the whole of it.")
class ChecklistTemplatePublishInput(Keyed):
    kind: TemplateKind = strawberry.field(
        description="Which inspections it is for; ONSITE_SCORED and ANNUAL have points, the three of 003 have none."
    )
    title: str = strawberry.field(description="Its title, at most 120 characters.")
    source: str = strawberry.field(description="依据: where the regulation has it, at most 120 characters.")
    effective_from: date = strawberry.field(description="施行日期: tomorrow at the earliest.")
    items: list[ChecklistItemInput] = strawberry.field(description="Its lines in their order, 1 to 100; one at least before or during recognition.")


@strawberry.type(description="An edition just published.")
class ChecklistTemplatePayload:
    checklist_template: ChecklistTemplate | None = given("checklist_template", TEMPLATES, "The edition.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


TEMPLATE_ARGUMENTS = Arguments(ChecklistTemplateFilter)


@strawberry.type
class Query:
    checklist_templates: Connection[ChecklistTemplate] | None = page(
        None, TEMPLATES, "All editions of all forms.", type=Connection[ChecklistTemplate], arguments=TEMPLATE_ARGUMENTS
    )
    checklist_template: ChecklistTemplate | None = row(TEMPLATES, "One edition of a form.", ChecklistTemplate)


@strawberry.type
class Mutation:
    @mutation(
        PUBLISH,
        "发布督导表的新版本 (000 §7, §10(三), §11(二); 003 §13, annex): the center's own standard, never changed afterwards. It counts for visits "
        "of its day and later; a visit of an earlier day has the form that held then.",
    )
    async def checklist_template_publish(call: Call, input: ChecklistTemplatePublishInput) -> ChecklistTemplatePayload:
        call.require(PUBLISH, ChecklistTemplateRow.model_construct(organization_id=call.act.organization_id))
        center = await organization_of(call.session, call.act)
        said = Edition(input.kind, input.title, input.source, input.effective_from, [line(one) for one in input.items])
        template, event = await template_editions.publish(call.session, center, said, act=call.act)
        return changed(ChecklistTemplatePayload, checklist_template=template.id, event=event.id)


def line(said: ChecklistItemInput) -> Item:
    return Item(said.code, said.phase, said.heading, said.text, said.numbers, said.section, said.category, said.max_score, said.article)
