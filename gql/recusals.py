"""回避 of the internal supervisor of a session, before it begins."""

import strawberry

from authz.actions import Action
from domain import sessions
from gql.fields import Call, mutation
from gql.sessions import OfRecognitionSession, RecognitionSessionPayload, after, taken

RECUSE = Action.SESSION_RECUSE_INTERNAL


@strawberry.input(description="From which session, and why.")
class RecognitionSessionRecuseInternalInput(OfRecognitionSession):
    reason: str = strawberry.field(description="回避或不能到场的事由, at most 500 characters; the agency reads it.")


@strawberry.type
class Mutation:
    @mutation(
        RECUSE,
        "Recuse (回避, 000 §8(八)) or decline (000 §19) as the internal supervisor who was named, before the session begins; one that has begun stays "
        "as it is. The agency is told and names another, never the same for that session. It counts towards no streak of refusals (本系统默认).",
    )
    async def recognition_session_recuse_internal(call: Call, input: RecognitionSessionRecuseInternalInput) -> RecognitionSessionPayload:
        found = await taken(call, input, RECUSE)
        return after(found, await sessions.recuse_internal(call.session, found, input.reason, act=call.act))
