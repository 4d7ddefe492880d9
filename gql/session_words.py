"""What the words of a recognition session mean, as the schema says it."""

from gql.enums import described
from models.sessions import ExamDuty, RecognitionMode, RecognitionSessionStatus

described(
    RecognitionMode,
    "评价方式: how skills are recognized (003 §13).",
    EXAM="考核评价: by an examination, which is inspected on site (003 §13(一)).",
    PROCESS="过程评价: in the course of work, by its plan and records (003 §13(二)).",
    DIRECT="直接认定: without an examination; its results are looked at (003 §13(三)).",
    RESULT="结果认定: by results at work; these are looked at (003 §13(三)).",
)
described(
    RecognitionSessionStatus,
    "认定场次的状态: where a session stands.",
    PLANNED="计划: registered.",
    STARTED="已开始: under way.",
    HELD="已完成: held; counts for every ratio.",
    RESULTS_POSTED="结果已公示: results are posted.",
    CANCELLED="已取消: leaves every ratio.",
)
described(
    ExamDuty,
    "考务分工: what somebody does in a session (003 §13(一)).",
    PERSON_IN_CHARGE="现场负责人 (F08).",
    EXAM_STAFF="考务人员 (F09).",
    INVIGILATOR="监考员 (F10).",
)
