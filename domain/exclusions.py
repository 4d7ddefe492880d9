"""Who is out of a draw, and why: recusal (B024) and rotation (B023) proven by data (000 §8(八), 003 §9-10). Plain values in, reasons with their facts out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from domain.calendar import Period, add_months, completes, shanghai_day
from domain.eligibility import age_limit
from domain.profiles import Profile
from models.supervisors import CardStatus, Sex, SupervisorKind


class Reason(StrEnum):
    OWN_AGENCY = "OWN_AGENCY"
    SAME_SESSION_ASSESSOR = "SAME_SESSION_ASSESSOR"
    OVERLAPPING_ASSESSOR = "OVERLAPPING_ASSESSOR"
    RECENT_ASSESSOR = "RECENT_ASSESSOR"
    CONFLICT = "CONFLICT"
    ROTATION = "ROTATION"
    SUSPENDED = "SUSPENDED"
    CARD_INVALID = "CARD_INVALID"
    TERM_ENDED = "TERM_ENDED"
    OVERLAPPING_DUTY = "OVERLAPPING_DUTY"
    AGE = "AGE"
    BLACKLISTED = "BLACKLISTED"
    RAN_THE_DRAW = "RAN_THE_DRAW"


@dataclass(frozen=True, slots=True)
class Days:
    """Half-open: `until` is the first day outside; None is open-ended."""

    start: date
    until: date | None = None

    def hold(self, day: date) -> bool:
        return self.start <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Employed:
    agency: str
    days: Days


@dataclass(frozen=True, slots=True)
class Tied:
    """A conflict on record with an agency, on the days on which it counts."""

    agency: str
    days: Days


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessor's duty in one recognition session."""

    session: str
    period: Period
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Suspended:
    """A district's suspension blocks dispatch in that district only; the center's (district None) blocks everywhere (A11)."""

    days: Days
    district: str | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    status: CardStatus
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What is known of one supervisor when the pool is frozen. `person` is who they are, `id` their place on the roster."""

    id: str
    person: str
    kind: SupervisorKind = SupervisorKind.EXTERNAL
    birth: date | None = None
    sex: Sex | None = None
    card: CardFacts | None = None
    employers: tuple[Employed, ...] = ()
    assessor: tuple[Assessed, ...] = ()
    conflicts: tuple[Tied, ...] = ()
    terms: tuple[Days, ...] = ()
    suspensions: tuple[Suspended, ...] = ()
    duties: tuple[Period, ...] = ()
    blacklisted: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """An inspection the agency has had, and who went (roster ids)."""

    day: date
    people: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """`visits` are the agency's earlier inspections, the latest first."""

    id: str
    agency: str
    period: Period
    district: str | None = None
    visits: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionRules:
    """What the profile in force says, with who runs the draw."""

    recusal: frozenset[str]
    card_needed: bool
    term_needed: bool
    rotation_last_n: int | None
    cooldown_days: int | None
    assessor_months: int | None
    profile: Profile
    ran_by: str | None = None

    @classmethod
    def of(cls, profile: Profile, *, kind: SupervisorKind, ran_by: str | None) -> Self:
        """An internal supervisor needs a card only where somebody issues one (D07); a term, only where the profile has terms (D09)."""
        return cls(
            recusal=frozenset(profile.words("recusal.rules")),
            card_needed=kind is SupervisorKind.EXTERNAL or profile.text("card.issuer.internal") != "NONE",
            term_needed=profile.has("appointment.term_months"),
            rotation_last_n=profile.optional_integer("rotation.last_n"),
            cooldown_days=profile.optional_integer("rotation.cooldown_days"),
            assessor_months=profile.optional_integer("recusal.assessor_months"),
            profile=profile,
            ran_by=ran_by,
        )


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason why one person is out, of one session or (None) of the whole draw. `fact` holds no personal data and no place of others."""

    person: str
    session: str | None
    reason: Reason
    fact: str


def exclusions(people: Sequence[PersonFacts], sessions: Sequence[SessionFacts], rules: ExclusionRules) -> list[Exclusion]:
    """Every reason, not only the first: whoever cures one wants to know the next. Ordered by person, session, and as the reasons stand above."""
    found: list[Exclusion] = []
    dated = [(one, shanghai_day(one.period.start)) for one in sessions]
    for person in people:
        whole = [Exclusion(person.id, None, reason, fact) for reason, fact in _of_the_draw(person, rules)]
        found += whole
        if not whole:
            limit = _age_limit(person, rules)
            reasons = ((one, fact) for one, day in dated for fact in _of_the_session(person, one, rules, day=day, limit=limit))
            found += [Exclusion(person.id, one.id, reason, fact) for one, (reason, fact) in reasons]
    return found


def merged(found: Iterable[Exclusion]) -> list[Exclusion]:
    """One line for each person and session: the first reason, and all the facts."""
    lines: dict[tuple[str, str | None], Exclusion] = {}
    for one in found:
        key = (one.person, one.session)
        lines[key] = replace(lines[key], fact=f"{lines[key].fact}; {one.fact}") if key in lines else one
    return list(lines.values())


def out_and_excluded(found: Iterable[Exclusion]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The form the pool wants, with the first reason: person -> reason for the whole draw, session -> person -> reason."""
    out: dict[str, str] = {}
    excluded: dict[str, dict[str, str]] = {}
    for one in merged(found):
        reasons = out if one.session is None else excluded.setdefault(one.session, {})
        reasons[one.person] = str(one.reason)
    return out, excluded


def _of_the_draw(person: PersonFacts, rules: ExclusionRules) -> Iterator[tuple[Reason, str]]:
    if rules.card_needed and person.card is None:
        yield Reason.CARD_INVALID, "no card"
    if person.card is not None and person.card.status is CardStatus.SUSPENDED:
        yield Reason.SUSPENDED, "card suspended"
    if person.card is not None and person.card.status in {CardStatus.REVOKED, CardStatus.CANCELLED}:
        yield Reason.CARD_INVALID, f"card {person.card.status.lower()}"
    if person.blacklisted:
        yield Reason.BLACKLISTED, "listed"
    if rules.ran_by is not None and person.person == rules.ran_by:
        yield Reason.RAN_THE_DRAW, "runs this draw"


def _of_the_session(
    person: PersonFacts, session: SessionFacts, rules: ExclusionRules, *, day: date, limit: "_AgeLimit | None"
) -> Iterator[tuple[Reason, str]]:
    """Asked for a whole roster and every session of a month: what cannot apply is not looked at."""
    if person.employers or person.assessor or person.conflicts:
        yield from _recusals(person, session, rules, day=day)
    if session.visits:
        yield from _rotation(person, session, rules, day=day)
    if person.suspensions and any(one.days.hold(day) and one.district in {None, session.district} for one in person.suspensions):
        yield Reason.SUSPENDED, f"suspended on {day}"
    if person.card is not None and not person.card.days.hold(day):
        yield Reason.CARD_INVALID, f"card not valid on {day}"
    # half-open: a term that ended yesterday holds no more today (INV07)
    if (person.terms or rules.term_needed) and not _held(person.terms, day):
        yield Reason.TERM_ENDED, f"no appointment on {day}"
    if person.duties and any(duty.overlaps(session.period) for duty in person.duties):
        yield Reason.OVERLAPPING_DUTY, "on duty at that time"  # not where: another district's dispatch is not ours to tell (INV19)
    if limit is not None and day >= limit.over_from:
        yield Reason.AGE, f"over {limit.years} on {day}"


def _held(terms: Sequence[Days], day: date) -> bool:
    for term in terms:  # noqa: SIM110 - a loop costs half of a generator here
        if term.hold(day):
            return True
    return False


def _recusals(person: PersonFacts, session: SessionFacts, rules: ExclusionRules, *, day: date) -> Iterator[tuple[Reason, str]]:
    """The own agency is for external supervisors only, since the others watch over theirs (INV01, A28); an assessor of the session is out either way."""
    own = any(one.agency == session.agency and one.days.hold(day) for one in person.employers)
    if own and person.kind is SupervisorKind.EXTERNAL and Reason.OWN_AGENCY in rules.recusal:
        yield Reason.OWN_AGENCY, f"employed there on {day}"
    same = any(one.session == session.id for one in person.assessor)
    if same and Reason.SAME_SESSION_ASSESSOR in rules.recusal:
        yield Reason.SAME_SESSION_ASSESSOR, "assessor of this session"
    other = any(one.session != session.id and one.period.overlaps(session.period) for one in person.assessor)
    if other and Reason.OVERLAPPING_ASSESSOR in rules.recusal:
        yield Reason.OVERLAPPING_ASSESSOR, "assessor elsewhere at that time"
    if rules.assessor_months is not None:
        # the stricter reading of 003 §10 (A10): without the rule it is a warning, `Assignment.assessedThereAt`
        since = add_months(day, -rules.assessor_months)
        days = [shanghai_day(one.period.start) for one in person.assessor if one.agency == session.agency]
        recent = max((one for one in days if since <= one < day), default=None)
        if recent is not None:
            yield Reason.RECENT_ASSESSOR, f"assessor there on {recent}"
    if any(one.agency == session.agency and one.days.hold(day) for one in person.conflicts):
        yield Reason.CONFLICT, f"a conflict on record on {day}"  # neither which nor by whom: that is the register's to show


def _rotation(person: PersonFacts, session: SessionFacts, rules: ExclusionRules, *, day: date) -> Iterator[tuple[Reason, str]]:
    recent = [visit for visit in session.visits if person.id in visit.people]
    if not recent:
        return
    if recent[0] in session.visits[: rules.rotation_last_n or 0]:
        yield Reason.ROTATION, f"was there on {recent[0].day}"
    elif rules.cooldown_days is not None and day < recent[0].day + timedelta(days=rules.cooldown_days):
        yield Reason.ROTATION, f"was there on {recent[0].day}, fewer than {rules.cooldown_days} days before"


@dataclass(frozen=True, slots=True)
class _AgeLimit:
    """The greatest number of completed years, and the first day on which the person has more."""

    years: int
    over_from: date


def _age_limit(person: PersonFacts, rules: ExclusionRules) -> _AgeLimit | None:
    """Completed years on the day of the session; an unknown birth date is not held against anybody who is already appointed (INV08, A07)."""
    if rules.profile.optional_text("eligibility.age_check") == "APPOINTMENT_ONLY" or person.birth is None:
        return None
    years = age_limit(rules.profile, kind=person.kind, sex=person.sex)
    return None if years is None else _AgeLimit(years, completes(person.birth, years + 1))
