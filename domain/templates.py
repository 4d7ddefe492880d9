"""Checklist templates (督导表; 000 §11(二), Y038): versioned forms as data. An edition is published once and never changed; a new one supersedes it for new visits."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, nulls_last, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict, Unmet
from domain.machine import Act, record
from domain.profiles import Profile
from models.base import new_id, table_of
from models.checklists import ChecklistItem, ChecklistTemplate, FindingCategory, Phase, Section, TemplateKind
from models.inspections import InspectionForm
from models.organizations import Organization
from models.sessions import RecognitionMode

FORMS: Mapping[RecognitionMode, TemplateKind] = {
    RecognitionMode.EXAM: TemplateKind.EXAM,
    RecognitionMode.PROCESS: TemplateKind.PROCESS,
    RecognitionMode.DIRECT: TemplateKind.DIRECT_RESULT,
    RecognitionMode.RESULT: TemplateKind.DIRECT_RESULT,
}
"""The form for a mode: 003 §13(三) has one for two."""

OF_THE_HOUSE = col(ChecklistTemplate.organization_id).is_(None)
FIELDS = {"code": 8, "heading": 40, "text": 300}
MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """By which rules a form is chosen, for which center, and for which day."""

    rules: Profile
    center_id: UUID | None
    on: date


class BadTemplate(ValueError):  # noqa: N818 - the file is refused; nothing of ours is broken
    """A template that is refused: nothing of it is published."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the form. `numbers` names its two integers: "part/whole" where one is counted among the other, "one:other" where not."""

    code: str
    phase: Phase
    heading: str
    text: str
    numbers: str | None = None
    section: Section | None = None
    category: FindingCategory | None = None
    max_score: int | None = None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    slug: str
    edition: int
    title: str
    kind: TemplateKind
    mode: RecognitionMode | None
    source: str
    items: tuple[Item, ...]
    example: bool = False


def parse_template(toml_text: str) -> Template:
    """A template from its file. BadTemplate names what is wrong."""
    try:
        document = tomllib.loads(toml_text)
        lines = document.pop("items")
        mode = RecognitionMode(document.pop("mode")) if "mode" in document else None
        kind = TemplateKind(document.pop("kind")) if mode is None else FORMS[mode]
        template = Template(kind=kind, mode=mode, items=tuple(map(line_of, lines)), **document)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadTemplate(str(error)) from error
    check(template)
    return template


def line_of(said: Mapping[str, Any]) -> Item:
    kinds: dict[str, type[Any]] = {"phase": Phase, "section": Section, "category": FindingCategory}
    return Item(**{name: kinds[name](value) if name in kinds else value for name, value in said.items()})


def check(template: Template) -> None:
    codes = [item.code for item in template.items]
    if not codes or len(set(codes)) != len(codes):
        raise BadTemplate("every item needs a code of its own")
    if type(template.edition) is not int or template.edition < 1:
        raise BadTemplate("editions count from 1")
    for item in template.items:
        for name, most in FIELDS.items():
            if not 1 <= len(str(getattr(item, name))) <= most:
                raise BadTemplate(f"{item.code}: {name} must have 1 to {most} characters")
        if item.numbers is not None and not ("/" in item.numbers) ^ (":" in item.numbers):
            raise BadTemplate(f"{item.code}: numbers are part/whole or one:other")
        if item.max_score is not None and not (type(item.max_score) is int and 1 <= item.max_score <= MOST_POINTS):
            raise BadTemplate(f"{item.code}: a line has 1 to {MOST_POINTS} points")
    if len({item.max_score is None for item in template.items}) > 1:
        raise BadTemplate("either every line has points or none")


async def publish_template(session: AsyncSession, template: Template, *, center: Organization, act: Act) -> ChecklistTemplate:
    """Files an edition of the house, for all jurisdictions. The same again changes nothing; other lines under the same edition are refused (DUPLICATE)."""
    head = {name: getattr(template, name) for name in ("slug", "edition", "title", "kind", "mode", "example", "source")}
    new = insert(table_of(ChecklistTemplate)).values(id=new_id(), **head).on_conflict_do_nothing().returning(table_of(ChecklistTemplate).c.id)
    fresh = (await session.exec(new)).first()
    named = (col(ChecklistTemplate.slug) == template.slug, col(ChecklistTemplate.edition) == template.edition)
    row = (await session.exec(select(ChecklistTemplate).where(*named, OF_THE_HOUSE))).one()
    if fresh is None:
        if tuple(plain(item) for item in await items_of(session, row)) != template.items:
            raise Conflict("DUPLICATE")
        return row
    await add_lines(session, row, template.items)
    await record(session, center, step="PUBLISH_TEMPLATE", act=act, reason=f"{template.slug} {template.edition}")
    return row


async def add_lines(session: AsyncSession, row: ChecklistTemplate, items: Sequence[Item]) -> None:
    """The lines of an edition just made, in their order."""
    for position, item in enumerate(items, start=1):
        session.add(ChecklistItem(template_id=row.id, position=position, **{one.name: getattr(item, one.name) for one in fields(Item)}))
    await session.flush()


def plain(row: ChecklistItem) -> Item:
    return Item(**{one.name: getattr(row, one.name) for one in fields(Item)})


async def items_of(session: AsyncSession, template: ChecklistTemplate) -> list[ChecklistItem]:
    """All lines, in the order of the form."""
    query = select(ChecklistItem).where(col(ChecklistItem.template_id) == template.id).order_by(col(ChecklistItem.position))
    return list((await session.exec(query)).all())


def form_of(form: InspectionForm, mode: RecognitionMode | None, rules: Profile) -> TemplateKind:
    """Which form a visit is recorded on; without a mode it is to an agency's work as a whole.

    Where the rules have the scored report it is for every session (000 §11(二)); where they have none for a mode, the exam's is used.
    """
    words = rules.words("checklist.templates")
    if form is InspectionForm.ANNUAL or mode is None:
        wanted = [TemplateKind.ANNUAL if form is InspectionForm.ANNUAL else TemplateKind.AGENCY]
    else:
        wanted = [TemplateKind.ONSITE_SCORED, FORMS[mode], TemplateKind.EXAM]
    found = next((kind for kind in wanted if kind in words), None)
    if found is None:
        raise lacking(form, mode, rules)
    return found


async def template_for(session: AsyncSession, form: InspectionForm, mode: RecognitionMode | None, *, of: Wanted) -> ChecklistTemplate:
    """The edition of the form that holds on the day of the visit (Y012, D21: one versioned form for each mode, none ad hoc)."""
    found = await edition_on(session, form_of(form, mode, of.rules), center_id=of.center_id, on=of.on)
    if found is None:
        raise lacking(form, mode, of.rules)
    return found


async def edition_on(session: AsyncSession, kind: TemplateKind, *, center_id: UUID | None, on: date) -> ChecklistTemplate | None:
    """The center's own that began last, where one had by that day; else the newest of the house."""
    own = and_(col(ChecklistTemplate.organization_id) == center_id, col(ChecklistTemplate.effective_from) <= on)
    query = select(ChecklistTemplate).where(col(ChecklistTemplate.kind) == kind, or_(OF_THE_HOUSE, own))
    query = query.order_by(nulls_last(col(ChecklistTemplate.effective_from).desc()), desc(col(ChecklistTemplate.edition))).limit(1)
    return (await session.exec(query)).first()


def lacking(form: InspectionForm, mode: RecognitionMode | None, rules: Profile) -> Unmet:
    rule = rules.rule("checklist.templates")
    return Unmet(rule.id, rule.article, rules.version, mode=mode.value if mode else form.value)
