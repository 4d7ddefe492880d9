"""What the words of evidence mean, as the schema says it."""

from gql.enums import described
from models.evidence import Confidentiality, EvidenceKind, EvidenceRefusalGround, EvidenceRequestStatus

described(
    EvidenceKind,
    "资料类别: what a piece of evidence is.",
    DOCUMENT="文字资料: a paper, on its own or photographed.",
    PHOTO="照片: a picture.",
    VIDEO="录像: a film.",
    SURVEY="调查问卷: a questionnaire, with its result.",
    TEST="测试: a test, with its result.",
    RECHECK="复核: a recheck, with its result.",
    FILED_PLAN="备案方案: an agency's own, as it is filed (F02 to F04 of the form).",
    IMPLEMENTATION_PLAN="实施方案: an agency's own, by which its sessions are carried out (003 §13).",
)
described(
    Confidentiality,
    "密级: who may see a piece of evidence.",
    INTERNAL="内部: who supervises, the team, and who handed it over.",
    NEED_TO_KNOW="涉密（试卷、考生信息）: the dispatcher, the team that goes, and who handed it over; each time it is handed out is on record.",
)
described(
    EvidenceRequestStatus,
    "资料调取的状态: where a request stands.",
    REQUESTED="已要求: the agency is asked.",
    PROVIDED="已提供: all is handed over.",
    REFUSED="已拒绝: the agency refuses.",
)
described(
    EvidenceRefusalGround, "拒绝提供的定性: what a refusal is a ground of.", WITHHOLDS_INFORMATION="拒绝提供有关情况和文件资料 (000 §20(一); 003 §8)."
)
