"""What an edition of a profile makes of an earlier one, rule by rule. Worked out by PostgreSQL: no edition is ever changed, but one may come between."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, FromClause, Select, Text, case, cast, func, literal_column, select, true, union_all

from domain.figures import word

TEXTS = ("title", "code_of_conduct", "exam_room_rules")
"""What a profile says beside its rules: without an article, and told under these names."""
LINE = "line"

Conditions = Sequence[ColumnElement[bool]]


def same_center(t: FromClause, p: FromClause) -> ColumnElement[bool]:
    found: ColumnElement[bool] = p.c.organization_id == t.c.organization_id
    return found


def begun_before(t: FromClause, p: FromClause, seen: Conditions) -> ColumnElement[Any]:
    """The first day of the edition before this one; null for the first."""
    return neighbour(func.max(p.c.effective_from, type_=Date()), p, [*seen, same_center(t, p), p.c.effective_from < t.c.effective_from])


def ended_by(t: FromClause, p: FromClause, seen: Conditions) -> ColumnElement[Any]:
    """The first day of the edition after this one; null for the last."""
    return neighbour(func.min(p.c.effective_from, type_=Date()), p, [*seen, same_center(t, p), p.c.effective_from > t.c.effective_from])


def neighbour(day: ColumnElement[Any], p: FromClause, which: Conditions) -> ColumnElement[Any]:
    return select(day).where(*which).correlate_except(p).scalar_subquery()


def changes(t: FromClause, p: FromClause, seen: Conditions, *, first: bool) -> Select[Any]:
    """By rule, what the edition `t` makes of the next before it among `p`, or of the very first. No row where it is the first itself."""
    day = p.c.effective_from
    earlier = select(p.c.rules, *(p.c[name] for name in TEXTS)).where(*seen, same_center(t, p), day < t.c.effective_from).correlate_except(p)
    was = earlier.order_by(day if first else day.desc()).limit(literal_column("1")).lateral("was")
    both = union_all(lines(was, "old"), lines(t, "new")).lateral("both")
    now = both.c.side == word("new")
    before, after, article_before, article_after = (func.max(one).filter(of) for one in (both.c.value, both.c.article) for of in (~now, now))
    how = case((before.is_(None), word("ADDED")), (after.is_(None), word("REMOVED")), else_=word("CHANGED"))
    values = {"rule": both.c.rule, "change": how, "before": before, "after": after, "article_before": article_before, "article_after": article_after}
    found: Select[Any] = select(*(value.label(name) for name, value in values.items()))
    other = before.is_distinct_from(after) | article_before.is_distinct_from(article_after)
    return found.select_from(was.join(both, true())).group_by(both.c.rule).having(other).correlate_except(was, both)


def lines(t: FromClause, side: str) -> Select[Any]:
    """Of one edition, each rule and each of its texts."""
    texts = (func.jsonb_build_object(word("id"), word(name), word("value"), t.c[name]) for name in TEXTS)
    whole = t.c.rules.op("||")(func.jsonb_build_array(*texts))
    each = func.jsonb_array_elements(whole).table_valued(LINE, name=side).render_derived()
    told = [each.c[LINE].op("->>")(word(key)) for key in ("id", "value", "article")]
    named: list[ColumnElement[Any]] = [word(side).label("side")]
    named += [cast(one, Text).label(name) for one, name in zip(told, ("rule", "value", "article"), strict=True)]
    return select(*named).select_from(each)
