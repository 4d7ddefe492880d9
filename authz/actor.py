"""Who is asking, in which roles, for which organization."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.database import Tenant
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


@dataclass(frozen=True)
class Shape:
    """What of an actor decides the form of a statement: a handful per tier, never a person or an organization."""

    tier: Tier | None
    roles: frozenset[Role]
    policy: int = 1


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
    roles: frozenset[Role]
    policy: int = 1
    login_id: UUID | None = None

    @property
    def shape(self) -> Shape:
        return Shape(self.tier, self.roles, self.policy)

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.person_id, self.center_id, self.district_id, self.agency_id)

    def binds(self) -> dict[str, UUID | None]:
        """Values for the parameters that relations speak of."""
        return {
            "actor_account": self.account_id,
            "actor_person": self.person_id,
            "actor_organization": self.organization_id,
            "actor_center": self.center_id,
        }
