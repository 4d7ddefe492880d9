"""Findings and supervision reports over many inspections: what stands behind a count, and who reported in time."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement

from gql.checklists import FINDINGS, Finding
from gql.inspections import INSPECTIONS
from gql.opinions import RECTIFICATIONS, REPORTS, SupervisionReport, report_late
from gql.reading.declare import Frame, page
from gql.reading.filters import some
from gql.reading.paging import Among, Arguments, Beside, Connection, IdFilter, RangeFilter, where, where_beside, where_worked
from models.checklists import FindingCategory, FindingTarget
from models.opinions import SupervisionReportStatus


def is_corrected(frame: Frame) -> ColumnElement[bool]:
    return some(frame, RECTIFICATIONS, "inspection_id", mine="inspection_id", status="ACCEPTED")


@strawberry.input(description="Which findings.")
class FindingFilter:
    category: Among[FindingCategory] | None = where("category", "What they are about.")
    target: Among[FindingTarget] | None = where("target", "Against whom they are.")
    item: IdFilter | None = where("item_id", "At which line of a form.", "item")
    agency: IdFilter | None = where("agency_id", "At which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    scheduled_on: RangeFilter[date] | None = where_beside(
        "scheduled_on", Beside(INSPECTIONS, "inspection_id", "id", "scheduled_on"), "The day of the visit, by which `findingAnalysis` counts."
    )
    found_at: RangeFilter[datetime] | None = where("created_at", "When they were put on record.")
    corrected: bool | None = where_worked(
        "corrected", is_corrected, "Whether the 整改 of the inspection is accepted, as far as the caller may see it (000 §11(三))."
    )


@strawberry.enum(description="What findings may be sorted by.")
class FindingOrder(Enum):
    FOUND_AT = strawberry.enum_value("created_at", description="By when they were put on record.")


@strawberry.input(description="Which supervision reports.")
class SupervisionReportFilter:
    status: Among[SupervisionReportStatus] | None = where("status", "Where they stand.")
    dispatcher: IdFilter | None = where("dispatcher_id", "To whom.", "ctr", "dst", "agc")
    agency: IdFilter | None = where("agency_id", "About which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    submitted_at: RangeFilter[datetime] | None = where("submitted_at", "When they were filed.")
    late: bool | None = where_worked("report_late", report_late, "Whether they came after their last day; of rules without one neither.")


@strawberry.enum(description="What supervision reports may be sorted by.")
class SupervisionReportOrder(Enum):
    SUBMITTED_AT = strawberry.enum_value("submitted_at", description="By time of filing.")


@strawberry.type
class Query:
    findings: Connection[Finding] | None = page(
        None,
        FINDINGS,
        "问题: the findings behind every count of `findingAnalysis`, as far as the caller may see the inspections (000 §8(一), (九); 003 §15).",
        type=Connection[Finding],
        arguments=Arguments(FindingFilter, FindingOrder),
    )
    supervision_reports: Connection[SupervisionReport] | None = page(
        None,
        REPORTS,
        "督导报告: what teams reported to their dispatchers, and whether in time (000 §11(四); 003 §12).",
        type=Connection[SupervisionReport],
        arguments=Arguments(SupervisionReportFilter, SupervisionReportOrder),
    )
