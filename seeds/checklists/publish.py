"""Puts the checklist templates of this folder into the database: shared by all jurisdictions, each edition once."""

from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act
from domain.templates import Template, parse_template, publish_template
from models.organizations import Organization

FOLDER = Path(__file__).parent


def templates() -> list[Template]:
    return [parse_template(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))]


async def publish_templates(session: AsyncSession, center: Organization, *, act: Act) -> None:
    """Safe to repeat: an edition that is there stays as it is."""
    for template in templates():
        await publish_template(session, template, center=center, act=act)
