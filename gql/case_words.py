"""What the words of a case against a supervisor mean, as the schema says it."""

from gql.enums import described
from models.cases import CaseOrigin, Sanction, SupervisorCaseStatus

described(
    CaseOrigin,
    "立案来源: how a case came about.",
    MANUAL="人工立案.",
    REFUSAL_STREAK="连续不接受指派, opened by itself.",
    EDUCATION="业务学习教育不合格或未参加, opened by itself when the year is over.",
    ASSESSMENT="年度考核不合格, opened by the assessment.",
    AGENCY_REPORT="被督导机构反映: reported by an agency that the person has inspected.",
)
described(
    SupervisorCaseStatus,
    "案件状态: where a case stands.",
    OPENED="已立案.",
    HEARING="听取陈述申辩: the person may speak before anything is decided.",
    DECIDED="已决定, waits for a second person.",
    IN_FORCE="已生效.",
    APPEALED="申诉中: the sanction holds until the appeal is answered.",
    UPHELD="维持原决定, after an appeal.",
    LIFTED="已解除.",
    CLOSED="已结案, without a sanction.",
)
described(
    Sanction,
    "处理决定: what a case led to.",
    NO_ACTION="不予处理.",
    CRITICISM="批评教育 (000 §21, 003 §17).",
    ADMIN_DISCIPLINE="行政处分, by the employer's department (000 §21).",
    SUSPENSION="暂停质量督导工作 (003 §17).",
    REVOCATION="取消督导资格 (000 §21, 003 §17).",
)
