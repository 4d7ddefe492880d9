"""From a selection to one statement whose JSON PostgreSQL builds. Every table is reached through `opened`, which returns it with its scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, assert_never

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON

from authz.access import beyond_self, scope
from authz.actions import Action
from authz.actor import Shape
from gql.reading.declare import Bound, Column, Computed, Every, Frame, Given, Items, Lines, Many, Offered, One, Only, Page, Source, Steps, source_of
from gql.reading.filters import tested
from gql.reading.fragments import Told, after, built, constant, cursor, edge, element, gathered, listed, page_info, presented, quoted, word
from gql.reading.paging import Part
from gql.reading.plan import PageShape
from gql.reading.selection import Chosen, Selection, TypeName, Whole
from models.base import table_of
from models.direct import DIALECT


@dataclass(frozen=True)
class Statement:
    """Text, and the names of its parameters in order; constants of the shape have their values here; `noted`: what it reads in clear of others."""

    text: str
    names: tuple[str, ...]
    constants: dict[str, object]
    noted: frozenset[str] = frozenset()


@lru_cache(maxsize=1000)
def statement(selected: Selection, pages: tuple[PageShape, ...], shape: Shape) -> Statement:
    """The compiled statement of a selection for a shape of caller. Kept by what the document and the policy determine, never by a value."""
    builder = Builder(shape, pages)
    compiled = builder.root(selected.root).compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    names = tuple(compiled.positiontup or ())
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(str(compiled), names, constants, frozenset(builder.noted))


class Builder:
    def __init__(self, shape: Shape, pages: Sequence[PageShape] = ()) -> None:
        self.shape = shape
        self.pages = pages
        self.numbers: Iterator[int] = count()
        self.noted: set[str] = set()

    def root(self, root: Chosen) -> Select[Any]:
        nowhere = Frame(literal_column("0"), None, self.shape, lambda _: true())  # type: ignore[arg-type]
        return select(cast(self.value(root, nowhere), Text))

    def opened(self, source: Source) -> tuple[Frame, ColumnElement[bool]]:
        """A table under a new name, with the condition that must stand in its WHERE."""
        name, table = f"t{next(self.numbers)}", table_of(source.model)
        t = table.alias(name) if source.rows is None else source.rows.subquery(name)
        kind = [t.c[source.only[0]].in_([constant(value) for value in source.only[1:]])] if source.only else []
        return Frame(t, source, self.shape, lambda action: self.may(action, t, of=table)), and_(scope(self.shape, source.read, t, of=table), *kind)

    def may(self, action: Action, t: FromClause, *, of: FromClause) -> ColumnElement[bool]:
        """Yes or no, also where the condition is unknown: whoever negates it must not lose a row."""
        return func.coalesce(scope(self.shape, action, t, of=of), false())

    def value(self, chosen: Chosen, frame: Frame) -> ColumnElement[Any]:
        stored = chosen.stored
        match stored:
            case TypeName():
                return word(stored.name)
            case Column():
                return self.column(stored, frame)
            case Computed():
                return stored.expression(frame)
            case Bound():
                return bindparam(f"given_{stored.name}", type_=JSON(), required=False)
            case One() | Only() | Given():
                return self.single(chosen, stored, frame)
            case Many():
                return self.several(chosen, stored, frame)
            case Every():
                return self.every(chosen, stored)
            case Items() | Lines():
                return self.items(chosen, stored, frame)
            case Steps():
                return self.steps(chosen, stored.offers, frame)
            case Page():
                return self.page(chosen, stored, frame)
            case Whole():
                return self.object(chosen.branches[0][1], frame)
            case Part():
                raise TypeError("a part stands in its connection only")
        assert_never(stored)

    def object(self, chosen: Sequence[Chosen], frame: Frame) -> ColumnElement[Any]:
        return built([(one.key, self.value(one, frame)) for one in chosen])

    def branching(self, chosen: Chosen, frame: Frame) -> ColumnElement[Any]:
        """The object in the form of its concrete type; an interface decides by the row."""
        source = frame.source
        if source is None:
            return self.object(chosen.branches[0][1], frame)
        if source.variant_column is None:
            return self.object(chosen.below(source.type), frame)
        which = frame.t.c[source.variant_column]
        return type_coerce(
            case(*((which == constant(value), self.object(chosen.below(type), frame)) for value, type in source.variants.items())), Told()
        )

    def column(self, stored: Column, frame: Frame) -> ColumnElement[Any]:
        if frame.source is None:
            return element(frame, stored.name)
        clear = presented(frame, stored.name)
        if stored.noted:
            self.note(frame.source, stored.name, stored.mask)
        if stored.mask is None:
            return clear
        if stored.masked is None:
            return case((frame.may(stored.mask), clear))
        return type_coerce(case((frame.may(stored.mask), clear), else_=stored.masked(frame)), Text())

    def note(self, source: Source | None, column: str, action: Action | None = None) -> None:
        """Something personal is read, by somebody who may read it of others too."""
        if source is not None and beyond_self(self.shape, action or source.read):
            self.noted.add(f"{source.type}.{column}")

    def single(self, chosen: Chosen, stored: One | Only | Given, frame: Frame) -> ColumnElement[Any]:
        there, visible = self.opened(source_of(stored.source))
        match stored:
            case One():
                link = there.t.c["id"] == frame.t.c[stored.column]
            case Only():
                link = there.t.c[stored.column] == frame.t.c["id"]
            case Given():
                link = there.t.c["id"] == bindparam(f"given_{stored.name}", type_=Uuid(), required=False)
        row = select(self.branching(chosen, there)).select_from(there.t).where(link, visible)
        return row.correlate_except(there.t).scalar_subquery()

    def several(self, chosen: Chosen, stored: Many, frame: Frame) -> ColumnElement[Any]:
        there, visible = self.opened(source_of(stored.source))
        order = [there.t.c[name] for name in (*stored.order, "id")]
        inner = (
            select(self.branching(chosen, there).label("node"), *(one.label(f"k{n}") for n, one in enumerate(order)))
            .select_from(there.t)
            .where(there.t.c[stored.column] == frame.t.c["id"], visible)
            .order_by(*order)
            .limit(literal_column(str(stored.cap), Integer))
            .correlate_except(there.t)
            .lateral(f"l{next(self.numbers)}")
        )
        keys = [inner.c[f"k{n}"] for n in range(len(order))]
        return select(gathered(inner.c.node, *keys)).select_from(inner).correlate_except(inner).scalar_subquery()

    def every(self, chosen: Chosen, stored: Every) -> ColumnElement[Any]:
        there, visible = self.opened(source_of(stored.source))
        order = [there.t.c[name] for name in (*stored.order, "id")]
        found = select(gathered(self.branching(chosen, there), *order)).select_from(there.t).where(visible).having(func.count() > literal_column("0"))
        return found.scalar_subquery()

    def items(self, chosen: Chosen, stored: Items | Lines, frame: Frame) -> ColumnElement[Any]:
        elements = stored.elements(frame, f"e{next(self.numbers)}")
        there = Frame(elements, None, self.shape, frame.may)
        if stored.noted:
            self.note(frame.source, stored.noted)
        whole = gathered(self.object(chosen.branches[0][1], there), *(elements.c[one] for one in stored.order))
        return select(whole).select_from(elements).correlate_except(elements).scalar_subquery()

    def steps(self, chosen: Chosen, offers: Sequence[Offered], frame: Frame) -> ColumnElement[Any]:
        def offer(one: Offered) -> ColumnElement[Any]:
            facts = {
                "mutation": quoted(one.mutation),
                "to": quoted(one.to),
                "secondPerson": literal_column("true" if one.second_person else "false", Boolean),
            }
            pairs = [(child.key, self.fact(child, facts)) for child in chosen.branches[0][1]]
            ready = [frame.t.c["status"].in_(one.statuses), frame.may(one.action), *([one.when(frame)] if one.when else [])]
            return case((and_(*ready), built(pairs)))

        return listed(func.concat_ws(constant(","), *(offer(one) for one in offers)))

    def fact(self, child: Chosen, facts: dict[str, ColumnElement[Any]]) -> ColumnElement[Any]:
        return word(child.stored.name) if isinstance(child.stored, TypeName) else facts[child.stored.name]  # type: ignore[union-attr]

    def page(self, chosen: Chosen, stored: Page, frame: Frame) -> ColumnElement[Any]:
        """The whole connection as one JSON value: a page of limit + 1 rows inside, its parts gathered around it."""
        if chosen.page is None:
            raise TypeError("a page without its place")
        shape = self.pages[chosen.page]
        there, visible = self.opened(source_of(stored.source))
        rows = self.rows(there, visible, stored=stored, frame=frame, shape=shape)
        limit = literal_column(str(shape.size), Integer)
        sort, id = there.t.c[shape.order[0]], there.t.c["id"]
        descending = shape.order[1] is not shape.backward
        ordered = [one.desc() if descending else one.asc() for one in (sort, id)]
        parts = chosen.branches[0][1]
        inside = self.inside(parts, there)
        names = {one: f"x{n}" for n, one in enumerate(inside)}
        inner = (
            select(
                sort.label("k0"),
                id.label("k1"),
                cursor(shape, sort, id).label("cursor"),
                *(value.label(names[one]) for one, value in inside.items()),
            )
            .select_from(there.t)
            .where(*rows, *after(shape, sort, id, descending=descending))
            .order_by(*ordered)
            .limit(literal_column(str(shape.size + 1), Integer))
            .correlate_except(there.t)
            .lateral(f"l{next(self.numbers)}")
        )
        few = self.numbered(inner, descending=descending)
        place = few.c.n.desc() if shape.backward else few.c.n.asc()
        page = PageOfRows(few, there, rows, {one: few.c[name] for one, name in names.items()}, limit, place, shape)
        # HAVING makes it one row whatever is asked for: no page is empty, and a page of which only the count is asked is one too
        whole = select(built([(one.key, self.around(one, page)) for one in parts])).select_from(few).having(true())
        return whole.correlate_except(few).scalar_subquery()

    def numbered(self, inner: FromClause, *, descending: bool) -> FromClause:
        """The few rows of a page by their number. Outside of the limit, so that the database stops looking after them."""
        keys = [one.desc() if descending else one.asc() for one in (inner.c.k0, inner.c.k1)]
        n, found = func.row_number().over(order_by=keys).label("n"), func.count().over().label("found")
        return select(n, found, *inner.c).select_from(inner).correlate_except(inner).lateral(f"l{next(self.numbers)}")

    def rows(self, there: Frame, visible: ColumnElement[bool], *, stored: Page, frame: Frame, shape: PageShape) -> list[ColumnElement[bool]]:
        link = [there.t.c[stored.column] == frame.t.c["id"]] if stored.column else []
        return [*link, visible, *(tested(one, there) for one in shape.conditions)]

    def inside(self, parts: Sequence[Chosen], there: Frame) -> dict[Chosen, ColumnElement[Any]]:
        """What is built for each row: every selection of a node, once for each response key it stands under."""
        found = {one: self.branching(one, there) for one in parts if part_of(one) == "nodes"}
        children = [child for one in parts if part_of(one) == "edges" for child in one.branches[0][1]]
        return found | {child: self.branching(child, there) for child in children if part_of(child) == "node"}

    def around(self, one: Chosen, page: "PageOfRows") -> ColumnElement[Any]:
        """One part of a connection, from the rows of the page."""
        if isinstance(one.stored, TypeName):
            return word(one.stored.name)
        on_page = page.inner.c.n <= page.limit
        match part_of(one):
            case "nodes":
                return gathered(page.built[one], page.place, only=on_page)
            case "edges":
                return gathered(edge([(child, page.built.get(child)) for child in one.branches[0][1]], page.inner), page.place, only=on_page)
            case "pageInfo":
                return built([(child.key, page_info(child, page.inner, page.limit, shape=page.shape)) for child in one.branches[0][1]])
            case _:
                all_rows = select(func.count()).select_from(page.there.t).where(*page.rows)
                return all_rows.correlate_except(page.there.t).scalar_subquery()


@dataclass(frozen=True)
class PageOfRows:
    """A page while it is gathered: the rows inside, one more than asked for, and what was built of each."""

    inner: FromClause
    there: Frame
    rows: Sequence[ColumnElement[bool]]
    built: dict[Chosen, ColumnElement[Any]]
    limit: ColumnElement[int]
    place: ColumnElement[Any]
    shape: PageShape


def part_of(one: Chosen) -> str:
    return one.stored.name if isinstance(one.stored, Part) else ""
