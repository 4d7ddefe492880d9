"""Texts that people write: never empty, never longer than their column."""

from domain.errors import BadInput


def checked(field: str, value: str, most: int) -> str:
    """The text without blanks around it. `field` is the client's name for it, `most` its greatest length in characters."""
    text = value.strip()
    if not text:
        raise BadInput(field, "required")
    if len(text) > most:
        raise BadInput(field, "too_long", max=most)
    if "\x00" in text:
        raise BadInput(field, "characters")
    return text


def checked_or_none(field: str, value: str | None, most: int) -> str | None:
    """The same for a text that may be left out; blanks alone are none."""
    return checked(field, value, most) if value is not None and value.strip() else None
