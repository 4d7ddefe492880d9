"""The steps with people, cards, terms and returns by the verbs of the domain."""

import secrets
from datetime import timedelta

from sqlmodel import SQLModel

from domain import assessments, jobs, returns
from domain import supervisors as people
from domain.calendar import Month, shanghai_day
from domain.reminders import Due
from models.assessments import TermResult
from models.organizations import Organization
from models.returns import MonthlyReturn
from models.supervisors import Appointment, Person, SkillLevel, Supervisor, SupervisorKind
from tests.histories.hand import Hand, NotDue
from tests.histories.serving import CARD_DAYS
from tests.histories.told import Row
from tests.making_returns import again


async def file(hand: Hand, month: str) -> SQLModel:
    world = hand.world
    home, who = (world.districts[0], "district_clerk_0") if world.districts else (world.center, "center_clerk")
    return (await returns.submit(hand.session, await again(hand.session, Organization, home.id), Month.parse(month), note=None, act=hand.act(who)))[0]


async def take(hand: Hand, filing: Row) -> None:
    await returns.accept(hand.session, await hand.row(MonthlyReturn, filing), act=hand.act("center_clerk"))


async def give_back(hand: Hand, filing: Row) -> None:
    await returns.send_back(hand.session, await hand.row(MonthlyReturn, filing), "缺数", act=hand.act("center_clerk"))


async def enlist(hand: Hand, person: Row) -> None:
    who = await again(hand.session, Person, person["person"])
    kind, home = SupervisorKind.EXTERNAL, await again(hand.session, Organization, hand.world.center.id)
    await people.enlist(hand.session, home, who, kind=kind, act=hand.act("center_admin"), level=SkillLevel.SENIOR_3)


async def issue(hand: Hand, person: Row) -> SQLModel:
    today, row = shanghai_day(hand.h["now"]), await hand.row(Supervisor, person)
    dated = {"valid_from": today, "valid_until": today + timedelta(days=CARD_DAYS)}
    return (await people.issue_card(hand.session, row, number=secrets.token_hex(6), act=hand.act("center_admin"), **dated))[0]


async def appoint(hand: Hand, person: Row) -> SQLModel:
    row = await hand.row(Supervisor, person)
    return (await people.appoint(hand.session, row, starts_on=shanghai_day(hand.h["now"]), act=hand.act("center_admin")))[0]


async def warn(hand: Hand, person: Row, term: Row) -> None:
    if not await jobs.warn(hand.session, Due(term["id"], hand.world.center.id), hand.act("center_admin")):
        raise NotDue


async def expire(hand: Hand, person: Row, term: Row) -> None:
    if not await jobs.expire(hand.session, Due(term["id"], hand.world.center.id), hand.act("center_admin")):
        raise NotDue


async def evaluate(hand: Hand, person: Row, term: Row, fulfilled: bool) -> None:
    result = TermResult.FULFILLED if fulfilled else TermResult.UNFULFILLED
    await assessments.evaluate(hand.session, await hand.row(Appointment, term), result, statement="评价", act=hand.act("center_admin"))


async def renew(hand: Hand, person: Row, term: Row) -> SQLModel:
    return (await assessments.renew(hand.session, await hand.row(Appointment, term), act=hand.act("center_admin")))[0]
