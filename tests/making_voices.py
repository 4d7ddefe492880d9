"""Reports, cases against agencies and complaints by the verbs of the domain, as far as a test needs them; and rules with more in them."""

from datetime import date, datetime, timedelta
from typing import Any

from domain import agency_cases, complaints, violations
from domain.agency_cases import Charge, Ruling
from domain.complaints import Received
from domain.organizations import publish_profile
from domain.profiles import parse_profile
from domain.violations import Alleged
from models.agency_cases import AgencyCase, AgencyCaseStatus, AgencyGround
from models.complaints import Complaint, ComplaintStatus
from models.organizations import Organization
from models.sessions import RecognitionSession
from models.violations import SeriousViolationKind, SeriousViolationReport, SeriousViolationStatus
from tests.making_returns import again
from tests.world import ID_KEYS, PROFILES, World

COMPLAINTS = (
    '"complaints.enabled" = { value = true, article = "000 §8(六)" }',
    '"complaint.working_days" = { value = 15, article = "default 1.5" }',
)
RUNGS = '"CRITICIZED", "ORDERED", "HR_REFERRED", "DISQUALIFIED", "CREDIT_ENTRY", "FILING_REFUSED"'
GROUNDS = (
    '"WITHHOLDS_INFORMATION", "SILENCES_WITNESSES", "REFUSES_IMPROVEMENT", "DECEIVES_SUPERVISION", "RETALIATES", "OTHER_OBSTRUCTION", '
    '"FRAUD_IN_RECOGNITION", "SERIOUS_VIOLATION", "ADVERSE_SOCIAL_IMPACT", "SAFETY_ACCIDENT", "MASS_INCIDENT"'
)
LADDERS = (
    f'"sanctions.agency.ladder" = {{ value = [{RUNGS}], article = "000 §20; 003 §16" }}',
    f'"grounds.agency" = {{ value = [{GROUNDS}], article = "000 §20; 003 §16" }}',
)
"""Both ladders of a third jurisdiction (D25): there cases and filing meet."""

NAME, CONTACT = "举报人甄某", "13900001111"


async def ruled(world: World, *lines: str) -> None:
    """The rules of the world with these lines, in place of what they said there before."""
    keys = {line.split(" = ")[0] for line in lines}
    text = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if line.split(" = ")[0] not in keys]
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        profile = parse_profile("\n".join([*kept, *lines]), effective_from=date(2024, 1, 2))
        await publish_profile(session, center, profile, act=world.act("center_admin"))


async def reported(
    world: World,
    *,
    to: SeriousViolationStatus = SeriousViolationStatus.RAISED,
    by: Any = "center_clerk",
    direct: bool = False,
    about: RecognitionSession | None = None,
    found: datetime | None = None,
) -> SeriousViolationReport:
    """A major issue at the first agency, found an hour ago; received and looked into where `to` says so."""
    alleged = Alleged(SeriousViolationKind.MAJOR_ISSUE, "替考三人", found or world.now - timedelta(hours=1), about)
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        row, _ = await violations.raise_report(session, agency, alleged, act=world.act(by), direct=direct)
        if to is not SeriousViolationStatus.RAISED:
            await violations.receive(session, row, act=world.act("center_clerk"))
        if to is SeriousViolationStatus.INVESTIGATING:
            await violations.investigate(session, row, act=world.act("center_clerk"))
    return row


async def accused(world: World, *, to: AgencyCaseStatus = AgencyCaseStatus.OPENED, by: str = "center_admin", **charge: Any) -> AgencyCase:
    """A case against the first agency, brought up the ladder as far as `to`. The rules must have that ladder."""
    said = Charge(**{"ground": AgencyGround.RETALIATES, "facts": "打击督导员"} | charge)
    act, ruling = world.act(by), Ruling("人社令〔2026〕1号", date(2026, 9, 1))
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        row, _ = await agency_cases.open_case(session, agency, said, act=act)
        order = list(AgencyCaseStatus)
        if order.index(to) >= order.index(AgencyCaseStatus.CRITICIZED):
            await agency_cases.criticize(session, row, "予以批评。", act=act)
        if order.index(to) >= order.index(AgencyCaseStatus.ORDERED):
            await agency_cases.order(session, row, "十五日内改正。", act=act)
        if order.index(to) >= order.index(AgencyCaseStatus.HR_REFERRED):
            await agency_cases.refer(session, row, ruling, reason="拒不改正", act=act)
    return row


async def complained(world: World, *, to: ComplaintStatus = ComplaintStatus.RECEIVED, by: str = "center_clerk", anonymous: bool = False) -> Complaint:
    """About the first agency, brought on by the center's clerk as far as `to`. The rules must know complaints."""
    received = Received("考场秩序混乱", None, None if anonymous else NAME, None if anonymous else CONTACT)
    clerk, admin = world.act("center_clerk"), world.act("center_admin")
    order = list(ComplaintStatus)
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        row, _ = await complaints.receive(session, agency, received, keys=ID_KEYS, act=world.act(by))
        if order.index(to) >= order.index(ComplaintStatus.ASSIGNED):
            await complaints.assign_officer(session, row, clerk.by, act=admin)
        if order.index(to) >= order.index(ComplaintStatus.INVESTIGATING):
            await complaints.investigate(session, row, act=clerk)
        if order.index(to) >= order.index(ComplaintStatus.SUBSTANTIATED):
            await complaints.conclude(session, row, "情况属实。", substantiated=True, act=clerk)
        if order.index(to) >= order.index(ComplaintStatus.ANSWERED):
            await complaints.answer(session, row, "已责令改正。", act=clerk)
    return row
