"""Who takes the steps of a history by the verbs of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act
from models.supervisors import Supervisor
from tests.histories.told import History, Row
from tests.world import World

Kind = TypeVar("Kind", bound=SQLModel)


class NotDue(Exception):  # noqa: N818 - a job that found nothing to do
    """A step that the clock takes, before its time."""


@dataclass
class Hand:
    """Who does it, for whom, when; and the stored rows that the model speaks of."""

    world: World
    session: AsyncSession
    h: History

    def act(self, who: str) -> Act:
        return self.world.act(who, at=self.h["now"])

    @property
    def dispatcher(self) -> Act:
        return self.act(self.h["rules"]["dispatcher"])

    def of(self, person: Row) -> Act:
        return self.act(person["name"])

    async def row(self, model: type[Kind], told: Row) -> Kind:
        found = await self.session.get(model, told["id"])
        assert found is not None
        self.h["kept"][told["id"]] = found
        return found

    async def paper(self, model: type[Kind], visit: Row) -> Kind:
        return (await self.session.exec(select(model).where(col(getattr(model, "inspection_id")) == visit["id"]))).one()  # noqa: B009

    async def team(self, told: Sequence[Row]) -> list[Supervisor]:
        return [await self.row(Supervisor, one) for one in told]
