"""The people of the demo: who holds which office, and under which name they sign in. All share one password, so that a visitor can be anyone."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.accounts import open_account
from domain.machine import Act
from domain.memberships import grant
from domain.numbers import BEIJING_DISTRICTS
from models.memberships import AccountKind
from models.organizations import Organization
from models.supervisors import Person

PASSWORD = "demo-dudao-2026"  # noqa: S105 - said on the start page


@dataclass(frozen=True)
class DemoAccount:
    """One line of the table on the start page."""

    name: str
    role: str
    organization: str
    password: str = PASSWORD


DISTRICTS = {"dongcheng": "110101", "xicheng": "110102", "chaoyang": "110105", "haidian": "110108", "fengtai": "110106"}
"""The last one has people but no work yet: it is the visitor's."""

ACCOUNTS = (
    DemoAccount("beijing-admin", "center_admin", "北京市中心"),
    DemoAccount("beijing-admin-2", "center_admin", "北京市中心"),
    DemoAccount("beijing-dispatcher", "center_dispatcher", "北京市中心"),
    DemoAccount("beijing-clerk", "center_clerk", "北京市中心"),
    DemoAccount("beijing-auditor", "center_auditor", "北京市中心"),
    *(
        DemoAccount(f"{name}-{post}", f"district_{post}", BEIJING_DISTRICTS[code])
        for name, code in DISTRICTS.items()
        for post in ("admin", "dispatcher", "clerk")
    ),
    *(DemoAccount(f"{name}-agency-1", "agency_admin", f"{BEIJING_DISTRICTS[code]}的评价机构") for name, code in DISTRICTS.items()),
    DemoAccount("京督2024000000", "supervisor_external", "北京市中心"),
    DemoAccount("yunnan-admin", "center_admin", "云南省中心"),
    DemoAccount("yunnan-dispatcher", "center_dispatcher", "云南省中心"),
    DemoAccount("college-admin", "agency_admin", "云南机电职业技术学院"),
    DemoAccount("云外督0001", "supervisor_external", "云南省中心"),
)


@dataclass(frozen=True)
class Hiring:
    """Who hires, at what moment, and the digest of everybody's password."""

    act: Act
    password_hash: str


async def hire(
    session: AsyncSession, account: str, *, name: str, role: str, organization: Organization, hiring: Hiring, kind: AccountKind = AccountKind.PERSON
) -> UUID:
    """A person with one role and an account to sign in with; a machine has no password."""
    person = Person(name=name)
    secret = hiring.password_hash if kind is AccountKind.PERSON else None
    await open_account(session, account, kind=kind, person=person, home=organization, password_hash=secret)
    await grant(session, person.id, role, organization=organization, act=hiring.act, reason="演示数据")
    return person.id


ROLES = {
    "admin": ("admin", "主任"),
    "admin-2": ("admin", "副主任"),
    "dispatcher": ("dispatcher", "调度"),
    "clerk": ("clerk", "科员"),
    "auditor": ("auditor", "审计"),
}


async def staffed(session: AsyncSession, place: str, organization: Organization, *, posts: tuple[str, ...], hiring: Hiring) -> dict[str, UUID]:
    """The usual offices of an organization, as accounts `place-post`."""
    tier = organization.tier.value.lower()
    return {
        post: await hire(
            session,
            f"{place}-{post}",
            name=f"{organization.name[:4]}{ROLES[post][1]}",
            role=f"{tier}_{ROLES[post][0]}",
            organization=organization,
            hiring=hiring,
        )
        for post in posts
    }
