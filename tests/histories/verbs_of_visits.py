"""The steps of a visit by the verbs of the domain."""

from datetime import datetime, timedelta

from sqlmodel import SQLModel

from domain import checklists, directed, extensions, inspections, offers, opinions, refusals
from domain import sessions as recognitions
from domain.answers import Part
from domain.calendar import shanghai_day
from domain.organizations import rules_for
from domain.sessions import Details
from domain.visits import visit_to
from models.dispatch import Assignment
from models.inspections import Inspection, InspectionForm, Venue
from models.opinions import OpinionLetter, Rectification
from models.organizations import Organization
from models.sessions import RecognitionMode, RecognitionSession
from models.supervisors import SkillLevel, Supervisor
from tests.histories.hand import Hand
from tests.histories.told import Row
from tests.making_returns import again, answered
from tests.world import ID_KEYS


async def plan(hand: Hand, agency: int, mode: str, starts: datetime, ends: datetime) -> SQLModel:
    said = Details(
        occupation="电工",
        level=SkillLevel.SENIOR_3,
        mode=RecognitionMode(mode),
        candidate_count=40,
        place="实训楼",
        starts_at=starts,
        ends_at=ends,
    )
    act = hand.act(f"agency_admin_{agency}")
    row = await recognitions.drafted(hand.session, hand.world.agencies[agency].id, said, act=act)
    await recognitions.register(hand.session, row, keys=ID_KEYS, act=act)
    return row


async def dispatch(hand: Hand, session: Row, team: list[Row]) -> SQLModel:
    place = await hand.row(RecognitionSession, session)
    force = await rules_for(hand.session, place.center_id, on=shanghai_day(hand.h["now"]))
    visit = visit_to(place, Venue.ONSITE, at=hand.h["now"], rules=force.rules)
    return await inspections.dispatch(hand.session, place, await hand.team(team), visit=visit, act=hand.dispatcher)


async def direct(hand: Hand, session: Row, team: list[Row]) -> SQLModel:
    place, sent = await hand.row(RecognitionSession, session), await hand.team(team)
    if hand.h["rules"]["once"]:
        row, _ = await directed.spot_check(hand.session, place, sent, check=directed.Check(), act=hand.dispatcher)
        return row
    agency = await again(hand.session, Organization, place.agency_id)
    errand = directed.Errand(form=InspectionForm.SPECIAL, topic="安全", recognition=place)
    return (await directed.send(hand.session, agency, errand, team=sent, act=hand.dispatcher))[0]


async def accept(hand: Hand, place: Row) -> None:
    await offers.accept(hand.session, await hand.row(Assignment, place), act=hand.of(place["person"]))


async def decline(hand: Hand, place: Row) -> SQLModel | None:
    return (await refusals.decline(hand.session, await hand.row(Assignment, place), "有事", act=hand.of(place["person"])))[1]


async def lapse(hand: Hand, place: Row) -> SQLModel | None:
    return (await refusals.lapse(hand.session, await hand.row(Assignment, place), act=hand.dispatcher))[1]


async def recuse(hand: Hand, place: Row) -> None:
    await offers.recuse(hand.session, await hand.row(Assignment, place), "回避", act=hand.of(place["person"]))


async def excuse(hand: Hand, place: Row) -> None:
    await offers.excuse(hand.session, await hand.row(Assignment, place), "生病", act=hand.dispatcher)


async def withdraw(hand: Hand, place: Row) -> None:
    await offers.withdraw(hand.session, await hand.row(Assignment, place), "撤回", act=hand.dispatcher)


async def no_show(hand: Hand, place: Row) -> None:
    await offers.mark_no_show(hand.session, await hand.row(Assignment, place), act=hand.dispatcher)


async def replace(hand: Hand, place: Row, person: Row) -> SQLModel:
    left, other = await hand.row(Assignment, place), await hand.row(Supervisor, person)
    return (await directed.replace(hand.session, left, other, act=hand.dispatcher))[0]


async def notify(hand: Hand, visit: Row) -> None:
    await inspections.notify(hand.session, await hand.row(Inspection, visit), act=hand.dispatcher)


async def cancel(hand: Hand, visit: Row) -> None:
    await inspections.cancel(hand.session, await hand.row(Inspection, visit), "停电", act=hand.dispatcher)


async def check_in(hand: Hand, visit: Row, person: Row) -> None:
    await checklists.check_in(hand.session, await hand.row(Inspection, visit), act=hand.of(person))


async def depart(hand: Hand, visit: Row, person: Row) -> None:
    await checklists.depart(hand.session, await hand.row(Inspection, visit), act=hand.of(person))


async def fill(hand: Hand, visit: Row, person: Row, part: str) -> None:
    row, act = await hand.row(Inspection, visit), hand.of(person)
    lines = answered((await checklists.sheet_of(hand.session, row)).items, part=Part(part)) if visit["opened"] else []
    await checklists.save(hand.session, row, lines, advice="加强管理" if part == "SITE" else None, act=act)


async def sign(hand: Hand, visit: Row, person: Row, part: str) -> None:
    await checklists.sign(hand.session, await hand.row(Inspection, visit), Part(part), act=hand.of(person))


fill_after, sign_after = fill, sign


async def draft(hand: Hand, visit: Row, person: Row, rectify: bool) -> None:
    row = await hand.row(Inspection, visit)
    await opinions.draft(hand.session, row, "须整改。", requires_rectification=rectify, act=hand.of(person))


async def serve(hand: Hand, visit: Row) -> None:
    await opinions.serve(hand.session, await hand.paper(OpinionLetter, visit), act=hand.dispatcher)


async def rectify(hand: Hand, visit: Row) -> None:
    act = hand.act(f"agency_admin_{visit['session']['agency']}")
    await opinions.submit_rectification(hand.session, await hand.paper(Rectification, visit), "已整改。", act=act)


async def send_back(hand: Hand, visit: Row) -> None:
    await opinions.send_back_rectification(hand.session, await hand.paper(Rectification, visit), "未改。", act=hand.dispatcher)


async def approve(hand: Hand, visit: Row) -> None:
    await opinions.accept_rectification(hand.session, await hand.paper(Rectification, visit), act=hand.dispatcher)


async def ask_time(hand: Hand, visit: Row, days: int) -> None:
    act, until = hand.act(f"agency_admin_{visit['session']['agency']}"), visit["due"] + timedelta(days=days)
    await extensions.request(hand.session, await hand.paper(Rectification, visit), until, reason="设备未到货", act=act)


async def grant_time(hand: Hand, visit: Row) -> None:
    await extensions.grant(hand.session, await hand.paper(Rectification, visit), act=hand.dispatcher)


async def refuse_time(hand: Hand, visit: Row) -> None:
    await extensions.refuse(hand.session, await hand.paper(Rectification, visit), "无正当理由", act=hand.dispatcher)


async def report(hand: Hand, visit: Row, person: Row) -> None:
    await opinions.report(hand.session, await hand.row(Inspection, visit), "督导报告。", act=hand.of(person))


async def close(hand: Hand, visit: Row) -> None:
    await opinions.close(hand.session, await hand.row(Inspection, visit), act=hand.dispatcher)
