"""The next version of a center's rules: what is in force on its day, with the lines that change (N4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict
from domain.machine import Act
from domain.organizations import NO_TEXTS, InForce, Texts, published, rules_for
from domain.profiles import BadProfile, as_json, from_json, to_json, value_shown
from domain.profiles import Profile as Rules
from domain.texts import checked, checked_or_none
from domain.tightening import LONGEST_KEY, LONGEST_VALUE, Said, read_lines
from models.checklists import LineChange
from models.events import Event
from models.organizations import Organization, Profile

LONGEST_TITLE, LONGEST_TEXT = 200, 8000
TITLE = "title"


@dataclass(frozen=True, slots=True)
class Amendment:
    """A later version of the rules of a center: the lines that change or come in, and the keys that go out."""

    effective_from: date
    rules: Sequence[Said]
    removes: Sequence[str] = ()
    title: str | None = None
    heading: Mapping[str, str | None] = field(default_factory=dict)
    """By the key of its rule, what stands above the articles: number, issuer and the like. None: as before."""
    texts: Texts = NO_TEXTS
    """None: as before. Blank: goes out."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An edition as it would be published, beside the one it takes the place of."""

    before: InForce
    texts_before: Texts
    rules: Rules
    texts: Texts
    until: date | None
    """The first day of an edition that is published already and would take its place."""


async def amend(session: AsyncSession, center_id: UUID, said: Amendment, *, act: Act) -> tuple[Profile, Event]:
    """Publishes what is in force on the day with these changes, to hold from that day on. What was judged before stays judged (INV15)."""
    made = await drafted(session, center_id, said, act=act)
    center = (await session.exec(select(Organization).where(col(Organization.id) == center_id))).one()
    return await published(session, center, made.rules, act=act, texts=made.texts)


async def drafted(session: AsyncSession, center_id: UUID, said: Amendment, *, act: Act) -> Draft:
    """The edition as it would be published. Nothing is kept.

    BadInput for a day that has come, or rules that do not fit together; Conflict DUPLICATE where another begins that day, or nothing changes.
    """
    coming("effectiveFrom", said.effective_from, act=act)
    force = await rules_for(session, center_id, on=said.effective_from)
    rules = changed(said, force.rules)
    told = await texts_before(session, force.id)
    texts = Texts(
        kept_or("codeOfConduct", said.texts.code_of_conduct, told.code_of_conduct),
        kept_or("examRoomRules", said.texts.exam_room_rules, told.exam_room_rules),
    )
    same = dict(rules.rules) == dict(force.rules.rules) and rules.title == force.rules.title and texts == told
    if same or force.rules.effective_from == said.effective_from:
        raise Conflict("DUPLICATE")
    later = select(func.min(Profile.effective_from)).where(
        col(Profile.organization_id) == center_id, col(Profile.effective_from) > said.effective_from
    )
    return Draft(force, told, rules, texts, (await session.exec(later)).one())


def changed(said: Amendment, before: Rules) -> Rules:
    """The rules before with the lines that change, come in and go out."""
    coming_in = read_lines([*said.rules, *headed(said.heading, before)])
    lines = {str(one["id"]): one for one in to_json(before)} | {one.id: as_json(one) for one in coming_in}
    absent = next((key for key in said.removes if key not in lines), None)
    if absent is not None:
        raise BadInput("removes", "rule_unknown", key=absent[:LONGEST_KEY])
    kept = [line for key, line in lines.items() if key not in said.removes]
    title = before.title if said.title is None else checked("title", said.title, LONGEST_TITLE)
    try:
        return from_json(kept, slug=before.slug, title=title, effective_from=said.effective_from)
    except BadProfile as refused:
        raise BadInput("rules", "rule_value", key=refused.key, form=refused.reason) from refused


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one rule, or of a text, which has no article."""

    rule: str
    change: LineChange
    before: str | None
    after: str | None
    article_before: str | None
    article_after: str | None


def difference(draft: Draft) -> list[Change]:
    """What an edition changes in the one before it, by the name of the rule or text."""
    was, now = lines_of(draft.before.rules, draft.texts_before), lines_of(draft.rules, draft.texts)
    return [change(key, was.get(key), now.get(key)) for key in sorted(was.keys() | now.keys()) if was.get(key) != now.get(key)]


def lines_of(rules: Rules, texts: Texts) -> dict[str, tuple[str, str | None]]:
    """By its name the value of each rule, as text, and its article; and each text that is there."""
    told = {TITLE: rules.title, "code_of_conduct": texts.code_of_conduct, "exam_room_rules": texts.exam_room_rules}
    lines: dict[str, tuple[str, str | None]] = {one.id: (value_shown(one.value), one.article) for one in rules.rules.values()}
    return lines | {name: (text, None) for name, text in told.items() if text is not None}


def change(key: str, before: tuple[str, str | None] | None, after: tuple[str, str | None] | None) -> Change:
    how = LineChange.ADDED if before is None else LineChange.REMOVED if after is None else LineChange.CHANGED
    (was, article_before), (now, article_after) = before or (None, None), after or (None, None)
    return Change(key, how, was, now, article_before, article_after)


def headed(heading: Mapping[str, str | None], before: Rules) -> list[Said]:
    """The lines above the articles, each where the version before has it written, else at its title."""
    given = {key: value for key, value in heading.items() if value is not None}
    said = {key: checked(to_client(key), value, LONGEST_VALUE) for key, value in given.items()}
    return [Said(key, value, TITLE if (old := before.find(key)) is None else old.article) for key, value in said.items()]


def to_client(key: str) -> str:
    """The client's name of a rule that stands above the articles."""
    return "adoptedBy" if key == "adopted_by" else key


async def texts_before(session: AsyncSession, profile_id: UUID) -> Texts:
    row = (await session.exec(select(Profile).where(col(Profile.id) == profile_id))).one()
    return Texts(row.code_of_conduct, row.exam_room_rules)


def kept_or(name: str, said: str | None, before: str | None) -> str | None:
    return before if said is None else checked_or_none(name, said, LONGEST_TEXT)


def coming(field: str, day: date, *, act: Act) -> None:
    """Refuses a day that has come: rules of a day never change once it has begun, so that what it judged can be judged again (INV15)."""
    if day <= shanghai_day(act.at):
        raise BadInput(field, "past")
