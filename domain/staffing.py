"""考务人员 of a session (003 §13(一), F08-F10): who is in charge, who works and who invigilates there, as the agency names them when it registers it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from domain.machine import tenants
from domain.texts import checked
from models.sessions import ExamDuty, ExamStaff, RecognitionSession

LONGEST_NAME, MOST = 60, 100


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody of the agency's staff and the duty in the session."""

    name: str
    duty: ExamDuty


async def staff(session: AsyncSession, recognition: RecognitionSession, on_duty: Sequence[OnDuty]) -> None:
    """Saves who works in a session that was just registered. BadInput for more than a hundred."""
    if len(on_duty) > MOST:
        raise BadInput("examStaff", "too_many", most=MOST)
    rows = [
        ExamStaff(**tenants(recognition), recognition_session_id=recognition.id, name=checked("name", one.name, LONGEST_NAME), duty=one.duty)
        for one in on_duty
    ]
    session.add_all(rows)
    await session.flush()
