"""Files on their way in: the address to put the bytes to; of rosters the dry run with its problems, and the commit."""

import hmac
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

import strawberry

from authz.actions import Action
from domain import imports, uploads
from domain.roster_columns import Code
from gql.context import Context
from gql.enums import described
from gql.fields import VERSION, Call, Changed, Keyed, changed, mutation, row
from gql.organizations import CENTERS, EVENTS, Center, Event, Node, Step, Versioned
from gql.reading.declare import Offered, Source, bound, column, given, items, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, where
from gql.supervisors import PERSONS, Person
from models.base import new_id
from models.events import Event as EventRow
from models.imports import RosterImport as RosterImportRow
from models.imports import RosterImportStatus, RosterKind, UploadPurpose
from models.imports import Upload as UploadRow

described(
    RosterKind, "名册类别: which roster a file holds.", DISTRICTS="区鉴定管理中心名册.", AGENCIES="评价机构名册.", SUPERVISORS="质量督导员名册."
)
described(
    UploadPurpose,
    "上传用途: what a file is brought for.",
    ROSTER="名册: to be imported; its bytes are sealed, and dropped when it is in or refused.",
    EVIDENCE="资料: to be attached as evidence within 7 days; its bytes are kept.",
)
described(
    RosterImportStatus,
    "导入状态: how far a file has come.",
    CHECKED="校验通过, nothing written yet.",
    REJECTED="校验未通过, nothing written.",
    COMMITTED="已导入, all of it.",
)
described(
    Code,
    "名册问题: what is wrong with a cell of a roster.",
    called="RosterProblemCode",
    ID_CHECK_DIGIT="身份证号校验位 (GB 11643) is wrong.",
    ID_FORMAT="身份证号 has the wrong form, region or date of birth.",
    FULL_WIDTH="全角字符 where half-width ones belong.",
    NUMBER_CELL="数字单元格: a number cell has lost digits; it must be text.",
    CREDIT_CODE="统一社会信用代码 (GB 32100) is wrong.",
    DUPLICATE="重复: it stands in the file twice.",
    EXISTS="与已登记信息不符: it is registered otherwise.",
    UNKNOWN_DISTRICT="未知的区.",
    UNKNOWN_AGENCY="未登记的评价机构.",
    BLACKLISTED="列入质量督导失信黑名单.",
    MISSING="必填项为空.",
    TOO_LONG="过长.",
    DATE="日期有误, or dates in the wrong order.",
    ENUM="不是规定的用词.",
    MISSING_COLUMN="缺少列: the column is missing.",
    RULE_NOT_MET="不符合规定: a condition of the rules in force is not met, like age, rank or health.",
)

WHOLE_FILE = 60
"""Seconds for up to 50,000 rows at once: on a slow machine they take longer than other mutations have."""

RIGHTS = MappingProxyType({UploadPurpose.ROSTER: Action.UPLOAD_ISSUE, UploadPurpose.EVIDENCE: Action.UPLOAD_ISSUE_EVIDENCE})
"""What it takes to bring a file for a purpose."""

UPLOADS = Source(UploadRow, "Upload", "upl")
IMPORTS = Source(RosterImportRow, "RosterImport", "imp")


@strawberry.type(description="A file on its way in.")
class Upload(Node):
    purpose: UploadPurpose = column("purpose", "What it is brought for.")
    file_name: str = column("file_name", "Its name, as the client gave it.")
    expires_at: datetime = column("expires_at", "Until when bytes may be put to its address.")
    digest: str | None = column("digest", "SHA-256 of the bytes in hex; null before they have come.")


@strawberry.type(description="One thing wrong with one cell.")
class RosterProblem:
    line: int = column("line", "The line, as the spreadsheet counts.")
    code: Code = column("code", "What is wrong.")
    hint: str = column("hint", "What stands there, short; of a long number only the last four.")
    column: str = column("column", "The column's header.")


@strawberry.type(description="名册导入: one file, checked and perhaps committed.")
class RosterImport(Versioned):
    kind: RosterKind = column("kind", "Which roster.")
    status: RosterImportStatus = column("status", "How far it has come.")
    rows: int = column("rows", "Rows below the header.")
    known: int = column("known", "Rows that were registered already and stayed as they are; counted at the commit.")
    problem_count: int = column("problem_count", "How many problems there are.")
    problems: list[RosterProblem] = items(lambda frame: frame.t.c["problems"], "The first 1,000 problems, by line.")
    digest: str = column("digest", "SHA-256 of the file in hex: the same bytes are never committed twice.")
    upload: Upload | None = one("upload_id", UPLOADS, "The file, for who may bring one.")
    center: Center | None = one("center_id", CENTERS, "For which center.")
    started_by: Person | None = one("started_by", PERSONS, "Who had it checked.")
    available_steps: list[Step] = steps(Offered("rosterImportCommit", Action.ROSTER_IMPORT_COMMIT, ("CHECKED",), "COMMITTED"))


@strawberry.input(description="Which imports.")
class RosterImportFilter:
    kind: Among[RosterKind] | None = where("kind", "Of which roster.")
    status: Among[RosterImportStatus] | None = where("status", "How far they have come.")


@strawberry.type
class Query:
    roster_imports: Connection[RosterImport] | None = page(
        None, IMPORTS, "Roster imports, newest first.", type=Connection[RosterImport], arguments=Arguments(RosterImportFilter)
    )
    roster_import: RosterImport | None = row(IMPORTS, "One roster import.", RosterImport)


@strawberry.input(description="A file that is to come.")
class UploadIssueTicketInput(Keyed):
    file_name: str = strawberry.field(
        description="Its name with its ending, at most 120 characters: of a roster .xlsx or .csv, of evidence .pdf, .jpg, .png, .mp4, .docx or .xlsx."
    )
    purpose: UploadPurpose = strawberry.field(default=UploadPurpose.ROSTER, description="What it is brought for.")
    sha256: str | None = strawberry.field(default=None, description="Of evidence: the SHA-256 of its bytes, 64 digits in hex. No others are taken.")
    size: int | None = strawberry.field(
        default=None, description="Of evidence: its length in bytes, at most 20 MiB for a picture, 50 MiB for a paper, 2 GiB for a film."
    )


@strawberry.type(description="Where to put the bytes.")
class UploadTicketPayload:
    upload: Upload | None = given("upload", UPLOADS, "The place kept for the file.")
    url: str = bound("url", "PUT the bytes here, as they are, before the upload expires. Whoever knows the address may, so keep it to yourself.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.input(description="A dry run.")
class RosterImportStartInput(Keyed):
    upload: strawberry.ID = strawberry.field(description="The file, whose bytes have come.")
    kind: RosterKind = strawberry.field(description="Which roster it holds.")


@strawberry.input(description="A roster to write.")
class RosterImportCommitInput(Keyed):
    roster_import: strawberry.ID = strawberry.field(description="A dry run without problems.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A roster import after a step.")
class RosterImportPayload:
    roster_import: RosterImport | None = given("roster_import", IMPORTS, "The import; the earlier one where the same bytes were committed before.")
    event: Event | None = given("event", EVENTS, "The event written; null where nothing was left to do.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def ticket_of(context: Context, upload: UUID) -> str:
    """Nobody can make one without our key, and the same upload always has the same. Kept as a hash only."""
    return hmac.new(context.cursor_key, b"upload:" + upload.bytes, sha256).hexdigest()


def coming(input: UploadIssueTicketInput) -> uploads.Coming:
    return uploads.Coming(input.purpose, input.file_name, sha256=input.sha256, size=input.size)


def address(context: Context, rows: Changed) -> dict[str, str]:
    return {"url": f"/uploads/{ticket_of(context, rows['upload'])}"}


@strawberry.type
class Mutation:
    @mutation(
        Action.UPLOAD_ISSUE,
        "Ask for an address to put a file to, once: a roster or evidence. It holds for 15 minutes.",
        also=(Action.UPLOAD_ISSUE_EVIDENCE,),
        said=address,
    )
    async def upload_issue_ticket(call: Call, input: UploadIssueTicketInput) -> UploadTicketPayload:
        place = new_id()
        digest = sha256(ticket_of(call.context, place).encode()).digest()
        upload = uploads.ticket(coming(input), id=place, ticket_hash=digest, act=call.act)
        call.require(RIGHTS[input.purpose], upload)
        await uploads.reserve(call.session, upload, quota=call.context.evidence_quota, act=call.act)
        return changed(UploadTicketPayload, upload=upload.id)

    @mutation(
        Action.ROSTER_IMPORT_START,
        "Check a roster file (试导入): every bad cell by line, column and code. Nothing of it is written.",
        seconds=WHOLE_FILE,
    )
    async def roster_import_start(call: Call, input: RosterImportStartInput) -> RosterImportPayload:
        upload = await call.fetch(UPLOADS, input.upload, to=Action.UPLOAD_READ)
        blank = imports.dry_run(upload, input.kind, act=call.act)
        call.require(Action.ROSTER_IMPORT_START, blank)
        found, event = await imports.check(call.session, blank, upload, act=call.act, keys=call.context.id_keys)
        return written(found, event)

    @mutation(
        Action.ROSTER_IMPORT_COMMIT, "Write a checked roster (正式导入): all of it or nothing, and the same bytes never twice.", seconds=WHOLE_FILE
    )
    async def roster_import_commit(call: Call, input: RosterImportCommitInput) -> RosterImportPayload:
        checked = await call.fetch(IMPORTS, input.roster_import, to=Action.ROSTER_IMPORT_COMMIT, version=input.expected_version)
        done, event = await imports.bring_in(call.session, checked, act=call.act, keys=call.context.id_keys)
        return written(done, event)


def written(found: RosterImportRow, event: EventRow | None) -> RosterImportPayload:
    events = {"event": event.id} if event is not None else {}
    return changed(RosterImportPayload, roster_import=found.id, **events)
