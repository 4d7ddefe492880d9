"""The words that a CHECK allows a column, as releases add to them. Used by migrations since the appeal; what was published before stays as it was written."""

import sqlalchemy as sa
from alembic import op

NOTIFICATION_KINDS = ("notification", "kind", "ck_notification_notification_kind")


def said(name: str) -> list[str]:
    """The words a CHECK allows today: another release may have added its own."""
    found = op.get_bind().scalar(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name})
    return str(found).split("'")[1::2]


def allowed(table: str, column: str, name: str, *, more: tuple[str, ...] = (), fewer: tuple[str, ...] = ()) -> None:
    """Makes the CHECK anew, with some words more or fewer."""
    words = [one for one in (*said(name), *more) if one not in fewer]
    op.drop_constraint(name, table)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(quoted(words))})")


def quoted(words: list[str]) -> list[str]:
    return [f"'{one}'" for one in words]


def no_more_told(kinds: tuple[str, ...]) -> None:
    """Takes kinds of notifications back, with what was told by them."""
    op.execute(f"DELETE FROM notification WHERE kind IN ({', '.join(quoted(list(kinds)))})")
    allowed(*NOTIFICATION_KINDS, fewer=kinds)
