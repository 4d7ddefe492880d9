"""What an answer should be: graphql-core's own execution of the printed schema over rows loaded naively, with no SQL of the reader's in it."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema, execute_sync
from graphql.language import DocumentNode
from sqlmodel import SQLModel

from authz.access import holds
from authz.actor import Actor
from authz.errors import NotFound
from gql.node import BY_PREFIX
from gql.reading.declare import STORED, Column, Computed, Every, Given, Items, Lines, Many, Offered, One, Only, Page, Source, Steps, source_of
from gql.reading.paging import Part
from gql.reading.selection import DEFINITION
from tests.crowd_rows import Rows
from tests.reading import figures
from tests.reading.filters import passes, plain
from tests.reading.twins import COMPUTED, ITEMS, MASKED, WHEN, WORKED

CURSOR = re.compile(r"^[0-9a-f]{24}\|([0-9a-f-]{36})\|", re.DOTALL)


@dataclass(frozen=True)
class Thing:
    """An object of a type: a row, or a part of a JSON document."""

    type: str
    row: Any
    source: Source | None = None


class Oracle:
    def __init__(self, schema: strawberry.Schema, printed: GraphQLSchema, rows: Rows, actor: Actor) -> None:
        self.declared: GraphQLSchema = schema._schema
        self.schema = printed
        self.rows = rows
        self.actor = actor
        self.seen: dict[Source, list[Any]] = {}
        self.may: dict[tuple[object, UUID], bool] = {}

    def answer(self, document: DocumentNode, variables: Mapping[str, Any]) -> ExecutionResult:
        return execute_sync(
            self.schema, document, variable_values=dict(variables), field_resolver=self.resolve, type_resolver=lambda thing, *_: thing.type
        )

    def definition(self, type: str, field: str) -> Any:
        return self.declared.type_map[type].fields[field].extensions[DEFINITION].metadata.get(STORED)

    def visible(self, source: Source) -> list[Any]:
        if source not in self.seen:
            kept = [row for row in self.rows.of[source.model] if not source.only or plain(getattr(row, source.only[0])) in source.only[1:]]
            self.seen[source] = [row for row in kept if self.holds(source.read, row)]
        return self.seen[source]

    def holds(self, action: Any, row: SQLModel) -> bool:
        key = (action, row.id)
        if key not in self.may:
            self.may[key] = holds(self.actor, action, row, world=self.rows.facts)
        return self.may[key]

    def resolve(self, parent: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        what = self.definition(info.parent_type.name, info.field_name)
        if info.field_name == "node" and parent is None:
            what = BY_PREFIX.get(arguments["id"].partition("_")[0])
            if what is None:
                raise NotFound
        match what:
            case Part():
                return parent[what.name]
            case Column():
                return self.column(parent, what, (info.parent_type.name, info.field_name))
            case Computed():
                return COMPUTED[info.parent_type.name, info.field_name](self, parent.row)
            case Items() | Lines() if (info.parent_type.name, info.field_name) in ITEMS:
                return [Thing("", one) for one in ITEMS[info.parent_type.name, info.field_name](self, parent.row)]
            case Steps():
                return [Thing("", self.step(one)) for one in what.offers if self.offered(one, parent.row)]
            case One():
                return self.single(source_of(what.source), "id", getattr(parent.row, what.column))
            case Only():
                return self.single(source_of(what.source), what.column, parent.row.id)
            case Given() if not {"month", "area"} & set(arguments):
                return self.given(what, arguments)
            case Many():
                source = source_of(what.source)
                rows = self.several((info.parent_type.name, info.field_name), source, what.column, of=parent.row)
                rows.sort(key=lambda row: tuple(last_if_none(plain(getattr(row, name))) for name in (*what.order, "id")))
                return [self.thing(row, source) for row in rows[: what.cap]]
            case Page():
                return self.page(parent, what, arguments, info=info)
        return self.worked_out(parent, what, arguments)

    def several(self, field: tuple[str, str], source: Source, column: str, *, of: Any) -> list[Any]:
        if source.rows is None:
            return [row for row in self.visible(source) if getattr(row, column) == of.id]
        worked = {row.id for row in WORKED[field](self, of)}
        return [row for row in self.visible(source) if row.id in worked]

    def worked_out(self, parent: Any, what: Any, arguments: Mapping[str, Any]) -> Any:
        """What no row stores: figures of a month."""
        match what:
            case Lines():
                return [Thing("", one) for one in parent.row.lines]
            case Every():
                return [Thing(what.source.type, one, what.source) for one in figures.of_districts(self, arguments)]
            case Given() if "area" in arguments:
                return Thing("AnnualCoverage", figures.annual(self, arguments), source_of(what.source))
            case Given():
                source = source_of(what.source)
                return Thing(source.type, figures.of_district(self, arguments, drafted=source.type == "MonthlyReturnDraft"), source)
        return Thing("Coverage", parent.row, parent.source)

    def thing(self, row: Any, source: Source) -> Thing:
        type = source.variants[plain(getattr(row, source.variant_column))] if source.variant_column else source.type
        return Thing(type, row, source)

    def column(self, parent: Thing, what: Column, field: tuple[str, str]) -> Any:
        if parent.source is None:
            return parent.row.get(what.name)
        if what.mask is not None and not self.holds(what.mask, parent.row):
            return MASKED[field](self, parent.row) if what.masked else None
        if what.name == "id":
            return shown(parent)
        return plain(getattr(parent.row, what.name))

    def offered(self, one: Offered, row: Any) -> bool:
        ready = plain(row.status) in one.statuses and self.holds(one.action, row)
        return ready and (one.when is None or WHEN[one.mutation](self, row))

    def step(self, one: Offered) -> dict[str, Any]:
        return {"mutation": one.mutation, "to": one.to, "secondPerson": one.second_person}

    def single(self, source: Source, column: str, value: Any) -> Thing | None:
        found = [row for row in self.visible(source) if value is not None and getattr(row, column) == value]
        assert len(found) <= 1
        return self.thing(found[0], source) if found else None

    def given(self, what: Given, arguments: Mapping[str, Any]) -> Thing | None:
        source = source_of(what.source)
        if what.name == "row":
            found = self.single(source, "id", identified(arguments["id"], source))
            if found is None:
                raise NotFound
            return found
        return self.single(source, "id", {"viewer": self.actor.account_id, "organization": self.actor.organization_id}[what.name])

    def page(self, parent: Any, what: Page, arguments: Mapping[str, Any], *, info: GraphQLResolveInfo) -> dict[str, Any]:
        source = source_of(what.source)
        column, descending = self.order(what, arguments.get("orderBy"), info)
        declared = self.declared.type_map[info.parent_type.name].fields[info.field_name]
        tests = declared.args["filter"].type.fields if arguments.get("filter") else {}
        rows = [row for row in self.visible(source) if what.column is None or getattr(row, what.column) == parent.row.id]
        rows = [row for row in rows if passes(self, row, arguments.get("filter") or {}, tests)]

        def place(row: Any) -> tuple[Any, UUID]:
            return plain(getattr(row, column)), row.id

        rows.sort(key=place, reverse=descending)
        total = len(rows)
        after, before = (self.at(source, arguments.get(name)) for name in ("after", "before"))
        if after is not None:
            rows = [row for row in rows if (place(row) < place(after) if descending else place(row) > place(after))]
        if before is not None:
            rows = [row for row in rows if (place(row) > place(before) if descending else place(row) < place(before))]
        first, last = arguments.get("first"), arguments.get("last")
        found = rows[:first] if first is not None else rows[-last:]
        more = len(rows) > len(found)
        edges = [{"cursor": f"cursor:{row.id}", "node": self.thing(row, source)} for row in found]
        return {
            "edges": edges,
            "nodes": [one["node"] for one in edges],
            "totalCount": total,
            "pageInfo": {
                "hasNextPage": more if first is not None else before is not None,
                "hasPreviousPage": more if last is not None else after is not None,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    def at(self, source: Source, cursor: str | None) -> Any:
        if cursor is None:
            return None
        return next(row for row in self.rows.of[source.model] if f"cursor:{row.id}" == cursor)

    def order(self, what: Page, given: Mapping[str, Any] | None, info: GraphQLResolveInfo) -> tuple[str, bool]:
        if given is None:
            return what.order
        declared = self.declared.type_map[info.parent_type.name].fields[info.field_name].args["orderBy"].type.fields["field"].type.of_type
        value = declared.values[given["field"]].value
        return str(plain(value)), given["direction"] == "DESC"


def last_if_none(value: Any) -> tuple[bool, Any]:
    return value is None, value


def identified(id: str, source: Source) -> UUID:
    prefix, digits = id.split("_", 1)
    if prefix not in ([source.prefix] if isinstance(source.prefix, str) else source.prefix.values()):
        raise NotFound
    return UUID(digits)


def shown(thing: Thing) -> str:
    prefix = (
        thing.source.prefix if isinstance(thing.source.prefix, str) else thing.source.prefix[plain(getattr(thing.row, thing.source.variant_column))]
    )
    return f"{prefix}_{thing.row.id.hex}"


def decoded(value: Any) -> Any:
    """An answer of the service with its cursors opened: what they point to is compared, their tags are not."""
    match value:
        case dict():
            return {key: decoded(one) for key, one in value.items()}
        case list():
            return [decoded(one) for one in value]
        case str():
            try:
                found = CURSOR.match(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode())
            except (ValueError, binascii.Error):
                return value
            return f"cursor:{found[1]}" if found else value
    return value
