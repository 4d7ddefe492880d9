"""Reports, credit entries, cases against agencies, obstructions and complaints of a crowd: of each one in every state."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from models.agency_cases import AgencyCase, AgencyCaseOrigin, AgencyCaseStatus, AgencyGround, Obstruction
from models.complaints import Complainant, Complaint, ComplaintStatus
from models.credit import CreditEntry, CreditGround
from models.inspections import Inspection
from models.violations import ReportChannel, SeriousViolationKind, SeriousViolationReport, SeriousViolationStatus

DECIDED = {SeriousViolationStatus.UPHELD, SeriousViolationStatus.DISMISSED}
UNTOLD = {AgencyCaseStatus.OPENED, AgencyCaseStatus.DISMISSED}
ORDERED = {AgencyCaseStatus.ORDERED, AgencyCaseStatus.HR_REFERRED, AgencyCaseStatus.DISQUALIFIED}
ENDED = {AgencyCaseStatus.DISQUALIFIED, AgencyCaseStatus.RECTIFIED, AgencyCaseStatus.DISMISSED}
WORKED_ON = {ComplaintStatus.RECEIVED, ComplaintStatus.ASSIGNED, ComplaintStatus.INVESTIGATING}
ANSWERED = {ComplaintStatus.ANSWERED, ComplaintStatus.CLOSED}


async def voices(crowd: Any, visits: Sequence[Inspection]) -> None:
    for n, agency in enumerate(crowd.world.agencies):
        theirs = [one for one in visits if one.agency_id == agency.id]
        for status in SeriousViolationStatus:
            await report(crowd, agency, status, about=crowd.maybe(crowd.dice.choice(theirs)) if theirs else None)
        for status in AgencyCaseStatus:
            await case(crowd, agency, status, visit=crowd.dice.choice(theirs) if theirs else None)
        for m, status in enumerate(ComplaintStatus):
            await complaint(crowd, agency, status, number=n + m)


async def report(crowd: Any, agency: Any, status: SeriousViolationStatus, *, about: Inspection | None) -> None:
    dice, now = crowd.dice, crowd.world.now
    channel = dice.choice(list(ReportChannel))
    found = now - timedelta(hours=dice.choice([0, 1, 23, 24, 25, 100]), microseconds=dice.choice([0, 1]))
    row = SeriousViolationReport(
        **crowd.tenants(agency) | {"district_id": agency.district_id if channel is ReportChannel.DISTRICT else None},
        area_id=agency.district_id,
        kind=dice.choice(list(SeriousViolationKind)),
        advice=crowd.maybe("建议'停考"),
        channel=channel,
        status=status,
        facts="替考'三人'",
        recognition_session_id=about.recognition_session_id if about else None,
        inspection_id=about.id if about and channel is not ReportChannel.CENTER else None,
        person_id=dice.choice(crowd.people).id,
        discovered_at=found,
        raised_at=now,
        due_at=crowd.maybe(found + timedelta(hours=24)),
        received_at=None if status is SeriousViolationStatus.RAISED else now,
        decided_by=crowd.people[0].id if status in DECIDED else None,
        decided_at=now if status in DECIDED else None,
        reason="经核实" if status in DECIDED else None,
        profile_id=crowd.profile,
    )
    await crowd.keep(row)
    await crowd.keep(
        CreditEntry(
            **crowd.tenants(agency),
            ground=dice.choice(list(CreditGround)),
            document="报告'",
            facts="替考",
            occurred_on=date(2026, 9, dice.randrange(1, 16)),
            recorded_at=now,
            recorded_by=crowd.people[0].id,
            organization_id=dice.choice([agency.district_id, agency.center_id]) or agency.center_id,
            serious_violation_report_id=row.id if status is SeriousViolationStatus.UPHELD else None,
            profile_id=crowd.profile,
        )
    )


async def case(crowd: Any, agency: Any, status: AgencyCaseStatus, *, visit: Inspection | None) -> None:
    """Half of them opened by an obstruction, which went to the center as a report where there is no case."""
    dice, now = crowd.dice, crowd.world.now
    told, ordered = status not in UNTOLD, status in ORDERED or (dice.random() < 0.3 and status not in UNTOLD)
    referred, gone = status in {AgencyCaseStatus.HR_REFERRED, AgencyCaseStatus.DISQUALIFIED}, status is AgencyCaseStatus.DISQUALIFIED
    row = AgencyCase(
        **crowd.tenants(agency),
        staff_name=None if gone else crowd.maybe("周'某"),
        ground=list(AgencyGround)[len(status) % 6],
        origin=dice.choice(list(AgencyCaseOrigin)),
        serious=dice.random() < 0.5,
        facts="拒绝提供资料",
        status=status,
        recognition_session_id=visit.recognition_session_id if visit and dice.random() < 0.5 else None,
        opener_id=dice.choice([agency.id, agency.center_id]),
        opened_by=dice.choice(crowd.people).id,
        criticism="批评" if told else None,
        criticized_at=now if told else None,
        correction="补交" if ordered else None,
        due_on=date(2026, 10, 9) if ordered else None,
        hr_order_number="人社〔1〕" if referred else None,
        hr_ordered_on=date(2026, 9, 1) if referred else None,
        hr_decision_number="人社〔2〕" if gone else None,
        hr_decided_on=date(2026, 9, 15) if gone else None,
        closed_at=now if status in ENDED else None,
        reason=crowd.maybe("已改正"),
        profile_id=crowd.profile,
    )
    await crowd.keep(row)
    if visit is not None:
        await crowd.keep(
            Obstruction(
                **crowd.tenants(agency),
                inspection_id=visit.id,
                ground=row.ground,
                facts="不开门'",
                happened_at=now - timedelta(minutes=dice.randrange(5)),
                recorded_at=now,
                person_id=dice.choice(crowd.people).id,
                agency_case_id=row.id,
            )
        )


async def complaint(crowd: Any, agency: Any, status: ComplaintStatus, *, number: int) -> None:
    dice, now = crowd.dice, crowd.world.now
    concluded, answered = status not in WORKED_ON, status in ANSWERED
    row = Complaint(
        **crowd.tenants(agency),
        status=status,
        receiver_id=dice.choice([agency.district_id, agency.center_id]) or agency.center_id,
        received_by=crowd.people[0].id,
        received_at=now + timedelta(microseconds=number),
        anonymous=number % 2 == 0,
        facts="考场\n混乱",
        due_on=date(2026, 9, dice.randrange(14, 19)),
        person_id=None if status is ComplaintStatus.RECEIVED else dice.choice(crowd.people).id,
        assigned_at=crowd.maybe(now),
        substantiated=dice.random() < 0.5 if concluded else None,
        conclusion="属实'" if concluded else None,
        answer="已处理" if answered else None,
        answered_at=now if answered else None,
        closed_at=now if status is ComplaintStatus.CLOSED else None,
        profile_id=crowd.profile,
    )
    await crowd.keep(row)
    if not row.anonymous:
        await crowd.keep(Complainant(**crowd.tenants(agency), complaint_id=row.id, identity=dice.randbytes(60)))
