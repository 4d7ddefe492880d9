"""The same two questions as one usually answers them: Strawberry types, SQLModel rows, a DataLoader for each relation.

It holds no token of rights: the tenant is a filter on each query, which sees the same rows as the service does for a district. Served by the
same server with the same options: `python -m bench.peers.idiomatic <database url> <port>`.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, Self, TypeVar
from uuid import UUID

import strawberry
import uvicorn
from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel, col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from models import checklists, dispatch, inspections, memberships, organizations, supervisors

Row = TypeVar("Row", bound=SQLModel)
Sessions = async_sessionmaker[AsyncSession]

CONNECTIONS = 10
"""As many as a worker of the service has."""


def shown(prefix: str, id: UUID) -> strawberry.ID:
    return strawberry.ID(f"{prefix}_{id.hex}")


class Loaders:
    """One of each for a request, so that rows of one page are fetched together."""

    def __init__(self, sessions: Sessions, district_id: UUID) -> None:
        self.sessions = sessions
        self.district_id = district_id
        self.organizations = DataLoader(self.by_id(organizations.Organization))
        self.supervisors = DataLoader(self.by_id(supervisors.Supervisor))
        self.persons = DataLoader(self.by_id(supervisors.Person))
        place, found = dispatch.Assignment, checklists.Finding
        self.teams = DataLoader(self.of_inspection(place, col(place.dispatcher_id) == district_id, order=(col(place.role), col(place.id))))
        self.findings = DataLoader(self.of_inspection(found, col(found.district_id) == district_id, order=(col(found.item_id), col(found.id))))

    @asynccontextmanager
    async def behind_wall(self) -> AsyncIterator[AsyncSession]:
        """The same second wall as the service stands behind."""
        async with self.sessions() as session:
            entered = select(func.set_config("app.district", str(self.district_id), True), func.set_config("role", "wall_district", True))
            await session.exec(entered)
            yield session

    def by_id(self, model: type[Row]) -> Callable[[list[UUID]], Awaitable[list[Row | None]]]:
        key = col(model.id)  # type: ignore[attr-defined]

        async def load(ids: list[UUID]) -> list[Row | None]:
            async with self.behind_wall() as session:
                rows = (await session.exec(select(model).where(key.in_(ids)))).all()
            found = {row.id: row for row in rows}  # type: ignore[attr-defined]
            return [found.get(one) for one in ids]

        return load

    def of_inspection(
        self, model: type[Row], mine: ColumnElement[bool], *, order: tuple[Any, Any]
    ) -> Callable[[list[UUID]], Awaitable[list[Sequence[Row]]]]:
        key = col(model.inspection_id)  # type: ignore[attr-defined]

        async def load(ids: list[UUID]) -> list[Sequence[Row]]:
            async with self.behind_wall() as session:
                rows = (await session.exec(select(model).where(key.in_(ids), mine).order_by(*order))).all()
            found: dict[UUID, list[Row]] = {one: [] for one in ids}
            for row in rows:
                found[row.inspection_id].append(row)  # type: ignore[attr-defined]
            return [found[one] for one in ids]

        return load


Info = strawberry.Info[dict[str, Any], None]


def loaders(info: Info) -> Loaders:
    found: Loaders = info.context["loaders"]
    return found


@strawberry.type
class District:
    id: strawberry.ID
    name: str


@strawberry.type
class Agency:
    id: strawberry.ID
    name: str
    district_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def district(self, info: Info) -> District | None:
        row = await loaders(info).organizations.load(self.district_id) if self.district_id else None
        return District(id=shown("dst", row.id), name=row.name) if row else None


@strawberry.type
class Person:
    id: strawberry.ID
    name: str


@strawberry.type
class Supervisor:
    id: strawberry.ID
    person_id: strawberry.Private[UUID]

    @strawberry.field
    async def person(self, info: Info) -> Person | None:
        row = await loaders(info).persons.load(self.person_id)
        return Person(id=shown("per", row.id), name=row.name) if row else None


TeamRole = strawberry.enum(dispatch.TeamRole, name="TeamRole")
AssignmentStatus = strawberry.enum(dispatch.AssignmentStatus, name="AssignmentStatus")
InspectionStatus = strawberry.enum(inspections.InspectionStatus, name="InspectionStatus")


@strawberry.type
class Assignment:
    id: strawberry.ID
    role: dispatch.TeamRole
    status: dispatch.AssignmentStatus
    supervisor_id: strawberry.Private[UUID]

    @strawberry.field
    async def supervisor(self, info: Info) -> Supervisor | None:
        row = await loaders(info).supervisors.load(self.supervisor_id)
        return Supervisor(id=shown("sup", row.id), person_id=row.person_id) if row else None


@strawberry.type
class Finding:
    id: strawberry.ID
    remark: str
    correction: str | None


@strawberry.type
class Inspection:
    id: strawberry.ID
    status: inspections.InspectionStatus
    scheduled_on: date
    row_id: strawberry.Private[UUID]
    agency_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: inspections.Inspection) -> Self:
        agency = row.agency_id or row.id
        return cls(id=shown("insp", row.id), status=row.status, scheduled_on=row.scheduled_on, row_id=row.id, agency_id=agency)

    @strawberry.field
    async def agency(self, info: Info) -> Agency | None:
        row = await loaders(info).organizations.load(self.agency_id)
        return Agency(id=shown("agc", row.id), name=row.name, district_id=row.district_id) if row else None

    @strawberry.field
    async def team(self, info: Info) -> list[Assignment]:
        rows = await loaders(info).teams.load(self.row_id)
        return [Assignment(id=shown("asg", row.id), role=row.role, status=row.status, supervisor_id=row.supervisor_id) for row in rows]

    @strawberry.field
    async def findings(self, info: Info) -> list[Finding]:
        rows = await loaders(info).findings.load(self.row_id)
        return [Finding(id=shown("find", row.id), remark=row.remark, correction=row.correction) for row in rows]


@strawberry.enum
class InspectionOrder(Enum):
    SCHEDULED_ON = "scheduled_on"
    CREATED_AT = "created_at"


@strawberry.enum
class Direction(Enum):
    ASC = "asc"
    DESC = "desc"


@strawberry.input
class Order:
    field: InspectionOrder
    direction: Direction


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Inspections:
    nodes: list[Inspection]
    page_info: PageInfo


@strawberry.type
class Query:
    @strawberry.field
    async def inspections(self, info: Info, first: int, order_by: Order) -> Inspections:
        mine = loaders(info)
        sort = col(getattr(inspections.Inspection, order_by.field.value))
        ways = (desc(sort), desc(inspections.Inspection.id)) if order_by.direction is Direction.DESC else (sort, col(inspections.Inspection.id))
        query = select(inspections.Inspection).where(inspections.Inspection.district_id == mine.district_id).order_by(*ways).limit(first + 1)
        async with mine.behind_wall() as session:
            rows = (await session.exec(query)).all()
        return Inspections(nodes=[Inspection.of(row) for row in rows[:first]], page_info=PageInfo(has_next_page=len(rows) > first))

    @strawberry.field
    async def inspection(self, info: Info, id: strawberry.ID) -> Inspection | None:
        mine, asked = loaders(info), inspections.Inspection
        async with mine.behind_wall() as session:
            query = select(asked).where(asked.id == UUID(hex=id.removeprefix("insp_")), asked.district_id == mine.district_id)
            row = (await session.exec(query)).first()
        return Inspection.of(row) if row else None


@dataclass
class Peer:
    """The ASGI application with its database."""

    engine: AsyncEngine

    def __post_init__(self) -> None:
        self.sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    async def district_of(self, token: str) -> UUID:
        """Whose token that is, as the service asks with each request too. Raises LookupError."""
        login, account, member, place = memberships.Login, memberships.Account, memberships.Membership, organizations.Organization
        query = (
            select(place.id)
            .join(member, col(member.organization_id) == col(place.id))
            .join(account, col(account.person_id) == col(member.person_id))
            .join(login, col(login.account_id) == col(account.id))
            .where(login.token_hash == sha256(token.encode()).digest(), login.expires_at > datetime.now(UTC), col(login.ended_at).is_(None))
        )
        async with self.sessions() as session:
            found = (await session.exec(query)).first()
        if found is None:
            raise LookupError("no such token")
        return found

    def application(self) -> Starlette:
        peer = self

        class Door(GraphQL[dict[str, Any], None]):
            async def get_context(self, request: Any, response: Any) -> dict[str, Any]:  # noqa: ANN401 - the parent's own types
                token = request.headers["authorization"].removeprefix("Bearer ")
                return {"request": request, "response": response, "loaders": Loaders(peer.sessions, await peer.district_of(token))}

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            yield
            await self.engine.dispose()

        async def ready(_: Request) -> Response:
            return Response()

        routes = [Route("/graphql", Door(strawberry.Schema(query=Query))), Route("/readyz", ready)]
        return Starlette(routes=routes, lifespan=lifespan)


def application(database_url: str) -> Starlette:
    return Peer(create_async_engine(database_url, pool_size=CONNECTIONS, max_overflow=0)).application()


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1]), port=int(sys.argv[2]), loop="uvloop", http="httptools", access_log=False, server_header=False, log_level="warning"
    )
