"""One prepared case for each mutation of the office: rosters, cards, cases, the blacklist, monthly returns."""

import re
import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from domain import appeals, blacklist, cases, hearings, imports, proposals, returns
from domain.cases import Decision
from domain.organizations import publish_profile
from domain.profiles import parse_profile
from models.base import new_id
from models.cases import BlacklistEntry, Ground, SupervisorCase
from models.imports import RosterImport
from models.organizations import Organization
from models.returns import MonthlyReturn
from models.supervisors import Person, Supervisor
from tests.cases_applications import APPLICATIONS, ONLY_IN_BEIJING
from tests.cases_conflicts import CONFLICTS
from tests.cases_dispatch import DISPATCH, REASON, Prepare
from tests.cases_entries import ENTRIES
from tests.cases_evidence import EVIDENCE
from tests.cases_figures import FIGURES
from tests.cases_filings import FILINGS
from tests.cases_forms import BY_NAME, FORMS
from tests.cases_identity import IDENTITY
from tests.cases_members import MEMBERS
from tests.cases_people import PEOPLE
from tests.cases_policies import POLICIES
from tests.cases_publications import PUBLICATIONS
from tests.cases_rules import BELOW_BEIJING, RULES
from tests.cases_time import TIME
from tests.cases_visits import VISITS
from tests.cases_voices import VOICES
from tests.cases_years import YEARS
from tests.contract import AGAIN, Case, sent
from tests.making_inspections import dispatched
from tests.making_returns import again, returned
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import card_of, supervisor
from tests.making_voices import ruled
from tests.world import ID_KEYS, PROFILES, World, shown

HEADER = "姓名,身份证号,所在评价机构信用代码,督导员类别,证卡编号,发证日期,有效期至,手机号,聘期起,聘期止,技能等级/职称,身体健康"
DISCIPLINED = '"sanctions.supervisor.ladder" = { value = ["CRITICISM", "ADMIN_DISCIPLINE", "SUSPENSION", "REVOCATION"], article = "000 §21" }'
IN_NO_LADDER = frozenset({"supervisorCaseSuspend", "supervisorCaseRestore"})
WITHOUT_DISTRICTS = frozenset({"monthlyReturnSubmit", "monthlyReturnAccept", "monthlyReturnSendBack"})
BY_A_DISTRICT = frozenset({"accountDisable", "accountSetPassword", "membershipDelegate", "membershipEnd", "membershipRecall"})
NOT_IN_YUNNAN = IN_NO_LADDER | WITHOUT_DISTRICTS | BY_A_DISTRICT | ONLY_IN_BEIJING | BELOW_BEIJING | BY_NAME | frozenset(FILINGS)
"""000 §21 knows no suspension (D13), there is nobody to file a return (D24), nothing is filed (D22); some cases are about a district's people."""


async def upload_issue_ticket(world: World) -> Case:
    return Case(world, "center_admin", {"fileName": "督导员名册.csv"}, again=AGAIN)


async def uploaded(world: World) -> UUID:
    """A roster of one supervisor, put to its ticket."""
    line = f"名册甲,{id_number()},,外部质量督导员,{secrets.token_hex(5)},2026-01-05,2029-01-04,,2026-01-05,2029-01-04,三级/高级工,是"
    act = world.act("center_admin")
    async with world.transaction() as session:
        place = imports.ticket("督导员名册.csv", id=new_id(), ticket_hash=secrets.token_bytes(32), act=act)
        session.add(place)
        await imports.receive(session, place, f"{HEADER}\n{line}\n".encode(), keys=ID_KEYS)
    return place.id


async def roster_import_start(world: World) -> Case:
    return Case(world, "center_admin", {"upload": shown("upl", await uploaded(world)), "kind": "SUPERVISORS"}, again=AGAIN)


async def roster_import_commit(world: World) -> Case:
    checked = await roster_import_start(world)
    answer = await sent("rosterImportStart", checked)
    row = (await world.rows(RosterImport, center_id=world.center.id))[-1]
    assert row.problems == [], answer
    return Case(world, "center_admin", {"rosterImport": answer["data"]["rosterImportStart"]["rosterImport"]["id"]})


async def card_issue(world: World) -> Case:
    row, _ = await supervisor(world, carded=False)
    said = {"number": secrets.token_hex(5), "validFrom": "2026-09-01", "validUntil": "2029-09-01"}
    return Case(world, "center_admin", {"supervisor": shown("sup", row.id), **said})


async def second(world: World) -> str:
    """Another administrator of the center: for what takes two."""
    if "center_admin_2" not in world.actors:
        await world.hire("center_admin", world.center, name="center_admin_2")
    return "center_admin_2"


def ground(world: World) -> Ground:
    return Ground.PRIVATE_GAIN if world.districts else Ground.FRAUD


async def opened(world: World, *, of: Supervisor | None = None, by: str = "center_admin") -> SupervisorCase:
    row = of or (await supervisor(world))[0]
    card = await card_of(world, row)
    async with world.transaction() as session:
        case, _ = await cases.open_case(session, await session.merge(card), ground=ground(world), facts="收受礼品", act=world.act(by))
    return case


async def decided(world: World, *, confirmed: bool = False, case: SupervisorCase | None = None) -> SupervisorCase:
    """By the first administrator of the issuer, and confirmed by a second."""
    case, number = case or await opened(world), Decision("调查报告", secrets.token_hex(5))
    home = next(one for one in (world.center, *world.agencies) if one.id == case.issuer_id)
    first = "center_admin" if home is world.center else f"agency_admin_{world.agencies.index(home)}"
    other = await second(world) if home is world.center else await world.hire("agency_admin", home, name="agency_admin_second")
    async with world.transaction() as session:
        row = await again(session, SupervisorCase, case.id)
        await cases.revoke(session, row, number, ground=ground(world), act=world.act(first))
        if confirmed:
            await cases.confirm(session, row, act=world.act(other))
    return row


async def suspended(world: World) -> SupervisorCase:
    case = await opened(world)
    async with world.transaction() as session:
        row = await again(session, SupervisorCase, case.id)
        await cases.suspend(session, row, Decision("调查报告", secrets.token_hex(5)), act=world.act("center_admin"))
    return case


def about(case: SupervisorCase, **said: object) -> dict[str, object]:
    return {"case": shown("scase", case.id), **said}


def written() -> dict[str, object]:
    return {"document": "调查报告第3号", "decisionNumber": secrets.token_hex(5)}


async def case_open(world: World) -> Case:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    return Case(world, "center_admin", {"card": shown("card", card.id), "ground": ground(world).value, "facts": "收受礼品"})


async def case_hear(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), hearingOn="2026-12-01", place="三楼会议室"))


async def case_state(world: World) -> Case:
    row, actor = await supervisor(world)
    case = await opened(world, of=row)
    async with world.transaction() as session:
        await hearings.hear(session, await again(session, SupervisorCase, case.id), None, act=world.act("center_admin"))
    return Case(world, actor, about(case, statement="情况不属实"))


async def case_appeal(world: World) -> Case:
    row, actor = await supervisor(world)
    case = await decided(world, confirmed=True, case=await opened(world, of=row))
    return Case(world, actor, about(case, appeal="原处理事实不清"))


async def case_decide_appeal(world: World) -> Case:
    case = await decided(world, confirmed=True)
    async with world.transaction() as session:
        await appeals.appeal(session, await again(session, SupervisorCase, case.id), "原处理事实不清", by=case.person_id, at=world.now)
    third = await world.hire("center_admin", world.center, name="center_admin_third")
    return Case(world, third, about(case, lifted=True, reason="原处理事实不清"))


async def case_suspend(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), reviewOn="2026-12-01", **written()))


async def case_criticize(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), criticism="态度生硬", authority="考务处", decidedOn="2026-09-10", **written()))


async def case_recommend(world: World) -> Case:
    await ruled(world, DISCIPLINED)
    return Case(world, "center_admin", about(await opened(world), authority="人事处", reason=REASON))


async def case_discipline(world: World) -> Case:
    await ruled(world, DISCIPLINED)
    return Case(world, "center_admin", about(await opened(world), authority="人事处", decidedOn="2026-09-10", **written()))


async def case_revoke(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), ground=ground(world).value, **written()))


async def case_confirm(world: World) -> Case:
    """With an open place in a team, so that everything a revocation ends is there."""
    case = await decided(world)
    (accused,) = await world.rows(Supervisor, id=case.supervisor_id)
    other, _ = await supervisor(world)
    await dispatched(
        world, of=await recognition(world), team=[(accused, world.actors["center_admin"]), (other, world.actors["center_admin"])], accepted=False
    )
    return Case(world, await second(world), about(case))


async def case_restore(world: World) -> Case:
    return Case(world, "center_admin", about(await suspended(world), reason=REASON))


async def case_close(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), reason=REASON))


async def case_refer(world: World) -> Case:
    return Case(world, "center_admin", about(await opened(world), number="移〔2026〕1号", referredOn="2026-09-10"))


async def listed(world: World, *, under_review: bool) -> dict[str, object]:
    case = await decided(world, confirmed=True)
    (entry,) = await world.rows(BlacklistEntry, case_id=case.id)
    if under_review:
        async with world.transaction() as session:
            await blacklist.review(session, await again(session, BlacklistEntry, entry.id), REASON, act=world.act("center_admin"))
    return {"blacklistEntry": shown("blk", entry.id), "reason": REASON}


async def unlisted(world: World, *, of: Supervisor | None = None, by: str = "center_admin") -> SupervisorCase:
    """A revocation whose ground did not list: the rules of its day had another list."""
    text = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8")
    others = re.sub(r'("blacklist.on_grounds" = \{ value = )\[[^]]*\]', r'\1["ABUSE_OF_POWER"]', text)
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        await publish_profile(session, center, parse_profile(others, effective_from=date(2024, 1, 2)), act=world.act("center_admin"))
    return await decided(world, confirmed=True, case=await opened(world, of=of, by=by))


async def put_forward(world: World) -> BlacklistEntry:
    """Proposed by the first administrator of the center."""
    case = await unlisted(world)
    async with world.transaction() as session:
        row = await again(session, SupervisorCase, case.id)
        entry, _ = await proposals.propose(session, row, "调查报告", reason="弄虚作假", act=world.act("center_admin"))
    return entry


async def entry_propose(world: World) -> Case:
    return Case(world, "center_admin", about(await unlisted(world), document="调查报告", reason=REASON))


async def entry_confirm(world: World) -> Case:
    """With an open place under another card, so that everything a listing ends is there."""
    entry = await put_forward(world)
    (person,) = await world.rows(Person, id=entry.person_id)
    inside = await supervisor(world, "INTERNAL", employer=world.agencies[1], person=person)
    await dispatched(world, of=await recognition(world), team=[inside, await supervisor(world)], accepted=False)
    return Case(world, await second(world), {"blacklistEntry": shown("blk", entry.id)})


async def entry_dismiss(world: World) -> Case:
    entry = await put_forward(world)
    return Case(world, "center_admin", {"blacklistEntry": shown("blk", entry.id), "reason": REASON})


async def entry_review(world: World) -> Case:
    return Case(world, "center_admin", await listed(world, under_review=False))


async def entry_uphold(world: World) -> Case:
    return Case(world, "center_admin", await listed(world, under_review=True))


async def entry_lift(world: World) -> Case:
    said = await listed(world, under_review=True)
    return Case(world, await second(world), said)


async def return_submit(world: World) -> Case:
    """The second edition, after a send-back: it moves the first one too."""
    row = await returned(world)
    async with world.transaction() as session:
        await returns.send_back(session, await again(session, MonthlyReturn, row.id), REASON, act=world.act("center_clerk"))
    at = world.now + timedelta(hours=1)
    return Case(world, "district_clerk_0", {"month": "2026-08", "note": "已更正"}, at=at)


async def return_accept(world: World) -> Case:
    return Case(world, "center_clerk", {"monthlyReturn": shown("mret", (await returned(world)).id)})


async def return_send_back(world: World) -> Case:
    return Case(world, "center_clerk", {"monthlyReturn": shown("mret", (await returned(world)).id), "comment": REASON})


OFFICE: Mapping[str, Prepare] = {
    "uploadIssueTicket": upload_issue_ticket,
    "rosterImportStart": roster_import_start,
    "rosterImportCommit": roster_import_commit,
    "cardIssue": card_issue,
    "supervisorCaseOpen": case_open,
    "supervisorCaseCriticize": case_criticize,
    "supervisorCaseRecommend": case_recommend,
    "supervisorCaseDiscipline": case_discipline,
    "supervisorCaseHear": case_hear,
    "supervisorCaseState": case_state,
    "supervisorCaseAppeal": case_appeal,
    "supervisorCaseDecideAppeal": case_decide_appeal,
    "supervisorCaseSuspend": case_suspend,
    "supervisorCaseRevoke": case_revoke,
    "supervisorCaseConfirm": case_confirm,
    "supervisorCaseRestore": case_restore,
    "supervisorCaseClose": case_close,
    "supervisorCaseRefer": case_refer,
    "blacklistEntryPropose": entry_propose,
    "blacklistEntryConfirm": entry_confirm,
    "blacklistEntryDismiss": entry_dismiss,
    "blacklistEntryReview": entry_review,
    "blacklistEntryUphold": entry_uphold,
    "blacklistEntryLift": entry_lift,
    "monthlyReturnSubmit": return_submit,
    "monthlyReturnAccept": return_accept,
    "monthlyReturnSendBack": return_send_back,
}
CASES: Mapping[str, Prepare] = {
    **DISPATCH,
    **VISITS,
    **EVIDENCE,
    **OFFICE,
    **FILINGS,
    **MEMBERS,
    **IDENTITY,
    **PEOPLE,
    **POLICIES,
    **VOICES,
    **FORMS,
    **TIME,
    **APPLICATIONS,
    **RULES,
    **YEARS,
    **FIGURES,
    **ENTRIES,
    **PUBLICATIONS,
    **CONFLICTS,
}
