"""Notes who had personal columns of others shown in clear."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act, Within, tenants
from models.disclosures import Disclosure


async def note(session: AsyncSession, columns: Collection[str], *, account_id: UUID, operation: str, document: str, within: Within, act: Act) -> None:
    """One row for one operation. `document` is the digest of what was asked, `operation` its name."""
    session.add(
        Disclosure(
            **tenants(within),
            at=act.at,
            person_id=act.by,
            account_id=account_id,
            organization_id=act.organization_id,
            columns=sorted(columns),
            operation=operation,
            document=document,
        )
    )
