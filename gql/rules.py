"""The rules of a profile, and what an edition of it changes in an earlier one: worked out when it is asked for, since editions never change."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, Text, cast, func, literal_column

from domain import revisions
from gql.enums import described
from gql.reading.declare import Expression, Frame, column, computed, source_of
from gql.reading.filters import visible
from gql.reading.fragments import element
from models.checklists import LineChange

described(
    LineChange,
    "修订: what an edition makes of a line of the one before it.",
    ADDED="新增.",
    CHANGED="修改.",
    REMOVED="删除.",
)


@strawberry.type(description="One rule of a profile: its value and the article that says so.")
class Rule:
    key: str = column("id", "The name of the rule, like `team.min`.")
    value: str = computed(lambda frame: element(frame, "value", text=True), "Its value as text; a ratio is two integers with a slash.")
    article: str = column("article", "Where it is written, or which default of ours it is.")


@strawberry.type(description="修订的一项: one rule that an edition changes, or one of its texts.")
class ProfileChange:
    rule: str = column("rule", "The name of the rule; or `title`, `code_of_conduct`, `exam_room_rules`.")
    change: LineChange = column("change", "What becomes of it. A rule of which only the article is another is changed too.")
    before: str | None = column("before", "Its value before, as text; null where it comes in.")
    after: str | None = column("after", "Its value now; null where it goes out.")
    article_before: str | None = column("article_before", "Where that was written; null for a text, and where the rule comes in.")
    article_after: str | None = column("article_after", "Where it is written now; null for a text, and where the rule goes out.")


def said(key: str) -> Expression:
    """What a profile says under one key; null where that rule is off."""

    def expression(frame: Frame) -> ColumnElement[str]:
        found = func.jsonb_path_query_first(frame.t.c["rules"], literal_column(f"'$[*] ? (@.id == \"{key}\").value'"))
        return cast(found.op("#>>")(literal_column("'{}'")), Text)

    return expression


def editions(frame: Frame) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The editions of profiles, as far as the caller may see them."""
    return visible(frame, source_of("gql.organizations:PROFILES"))


def begun_before(frame: Frame) -> ColumnElement[Any]:
    return revisions.begun_before(frame.t, *editions(frame))


def ended_by(frame: Frame) -> ColumnElement[Any]:
    return revisions.ended_by(frame.t, *editions(frame))


def against_before(frame: Frame) -> Select[Any]:
    return revisions.changes(frame.t, *editions(frame), first=False)


def against_first(frame: Frame) -> Select[Any]:
    return revisions.changes(frame.t, *editions(frame), first=True)
