"""一公开 (000 §12, D30): what the public is told of a draw before and after, and of the result of an inspection (A19). Nothing of any person."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func
from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Month, shanghai_day
from domain.errors import Conflict, Unmet
from domain.machine import Act, Machine, advance, record, tenants
from domain.organizations import InForce, rules_of
from domain.profiles import Profile
from domain.texts import checked
from models.base import table_of
from models.checklists import Answer, Checklist, Finding
from models.dispatch import Draw, DrawPick, DrawStatus
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.opinions import OpinionLetter
from models.organizations import Organization
from models.publications import PublicDraw, PublicDrawStatus, PublicResult, PublicResultStatus
from models.ratings import AnnualRating
from models.sessions import RecognitionSession

LONGEST_REASON = 500
PLAN, TARGETS, RESULT = "PLAN_DIGEST", "TARGETS", "RESULT"
"""The words of `disclosure.fields`."""

SERVED = (InspectionStatus.OPINION_SERVED, InspectionStatus.CLOSED)


class Step(StrEnum):
    ANNOUNCE = "ANNOUNCE"
    DISCLOSE = "DISCLOSE"
    VOID = "VOID"
    PUBLISH = "PUBLISH"
    WITHDRAW = "WITHDRAW"


DRAW_STEPS: Machine = {
    (PublicDrawStatus.ANNOUNCED, Step.DISCLOSE): PublicDrawStatus.DISCLOSED,
    (PublicDrawStatus.ANNOUNCED, Step.VOID): PublicDrawStatus.VOIDED,
}

RESULT_STEPS: Machine = {(PublicResultStatus.PUBLISHED, Step.WITHDRAW): PublicResultStatus.WITHDRAWN}


def told(rules: Profile, field: str) -> bool:
    """Whether the rules make this public. Never where they know no disclosure, as those of Beijing (D30)."""
    return rules.flag("disclosure.enabled") and field in rules.words("disclosure.fields")


def required(force: InForce, field: str) -> str:
    """The article that makes it public; Unmet where nothing does."""
    if not told(force.rules, field):
        raise Unmet("disclosure.enabled", "1.6 D30", force.rules.version)
    return force.rules.rule("disclosure.fields").article


async def announce(session: AsyncSession, draw: Draw, *, rules: Profile, act: Act) -> PublicDraw | None:
    """Digest and commitment, with the freezing and by the rule alone: before any public value is known, and not left to who draws."""
    if not told(rules, PLAN):
        return None
    names = await names_of(session, draw.dispatcher_id, draw.district_id)
    row = PublicDraw(
        **tenants(draw),
        draw_id=draw.id,
        dispatcher_name=names[draw.dispatcher_id],
        district_name=names.get(draw.district_id),
        month=draw.month,
        year=Month.parse(draw.month).year,
        public_source=draw.public_source,
        pool_digest=draw.pool_digest,
        commitment=draw.commitment,
        sessions_needed=draw.sessions_needed,
        announced_at=act.at,
    )
    session.add(row)
    await session.flush()
    await record(session, row, step=Step.ANNOUNCE, act=act, after=row.status, profile_id=draw.profile_id)
    return row


async def announce_void(session: AsyncSession, draw: Draw, *, act: Act) -> None:
    """A void draw stays announced, as void. Its reason is for who supervises: it may speak of persons."""
    row = await announced(session, draw)
    if row is not None:
        row.voided_at = act.at
        await advance(session, row, DRAW_STEPS, step=Step.VOID, act=act, profile_id=draw.profile_id)


async def announced(session: AsyncSession, draw: Draw) -> PublicDraw | None:
    """Locked until the transaction ends."""
    return (await session.exec(select(PublicDraw).where(col(PublicDraw.draw_id) == draw.id).with_for_update())).one_or_none()


async def disclose(session: AsyncSession, draw: Draw, *, act: Act) -> tuple[PublicDraw, Event]:
    """公开抽取结果: the sessions drawn, the public value, the secret and the seed, of a confirmed draw, once.

    Unmet while a letter of one of its inspections is not served: from an earlier seed an agency could reckon whether it is drawn (A18, A19).
    """
    force = await rules_of(session, draw.profile_id)
    article = required(force, TARGETS)
    if draw.status is not DrawStatus.CONFIRMED:
        raise Conflict("STATE", status=draw.status.value)
    drawn = await targets_of(session, draw)
    left = sum(one.status is not None and one.status not in {*SERVED, InspectionStatus.CANCELLED} for one in drawn)
    if left:
        raise Unmet("disclosure.targets", article, force.rules.version, left=left)
    row = await announced(session, draw) or await announce(session, draw, rules=force.rules, act=act)
    if row is None:
        raise Unmet("disclosure.enabled", "1.6 D30", force.rules.version)
    row.public_value, row.secret, row.seed, row.disclosed_at = draw.public_value, draw.secret, draw.seed, act.at
    row.targets = [target(one) for one in drawn]
    return row, await advance(session, row, DRAW_STEPS, step=Step.DISCLOSE, act=act, profile_id=draw.profile_id)


async def targets_of(session: AsyncSession, draw: Draw) -> list[Row[*tuple[Any, ...]]]:
    """The drawn sessions in the order drawn, each with what came of it."""
    p, s, i, o = table_of(DrawPick), table_of(RecognitionSession), table_of(Inspection), table_of(Organization)
    joined = p.join(s, s.c.id == p.c.recognition_session_id).join(o, o.c.id == s.c.agency_id).outerjoin(i, i.c.id == p.c.inspection_id)
    query = select(s.c.occupation, s.c.starts_at, o.c.name, i.c.status).select_from(joined).where(p.c.draw_id == draw.id)
    return list((await (await session.connection()).execute(query.order_by(p.c.position))).all())


def target(one: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    day = shanghai_day(one.starts_at).isoformat()
    return {"agency": one.name, "occupation": one.occupation, "held_on": day, "inspected": one.status in SERVED}


async def publish(session: AsyncSession, inspection: Inspection, *, force: InForce, act: Act) -> tuple[PublicResult, Event] | None:
    """The result of an external inspection, with the service of its letter and by the rule alone. None where the rules do not make it public."""
    if inspection.internal or not told(force.rules, RESULT):
        return None
    before = await editions(session, inspection)
    row = await result(session, inspection, act=act)
    row.edition = before + 1
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.PUBLISH, act=act, after=row.status, profile_id=force.id)


async def publish_anew(session: AsyncSession, inspection: Inspection, *, act: Act) -> tuple[PublicResult, Event]:
    """The next edition, as things stand now: after a withdrawal, or of a letter that was served before results were published.

    Conflict STATE before the service, DUPLICATE while an edition is public; Unmet where the rules make no result public.
    """
    force = await rules_of(session, inspection.profile_id)
    article = required(force, RESULT)
    if inspection.internal:
        raise Unmet("disclosure.external", article, force.rules.version)
    if inspection.status not in SERVED:
        raise Conflict("STATE", status=inspection.status.value)
    standing = select(PublicResult.id).where(
        col(PublicResult.inspection_id) == inspection.id, col(PublicResult.status) == PublicResultStatus.PUBLISHED
    )
    made = None if (await session.exec(standing)).first() else await publish(session, inspection, force=force, act=act)
    if made is None:
        raise Conflict("DUPLICATE")
    return made


async def withdraw(session: AsyncSession, row: PublicResult, reason: str, *, act: Act) -> Event:
    """撤回公开: what was published wrong is no longer said; that it was, when and why it was withdrawn stays public."""
    row.withdraw_reason, row.withdrawn_at = checked("reason", reason, LONGEST_REASON), act.at
    return await advance(session, row, RESULT_STEPS, step=Step.WITHDRAW, act=act, reason=row.withdraw_reason)


async def editions(session: AsyncSession, inspection: Inspection) -> int:
    query = select(PublicResult.edition).where(col(PublicResult.inspection_id) == inspection.id).order_by(desc(col(PublicResult.edition))).limit(1)
    return (await session.exec(query)).first() or 0


async def result(session: AsyncSession, inspection: Inspection, *, act: Act) -> PublicResult:
    """In figures, from the signed form and the letter; not saved yet."""
    if inspection.agency_id is None:
        raise ValueError("an inspection of nobody")
    names = await names_of(session, inspection.dispatcher_id, inspection.district_id, inspection.agency_id)
    found = (await session.exec(select(Checklist).where(col(Checklist.inspection_id) == inspection.id))).one()
    visited = select(RecognitionSession.occupation).where(col(RecognitionSession.id) == inspection.recognition_session_id)
    rated = select(AnnualRating).where(col(AnnualRating.inspection_id) == inspection.id)
    rectify = select(OpinionLetter.requires_rectification).where(col(OpinionLetter.inspection_id) == inspection.id)
    of_draw = select(PublicDraw.id).where(col(PublicDraw.draw_id) == inspection.draw_id)
    return PublicResult(
        **tenants(inspection),
        inspection_id=inspection.id,
        public_draw_id=(await session.exec(of_draw)).first(),
        edition=1,
        dispatcher_name=names[inspection.dispatcher_id],
        district_name=names.get(inspection.district_id),
        agency_name=names[inspection.agency_id],
        form=inspection.form,
        year=inspection.scheduled_on.year,
        inspected_on=inspection.scheduled_on,
        occupation=(await session.exec(visited)).first(),
        lines=await count_of(session, Answer, inspection.id),
        findings=await count_of(session, Finding, inspection.id),
        score=found.score,
        score_of=found.score_of,
        rating=rating.rating if (rating := (await session.exec(rated)).first()) else None,
        requires_rectification=(await session.exec(rectify)).one(),
        published_at=act.at,
    )


async def count_of(session: AsyncSession, lines: type[Answer] | type[Finding], inspection_id: UUID) -> int:
    return (await session.exec(select(func.count()).where(col(lines.inspection_id) == inspection_id))).one()


async def names_of(session: AsyncSession, *organizations: UUID | None) -> dict[UUID | None, str]:
    wanted = [one for one in organizations if one is not None]
    query = select(col(Organization.id), col(Organization.name)).where(col(Organization.id).in_(wanted))
    return dict((await session.exec(query)).all())
