"""What an organization or a person is told: kinds and ids, and whether anybody has taken notice."""

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, Text, case, cast, func, or_

from authz.actions import Action
from domain.notifications import mark_read
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PERSONS, PREFIXES, Event, Organization, Somebody, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from models.notifications import Notification as NotificationRow
from models.notifications import NotificationKind, NotificationStatus

described(
    NotificationKind,
    "通知种类: what is told.",
    OFFER_MADE="收到指派: a place in a team is offered; to the person.",
    OFFER_LAPSED="指派逾期未答复: silence counts as a refusal (000 §19).",
    OFFER_DECLINED="不接受指派或回避: a place is free; to the dispatcher.",
    OFFER_WITHDRAWN="指派已撤回; to the person.",
    PLACE_UNFILLED="无人可递补: nobody is left in the committed order; to the dispatcher.",
    DRAW_COMMITTED="抽取名单已封存: a draw is frozen in the jurisdiction.",
    NOTICE_SERVED="督导工作通知已送达; to the agency.",
    OPINION_SERVED="督导意见书已送达; to the agency.",
    OPINION_OVERDUE="督导意见书逾期未送达; to the dispatcher.",
    REPORT_OVERDUE="督导报告逾期未提交; to the team and its dispatcher.",
    RECTIFICATION_SUBMITTED="整改情况已报告; to the dispatcher.",
    RECTIFICATION_SENT_BACK="整改被退回; to the agency.",
    RECTIFICATION_ACCEPTED="整改已验收; to the agency.",
    RECTIFICATION_DUE="整改即将到期; to the agency.",
    RECTIFICATION_OVERDUE="整改逾期; to the dispatcher and the agency.",
    MONTHLY_RETURN_DUE="月报待报送: due on the 5th (003 §15); to the district.",
    MONTHLY_RETURN_OVERDUE="月报逾期未报送; to the district and the center.",
    MONTHLY_RETURN_FILED="月报已报送; to the center.",
    MONTHLY_RETURN_SENT_BACK="月报被退回; to the district.",
    APPOINTMENT_EXPIRING="聘期将满 (000 §18); to the person and who appoints.",
    APPOINTMENT_EXPIRED="聘期届满; to the person and who appoints.",
    EDUCATION_DUE="本年度业务学习教育尚未组织 (000 §17); to the agency.",
    EDUCATION_LAPSED="年度内未组织业务学习教育; to the agency and the center.",
    ASSESSMENT_OVERDUE="年度考核逾期 (000 §22); to who appointed.",
    SUPERVISOR_CASE_OPENED="督导员案件已立案; to the person and the issuer of the card.",
    SUPERVISOR_CASE_HEARD="听取陈述申辩: until which day the person may speak (本系统默认); to the person.",
    SUPERVISOR_CASE_STATED="已陈述申辩, or waived; to the issuer and the district.",
    EXTENSION_REQUESTED="整改延期申请 (本系统默认); to the dispatcher.",
    EXTENSION_DECIDED="整改延期已答复: granted or refused; to the agency.",
    SUPERVISOR_CASE_APPEALED="已申诉 (本系统默认); to the issuer and the district.",
    SUPERVISOR_CASE_UPHELD="申诉后维持原决定 (本系统默认); to the person.",
    CARD_SUSPENDED="证卡已暂停; to the person and the issuer.",
    CARD_REVOKED="督导资格已取消; to the person and the issuer.",
    AGENCY_CASE_OPENED="评价机构案件已立案: somebody is to decide (000 §20); to who opened it and the district.",
    AGENCY_CASE_CRITICIZED="已批评 (000 §20); to the agency.",
    AGENCY_CASE_ORDERED="已责令改正 (000 §20); to the agency.",
    AGENCY_CASE_OVERDUE="责令改正逾期: whether it is 拒不改正 is to be decided; to who opened the case, the center and the agency.",
    SERIOUS_VIOLATION_RAISED="严重违规报告 (003 §15): at once, to the center, and to the district where the channel names it; never to the agency.",
    SERIOUS_VIOLATION_DECIDED="严重违规报告已有结论; to who raised it, and to the district that may know of it.",
    BLACKLIST_LISTED="列入失信黑名单 (000 §23); to the person and the center.",
    BLACKLIST_REVIEW_DUE="黑名单复核到期; to the center.",
    WEBHOOK_SUSPENDED="回调地址已停用: it has failed for too long; to its organization.",
    INSPECTION_CANCELLED="督导已取消: a visit of which the agency had notice is called off; to the agency.",
    REPORT_SUBMITTED="督导报告已提交 (000 §11(四)); to the dispatcher.",
    EVIDENCE_REQUESTED="要求提供资料 (003 §8); to the agency.",
    EVIDENCE_PROVIDED="资料已提供; to who asked for them.",
    EVIDENCE_OVERDUE="资料逾期未提供 (003 §8); to who asked, who dispatched the team, and the agency.",
    EVIDENCE_REFUSED="拒绝提供资料 (000 §20(一)); to who asked and who dispatched the team.",
    RECOMMENDATION_MADE="建议取消考评人员资格 (000 §8(三)); to the agency, which decides.",
    RECOMMENDATION_ANSWERED="取消考评人员资格建议已答复; to who recommended and who dispatched the team.",
    ALTERATION_REQUESTED="有人要求更改督导结果 (000 §8(二)); to the center and the district.",
    AMENDMENT_ATTACHED="督导记录已更正; to the agency.",
    ANNUAL_RATING_GIVEN="年检评估等次已评定 (000 §10(三)); to the agency.",
    COMPLAINT_ASSIGNED="举报已交办 (000 §8(六)); to who investigates.",
    COMPLAINT_DUE="举报办理到期: due today or late; to who investigates and who received it.",
    COMPLAINT_CONCLUDED="举报已查结; to who received it.",
    OBSTRUCTION_RECORDED="阻挠督导已记录 (000 §9, §20); to the center and the district, never to the agency.",
    AGENCY_CASE_REFERRED="已提请人社部门 (000 §20); to the agency and the district.",
    AGENCY_CASE_DISQUALIFIED="已取消评价机构资格 (000 §20); to the agency and the district.",
    AGENCY_CASE_RECTIFIED="评价机构案件因改正终结; to the agency.",
    MONTHLY_RETURN_ACCEPTED="月报已接受 (003 §14); to the district.",
    FILING_SUBMITTED="备案申请已提交: a month waits for an opinion; to the center.",
    FILING_OPINION_ISSUED="备案管理意见已反馈 (003 §14); to the agency and the district.",
    FILING_FILED="认定结果已备案; to the agency and the district.",
    FILING_REFUSED="认定结果不予备案 (003 §16); to the agency and the district.",
    FILING_SENT_BACK="备案申请被退回; to the agency.",
    FILING_REFUSAL_PROPOSED="提出不予备案: waits for a second person; to the center.",
    FILING_REFUSAL_DISMISSED="不予备案提议未采纳; to who proposed it.",
    CREDIT_ENTERED="记入信用档案 (003 §16); to the agency and the district.",
    SUPERVISOR_CASE_DECIDED="督导员案件的处理已生效 (000 §21; 003 §17); to the person.",
    SUPERVISOR_CASE_LIFTED="暂停督导工作已解除 (003 §17), or a decision taken back after an appeal; to the person.",
    SUPERVISOR_CASE_CLOSED="督导员案件已终结, without a sanction; to the person.",
    BLACKLIST_UPHELD="黑名单复核维持; to the person.",
    BLACKLIST_LIFTED="已移出失信黑名单; to the person and the center.",
    ROSTER_ENTERED="列入督导员名册 (000 §16); to the person.",
    CARD_ISSUED="证卡已核发 (000 §13; 003 §9); to the person.",
    CARD_RESTORED="证卡已恢复; to the person.",
    APPLICATION_DECIDED="督导员申请已有结果 (000 §14; 003 §9); to the person and the employer.",
    TERM_EVALUATED="聘期履行评价已作出 (000 §18); to the person.",
    TERM_RENEWED="已续聘 (000 §18); to the person.",
    YEAR_ASSESSED="年度考核已评定 (000 §22); to the person.",
    COMMENDED="已表彰 (000 §22); to the person.",
    CONFLICT_RECORDED="回避情形已登记 (000 §8(八); 003 §10): declared by the person or recorded by a dispatcher; to the person, the center and the district.",
    CONFLICT_APPLIED="评价机构申请回避: waits for an answer; to the center and the district.",
    CONFLICT_ACCEPTED="回避申请已同意: the person is out at that agency; to the person, the agency, the center and the district.",
    CONFLICT_REJECTED="回避申请未同意; to the agency.",
    CONFLICT_ENDED="回避情形已终止; to the person, the center and the district.",
    INTERNAL_RECUSED="内部督导员回避 (000 §8(八), §12): another is to be named for the session; to the agency.",
    APPLICATION_WITHDRAWN="督导员申请已撤回; to the employer and who would have issued the card.",
    CARD_REPLACED="证卡已补发; to the person.",
)

described(NotificationStatus, "阅读状态: whether anybody has taken notice.", UNREAD="未读.", READ="已阅.")

NOTIFICATIONS = Source(NotificationRow, "Notification", "ntf")
PREFIX = "ntf"
SUBJECTS = {
    "Assignment": "asg",
    "Draw": "draw",
    "Inspection": "insp",
    "OpinionLetter": "opn",
    "Rectification": "rect",
    "Organization": "dst",
    "MonthlyReturn": "mret",
    "Appointment": "apt",
    "SupervisorCase": "scase",
    "Card": "card",
    "BlacklistEntry": "blk",
    "Webhook": "hook",
    "EducationLapse": "edlp",
    "SupervisionReport": "rep",
    "EvidenceRequest": "ereq",
    "AssessorRecommendation": "arec",
    "AlterationRequest": "altr",
    "Amendment": "amd",
    "AnnualRating": "arat",
    "Complaint": "cmp",
    "Obstruction": "obst",
    "FilingDecision": "fil",
    "FilingRefusal": "fref",
    "CreditEntry": "cred",
    "Application": "app",
    "Supervisor": "sup",
    "YearlyAssessment": "yass",
    "Commendation": "cmnd",
    "AgencyCase": "acase",
    "Conflict": "cfl",
    "SeriousViolationReport": "svr",
    "RecognitionSession": "ses",
}
"""The prefix of what a notification is about. Of organizations districts are told about, by their returns, and agencies, by `OF_AGENCIES`."""
OF_AGENCIES = (NotificationKind.EDUCATION_DUE,)


def subject(frame: Frame) -> ColumnElement[str]:
    t = frame.t.c
    of_agencies = or_(*(t.kind == constant(kind.value) for kind in OF_AGENCIES))
    prefix = case((of_agencies, constant("agc_")), *((t.subject_kind == constant(kind), constant(f"{prefix}_")) for kind, prefix in SUBJECTS.items()))
    return prefix.concat(func.replace(cast(t.subject_id, Text), constant("-"), constant("")))


@strawberry.type(description="通知: one step, told to one organization or one person. It holds ids and a kind, and nothing of anybody.")
class Notification(Versioned):
    kind: NotificationKind = column("kind", "What is told.")
    at: datetime = column("at", "When it happened.")
    subject_kind: str = column("subject_kind", "About what kind of object.")
    subject: strawberry.ID = computed(subject, "The object, for `node`; whoever may not see it finds nothing there.")
    occasion: str | None = column("occasion", "Which of several times: a month, or the day something is due.")
    event: Event | None = one("event_id", EVENTS, "The step, for who may see the history.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "To which organization; null where it is to a person.")
    person: Somebody | None = one("person_id", PERSONS, "To whom; null where it is to an organization.")
    status: NotificationStatus = column("status", "Whether anybody has taken notice.")
    read_at: datetime | None = column("read_at", "When somebody took notice.")
    read_by: Somebody | None = one("read_by", PERSONS, "Who took notice.")
    available_steps: list[Step] = steps(Offered("notificationMarkRead", Action.NOTIFICATION_MARK_READ, ("UNREAD",), "READ"))


@strawberry.input(description="Which notifications.")
class NotificationFilter:
    status: Among[NotificationStatus] | None = where("status", "Whether anybody has taken notice.")
    kind: Among[NotificationKind] | None = where("kind", "What they tell.")
    at: RangeFilter[datetime] | None = where("at", "When it happened.")
    organization: IdFilter | None = where("organization_id", "To which organization.", *PREFIXES.values())
    person: IdFilter | None = where("person_id", "To whom.", "per")


@strawberry.enum(description="What notifications may be sorted by.")
class NotificationOrder(Enum):
    AT = strawberry.enum_value("at", description="By when it happened.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when it was told.")


@strawberry.input(description="Which notification somebody takes notice of.")
class NotificationMarkReadInput(Keyed):
    notification: strawberry.ID = strawberry.field(description="The notification.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A notification after somebody took notice.")
class NotificationPayload:
    notification: Notification | None = given("notification", NOTIFICATIONS, "The notification.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Query:
    notifications: Connection[Notification] | None = page(
        None,
        NOTIFICATIONS,
        "What the organization acted for and the caller are told, newest first.",
        type=Connection[Notification],
        arguments=Arguments(NotificationFilter, NotificationOrder),
    )
    notification: Notification | None = row(NOTIFICATIONS, "One notification.", Notification)


@strawberry.type
class Mutation:
    @mutation(Action.NOTIFICATION_MARK_READ, "已阅: take notice, for oneself or, in office, for the whole organization.")
    async def notification_mark_read(call: Call, input: NotificationMarkReadInput) -> NotificationPayload:
        found = await call.fetch(NOTIFICATIONS, input.notification, to=Action.NOTIFICATION_MARK_READ, version=input.expected_version)
        event = await mark_read(call.session, found, act=call.act)
        return changed(NotificationPayload, notification=found.id, event=event.id)
