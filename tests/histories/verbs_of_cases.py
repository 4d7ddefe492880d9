"""The steps of cases against people and of the blacklist by the verbs of the domain."""

import secrets
from datetime import timedelta

from sqlmodel import SQLModel

from domain import appeals, blacklist, cases, hearings, proposals, sanctions
from domain.calendar import shanghai_day
from domain.cases import Decision
from domain.hearings import Sitting
from domain.sanctions import Ruling
from models.cases import BlacklistEntry, Ground, SupervisorCase
from models.supervisors import Card
from tests.histories.hand import Hand
from tests.histories.serving import ADMIN
from tests.histories.told import Row


async def accuse(hand: Hand, person: Row, card: Row, ground: str) -> SQLModel:
    row = await hand.row(Card, card)
    return (await cases.open_case(hand.session, row, ground=Ground(ground), facts="未到现场", act=hand.act("center_admin")))[0]


async def hear(hand: Hand, case: Row, days: int | None) -> None:
    sitting = None if days is None else Sitting(shanghai_day(hand.h["now"]) + timedelta(days=days), "会议室")
    await hearings.hear(hand.session, await hand.row(SupervisorCase, case), sitting, act=hand.act("center_admin"))


async def state(hand: Hand, case: Row, waived: bool) -> None:
    words = None if waived else "当日道路中断"
    await hearings.state(hand.session, await hand.row(SupervisorCase, case), words, act=hand.of(case["person"]))


def decision() -> Decision:
    return Decision("调查报告", secrets.token_hex(6))


async def criticize(hand: Hand, case: Row, where: str) -> None:
    authority = "人事处" if hand.h["rules"]["by_employer"] else None
    ruling = Ruling(authority, shanghai_day(hand.h["now"]), decision())
    await sanctions.criticize(hand.session, await hand.row(SupervisorCase, case), ruling, criticism="须到场", act=hand.act(ADMIN[where]))


async def suspend(hand: Hand, case: Row, where: str) -> None:
    await cases.suspend(hand.session, await hand.row(SupervisorCase, case), decision(), act=hand.act(ADMIN[where]))


async def revoke(hand: Hand, case: Row, ground: str, by: str) -> None:
    row = await hand.row(SupervisorCase, case)
    await cases.revoke(hand.session, row, decision(), ground=Ground(ground), act=hand.act(by))


async def confirm(hand: Hand, case: Row, by: str) -> SQLModel | None:
    return (await cases.confirm(hand.session, await hand.row(SupervisorCase, case), act=hand.act(by))).entry


async def restore(hand: Hand, case: Row, where: str) -> None:
    await cases.restore(hand.session, await hand.row(SupervisorCase, case), "已改正", act=hand.act(ADMIN[where]))


async def drop(hand: Hand, case: Row) -> None:
    await cases.close(hand.session, await hand.row(SupervisorCase, case), "查无实据", act=hand.act("center_admin"))


async def appeal(hand: Hand, case: Row) -> None:
    by = hand.of(case["person"]).by
    await appeals.appeal(hand.session, await hand.row(SupervisorCase, case), "并非拒绝到场", by=by, at=hand.h["now"])


async def let_stand(hand: Hand, case: Row, by: str) -> None:
    await appeals.uphold(hand.session, await hand.row(SupervisorCase, case), "维持", act=hand.act(by))


async def take_back(hand: Hand, case: Row, by: str) -> None:
    await appeals.lift(hand.session, await hand.row(SupervisorCase, case), "重新查明", act=hand.act(by))


async def propose(hand: Hand, case: Row) -> None:
    await proposals.propose(hand.session, await hand.row(SupervisorCase, case), "报告", reason="列入", act=hand.act("center_admin"))


async def review(hand: Hand, entry: Row, by: str) -> None:
    await blacklist.review(hand.session, await hand.row(BlacklistEntry, entry), "申请修复", act=hand.act(by))


async def uphold(hand: Hand, entry: Row, by: str) -> None:
    await blacklist.uphold(hand.session, await hand.row(BlacklistEntry, entry), "维持", act=hand.act(by))


async def lift(hand: Hand, entry: Row, by: str) -> None:
    await blacklist.lift(hand.session, await hand.row(BlacklistEntry, entry), "解除", act=hand.act(by))
