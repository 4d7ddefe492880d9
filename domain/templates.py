"""Checklist templates (督导表; 000 §11(二), Y038): versioned forms as data. An edition is published once and never changed; a new one supersedes it for new visits."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict, Unmet
from domain.machine import Act, record
from domain.profiles import Profile
from models.base import new_id, table_of
from models.checklists import ChecklistItem, ChecklistTemplate, Phase
from models.organizations import Organization
from models.sessions import RecognitionMode

FORMS: Mapping[RecognitionMode, tuple[str, RecognitionMode]] = {
    RecognitionMode.EXAM: ("EXAM", RecognitionMode.EXAM),
    RecognitionMode.PROCESS: ("PROCESS", RecognitionMode.PROCESS),
    RecognitionMode.DIRECT: ("DIRECT_RESULT", RecognitionMode.RESULT),
    RecognitionMode.RESULT: ("DIRECT_RESULT", RecognitionMode.RESULT),
}
"""The word of `checklist.templates` for a mode, and the mode its template is filed under: 003 §13(三) has one form for two."""

FIELDS = {"code": 8, "heading": 40, "text": 300}


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


@dataclass(frozen=True, slots=True)
class Template:
    slug: str
    edition: int
    title: str
    mode: RecognitionMode
    source: str
    items: tuple[Item, ...]


def parse_template(toml_text: str) -> Template:
    """A template from its file. BadTemplate names what is wrong."""
    try:
        document = tomllib.loads(toml_text)
        lines = document.pop("items")
        mode = RecognitionMode(document.pop("mode"))
        items = tuple(Item(**{**line, "phase": Phase(line["phase"])}) for line in lines)
        template = Template(mode=mode, items=items, **document)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadTemplate(str(error)) from error
    check(template)
    return template


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


async def publish_template(session: AsyncSession, template: Template, *, center: Organization, act: Act) -> ChecklistTemplate:
    """Files an edition, for all jurisdictions. The same again changes nothing; other lines under the same edition are refused (DUPLICATE)."""
    head = {name: getattr(template, name) for name in ("slug", "edition", "title", "mode", "source")}
    new = insert(table_of(ChecklistTemplate)).values(id=new_id(), **head).on_conflict_do_nothing().returning(table_of(ChecklistTemplate).c.id)
    fresh = (await session.exec(new)).first()
    filed = select(ChecklistTemplate).where(col(ChecklistTemplate.slug) == template.slug, col(ChecklistTemplate.edition) == template.edition)
    row = (await session.exec(filed)).one()
    if fresh is None:
        if tuple(plain(item) for item in await items_of(session, row)) != template.items:
            raise Conflict("DUPLICATE")
        return row
    for position, item in enumerate(template.items, start=1):
        row_of = ChecklistItem(
            template_id=row.id,
            position=position,
            code=item.code,
            phase=item.phase,
            heading=item.heading,
            text=item.text,
            numbers=item.numbers,
        )
        session.add(row_of)
    await session.flush()
    await record(session, center, step="PUBLISH_TEMPLATE", act=act, reason=f"{template.slug} {template.edition}")
    return row


def plain(row: ChecklistItem) -> Item:
    return Item(row.code, row.phase, row.heading, row.text, row.numbers)


async def items_of(session: AsyncSession, template: ChecklistTemplate) -> list[ChecklistItem]:
    """All lines, in the order of the form."""
    query = select(ChecklistItem).where(col(ChecklistItem.template_id) == template.id).order_by(col(ChecklistItem.position))
    return list((await session.exec(query)).all())


def form_of(mode: RecognitionMode, rules: Profile) -> RecognitionMode:
    """Under which mode the form for a visit is filed. A jurisdiction without a form of its own for the mode uses the exam's (000 has one for all)."""
    words = rules.words("checklist.templates")
    word, filed = FORMS[mode]
    if word in words:
        return filed
    if "EXAM" in words:
        return RecognitionMode.EXAM
    rule = rules.rule("checklist.templates")
    raise Unmet(rule.id, rule.article, rules.version, mode=mode.value)


async def template_for(session: AsyncSession, mode: RecognitionMode, rules: Profile) -> ChecklistTemplate:
    """The newest edition of the form (Y012: one versioned form for each mode, none ad hoc)."""
    query = (
        select(ChecklistTemplate).where(col(ChecklistTemplate.mode) == form_of(mode, rules)).order_by(desc(col(ChecklistTemplate.edition))).limit(1)
    )
    found = (await session.exec(query)).first()
    if found is None:
        rule = rules.rule("checklist.templates")
        raise Unmet(rule.id, rule.article, rules.version, mode=mode.value)
    return found
