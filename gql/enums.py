"""Gives the enums of the tables their descriptions: the schema says every value, with the Chinese term."""

from enum import Enum

import strawberry


def described(values: type[Enum], description: str, /, *, called: str | None = None, **words: str) -> None:
    """Makes an enum part of the schema, `called` so where its own name says too little; a value without its sentence stops the start."""
    strawberry.enum(values, name=called, description=description)
    for one in values.__strawberry_definition__.values:  # type: ignore[attr-defined]
        one.description = words[one.name]
