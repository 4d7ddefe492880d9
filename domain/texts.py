"""Texts that people write: never empty, never longer than their column."""

from domain.errors import BadInput
from domain.numbers import holds_id_number


def checked(field: str, value: str, most: int) -> str:
    """The text without blanks around it. `field` is the client's name for it, `most` its greatest length in characters."""
    text = value.strip()
    if not text:
        raise BadInput(field, "required")
    if len(text) > most:
        raise BadInput(field, "too_long", max=most)
    if "\x00" in text:
        raise BadInput(field, "characters")
    without_id_number(field, text)
    return text


def without_id_number(field: str, text: str) -> None:
    """Refuses a text with a citizen's id number in it: texts are shown, logged and chained, where a number can never be masked or sealed again."""
    if holds_id_number(text):
        raise BadInput(field, "id_number_inside")


def checked_or_none(field: str, value: str | None, most: int) -> str | None:
    """The same for a text that may be left out; blanks alone are none."""
    return checked(field, value, most) if value is not None and value.strip() else None
