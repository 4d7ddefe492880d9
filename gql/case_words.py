"""What the words of a case against a supervisor and of the blacklist mean, as the schema says it."""

from gql.enums import described
from models.cases import BlacklistStatus, CaseOrigin, Ground, Sanction, SupervisorCaseStatus

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
described(
    Ground,
    "事由: for what a supervisor is called to account.",
    DERELICTION="玩忽职守，贻误认定 (000 §21(一)).",
    FRAUD="弄虚作假，徇私舞弊 (000 §21(二)).",
    ABUSE_OF_POWER="滥用职权 (000 §21(三)).",
    SHIELDING_OR_RETALIATION="包庇或打击报复他人 (000 §21(四)).",
    IMPROPER_GAIN="不当得利 (000 §21(五)).",
    OTHER_BAD_EFFECT="其他妨碍工作并造成恶劣影响 (000 §21(六)).",
    NEGLIGENCE="未认真履行职责 (003 §17).",
    PRIVATE_GAIN="利用职务谋取私利 (003 §17).",
    REFUSAL_STREAK="连续不接受指派 (000 §19).",
    EDUCATION_FAILED="业务学习教育不合格 (000 §17).",
    EDUCATION_ABSENT="未参加业务学习教育 (000 §17).",
    ASSESSMENT_FAILED="年度考核不合格 (000 §22).",
)
described(
    BlacklistStatus,
    "黑名单记录的状态: whether an entry blocks.",
    PROPOSED="提请列入, waits for a second person and blocks nothing.",
    LISTED="列入, blocks everywhere.",
    UNDER_REVIEW="复核中, still blocks.",
    LIFTED="解除, kept in history.",
    DISMISSED="不予列入: the proposal came to nothing.",
)
