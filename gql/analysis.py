"""督导情况分析 in the graph: findings counted over a period, of what the caller may read and of nothing else."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import scope
from authz.actions import Action
from authz.actor import Actor
from domain import analysis
from domain.analysis import Analysis, By, Group, Readable, Which
from gql import ids
from gql.enums import described
from gql.reading.read import signed_in
from models.base import table_of
from models.checklists import Finding
from models.inspections import Inspection
from models.sessions import RecognitionMode

described(
    By,
    "分组: by what findings are counted.",
    called="FindingGrouping",
    ITEM="督导内容: by line of the form.",
    AGENCY="评价机构.",
    DISTRICT="区.",
    MONTH="月: by the month of the inspection, in order.",
)


@strawberry.input(description="Of which inspections the findings are counted.")
class FindingAnalysisInput:
    by: By = strawberry.field(description="By what.")
    since: date = strawberry.field(description="The first day of the period, by the day of the inspection.")
    until: date = strawberry.field(description="The first day after it; at most three years later.")
    agency: strawberry.ID | None = strawberry.field(default=None, description="Of one agency only.")
    district: strawberry.ID | None = strawberry.field(default=None, description="Of one district only.")
    mode: RecognitionMode | None = strawberry.field(default=None, description="Of one way of recognition only.")
    internal: bool = strawberry.field(default=False, description="内部督导 instead of external inspections.")

    def which(self) -> Which:
        agency, district = ids.optional(self.agency, ["agc"]), ids.optional(self.district, ["dst"])
        return Which(by=self.by, since=self.since, until=self.until, agency_id=agency, district_id=district, mode=self.mode, internal=self.internal)


@strawberry.type(description="一组问题: findings of one line, agency, district or month.")
class FindingGroup:
    key: str = strawberry.field(description="The form and the code of its line, like `exam F06`; the id of an agency or district; or a month.")
    name: str = strawberry.field(description="The text of the line, the name of the organization, or the month.")
    count: int = strawberry.field(description="How many findings in the period.")
    inspections: int = strawberry.field(description="In how many inspections of it.")
    before: int = strawberry.field(
        description="趋势: how many findings in the equally long period before; 0 by month, where the groups are the trend."
    )


@strawberry.type(description="督导情况分析: what inspections found in a period, and in the one before it.")
class FindingAnalysis:
    inspected: int = strawberry.field(description="Signed inspections of the period: what the counts are to be measured by.")
    inspected_before: int = strawberry.field(description="Those of the equally long period before it.")
    groups: list[FindingGroup] = strawberry.field(description="The hundred with most findings first; by month in order.")


FINDINGS_OF = {By.AGENCY: "agc", By.DISTRICT: "dst"}

Input = Annotated[FindingAnalysisInput, strawberry.argument(description="Of which inspections, and by what.")]


async def finding_analysis(info: Info, input: Input) -> FindingAnalysis | None:
    context, actor = info.context, signed_in(info.context)
    which = input.which()
    async with context.database.transaction(actor.tenant) as session:
        found = await analysis.analysed(session, which, readable(actor))
    return shown(found, which.by)


def readable(actor: Actor) -> Readable:
    inspections, findings = (scope(actor.shape, Action.INSPECTION_READ, table_of(model)) for model in (Inspection, Finding))
    return Readable(inspections, findings, actor.binds())


def shown(found: Analysis, by: By) -> FindingAnalysis:
    return FindingAnalysis(
        inspected=found.inspected, inspected_before=found.inspected_before, groups=[group(one, FINDINGS_OF.get(by)) for one in found.groups]
    )


def group(one: Group, prefix: str | None) -> FindingGroup:
    key = one.key if prefix is None else f"{prefix}_{one.key.replace('-', '')}"
    return FindingGroup(key=key, name=one.name, count=one.count, inspections=one.inspections, before=one.before)


@strawberry.type
class Query:
    finding_analysis: FindingAnalysis | None = strawberry.field(
        resolver=finding_analysis,
        description="督导情况分析: findings by line, agency, district or month, with the period before; of inspections the caller may read.",
    )
