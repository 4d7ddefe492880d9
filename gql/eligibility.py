"""任职条件 in the graph: each condition by itself, and the words in which the form of application speaks of them."""

from datetime import date

import orjson
import strawberry
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import JSONB

from domain.qualifications import Eligibility as Judged
from gql.enums import described
from gql.reading.declare import bound, column, items
from models.applications import AttestedCondition, WorkArea
from models.supervisors import CompetenceArea, Title

described(
    WorkArea,
    "工作类别: what sort of work the conditions ask about.",
    MANAGEMENT="职业技能等级认定管理工作.",
    TECHNICAL="职业技能等级认定技术工作.",
    TECHNICAL_MANAGEMENT="技术管理工作.",
    ASSESSING="考评工作.",
)
described(
    AttestedCondition,
    "须证明的条件: what somebody vouches for.",
    INTEGRITY="廉洁奉公、办事公道、作风正派.",
    POLICY_KNOWN="掌握政策法规, 熟悉技术方法.",
    HEALTHY="身体健康: yes or no, nothing else is kept.",
    ASSESSOR_EXCELLENT="优秀考评人员, by the word of the employer.",
)
described(
    CompetenceArea,
    "业务专长: what a supervisor is versed in.",
    EXAM_WORKFLOW="考务流程.",
    QUESTION_BANK="题库管理.",
    CERTIFICATES="证书管理.",
)
described(
    Title,
    "专业技术职务: lowest first.",
    called="ProfessionalTitle",
    ASSISTANT="初级.",
    MIDDLE="中级.",
    ASSOCIATE_SENIOR="副高级.",
    SENIOR="正高级.",
)


@strawberry.type(description="任职条件: one condition by itself. Of those of one group one suffices; every group must hold.")
class EligibilityCondition:
    group: int = column("group", "Which group it belongs to, from 1.")
    condition: str = column("condition", "What is asked, like RANK, AGE or INTEGRITY.")
    required: str = column("required", "How much of it, like `>=SENIOR_3` or `<=65`; YES for what is attested.")
    value: str | None = column("value", "What is known of the person; null where nothing is.")
    met: bool = column("met", "Whether it is met.")
    shown_by: str | None = column("shown_by", "The later step that shows it, EXAM or CARD, where it cannot be known yet.")
    rule: str = column("rule", "The key of the rule.")
    article: str = column("article", "Where it is written.")


@strawberry.type(description="任职条件的核对结果: every condition of the rules in force on a day. Nothing is filed.")
class Eligibility:
    on: date = bound("on", "The day it is judged for: today.")
    profile: str = bound("profile", "The rules in force on that day.")
    met: bool = bound("met", "Every group holds.")
    may_apply: bool = bound("may_apply", "Nothing is lacking but what a later step shows.")
    conditions: list[EligibilityCondition] = items(lambda _: bindparam("given_conditions", type_=JSONB), "Each condition by itself.")


def told(found: Judged) -> dict[str, str]:
    """Each value as JSON, as the reader takes it."""
    said = {"on": found.on, "profile": found.rules.rules.version, "met": found.met, "may_apply": found.may_apply, "conditions": found.kept}
    return {name: orjson.dumps(one).decode() for name, one in said.items()}
