"""The policy in Cedar: a `permit` or a `forbid` for each line, roles as entities. `python -m bench.peers.cedar_peer`, where cedarpy is installed.

Policies and entities are parsed beforehand, also those of the question, which a service would have to build for each row.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import cedarpy

from bench.peers.enforced import answer

TIERS = ("center", "district", "agency")
RELATIONS = {
    "SUBTREE": " || ".join(f'principal.tier == "{one.upper()}" && resource.{one}_id == principal.organization_id' for one in TIERS),
    "OWN_ORG": "resource.organization_id == principal.organization_id",
    "ISSUER": "resource.issuer_id == principal.organization_id",
    "DISPATCHER": "resource.dispatcher_id == principal.organization_id",
    "INSPECTED": "resource.agency_id == principal.organization_id && resource.notified",
    "TEAM_MEMBER": "resource.team.contains(principal.person_id)",
    "SELF": "resource.person_id == principal.person_id",
    "SHARED": "true",
    "EMPLOYER": "!resource.internal && resource.employed.contains(principal.person_id)",
    "ASSESSOR": "resource.assessing.contains(principal.person_id)",
    "BARRED": "!resource.fit.contains(principal.person_id)",
}
WALL = " || ".join(f'principal.wall == "wall_{one}" && resource.{one}_id == principal.{one}_id' for one in TIERS)


def policy(line: dict[str, Any]) -> str:
    effect = "permit" if line["allows"] else "forbid"
    who = "principal" if line["role"] == "anyone" else f'principal in Role::"{line["role"]}"'
    return f'{effect}({who}, action == Action::"{line["action"]}", resource) when {{ {RELATIONS[line["relation"]]} }};'


def entity(kind: str, id: str, attributes: dict[str, Any], parents: Sequence[str] = ()) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": id}, "attrs": attributes, "parents": [{"type": "Role", "id": one} for one in parents]}


def peer(told: dict[str, Any]) -> list[Callable[[], bool]]:
    policies = cedarpy.PolicySet.from_str("\n".join([*map(policy, told["lines"]), f"forbid(principal, action, resource) unless {{ {WALL} }};"]))
    roles = [entity("Role", role, {}, bases) for role, bases in told["bases"].items()]

    def prepared(question: dict[str, Any]) -> Callable[[], bool]:
        actor, row = question["actor"], question["row"]
        known = [*roles, entity("Person", "asker", actor, actor["roles"]), entity("Inspection", "row", row)]
        entities = cedarpy.Entities.from_json_str(json.dumps(known))
        asked = {"principal": ("Person", "asker"), "action": ("Action", question["action"]), "resource": ("Inspection", "row")}
        request = {name: {"type": kind, "id": id} for name, (kind, id) in asked.items()}
        return lambda: bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return [prepared(one) for one in told["questions"]]


if __name__ == "__main__":
    answer(peer)
