"""How the conditions of the rules stand for an applicant on a day: from the form, what was attested, and the written exam (Y097, B066)."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.eligibility import Condition, Qualifications, completed_years, conditions, unmet
from domain.errors import Unmet
from domain.organizations import InForce, rules_for
from models.applications import Application, Attestation, AttestedCondition, WorkArea, WrittenExam
from models.supervisors import Person

EXAM, CARD = "EXAM", "CARD"


@dataclass(frozen=True)
class Eligibility:
    """Every condition of the rules in force on a day, met or not."""

    on: date
    rules: InForce
    found: list[Condition]

    @property
    def met(self) -> bool:
        return not unmet(self.found)

    @property
    def may_apply(self) -> bool:
        return not unmet(self.asked_now())

    def asked_now(self) -> list[Condition]:
        """Without the groups that a later step of the procedure shows."""
        later = {one.group for one in self.found if self.shown_by(one)}
        return [one for one in self.found if one.group not in later]

    def shown_by(self, condition: Condition) -> str | None:
        """Which later step shows what cannot be known yet: the exam that one knows the policy (Y010), the card itself that one holds it (D03)."""
        if condition.value is not None:
            return None
        if condition.name == AttestedCondition.POLICY_KNOWN and self.rules.rules.flag("training.written_exam"):
            return EXAM
        return CARD if condition.name == CARD else None

    def require(self) -> None:
        """Unmet with all that is lacking, under the rule and article of the first; what a later step shows is not asked yet."""
        missing = unmet(self.asked_now())
        if missing:
            said = "; ".join(" / ".join(one.alternatives) for one in missing)
            raise Unmet(missing[0].rule.id, missing[0].rule.article, self.rules.rules.version, needed=said)

    @property
    def kept(self) -> list[dict[str, object]]:
        """In JSON's own types, each by itself."""
        return [
            {
                "group": one.group,
                "condition": one.name,
                "value": one.value,
                "required": one.required,
                "met": one.met,
                "shown_by": self.shown_by(one),
                "rule": one.rule.id,
                "article": one.rule.article,
            }
            for one in self.found
        ]


async def eligibility(session: AsyncSession, application: Application, *, on: date) -> Eligibility:
    """By the rules in force on that day, from what is known today."""
    rules = await rules_for(session, application.center_id, on=on)
    person = (await session.exec(select(Person).where(col(Person.id) == application.person_id))).one()
    attested = await _attested(session, application)
    known = {f"WORK_{area}" for area in (WorkArea.MANAGEMENT, WorkArea.TECHNICAL) if _works(application, area, on)}
    qualified = Qualifications(
        kind=application.kind,
        birth=person.birth_date,
        sex=person.sex,
        rank=application.level,
        title=application.professional_title,
        technical_management_years=completed_years(_periods(application, WorkArea.TECHNICAL_MANAGEMENT), on=on),
        assessor_years=completed_years(_periods(application, WorkArea.ASSESSING), on=on),
        attested=frozenset(known | {name for name, holds in attested.items() if holds}),
        denied=frozenset(name for name, holds in attested.items() if not holds),
    )
    return Eligibility(on, rules, conditions(rules.rules, qualified, on=on))


async def _attested(session: AsyncSession, application: Application) -> dict[str, bool]:
    """The latest word on each; the written exam is the last one on who knows the policy (Y010, B012)."""
    said = select(Attestation).where(col(Attestation.application_id) == application.id).order_by(col(Attestation.created_at), col(Attestation.id))
    found = {one.condition.value: one.holds for one in (await session.exec(said)).all()}
    exam = (await session.exec(select(WrittenExam).where(col(WrittenExam.application_id) == application.id))).one_or_none()
    return found if exam is None else found | {AttestedCondition.POLICY_KNOWN.value: exam.passed}


def _periods(application: Application, area: WorkArea) -> list[tuple[date, date | None]]:
    return [
        (date.fromisoformat(one["starts_on"]), date.fromisoformat(one["ends_on"]) if one["ends_on"] else None)
        for one in application.work
        if one["area"] == area
    ]


def _works(application: Application, area: WorkArea, on: date) -> bool:
    """Whether somebody does such work on that day."""
    return any(start <= on and (end is None or on < end) for start, end in _periods(application, area))
