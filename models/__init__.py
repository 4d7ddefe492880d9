"""All tables: importing this room makes the metadata complete."""

from models import (
    cases,
    checklists,
    dispatch,
    events,
    imports,
    inspections,
    memberships,
    opinions,
    organizations,
    requests,
    returns,
    sessions,
    supervisors,
)

__all__ = [
    "cases",
    "checklists",
    "dispatch",
    "events",
    "imports",
    "inspections",
    "memberships",
    "opinions",
    "organizations",
    "requests",
    "returns",
    "sessions",
    "supervisors",
]
