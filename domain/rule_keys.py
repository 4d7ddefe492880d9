"""Every key a profile may use, the form of its value and the words allowed in it (regulation.md 1.5 to 1.7 and 1.11)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from models.supervisors import SkillLevel, Title


class Form(StrEnum):
    INTEGER = "an integer"
    FLAG = "true or false"
    TEXT = "a text"
    RATIO = 'a ratio such as "3/10"'
    WORDS = "a list of words"
    CONDITIONS = "a list of lists of conditions"


class Tighter(StrEnum):
    """Which way a district or an agency may move a value in its implementing rules (003 §18, B063): the other way would contradict."""

    HIGHER = "HIGHER"
    LOWER = "LOWER"
    ON = "ON"
    MORE = "MORE"


# What a condition of eligibility may ask: a grade or title at least, years at least, or that somebody vouches for it.
YEARS = frozenset({"TECHNICAL_MANAGEMENT_YEARS", "ASSESSOR_YEARS"})
ATTESTED = frozenset({"INTEGRITY", "POLICY_KNOWN", "HEALTHY", "CARD", "WORK_MANAGEMENT", "WORK_TECHNICAL", "ASSESSOR_EXCELLENT"})


@dataclass(frozen=True, slots=True)
class Key:
    form: Form
    words: frozenset[str] | None = None
    least: int = 0
    required: bool = False
    tighter: Tighter | None = None
    """None: this rule may not be overlaid."""


def _words(*allowed: str, form: Form = Form.WORDS, required: bool = False) -> Key:
    return Key(form, frozenset(allowed), required=required)


def _choice(*allowed: str, required: bool = False) -> Key:
    return _words(*allowed, form=Form.TEXT, required=required)


def _overlaid(key: Key, tighter: Tighter) -> Key:
    """May be overlaid: every check of it asks for the chain center, district, agency."""
    return replace(key, tighter=tighter)


FLAG = Key(Form.FLAG)
COUNT = Key(Form.INTEGER)
POSITIVE = Key(Form.INTEGER, least=1)
TEXT = Key(Form.TEXT)
KINDS = ("EXTERNAL", "INTERNAL")
SUPERVISOR_GROUNDS = (
    "DERELICTION",
    "FRAUD",
    "ABUSE_OF_POWER",
    "SHIELDING_OR_RETALIATION",
    "IMPROPER_GAIN",
    "OTHER_BAD_EFFECT",  # 000 §21
    "NEGLIGENCE",
    "PRIVATE_GAIN",  # 003 §17
    "EDUCATION_FAILED",
    "EDUCATION_ABSENT",
    "REFUSAL_STREAK",
    "ASSESSMENT_FAILED",  # 000 §17, §19, §22: automatic
)
AGENCY_GROUNDS = (
    "WITHHOLDS_INFORMATION",
    "SILENCES_WITNESSES",
    "REFUSES_IMPROVEMENT",
    "DECEIVES_SUPERVISION",
    "RETALIATES",
    "OTHER_OBSTRUCTION",  # 000 §20
    "FRAUD_IN_RECOGNITION",
    "SERIOUS_VIOLATION",
    "ADVERSE_SOCIAL_IMPACT",
    "SAFETY_ACCIDENT",
    "MASS_INCIDENT",  # 003 §16
)

KEYS = MappingProxyType(
    {
        # The text itself: Y001, Y002, Y090, B001, B062
        "issuer": Key(Form.TEXT, required=True),
        "number": TEXT,
        "adopted_by": TEXT,
        "interpreter": Key(Form.TEXT, required=True),
        "authority": Key(Form.TEXT, required=True),
        # Bodies and names: D01, D02, D05 to D07, D14
        "tiers": _words("CENTER", "DISTRICT", "AGENCY", required=True),
        "labels.internal": TEXT,
        "card.title": Key(Form.TEXT, required=True),
        "card.issuer.external": _choice("CENTER", required=True),
        "card.issuer.internal": _choice("AGENCY", "NONE", required=True),
        "revocation.authority": _choice("ISSUER", "CENTER", required=True),
        "revocation.district_may_revoke": FLAG,
        "revocation.center_may_revoke_internal": FLAG,
        "revocation.confirmations": POSITIVE,
        # Conditions: D03, D04, D08, A05 to A07
        "ranks": Key(Form.WORDS, frozenset(SkillLevel), required=True),
        "eligibility.external": Key(Form.CONDITIONS),
        "eligibility.internal": Key(Form.CONDITIONS),
        "eligibility.max_age.male": POSITIVE,
        "eligibility.max_age.female": POSITIVE,
        "eligibility.max_age.kinds": _words(*KINDS),
        "eligibility.age_check": _choice("ASSIGNMENT", "APPOINTMENT_ONLY"),
        "training.topics": _words("POLICY", "ETHICS", "WORKFLOW"),
        "training.written_exam": FLAG,
        "training.paper_owner.external": _choice("CENTER"),
        "training.paper_owner.internal": _choice("AGENCY"),
        "application.recommendation": FLAG,
        # Term, refusals, education, assessment: D09 to D12, A08
        "appointment.term_months": POSITIVE,
        "appointment.warn_days": COUNT,
        "refusal.max_consecutive": POSITIVE,
        "refusal.counts_no_reply": FLAG,
        "refusal.counts_recused": FLAG,
        "refusal.counts_excused": FLAG,
        "refusal.accepted_resets": FLAG,
        "education.kinds": _words(*KINDS),
        "education.warn_from": TEXT,
        "assessment.due": TEXT,
        # Sanctions, grounds, blacklist: D13, D15, D25, D26
        "sanctions.supervisor.ladder": _words("CRITICISM", "ADMIN_DISCIPLINE", "SUSPENSION", "REVOCATION", required=True),
        "sanctions.by_employer": FLAG,
        "sanctions.agency.ladder": _words("CRITICIZED", "ORDERED", "HR_REFERRED", "DISQUALIFIED", "CREDIT_ENTRY", "FILING_REFUSED", required=True),
        "grounds.supervisor": _words(*SUPERVISOR_GROUNDS, required=True),
        "grounds.agency": _words(*AGENCY_GROUNDS, required=True),
        "hearing.working_days": POSITIVE,
        "appeal.working_days": POSITIVE,
        "suspension.district_may_suspend": FLAG,
        "blacklist.enabled": FLAG,
        "blacklist.on_grounds": _words(*SUPERVISOR_GROUNDS),
        "blacklist.review_required": FLAG,
        "blacklist.review_months": POSITIVE,
        "blacklist.public": FLAG,
        "taint.grounds": _words(*SUPERVISOR_GROUNDS),
        # Draw and team: D16 to D19, B028, Y096, A01, A02, A09, A10, A25, A26
        "sampling.min_ratio": _overlaid(Key(Form.RATIO), Tighter.HIGHER),
        "sampling.unit": _choice("SESSION", "BATCH", "AGENCY", "CANDIDATE"),
        "sampling.period": _choice("MONTH", "QUARTER", "YEAR"),
        "team.min": _overlaid(Key(Form.INTEGER, least=1, required=True), Tighter.HIGHER),
        "team.min_for_center": POSITIVE,
        "team.extra_above": _overlaid(COUNT, Tighter.LOWER),
        "team.extra_mandatory": FLAG,
        "selection.method": _choice("RANDOM", "ROTATION", "RANDOM_WITH_ROTATION", required=True),
        "selection.weight_most": POSITIVE,
        "rotation.last_n": _overlaid(POSITIVE, Tighter.HIGHER),
        "rotation.cooldown_days": _overlaid(POSITIVE, Tighter.HIGHER),
        "recusal.rules": _words("OWN_AGENCY", "SAME_SESSION_ASSESSOR", "OVERLAPPING_ASSESSOR", required=True),
        "recusal.assessor_months": _overlaid(POSITIVE, Tighter.HIGHER),
        "assignment.reply_hours": _overlaid(Key(Form.INTEGER, least=1, required=True), Tighter.LOWER),
        # Inspection: D20 to D23, D27, D28, A17, A18
        "inspection.forms": _words("ONSITE", "SPECIAL", "ANNUAL", "SPOT_CHECK", "COMPREHENSIVE", required=True),
        "inspection.desk_modes": _words("EXAM", "PROCESS", "DIRECT", "RESULT"),
        "checklist.templates": _words("EXAM", "PROCESS", "DIRECT_RESULT", "ONSITE_SCORED", "ANNUAL", "AGENCY", required=True),
        "checklist.scale": _choice("YES_NO", "SCORE", required=True),
        "checklist.no_needs_remark": FLAG,
        # N10: in which forms of inspection every member answers alone first
        "checklist.entered_alone": _overlaid(_words("ONSITE", "SPECIAL", "ANNUAL", "SPOT_CHECK", "COMPREHENSIVE"), Tighter.MORE),
        "notice.mode": _choice("ADVANCE", "ON_ARRIVAL", required=True),
        "workflow.steps": _words("NOTICE", "CHECKLIST", "OPINION", "RECTIFICATION", "SUPERVISION_REPORT", "FILING_OPINION", required=True),
        "workflow.rectification": FLAG,
        "workflow.strict_order": FLAG,
        "rectification.working_days": _overlaid(POSITIVE, Tighter.LOWER),
        "rectification.warn_days": COUNT,
        "rectification.extension_working_days": POSITIVE,
        "opinion_letter.working_days": POSITIVE,
        "supervision_report.working_days": POSITIVE,
        "internal.required_per_session": _overlaid(FLAG, Tighter.ON),
        "annual_inspection.period": _choice("YEAR"),
        "annual_inspection.team_min": POSITIVE,
        "annual_inspection.excellent_from": COUNT,
        "annual_inspection.good_from": COUNT,
        "annual_inspection.qualified_from": COUNT,
        "stipend.enabled": FLAG,
        # Returns, filing, complaints, disclosure, the rest: D24, D29 to D31, A03, A04, A21
        "monthly_return.due_day": POSITIVE,
        "monthly_return.remind_day": POSITIVE,
        "monthly_return.inclusive": FLAG,
        "monthly_return.holiday_roll": _choice("NONE", "NEXT_WORKDAY"),
        "monthly_return.nil_required": FLAG,
        "serious_violation_report.hours": _overlaid(POSITIVE, Tighter.LOWER),
        "serious_violation_report.kinds": _words("SERIOUS_VIOLATION", "MAJOR_ISSUE"),
        "filing.district_may_refuse": FLAG,
        "complaints.enabled": FLAG,
        "complaint.working_days": POSITIVE,
        "disclosure.enabled": FLAG,
        "disclosure.fields": _words("PLAN_DIGEST", "TARGETS", "RESULT"),
        "roster.entry_working_days": POSITIVE,
        "roster.verify_months": POSITIVE,
        "retention.years": POSITIVE,
        "retention.purge": FLAG,
        "overlay.allowed": FLAG,
    }
)


def is_condition(text: str) -> bool:
    """`RANK>=SENIOR_3`, `ASSESSOR_YEARS>=3`, `HEALTHY` and the like."""
    word, compared, floor = text.partition(">=")
    if not compared:
        return word in ATTESTED
    if word in YEARS:
        return floor.isascii() and floor.isdigit()
    return (word == "RANK" and floor in set(SkillLevel)) or (word == "TITLE" and floor in set(Title))
