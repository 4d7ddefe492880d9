"""Supervisors as the trade makes them: employed, enlisted, with a card and a term, and signed in."""

import secrets
from datetime import date, datetime, timedelta

from authz.actor import Actor, Role
from domain.calendar import shanghai_day
from domain.cases import Decision, confirm, open_case, revoke
from domain.supervisors import appoint, card_in_use, employ, enlist, issue_card
from models.cases import BlacklistEntry, Ground
from models.memberships import Account, AccountKind
from models.organizations import Organization
from models.supervisors import Card, Person, Sex, SkillLevel, Supervisor, SupervisorKind
from tests.world import ID_KEYS, World

ENLISTED = timedelta(days=300)
"""How long before the present of a world everybody was enlisted."""


async def supervisor(
    world: World,
    kind: str = "EXTERNAL",
    *,
    employer: Organization | None = None,
    person: Person | None = None,
    level: SkillLevel | None = SkillLevel.SENIOR_3,
    birth: date | None = date(1980, 5, 1),
    sex: Sex | None = Sex.FEMALE,
    carded: bool = True,
    appointed: bool = True,
    number: str | None = None,
    name: str | None = None,
) -> tuple[Supervisor, Actor]:
    """On the roster since 300 days, with a card (where the profile has one for the kind) and a term. An internal one needs `employer`; `number` is the person's id number."""
    which = SupervisorKind(kind)
    internal = which is SupervisorKind.INTERNAL
    home = employer if internal and employer is not None else world.center
    admin = f"agency_admin_{world.agencies.index(home)}" if internal else "center_admin"
    act = world.act(admin, at=world.now - ENLISTED)
    today = shanghai_day(act.at)
    async with world.transaction() as session:
        who = person or Person(name=f"督{secrets.token_hex(3)}", birth_date=birth, sex=sex, id_digest=ID_KEYS.digest(number) if number else None)
        session.add(who)
        await session.flush()
        if employer is not None:
            await employ(session, who, employer, starts_on=today - timedelta(days=400))
        row, _ = await enlist(session, home, who, kind=which, level=level, act=act)
        if carded and not (internal and world.profile == "beijing-municipal"):
            await issue_card(session, row, number=secrets.token_hex(6), valid_from=today, valid_until=today + timedelta(days=1500), act=act)
        if appointed:
            await appoint(session, row, starts_on=today, act=act)
        account = Account(name=secrets.token_hex(6), kind=AccountKind.PERSON, person_id=who.id, organization_id=home.id)
        session.add(account)
    actor = Actor(
        account_id=account.id,
        person_id=who.id,
        organization_id=home.id,
        tier=home.tier,
        center_id=home.center_id,
        district_id=home.district_id,
        agency_id=home.agency_id,
        roles=frozenset({Role.SUPERVISOR_INTERNAL if internal else Role.SUPERVISOR_EXTERNAL}),
    )
    if name is not None:
        world.actors[name] = actor
    return row, actor


async def revoked(world: World, row: Supervisor, *, ground: Ground = Ground.NEGLIGENCE, at: datetime | None = None) -> BlacklistEntry:
    """The card is revoked by its issuer: opened and decided by one of its people, confirmed by another; the entry that follows."""
    card = await card_of(world, row)
    home = next(one for one in (world.center, *world.agencies) if one.id == card.issuer_id)
    first, second = [await world.hire("agency_admin" if home in world.agencies else "center_admin", home, name=f"decider_{n}") for n in range(2)]
    async with world.transaction() as session:
        case, _ = await open_case(session, card, ground=ground, facts="未到现场督导", act=world.act(first, at=at))
        await revoke(session, case, Decision("调查报告", f"督决{secrets.token_hex(4)}"), ground=ground, act=world.act(first, at=at))
        done = await confirm(session, case, act=world.act(second, at=at))
    assert done.entry is not None
    return done.entry


async def card_of(world: World, row: Supervisor) -> Card:
    """The card in use."""
    async with world.transaction() as session:
        found = await card_in_use(session, row.id)
    assert found is not None
    return found
