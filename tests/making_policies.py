"""Versions of the policy, as two administrators of a world make them; and its people as they are under the version in force."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from authz.access import VERSIONS
from authz.actor import Actor
from domain import policies
from tests.world import World, key

PROPOSE = """mutation($input: PolicyVersionProposeInput!) {
  policyVersionPropose(input: $input) { policyVersion { id number status version base lineCount digest inForce } event { step } replayed } }"""
DIFFERENCE = """query($input: PolicyDifferenceInput!) { policyDifference(input: $input) {
  base digest count changes { role action gains standing lacking places situations } heads { role people } } }"""
APPROVE = """mutation($input: PolicyVersionApproveInput!) {
  policyVersionApprove(input: $input) { policyVersion { id number status inForce approvedDifference } event { step reason } replayed } }"""
ROLL_BACK = """mutation($input: PolicyVersionRollBackInput!) { policyVersionRollBack(input: $input) { policyVersion { id number } } }"""

ARCHIVIST = [
    {"line": "g, center_archivist, center", "article": "house"},
    {"line": "p, center_archivist, SUBTREE, person, read_contact, allow", "article": "003 §9"},
    {"line": "p, center_archivist, SUBTREE, filing, advise, allow", "article": "003 §14"},
]
"""A role with two rights."""


async def second(world: World) -> str:
    """Another administrator of the center."""
    if "center_admin_2" not in world.actors:
        await world.hire("center_admin", world.center, name="center_admin_2")
    return "center_admin_2"


async def present(world: World, who: str | Actor) -> Actor:
    """Somebody as a request of theirs would now find them: under the version in force."""
    actor = world.actors[who] if isinstance(who, str) else who
    if actor.center_id is None:
        return actor
    async with world.transaction() as session:
        number = await policies.current(session, actor.center_id)
    reading = world.database.glance()
    await VERSIONS.ensure(reading, number)
    return replace(actor, policy=number)


async def proposed(
    world: World, adds: Sequence[dict[str, str]] = ARCHIVIST, *, removes: Sequence[str] = (), by: str = "center_admin"
) -> dict[str, Any]:
    """The proposed version, as its payload shows it."""
    said = {"idempotencyKey": key(), "changes": {"adds": list(adds), "removes": list(removes)}, "reason": "试行"}
    data = await world.done(await present(world, by), PROPOSE, input=said)
    return data["policyVersionPropose"]["policyVersion"]


async def difference(world: World, version: str, *, by: str = "center_admin") -> dict[str, Any]:
    """What the version would change now."""
    return (await world.done(await present(world, by), DIFFERENCE, input={"policyVersion": version}))["policyDifference"]


async def approved(world: World, version: str) -> dict[str, Any]:
    """Put in force by a second administrator, who looked at the difference."""
    by = await second(world)
    said = {"idempotencyKey": key(), "policyVersion": version, "expectedDifference": (await difference(world, version, by=by))["digest"]}
    return (await world.done(await present(world, by), APPROVE, input=said))["policyVersionApprove"]


async def published(world: World, adds: Sequence[dict[str, str]] = ARCHIVIST, *, removes: Sequence[str] = ()) -> int:
    """The number of a version with this change, now in force."""
    return int((await approved(world, (await proposed(world, adds, removes=removes))["id"]))["policyVersion"]["number"])
