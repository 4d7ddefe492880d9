"""The demo's world: Beijing with four districts at work for two months in every state, and the Yunnan college, made with the domain's own verbs."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import cases, dispatch, imports, inspections, offers, organizations, sessions, supervisors
from domain.accounts import open_account
from domain.calendar import Month, add_months, shanghai_day
from domain.machine import Act
from domain.memberships import grant
from domain.people import person_by_number
from domain.profiles import parse_profile
from domain.sealing import IdKeys
from models.base import new_id
from models.cases import Ground
from models.database import Database
from models.imports import RosterKind
from models.inspections import Inspection
from models.memberships import Account, AccountKind
from models.organizations import AgencyKind, Organization, Tier
from models.supervisors import Card, Person, Sex, SkillLevel, Supervisor, SupervisorKind
from seeds import demo_applications, demo_conflicts, demo_contested, demo_forms, demo_rechecks, demo_rules, demo_voices, demo_years
from seeds import demo_work as work
from seeds.checklists.publish import publish_templates
from seeds.demo_people import DISTRICTS, Hiring, hire, staffed
from seeds.rosters.invented import credit_code
from seeds.rosters.mess import blacklisted_id

HERE = Path(__file__).parent
YUNNAN = "云南省职业技能鉴定中心"
FOUNDED = date(2024, 1, 1)
"""The day the demo's profiles take effect: no text has one, so somebody must say it (A29)."""


async def seed_demo(database: Database, *, now: datetime, keys: IdKeys, password_hash: str) -> None:
    """Everything in one transaction: an interrupted start leaves an empty database. `keys` are those of the id numbers."""
    async with database.transaction() as session:
        await beijing(session, now=now, keys=keys, password_hash=password_hash)
        await yunnan(session, now=now, keys=keys, password_hash=password_hash)


async def founded(session: AsyncSession, slug: str, name: str, *, code: str, prefix: str, password_hash: str) -> tuple[Organization, Hiring]:
    """A center under its profile. Its first admin hires themselves: there is nobody else yet."""
    center = await organizations.found_center(session, name, code=code)
    first = Person(id=new_id(), name=f"{name[:2]}主任")
    hiring = Hiring(Act(first.id, center.id, work.moment(FOUNDED, 9)), password_hash)
    await open_account(session, f"{prefix}-admin", kind=AccountKind.PERSON, person=first, home=center, password_hash=password_hash)
    await grant(session, first.id, "center_admin", organization=center, act=hiring.act, reason="演示数据")
    text = (HERE / "profiles" / f"{slug}.toml").read_text(encoding="utf-8")
    await organizations.publish_profile(session, center, parse_profile(text, effective_from=FOUNDED), act=hiring.act)
    await publish_templates(session, center, act=hiring.act)
    return center, hiring


async def beijing(session: AsyncSession, *, now: datetime, keys: IdKeys, password_hash: str) -> None:
    center, hiring = await founded(
        session, "beijing-municipal", "北京市职业技能鉴定管理中心", code="110000", prefix="beijing", password_hash=password_hash
    )
    staff = await staffed(session, "beijing", center, posts=("admin-2", "dispatcher", "clerk", "auditor"), hiring=hiring)
    await hire(session, "beijing-platform", name="北京服务平台", role="integrator", organization=center, hiring=hiring, kind=AccountKind.MACHINE)
    act = Act(hiring.act.by, center.id, now - timedelta(days=100))
    for kind, file in (
        (RosterKind.DISTRICTS, "districts.csv"),
        (RosterKind.AGENCIES, "agencies.xlsx"),
        (RosterKind.SUPERVISORS, "supervisors.xlsx"),
    ):
        await imported(session, kind, HERE / "rosters" / file, act=act, keys=keys)
    await accounts_for_supervisors(session, center, password_hash)
    for n, (name, code) in enumerate(DISTRICTS.items()):
        office = await opened(session, name, code, center=center, hiring=hiring, center_clerk=staff["clerk"], keys=keys)
        if n < len(LEFT):
            await months(session, office, n, now=now)
        if n == 0:
            await demo_voices.reported(session, office, admin=act.by, now=now)
        if name == demo_rules.DISTRICT:
            await demo_rules.refined(session, office, now=now)
    await demo_rules.entered(session, act=Act(hiring.act.by, center.id, now), now=now)
    await cases_of_beijing(session, center, deciders=(act.by, staff["admin-2"]), now=now, keys=keys)


async def imported(session: AsyncSession, kind: RosterKind, file: Path, *, act: Act, keys: IdKeys) -> None:
    """A roster by the way a user takes: ticket, bytes, dry run, commit."""
    upload = imports.ticket(file.name, id=new_id(), ticket_hash=sha256(file.name.encode()).digest(), act=act)
    session.add(upload)
    await session.flush()
    await imports.receive(session, upload, file.read_bytes(), keys=keys)
    row, _ = await imports.check(session, imports.dry_run(upload, kind, act=act), upload, act=act, keys=keys)
    await imports.bring_in(session, row, act=act, keys=keys)


async def accounts_for_supervisors(session: AsyncSession, center: Organization, password_hash: str) -> None:
    """Every external supervisor signs in by the number of the card."""
    for card in (await session.exec(select(Card).where(col(Card.issuer_id) == center.id))).all():
        account = Account(name=card.number, kind=AccountKind.PERSON, person_id=card.person_id, organization_id=center.id, password_hash=password_hash)
        session.add(account)
    await session.flush()


async def opened(
    session: AsyncSession, name: str, code: str, *, center: Organization, hiring: Hiring, center_clerk: UUID, keys: IdKeys
) -> work.Office:
    """A district with its people, and its first two agencies with theirs."""
    district = (await session.exec(select(Organization).where(col(Organization.center_id) == center.id, col(Organization.code) == code))).one()
    staff = await staffed(session, name, district, posts=("admin", "dispatcher", "clerk"), hiring=hiring)
    below = select(Organization).where(col(Organization.district_id) == district.id, col(Organization.tier) == Tier.AGENCY)
    agencies = []
    for n, agency in enumerate((await session.exec(below.order_by(col(Organization.code)).limit(2))).all(), start=1):
        admin = await hire(session, f"{name}-agency-{n}", name=f"机构{n}负责人", role="agency_admin", organization=agency, hiring=hiring)
        await hire(session, f"{name}-agency-{n}-clerk", name=f"机构{n}科员", role="agency_clerk", organization=agency, hiring=hiring)
        agencies.append((agency, admin))
    return work.Office(
        district, center, dispatcher=staff["dispatcher"], clerk=staff["clerk"], center_clerk=center_clerk, agencies=agencies, keys=keys
    )


async def months(session: AsyncSession, office: work.Office, n: int, *, now: datetime) -> None:
    """Two past months, and the one that runs; each district leaves its work in another state."""
    this = Month.of(shanghai_day(now))
    await past_month(session, office, this.previous().previous(), left=("CLOSED", "CLOSED"))
    await past_month(session, office, this.previous(), left=("CLOSED", LEFT[n]))
    await work.file_return(session, office, this.previous().previous(), late=n == 1, answer="ACCEPTED", now=now)
    if n < len(RETURNED):
        await work.file_return(session, office, this.previous(), late=False, answer=RETURNED[n], now=now)
    await running_month(session, office, n, now=now)


LEFT = ("RECTIFIED", "SUBMITTED", "SENT_BACK", "CHECKLIST_SIGNED")
"""How far the second inspection of last month came in each district."""

RETURNED = ("ACCEPTED", "SENT_BACK", "SUBMITTED")
"""What became of last month's return; the fourth district has not filed it yet."""


async def past_month(session: AsyncSession, office: work.Office, month: Month, *, left: tuple[str, ...]) -> None:
    held = await work.plan(session, office, [month.day(day) for day in work.DAYS], at=work.moment(month.previous().day(20), 10))
    frozen_at = work.moment(month.day(3), 9)
    drawn = await work.draw(session, office, month, at=frozen_at)
    found = await work.confirmed(session, office, drawn, at=frozen_at + timedelta(hours=6))
    for inspection in found:
        await work.say_yes(session, office, inspection, at=frozen_at + timedelta(hours=7))
    for recognition in held:
        await work.hold(session, office, recognition)
    for n, inspection in enumerate(found):
        faults = ("F07", "F11") if n else ()
        await work.visit(session, office, inspection, faults=faults)
        if left[n] == "CHECKLIST_SIGNED":
            continue
        await work.letter(session, office, inspection, required=bool(faults))
        if faults:
            await work.rectify(session, office, inspection, to=left[n])
        if left[n] in {"CLOSED", "RECTIFIED"}:
            await work.finish(session, office, inspection)


async def running_month(session: AsyncSession, office: work.Office, n: int, *, now: datetime) -> None:
    """Frozen, void and drawn anew, offers open with one answered, and notified."""
    today = shanghai_day(now)
    month = Month.of(today + timedelta(days=3))
    await work.plan(session, office, [today + timedelta(days=3 + day) for day in range(4)], at=now - timedelta(days=6))
    frozen_at = now - timedelta(hours=20)
    drawn = await work.draw(session, office, month, at=frozen_at, run=n > 0)
    if n == 1:
        await dispatch.void(session, drawn, "开奖号码录入有误，重新抽取。", act=office.act(office.dispatcher, frozen_at + timedelta(hours=6)))
        await work.draw(session, office, month, at=frozen_at + timedelta(hours=7))
    if n > 1:
        found = await work.confirmed(session, office, drawn, at=frozen_at + timedelta(hours=6))
        places = await offers.team_of(session, found[0].id)
        for place in places[: 1 if n == 2 else None]:
            await offers.accept(session, place, act=Act(place.person_id, office.center.id, frozen_at + timedelta(hours=8)))
        if n > 2:
            await inspections.notify(session, found[0], act=office.act(office.dispatcher, now - timedelta(hours=1)))


async def cases_of_beijing(session: AsyncSession, center: Organization, *, deciders: tuple[UUID, UUID], now: datetime, keys: IdKeys) -> None:
    """Somebody was revoked and is listed: the messy roster tries to bring them back. Somebody else is suspended and appeals."""
    first, second = deciders
    act = Act(first, center.id, now - timedelta(days=60))
    person = await person_by_number(session, blacklisted_id(), name="甄失信", keys=keys, on=shanghai_day(act.at))
    supervisor, _ = await supervisors.enlist(session, center, person, kind=SupervisorKind.EXTERNAL, level=SkillLevel.SENIOR_3, act=act)
    day = shanghai_day(act.at)
    card, _ = await supervisors.issue_card(
        session, supervisor, number="京督2026999999", valid_from=day, valid_until=day.replace(year=day.year + 10), act=act
    )
    await supervisors.appoint(session, supervisor, starts_on=day, act=act)
    later = Act(first, center.id, now - timedelta(days=30))
    case, _ = await cases.open_case(session, card, ground=Ground.PRIVATE_GAIN, facts="收受被督导机构礼金。", act=later)
    await cases.revoke(session, case, cases.Decision("调查报告〔演示〕1号", "京鉴督撤〔演示〕1号"), ground=Ground.PRIVATE_GAIN, act=later)
    await cases.confirm(session, case, act=Act(second, center.id, later.at + timedelta(hours=2)))
    idle = select(Card).where(col(Card.issuer_id) == center.id, col(Card.status) == "ACTIVE").order_by(desc(col(Card.number))).limit(1)
    suspended = (await session.exec(idle)).one()
    case, _ = await cases.open_case(session, suspended, ground=Ground.NEGLIGENCE, facts="两次到场迟到。", act=later)
    await cases.suspend(
        session, case, cases.Decision("谈话记录〔演示〕2号", "京鉴督停〔演示〕2号"), review_on=add_months(shanghai_day(now), 3), act=later
    )
    await demo_contested.contested(session, case, suspended, admin=first, now=now)


async def yunnan(session: AsyncSession, *, now: datetime, keys: IdKeys, password_hash: str) -> None:
    """A center without districts and its college: external supervisors of the center, internal ones of the college with its own cards."""
    center, hiring = await founded(session, "yunnan-college-2023", YUNNAN, code="530000", prefix="yunnan", password_hash=password_hash)
    staff = await staffed(session, "yunnan", center, posts=("admin-2", "dispatcher", "clerk", "auditor"), hiring=hiring)
    college, _ = await organizations.register_agency(
        session, center, "云南机电职业技术学院", credit_code=credit_code(9_999), kind=AgencyKind.TECHNICAL_SCHOOL, act=hiring.act
    )
    posts = await staffed(session, "college", college, posts=("admin", "clerk"), hiring=hiring)
    theirs = Act(posts["admin"], college.id, now - timedelta(days=90))
    ours = Act(hiring.act.by, center.id, theirs.at)
    external = [await enlisted(session, f"云外督{n:04}", center, hiring=hiring, act=ours) for n in range(1, 7)]
    internal = [await enlisted(session, f"云内督{n:04}", college, hiring=hiring, act=theirs) for n in (1, 2)]
    clerk, home = staff["clerk"], [(college, posts["admin"])]
    office = work.Office(center, center, dispatcher=staff["dispatcher"], clerk=clerk, center_clerk=clerk, agencies=home, keys=keys)
    for kind, decides in ((SupervisorKind.EXTERNAL, center), (SupervisorKind.INTERNAL, college)):
        by = Act(hiring.act.by if decides is center else posts["clerk"], decides.id, now - timedelta(days=20))
        await demo_applications.every_state(session, college, kind, home=Act(posts["admin"], college.id, by.at), issuer=by)
    inspection = await one_of_each(session, office, internal[0], now=now, assigned=theirs)
    ending = await enlisted(session, "云外督0007", center, hiring=hiring, act=ours, until=shanghai_day(now) + timedelta(days=60))
    await demo_years.warned(session, ending, act=Act(hiring.act.by, center.id, now - timedelta(days=30)))
    await demo_years.served(session, office, inspection, people=(external, internal), admin=hiring.act.by, clerk=posts["clerk"], now=now)
    await demo_voices.complained(session, office, admin=hiring.act.by, now=now)
    await demo_rechecks.tainted(session, inspection, deciders=(hiring.act.by, staff["admin-2"]), now=now)
    await demo_conflicts.registered(session, office, taught=external[4], kin=external[5], now=now)
    await work.plan(session, office, [shanghai_day(now) + timedelta(days=day) for day in (4, 5)], at=now - timedelta(days=1))


async def one_of_each(session: AsyncSession, office: work.Office, internal: Supervisor, *, now: datetime, assigned: Act) -> Inspection:
    """A visit by one person and all that follows it, with evidence asked for in vain."""
    day = shanghai_day(now) - timedelta(days=30)
    held = await work.plan(session, office, [day, day + timedelta(days=1)], at=now - timedelta(days=50))
    drawn = await work.draw(session, office, Month.of(day), at=now - timedelta(days=40), wanted=1)
    (inspection,) = await work.confirmed(session, office, drawn, at=now - timedelta(days=39))
    await work.say_yes(session, office, inspection, at=now - timedelta(days=39) + timedelta(hours=1))
    for recognition in held:
        await sessions.assign_internal(session, recognition, internal.id, act=assigned)
        await work.begin(session, office, recognition, internal=internal.person_id)
        if recognition.id == inspection.recognition_session_id:
            await demo_forms.watched(session, recognition, by=internal.person_id)
        await work.end(session, office, recognition)
    await demo_forms.scored(session, office, inspection, college=office.agencies[0][0], now=now)
    return inspection


async def enlisted(
    session: AsyncSession, account: str, organization: Organization, *, hiring: Hiring, act: Act, until: date | None = None
) -> Supervisor:
    """A supervisor with card and term (`until` another day than the rules say); an internal one is employed where they supervise."""
    internal = organization.tier is Tier.AGENCY
    day = shanghai_day(act.at)
    person = Person(name=f"{'内督' if internal else '外督'}{account[-1]}", sex=Sex.FEMALE, birth_date=date(1980, 5, int(account[-1])))
    await open_account(session, account, kind=AccountKind.PERSON, person=person, home=organization, password_hash=hiring.password_hash)
    if internal:
        await supervisors.employ(session, person, organization, starts_on=day - timedelta(days=700))
    kind = SupervisorKind.INTERNAL if internal else SupervisorKind.EXTERNAL
    row, _ = await supervisors.enlist(session, organization, person, kind=kind, level=SkillLevel.SENIOR_3, act=act)
    await supervisors.issue_card(session, row, number=account, valid_from=day, valid_until=day.replace(year=day.year + 10), act=act)
    await supervisors.appoint(session, row, starts_on=day, ends_on=until, act=act)
    return row
