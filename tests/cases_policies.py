"""One prepared case for each mutation about the policy."""

from collections.abc import Awaitable, Callable, Mapping

from tests.contract import Case, sent
from tests.making_policies import ARCHIVIST, difference, present, proposed, published, second
from tests.world import World, shown

Prepare = Callable[[World], Awaitable[Case]]
REASON = "试行"


async def propose(world: World) -> Case:
    return Case(world, "center_admin", {"changes": {"adds": ARCHIVIST, "removes": []}, "reason": REASON})


async def roll_back(world: World) -> Case:
    """To what was proposed before, and rejected; nothing is in force but what came with the release."""
    version = await proposed(world)
    await rejected(world, version["id"])
    return Case(world, "center_admin", {"policyVersion": version["id"], "reason": REASON})


async def rejected(world: World, version: str) -> None:
    answer = await sent("policyVersionReject", Case(world, "center_admin", {"policyVersion": version, "reason": REASON}))
    assert "errors" not in answer, answer


async def approve(world: World) -> Case:
    version = await proposed(world)
    shown_now = await difference(world, version["id"])
    return Case(world, await second(world), {"policyVersion": version["id"], "expectedDifference": shown_now["digest"]})


async def reject(world: World) -> Case:
    return Case(world, "center_admin", {"policyVersion": (await proposed(world))["id"], "reason": REASON})


async def role_grant(world: World) -> Case:
    """Everybody of the world is then under the version that brings the role."""
    await published(world)
    for name in world.actors:
        world.actors[name] = await present(world, name)
    clerk = world.actors["center_clerk"]
    said = {"account": shown("acct", clerk.account_id), "organization": shown("ctr", world.center.id), "role": "center_archivist", "reason": REASON}
    return Case(world, "center_admin", said)


POLICIES: Mapping[str, Prepare] = {
    "policyVersionPropose": propose,
    "policyVersionRollBack": roll_back,
    "policyVersionApprove": approve,
    "policyVersionReject": reject,
    "membershipGrantOwnRole": role_grant,
}
