"""Logins, lent roles and proposals about auditors of a crowd."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from models.memberships import Account, AuditorProposal, AuditorProposalStatus, Login, LoginKind, Membership


async def members(crowd: Any) -> None:
    dice, world, session = crowd.dice, crowd.world, crowd.session
    ours = {actor.account_id for actor in world.actors.values()}
    accounts = (await session.exec(select(Account).where(col(Account.id).in_(ours)).order_by(col(Account.id)))).all()
    for n, account in enumerate(accounts):
        if n % 2:
            account.disabled_at = crowd.maybe(world.now, 0.2)
            ended = crowd.maybe(world.now)
            await crowd.keep(
                Login(
                    account_id=account.id,
                    person_id=account.person_id,
                    kind=dice.choice(list(LoginKind)),
                    token_hash=dice.randbytes(32),
                    expires_at=world.now + timedelta(hours=n),
                    ended_at=ended,
                )
            )
    await lent(crowd)
    people = [actor.person_id for name, actor in sorted(world.actors.items()) if actor.person_id]
    for n, status in enumerate(AuditorProposalStatus):
        about, by, other = people[n], people[-1 - n], people[len(people) // 2]
        confirmed = other if status is AuditorProposalStatus.CONFIRMED else None
        await crowd.keep(
            AuditorProposal(
                organization_id=world.center.id,
                person_id=about,
                status=status,
                reason="审计'",
                proposed_by=by,
                confirmed_by=confirmed,
                **crowd.tenants(world.center),
            )
        )


async def lent(crowd: Any) -> None:
    """Every second clerk's role is lent to somebody, until a day that may have passed."""
    world, dice = crowd.world, crowd.dice
    for name in sorted(world.actors):
        if name.startswith(("agency_clerk", "district_clerk")) and dice.random() < 0.7:
            actor = world.actors[name]
            query = select(Membership).where(col(Membership.person_id) == actor.person_id, col(Membership.organization_id) == actor.organization_id)
            own = (await crowd.session.exec(query)).one()
            await crowd.keep(
                Membership(
                    person_id=crowd.people[dice.randrange(4)].id if name.endswith("0") else world.actors["center_dispatcher"].person_id,
                    role=own.role,
                    organization_id=own.organization_id,
                    center_id=own.center_id,
                    district_id=own.district_id,
                    agency_id=own.agency_id,
                    valid_from=world.now - timedelta(days=9),
                    valid_until=world.now + timedelta(days=dice.randrange(-5, 5)),
                    granted_by=own.person_id,
                    reason="休假",
                    delegated_from=own.id,
                    delegator_id=own.person_id,
                )
            )
