"""A database of its own with two full worlds in it, and all their rows in hand."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

from sqlmodel import SQLModel

from app import migrate
from authz.access import READ
from authz.actor import Actor
from authz.relations import World as Facts
from models.database import Database
from tests.cluster import ask, scratch_cluster
from tests.crowd import populate
from tests.world import World

FACTS = {one.name: get_args(get_type_hints(Facts)[one.name])[0] for one in fields(Facts)}
"""Which table each list of facts holds."""


@dataclass(frozen=True)
class Rows:
    """All rows of the tables there are, and what the Python halves of the relations look at."""

    of: Mapping[type[SQLModel], Sequence[Any]]
    facts: Facts

    @classmethod
    async def loaded(cls, world: World) -> "Rows":
        of = {model: await world.rows(model) for model in {*READ, *FACTS.values()}}
        return cls(of, Facts(**{name: of[model] for name, model in FACTS.items()}))


@dataclass(frozen=True)
class Crowded:
    """Beijing with districts, and Yunnan without, whose people are `stranger` and `strange_agency` here."""

    owner: str
    url: str
    worlds: tuple[World, World]
    actors: Mapping[str, Actor]
    rows: Rows


@contextmanager
def crowded_cluster() -> Iterator[Crowded]:
    with scratch_cluster() as server:
        owner = server.url("dudao_owner")
        migrate.upgrade(owner)
        # what a trigger refuses must still be judged rightly by the relations
        ask(owner, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("assignment", "assessor")))
        yield asyncio.run(made(owner, server.url("dudao_app")))


async def made(owner: str, url: str) -> Crowded:
    database = Database(owner)
    try:
        return await filled(database, owner, url)
    finally:
        await database.close()


async def filled(database: Database, owner: str, url: str) -> Crowded:
    here = await World.founded(database, profile="beijing-municipal")
    there = await World.founded(database, profile="yunnan-college-2023")
    for seed, world in enumerate((here, there)):
        await populate(world, seed=seed)
    actors = {**here.actors, **{f"strange_{name}": actor for name, actor in there.actors.items()}}
    rows = await Rows.loaded(here)
    return Crowded(owner, url, (here, there), actors, rows)
