"""A center's own editions of the forms (统一标准, 000 §7, §11(二); 003 §13 and annex). One is published for a day to come and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.editions import coming
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, record
from domain.organizations import InForce, rules_for
from domain.templates import FIELDS, MOST_POINTS, OF_THE_HOUSE, Item, add_lines, edition_on, items_of, plain
from domain.texts import checked, checked_or_none
from models.checklists import ChecklistTemplate, LineChange, Phase, TemplateKind
from models.events import Event
from models.organizations import Organization
from models.sessions import RecognitionMode

LONGEST_TITLE = LONGEST_SOURCE = LONGEST_ARTICLE = 120
LONGEST_NUMBERS = 60
MOST_LINES = 100
SCORED = frozenset({TemplateKind.ONSITE_SCORED, TemplateKind.ANNUAL})
"""打分评议 (000 §11(二)) and 年检评估 (000 §10(三)) are in points."""
UNSCORED = frozenset({TemplateKind.EXAM, TemplateKind.PROCESS, TemplateKind.DIRECT_RESULT})
"""是/否 (003 §13, annex)."""
MODES = {
    TemplateKind.EXAM: RecognitionMode.EXAM,
    TemplateKind.PROCESS: RecognitionMode.PROCESS,
    TemplateKind.DIRECT_RESULT: RecognitionMode.RESULT,
}


@dataclass(frozen=True, slots=True)
class Edition:
    """The whole of an edition as a client writes it."""

    kind: TemplateKind
    title: str
    source: str
    effective_from: date
    items: Sequence[Item]


async def publish(session: AsyncSession, center: Organization, said: Edition, *, act: Act) -> tuple[ChecklistTemplate, Event]:
    """Puts an edition in force for the center from its day on: a visit of an earlier day keeps the form it would have had.

    BadInput for a day that has come or lines that are no form; Unmet where the rules of that day have no such form; Conflict DUPLICATE
    where another begins that day, or the one before says the same.
    """
    coming("effectiveFrom", said.effective_from, act=act)
    force = await rules_for(session, center.id, on=said.effective_from)
    known(said.kind, force)
    lines = proper(said)
    before = await edition_on(session, said.kind, center_id=center.id, on=said.effective_from)
    lines_before = [] if before is None else [plain(one) for one in await items_of(session, before)]
    row = ChecklistTemplate(
        slug=said.kind.lower().replace("_", "-") if before is None else before.slug,
        edition=await number(session, said.kind, center.id),
        title=checked("title", said.title, LONGEST_TITLE),
        kind=said.kind,
        mode=MODES.get(said.kind),
        source=checked("source", said.source, LONGEST_SOURCE),
        organization_id=center.id,
        effective_from=said.effective_from,
        replaces_id=None if before is None else before.id,
        difference=difference(lines_before, lines),
    )
    if before is not None and not before.example and (lines_before, before.title, before.source) == (lines, row.title, row.source):
        raise Conflict("DUPLICATE")
    session.add(row)
    await session.flush()
    await add_lines(session, row, lines)
    told = f"{row.slug} {row.edition} {row.effective_from}"
    return row, await record(session, center, step="PUBLISH_TEMPLATE", act=act, reason=told, profile_id=force.id)


def known(kind: TemplateKind, force: InForce) -> None:
    """Unmet for a form that these rules do not use: nobody would ever be given it."""
    if kind not in force.rules.words("checklist.templates"):
        rule = force.rules.rule("checklist.templates")
        raise Unmet(rule.id, rule.article, force.rules.version, mode=kind.value)


async def number(session: AsyncSession, kind: TemplateKind, center_id: UUID) -> int:
    """The next edition of the form in this center: those of the house count too, so that one number is one wording here."""
    seen = (col(ChecklistTemplate.kind) == kind, or_(OF_THE_HOUSE, col(ChecklistTemplate.organization_id) == center_id))
    return (await session.exec(select(func.coalesce(func.max(col(ChecklistTemplate.edition)), 0)).where(*seen))).one() + 1


def proper(said: Edition) -> list[Item]:
    """The lines as they may be kept. BadInput names what is wrong, and at which line."""
    if not said.items:
        raise BadInput("items", "required")
    if len(said.items) > MOST_LINES:
        raise BadInput("items", "too_many", most=MOST_LINES)
    lines = [proper_line(one, said.kind) for one in said.items]
    codes = [one.code for one in lines]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise BadInput("items", "repeated_item", item=twice)
    if all(one.phase is Phase.AFTER for one in lines):
        raise BadInput("items", "nothing_on_site")
    if len({one.max_score is None for one in lines}) > 1:
        raise BadInput("items", "points_for_all")
    return lines


def proper_line(said: Item, kind: TemplateKind) -> Item:
    code, heading, text = (checked(name, getattr(said, name), most) for name, most in FIELDS.items())
    numbers = checked_or_none("numbers", said.numbers, LONGEST_NUMBERS)
    if numbers is not None and not ("/" in numbers) ^ (":" in numbers):
        raise BadInput("numbers", "two_names", item=code)
    if said.max_score is None:
        if kind in SCORED:
            raise BadInput("maxScore", "points_needed", item=code)
    elif kind in UNSCORED or not 1 <= said.max_score <= MOST_POINTS:
        raise BadInput("maxScore", "points_range", item=code, most=0 if kind in UNSCORED else MOST_POINTS)
    return replace(said, code=code, heading=heading, text=text, numbers=numbers, article=checked_or_none("article", said.article, LONGEST_ARTICLE))


def difference(before: Sequence[Item], after: Sequence[Item]) -> list[dict[str, str | None]]:
    """By code, what an edition makes of the lines before it: those of the new one in its order, then those that go out. Order alone is no change."""
    was, now = ({one.code: one for one in lines} for lines in (before, after))
    kept = [changed(code, was.get(code), one) for code, one in now.items() if was.get(code) != one]
    return kept + [changed(code, one, None) for code, one in was.items() if code not in now]


def changed(code: str, before: Item | None, after: Item | None) -> dict[str, str | None]:
    how = LineChange.ADDED if before is None else LineChange.REMOVED if after is None else LineChange.CHANGED
    return {"code": code, "change": how.value, "before": shown(before), "after": shown(after)}


def shown(line: Item | None) -> str | None:
    """All that a line says, as one text."""
    if line is None:
        return None
    words = (line.phase, line.heading, line.text, line.numbers, line.section, line.category, line.article)
    said = [str(one) for one in words if one is not None]
    return " · ".join(said if line.max_score is None else [*said, f"{line.max_score} 分"])
