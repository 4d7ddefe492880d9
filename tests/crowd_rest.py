"""The rest of a crowd: draws, cases, returns and imports."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.cases import BlacklistEntry, BlacklistQuery, BlacklistStatus, CaseOrigin, Ground, Sanction, SupervisorCase, SupervisorCaseStatus
from models.disclosures import Disclosure
from models.dispatch import Draw, DrawPerson, DrawPick, DrawStatus
from models.filings import FilingDecision, FilingGround, FilingRefusal, FilingRefusalStatus, FilingStatus
from models.imports import RosterImport, RosterImportStatus, RosterKind, Upload
from models.requests import Request
from models.returns import MonthlyReturn, MonthlyReturnStatus, Timeliness
from models.sessions import RecognitionSession
from models.supervisors import Card, Supervisor

LINE = {
    **dict.fromkeys(("inspection", "recognition_session"), "0" * 32),
    **dict.fromkeys(("agency", "credit_code", "occupation", "held_on", "scheduled_on", "closed_on"), "字'"),
    **dict.fromkeys(("candidate_count", "team_size", "yes", "no", "not_applicable", "not_observed"), 3),
    "level": "JUNIOR_5",
    "mode": "EXAM",
    "findings": ["1", "2"],
    "rectification": None,
}
PROBLEM = {"line": 2, "code": "CREDIT_CODE", "hint": "空'", "column": "姓名"}


async def draws(crowd: Any, sessions: Sequence[RecognitionSession], supervisors: Sequence[Supervisor]) -> None:
    dice, profile, world = crowd.dice, crowd.profile, crowd.world
    for place in (world.center, *world.districts):
        for n, status in enumerate(DrawStatus, start=1):
            tenants = crowd.tenants(place)
            draw = Draw(
                dispatcher_id=place.id,
                month=f"2026-0{n}",
                status=status,
                ran_by=dice.choice(crowd.people).id,
                profile_id=profile,
                algorithm="dudao-draw-1",
                pool="{}",
                weights=[{"agency": world.agencies[0].id.hex, "compared": 18, "missed": n, "weight": 2}] if n > 1 else [],
                pool_digest="a" * 64,
                secret="b" * 64,
                commitment="c" * 64,
                seed=None if status is DrawStatus.POOL_FROZEN else "d" * 64,
                void_reason="错" if status is DrawStatus.VOIDED else None,
                **tenants,
            )
            await crowd.keep(draw)
            chosen = dice.sample(sessions, 3)
            picks = [
                DrawPick(draw_id=draw.id, recognition_session_id=one.id, position=place_, large=dice.random() < 0.5, **tenants)
                for place_, one in enumerate(chosen)
            ]
            await crowd.keep(*picks)
            for number, one in enumerate(dice.sample(supervisors, 6)):
                pick = dice.choice([None, *picks])
                whose = {"recognition_session_id": pick.recognition_session_id, "draw_pick_id": crowd.maybe(pick.id)} if pick else {}
                reason = crowd.maybe("OWN_AGENCY")
                seat = crowd.maybe(number)
                await crowd.keep(
                    DrawPerson(draw_id=draw.id, supervisor_id=one.id, reason=reason, fact=crowd.maybe("任职'"), seat=seat, **whose, **tenants)
                )


def put(crowd: Any) -> dict[str, Any]:
    """Discipline was recommended, or not."""
    return {"put_to": "人事处", "put_on": crowd.world.now.date()} if crowd.maybe(1) else {}


def heard(crowd: Any, by: UUID, *, spoken: bool) -> dict[str, Any]:
    """Put to a hearing, on a day somewhere or in writing; the person has spoken, has waived it, or neither."""
    today = crowd.world.now.date()
    sitting = {"hearing_on": today, "hearing_place": "三楼'会议室"} if crowd.maybe(1) else {}
    said = {"stated_at": crowd.world.now, "statement": crowd.maybe("情况不属'实")} if spoken else {}
    return {"hearing_by": by, "hearing_until": today, **sitting, **said}


def appealed(crowd: Any, status: SupervisorCaseStatus, by: UUID) -> dict[str, Any]:
    """What the person said against the decision, and who answered it."""
    if status is SupervisorCaseStatus.APPEALED or (status is SupervisorCaseStatus.LIFTED and crowd.maybe(1)):
        said = {"appeal": "不服'处理", "appealed_at": crowd.world.now}
        return said if status is SupervisorCaseStatus.APPEALED else said | {"appeal_reason": "事实不清", "appeal_decided_by": by}
    if status is SupervisorCaseStatus.UPHELD:
        return {"appeal": "不服", "appealed_at": crowd.world.now, "appeal_reason": "事实清楚", "appeal_decided_by": by}
    return {}


async def cases(crowd: Any, cards: Sequence[Card]) -> None:
    dice, world = crowd.dice, crowd.world
    for n, card in enumerate(dice.sample(cards, len(cards) // 2)):
        status = dice.choice(list(SupervisorCaseStatus))
        decided = status not in {SupervisorCaseStatus.OPENED, SupervisorCaseStatus.HEARING}
        by, other, third = dice.sample(crowd.people, 3)
        origin, sanction = dice.choice(list(CaseOrigin)), dice.choice(list(Sanction)) if decided else None
        said = {"criticism": "须按时到场" if sanction is Sanction.CRITICISM else None}
        if sanction in {Sanction.CRITICISM, Sanction.ADMIN_DISCIPLINE}:
            said |= {"authority": "人事'处", "decided_on": world.now.date()}
        row = SupervisorCase(
            **said,
            review_on=world.now.date() if sanction is Sanction.SUSPENSION else None,
            reported_by_id=dice.choice(world.agencies).id if origin is CaseOrigin.AGENCY_REPORT else None,
            **put(crowd),
            **heard(crowd, by.id, spoken=crowd.maybe(1) is not None),
            **appealed(crowd, status, third.id),
            supervisor_id=card.supervisor_id,
            person_id=card.person_id,
            card_id=card.id,
            issuer_id=card.issuer_id,
            origin=origin,
            ground=dice.choice(list(Ground)),
            facts="经查…",
            status=status,
            sanction=sanction,
            decision_number=f"{n}号" if decided else None,
            opened_by=by.id,
            decided_by=by.id if decided else None,
            confirmed_by=other.id if decided else None,
            judicial_number=f"移{n}号" if n % 3 == 0 else None,
            judicial_referred_on=crowd.world.now.date() if n % 3 == 0 else None,
            judicial_referred_by=other.id if n % 3 == 0 else None,
            center_id=card.center_id,
            district_id=card.district_id,
            agency_id=card.agency_id,
        )
        await crowd.keep(row)
        listed = dice.choice(list(BlacklistStatus))
        waits = listed in {BlacklistStatus.PROPOSED, BlacklistStatus.DISMISSED}
        lifted = listed is BlacklistStatus.LIFTED
        await crowd.keep(
            BlacklistEntry(
                person_id=card.person_id,
                case_id=row.id,
                center_id=card.center_id,
                district_id=card.district_id,
                agency_id=card.agency_id,
                proposer_id=card.issuer_id,
                proposed_by=by.id,
                confirmed_by=None if waits else other.id,
                review_by=other.id if lifted or listed is BlacklistStatus.UNDER_REVIEW else None,
                lifted_by=by.id if lifted else None,
                document="报告'",
                listed_by_id=card.issuer_id,
                ground=row.ground,
                decision_number=f"{n}号",
                status=listed,
                listed_on=date(2024, 2, 29),
                review_on=date(2027, 2, 28),
                lifted_at=world.now if lifted else None,
            )
        )
    asked = {"asked_by": crowd.people[0].id, "purpose": "聘任", "subject_digest": b"x" * 32, "listed": False}
    await crowd.keep(BlacklistQuery(organization_id=world.center.id, **asked, **crowd.tenants(world.center)))


async def returns(crowd: Any) -> None:
    for district in crowd.world.districts:
        previous = None
        for edition, status in enumerate(MonthlyReturnStatus, start=1):
            row = MonthlyReturn(
                organization_id=district.id,
                month="2026-08",
                edition=edition,
                status=status,
                timeliness=crowd.dice.choice(list(Timeliness)),
                due_at=crowd.world.now,
                submitted_at=crowd.world.now - timedelta(microseconds=edition),
                sessions_held=10,
                sessions_inspected=3,
                sessions_needed=3,
                lines=[LINE] * crowd.dice.randrange(3),
                differences=[{"inspection": "0" * 32, "change": "ADDED"}] * crowd.dice.randrange(2),
                digest="e" * 64,
                note=crowd.maybe("无"),
                comment="补" if status is MonthlyReturnStatus.SENT_BACK else None,
                previous_id=previous,
                **crowd.tenants(district),
            )
            await crowd.keep(row)
            previous = row.id


async def filings(crowd: Any, sessions: Sequence[RecognitionSession]) -> None:
    """Of every agency a batch of each standing, and of each batch a refusal that was proposed."""
    now, (by, other) = crowd.world.now, crowd.dice.sample(crowd.people, 2)
    for agency in crowd.world.agencies:
        theirs = [one for one in sessions if one.agency_id == agency.id]
        for n, status in enumerate(FilingStatus, start=1):
            issued, decided = status is not FilingStatus.PENDING, status not in {FilingStatus.PENDING, FilingStatus.OPINION_ISSUED}
            batch = crowd.dice.sample(theirs, 2)
            row = FilingDecision(
                month=f"2026-0{n}",
                status=status,
                profile_id=crowd.profile,
                sessions=[{"recognition_session": one.id.hex, "candidate_count": one.candidate_count} for one in batch],
                session_count=2,
                candidate_count=sum(one.candidate_count for one in batch),
                submitted_by=by.id,
                submitted_at=now + timedelta(microseconds=n),
                opinion="符合'要求" if issued else None,
                issued_by=by.id if issued else None,
                issued_at=now if issued else None,
                decided_by=other.id if decided else None,
                decided_at=now if decided else None,
                comment="补材料" if status is FilingStatus.SENT_BACK else None,
                refusal_proposed_by=by.id if status is FilingStatus.REFUSED else None,
                **crowd.tenants(agency),
            )
            await crowd.keep(row)
            await crowd.keep(refusal(crowd, row, by=by.id, other=other.id))


def refusal(crowd: Any, filing: FilingDecision, *, by: UUID, other: UUID) -> FilingRefusal:
    stands = FilingRefusalStatus.CONFIRMED if filing.status is FilingStatus.REFUSED else crowd.dice.choice(list(FilingRefusalStatus))
    decided = stands is not FilingRefusalStatus.PROPOSED
    return FilingRefusal(
        filing_decision_id=filing.id,
        status=stands,
        ground=crowd.dice.choice(list(FilingGround)),
        document="报告'",
        facts="弄虚作假",
        session_count=2,
        candidate_count=80,
        proposer_id=crowd.world.center.id,
        proposed_by=by,
        decided_by=other if decided else None,
        decided_at=crowd.world.now if decided else None,
        reason="查无实据" if stands is FilingRefusalStatus.DISMISSED else None,
        center_id=filing.center_id,
        district_id=filing.district_id,
        agency_id=filing.agency_id,
    )


async def imports(crowd: Any) -> None:
    world, sender = crowd.world, crowd.people[0]
    upload = Upload(
        person_id=sender.id, organization_id=world.center.id, ticket_hash=crowd.dice.randbytes(32), expires_at=world.now, file_name="名'册.csv"
    )
    await crowd.keep(upload)
    await crowd.keep(
        Disclosure(
            at=world.now,
            person_id=sender.id,
            account_id=world.actors["center_admin"].account_id,
            organization_id=world.center.id,
            columns=["Person.phone"],
            operation="",
            document="0" * 64,
            **crowd.tenants(world.center),
        )
    )
    await crowd.keep(Request(person_id=sender.id, organization_id=world.center.id, mutation="uploadIssueTicket", key="1", input_digest=b""))
    for rows_, (kind, status) in enumerate(zip(RosterKind, RosterImportStatus, strict=True)):
        digest = crowd.dice.randbytes(32)
        await crowd.keep(
            RosterImport(
                upload_id=upload.id,
                kind=kind,
                status=status,
                digest=digest,
                rows=3,
                problems=[PROBLEM] * rows_,
                started_by=sender.id,
                **crowd.tenants(world.center),
            )
        )
