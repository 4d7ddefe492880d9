"""Puts on record what a mutation was allowed, in its own transaction, and what it was refused, in another."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from authz import deciding
from authz.actor import Actor
from authz.deciding import Verdict
from authz.errors import Forbidden, NotFound
from domain import decisions
from domain.decisions import Decided
from gql import ids
from gql.context import Context
from gql.reading.declare import Source

log = structlog.get_logger("gql.decided")


@dataclass
class Asked:
    """The right that a mutation asks for at the moment, and on which object: what a refusal will be about. `noted`: some right was given."""

    action: str
    kind: str | None = None
    id: str | None = None
    noted: bool = False

    def about(self, action: str, kind: str | None = None, id: str | None = None) -> None:
        self.action, self.kind, self.id = action, kind, id


def named(source: Source, id: UUID, *, asked: str) -> tuple[str, str]:
    """The type of the object and its id as clients know it; `asked` is the id they sent, of which only the prefix is looked at."""
    prefix = asked.partition("_")[0]
    kinds = {source.prefix: source.type} if isinstance(source.prefix, str) else {one: source.variants[value] for value, one in source.prefix.items()}
    return kinds[prefix], ids.shown(prefix, id)


def entry(context: Context, actor: Actor, asked: Asked, *, verdict: Verdict) -> Decided | None:
    """The record of a decision; None for who acts for no organization, and so has no chain to continue."""
    if actor.organization_id is None or actor.center_id is None:
        return None
    return Decided(
        at=context.now,
        account_id=actor.account_id,
        person_id=actor.person_id,
        organization_id=actor.organization_id,
        center_id=actor.center_id,
        district_id=actor.district_id,
        agency_id=actor.agency_id,
        policy=actor.policy,
        action=verdict.action,
        allowed=verdict.allowed,
        membership_id=verdict.membership_id,
        role=verdict.role,
        line=verdict.line.number if verdict.line else None,
        article=verdict.article,
        object_kind=asked.kind,
        object_id=asked.id,
        reason=verdict.reason,
        request_id=context.request_id,
    )


async def refuse(context: Context, actor: Actor, asked: Asked, *, error: Forbidden | NotFound) -> None:
    """Records a refusal in a transaction of its own, since that of the mutation is undone. Without a chain it goes to the service's log."""
    verdict = deciding.refused(actor, asked.action, error)
    decided = entry(context, actor, asked, verdict=verdict)
    if decided is None:
        log.info(
            "refused", action=verdict.action, account=str(actor.account_id), object=asked.id, reason=verdict.reason, request_id=context.request_id
        )
        return
    async with context.database.transaction(actor.tenant) as session:
        await decisions.log(session, decided)
