"""考务人员 in the graph: who is in charge of a session, works and invigilates there."""

import strawberry

from domain.staffing import OnDuty
from gql import session_words as _  # noqa: F401 - what the enums of sessions mean
from gql.organizations import Node
from gql.reading.declare import Source, column
from models.sessions import ExamDuty
from models.sessions import ExamStaff as ExamStaffRow

EXAM_STAFF = Source(ExamStaffRow, "ExamStaff", "xst")


@strawberry.type(description="考务管理人员 of one session, as the agency named them when it registered it (003 §13(一)).")
class ExamStaff(Node):
    name: str = column("name", "The name the agency gave.")
    duty: ExamDuty = column("duty", "分工.")


@strawberry.input(description="One of the agency's staff in a session.")
class ExamStaffInput:
    name: str = strawberry.field(description="The name, at most 60 characters.")
    duty: ExamDuty = strawberry.field(description="分工.")

    def on_duty(self) -> OnDuty:
        return OnDuty(self.name, self.duty)
