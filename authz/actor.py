"""Who is asking, in which roles, for which organization."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from models.database import Tenant, Wall
from models.organizations import Tier


class Role(StrEnum):
    """The first six are base roles: lines are written for them, memberships never name them."""

    ANYONE = "anyone"
    CENTER = "center"
    DISTRICT = "district"
    AGENCY = "agency"
    SUPERVISOR = "supervisor"
    CENTER_ADMIN = "center_admin"
    CENTER_DISPATCHER = "center_dispatcher"
    CENTER_CLERK = "center_clerk"
    CENTER_AUDITOR = "center_auditor"
    DISTRICT_ADMIN = "district_admin"
    DISTRICT_DISPATCHER = "district_dispatcher"
    DISTRICT_CLERK = "district_clerk"
    AGENCY_ADMIN = "agency_admin"
    AGENCY_CLERK = "agency_clerk"
    SUPERVISOR_EXTERNAL = "supervisor_external"
    SUPERVISOR_INTERNAL = "supervisor_internal"
    INTEGRATOR = "integrator"


BASE = frozenset({Role.ANYONE, Role.CENTER, Role.DISTRICT, Role.AGENCY, Role.SUPERVISOR})
TIERS = {Role.CENTER: Tier.CENTER, Role.DISTRICT: Tier.DISTRICT, Role.AGENCY: Tier.AGENCY}
"""Below which base roles a version of the policy may put roles of its own: plain text, known to that version alone."""

SUPERVISORS = frozenset({Role.SUPERVISOR_EXTERNAL, Role.SUPERVISOR_INTERNAL})
WALLS = {Tier.CENTER: Wall.CENTER, Tier.DISTRICT: Wall.DISTRICT, Tier.AGENCY: Wall.AGENCY}


class Shape(NamedTuple):
    """What of an actor decides the form of a statement: a handful per tier, never a person or an organization."""

    tier: Tier | None
    roles: frozenset[str]
    policy: int = 1

    @property
    def wall(self) -> Wall:
        """Supervisors stand behind their center's, whoever they act for: they are lent across districts, and their line to the center bypasses the agency."""
        if self.tier is None:
            return Wall.PERSON
        return Wall.CENTER if self.roles & SUPERVISORS else WALLS[self.tier]


@dataclass(frozen=True)
class Actor:
    """A signed-in person acting for one organization, with all roles in force there now, under one version of the policy."""

    account_id: UUID
    person_id: UUID
    organization_id: UUID | None
    tier: Tier | None
    center_id: UUID | None
    district_id: UUID | None
    agency_id: UUID | None
    roles: frozenset[str]
    policy: int = 1
    login_id: UUID | None = None
    memberships: Mapping[str, UUID] = field(default_factory=dict, hash=False)
    """Which membership brings which of the roles, for the log of decisions."""
    offices: frozenset[UUID] = frozenset()
    """All memberships in force for the person, wherever: what must still be so when a transaction begins."""

    def membership(self, role: str) -> UUID | None:
        """The membership that brings a role."""
        return self.memberships.get(role)

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.tier, self.roles, self.policy)

    @cached_property
    def tenant(self) -> Tenant:
        return Tenant(
            person_id=self.person_id,
            organization_id=self.organization_id,
            center_id=self.center_id,
            district_id=self.district_id,
            agency_id=self.agency_id,
            wall=self.shape.wall,
            login_id=self.login_id,
            offices=self.offices,
            policy=self.policy,
        )

    def binds(self) -> dict[str, UUID | None]:
        """Values for the parameters that relations speak of."""
        return {
            "actor_account": self.account_id,
            "actor_person": self.person_id,
            "actor_organization": self.organization_id,
            "actor_center": self.center_id,
            "actor_district": self.district_id,
            "actor_agency": self.agency_id,
        }


ANYBODY = Actor(UUID(int=0), UUID(int=0), None, None, None, None, None, frozenset())
"""Who asks without signing in, where that is allowed: nobody's id, no tenant, and of the rights those that say `anyone`."""
