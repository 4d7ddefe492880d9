"""What holds after any step: the rows are as the model has them, the chains unbroken, and no invariant of 1.10 is broken, by SQL."""

from collections.abc import Iterator
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import broken
from models.database import driver_of
from models.events import Event
from tests.histories.told import History

STATUSES = """
SELECT 'place', id, status FROM assignment WHERE center_id = $1 UNION ALL
SELECT 'visit', id, status FROM inspection WHERE center_id = $1 UNION ALL
SELECT 'letter', inspection_id, status FROM opinion_letter WHERE center_id = $1 UNION ALL
SELECT 'rectification', inspection_id, status || ' ' || due_on FROM rectification WHERE center_id = $1 UNION ALL
SELECT 'report', inspection_id, status FROM supervision_report WHERE center_id = $1 UNION ALL
SELECT 'return', id, status || ' ' || timeliness FROM monthly_return WHERE center_id = $1 UNION ALL
SELECT 'person', id, standing FROM supervisor WHERE center_id = $1 UNION ALL
SELECT 'card', id, status FROM card WHERE center_id = $1 UNION ALL
SELECT 'term', id, status FROM appointment WHERE center_id = $1 UNION ALL
SELECT 'case', id, concat_ws(' ', status, ground, sanction, hearing_until) FROM supervisor_case WHERE center_id = $1 UNION ALL
SELECT 'entry', id, status FROM blacklist_entry WHERE center_id = $1
"""

BROKEN = {
    "the chain of an organization has a gap or a wrong link": """
        SELECT FROM (SELECT sequence, previous, lag(digest) OVER w AS before, lag(sequence) OVER w AS last FROM event
                     WHERE organization_id IN (SELECT id FROM organization WHERE center_id = $1)
                     WINDOW w AS (PARTITION BY organization_id ORDER BY sequence)) e
        WHERE last IS NULL AND sequence <> 1 OR last IS NOT NULL AND (sequence <> last + 1 OR previous <> before)""",
    "INV03: a visit runs, or ran, with too few who came": """
        SELECT FROM inspection i WHERE i.center_id = $1 AND i.status IN ('IN_PROGRESS', 'CHECKLIST_SIGNED', 'OPINION_SERVED', 'CLOSED')
        AND (SELECT count(*) FROM assignment a WHERE a.inspection_id = i.id AND a.status IN ('CHECKED_IN', 'DONE')) < $2::int""",
    "INV10: an answer was written after its part was signed": """
        SELECT FROM answer a JOIN checklist_item t ON t.id = a.item_id JOIN signature s ON s.checklist_id = a.checklist_id
        WHERE a.center_id = $1 AND (s.part = 'AFTER') = (t.phase = 'AFTER') AND a.updated_at > s.created_at""",
    "INV10: a checklist was signed and not by all who were there": """
        SELECT FROM checklist c JOIN assignment a ON a.inspection_id = c.inspection_id JOIN inspection i ON i.id = c.inspection_id
        WHERE c.center_id = $1 AND c.site_signed_at IS NOT NULL AND a.status IN ('CHECKED_IN', 'DONE') AND a.checked_in_at <= c.site_signed_at
        AND NOT EXISTS (SELECT FROM signature s WHERE s.checklist_id = c.id AND s.part = 'SITE' AND s.person_id = a.person_id)""",
    "INV12: an agency was told and no notice was served": """
        SELECT FROM inspection WHERE center_id = $1 AND status NOT IN ('DISPATCHED', 'CANCELLED') AND notified_at IS NULL""",
    "INV13: a revocation in force, and a card, a term or a place that stands": """
        SELECT FROM supervisor_case c JOIN card k ON k.id = c.card_id WHERE c.center_id = $1 AND c.sanction = 'REVOCATION'
        AND c.status IN ('IN_FORCE', 'APPEALED', 'UPHELD')
        AND (k.status <> 'REVOKED' OR c.confirmed_by IS NULL OR c.confirmed_by = c.decided_by
             OR NOT EXISTS (SELECT FROM blacklist_entry b WHERE b.case_id = c.id))""",
    "INV13: who is listed is on no roster and in no team to come": """
        SELECT FROM blacklist_entry b JOIN supervisor s ON s.person_id = b.person_id
        LEFT JOIN assignment a ON a.person_id = b.person_id AND a.status IN ('OFFERED', 'ACCEPTED')
        WHERE b.center_id = $1 AND b.status IN ('LISTED', 'UNDER_REVIEW') AND (s.standing = 'ACTIVE' OR a.id IS NOT NULL)""",
    "INV14: an edition is timed otherwise than the first one, or two are open": """
        SELECT FROM monthly_return r JOIN monthly_return f ON f.district_id = r.district_id AND f.month = r.month AND f.edition = 1
        WHERE r.center_id = $1 AND (r.timeliness <> f.timeliness OR (f.timeliness = 'ON_TIME') <> (f.submitted_at < f.due_at)
        OR (r.status <> 'REPLACED' AND EXISTS (SELECT FROM monthly_return n WHERE n.previous_id = r.id)))""",
    "INV15: a visit is judged by rules of a later day than its own": """
        SELECT FROM inspection i JOIN profile p ON p.id = i.profile_id WHERE i.center_id = $1 AND p.effective_from > i.scheduled_on""",
    "INV19: somebody has two duties at a time": """
        SELECT FROM assignment a JOIN assignment b ON b.person_id = a.person_id AND b.id > a.id AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at
        WHERE a.center_id = $1 AND a.status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN') AND b.status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN')""",
    "INV20: an examination was inspected at a desk": """
        SELECT FROM inspection i JOIN recognition_session s ON s.id = i.recognition_session_id
        WHERE i.center_id = $1 AND i.venue = 'DESK' AND s.mode IN ('EXAM', 'PROCESS')""",
    "1.8: a visit was closed without its report, its last signature or its rectification": """
        SELECT FROM inspection i JOIN checklist c ON c.inspection_id = i.id WHERE i.center_id = $1 AND i.status = 'CLOSED'
        AND (i.closed_at IS NULL OR c.signed_at IS NULL
             OR NOT EXISTS (SELECT FROM supervision_report r WHERE r.inspection_id = i.id AND r.status = 'RECEIVED')
             OR EXISTS (SELECT FROM rectification x WHERE x.inspection_id = i.id AND x.status <> 'ACCEPTED')
             OR EXISTS (SELECT FROM assignment a WHERE a.inspection_id = i.id AND a.status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN')))""",
    "1.8: a card is suspended, and by no case in force": """
        SELECT FROM card k WHERE k.center_id = $1 AND k.status = 'SUSPENDED' AND NOT EXISTS (
          SELECT FROM supervisor_case c WHERE c.card_id = k.id AND c.sanction = 'SUSPENSION' AND c.suspended_in_id IS NULL
          AND c.status IN ('IN_FORCE', 'APPEALED', 'UPHELD'))""",
    "1.8: a case was decided, and the person could still have spoken": """
        SELECT FROM supervisor_case c JOIN event e ON e.subject_id = c.id AND e.step IN ('CRITICIZE', 'SUSPEND', 'REVOKE')
        WHERE c.center_id = $1 AND (e.at AT TIME ZONE 'Asia/Shanghai')::date <= c.hearing_until AND (c.stated_at IS NULL OR c.stated_at > e.at)""",
    "A14: a card was revoked while an appeal about it waits for its answer": """
        SELECT FROM supervisor_case a JOIN supervisor_case c ON c.card_id = a.card_id AND c.sanction = 'REVOCATION' AND c.id <> a.id
        JOIN event e ON e.subject_id = c.id AND e.step IN ('REVOKE', 'CONFIRM') JOIN event o ON o.subject_id = a.id AND o.step = 'APPEAL'
        WHERE a.center_id = $1 AND a.status = 'APPEALED' AND e.sequence > o.sequence""",
    "1.8: a visit that was called off still binds somebody": """
        SELECT FROM inspection i JOIN assignment a ON a.inspection_id = i.id
        WHERE i.center_id = $1 AND i.status = 'CANCELLED' AND a.status IN ('OFFERED', 'ACCEPTED')""",
}
"""What must find nothing. Parameters: the center, and the least team."""


def believed(h: History) -> Iterator[tuple[str, Any, str]]:
    """What the model thinks is stored."""
    yield from (("place", one["id"], one["status"]) for one in h["places"] if one["id"])
    for one in h["visits"]:
        yield "visit", one["id"], one["status"]
        yield from ((kind, one["id"], one[kind]) for kind in ("letter", "report") if one[kind])
        if one["rectification"]:
            yield "rectification", one["id"], f"{one['rectification']} {one['due']}"
    for one in h["people"]:
        yield "person", one["id"], one["standing"]
        yield from (("card", card["id"], card["status"]) for card in one["cards"])
        yield from (("term", term["id"], term["status"]) for term in one["terms"])
    yield from (("case", one["id"], said(one["status"], one["ground"], one["sanction"], one["until"])) for one in h["cases"])
    yield from (("entry", one["id"], one["status"]) for one in h["entries"])
    yield from (("return", one["id"], f"{one['status']} {one['timeliness']}") for one in h["returns"])


def said(*words: Any) -> str:
    return " ".join(str(one) for one in words if one is not None)


async def differences(session: AsyncSession, h: History) -> list[str]:
    """Where the rows and the model are apart."""
    driver: Any = await driver_of(await session.connection())
    stored = {tuple(one) for one in await driver.fetch(STATUSES, h["center"])}
    told = set(believed(h))
    return [f"stored {one}" for one in sorted(stored - told, key=str)] + [f"believed {one}" for one in sorted(told - stored, key=str)]


async def faults(session: AsyncSession, h: History) -> list[str]:
    """Which invariants are broken now."""
    driver: Any = await driver_of(await session.connection())
    found = []
    for what, query in BROKEN.items():
        given = (h["center"], h["rules"]["team"]) if "$2" in query else (h["center"],)
        if await driver.fetch(f"{query} LIMIT 1", *given):
            found.append(what)
    return found


async def unlinked(session: AsyncSession, organizations: list[Any]) -> list[str]:
    """Each event anew by its digest, of every organization."""
    found = []
    for one in organizations:
        events = (await session.exec(select(Event).where(col(Event.organization_id) == one).order_by(col(Event.sequence)))).all()
        found += [why] if (why := broken(events)) else []
    return found
