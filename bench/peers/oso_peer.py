"""The policy in Polar: a rule for each line, found by its action. `python -m bench.peers.oso_peer`, where oso is installed.

Who asks and the row are dictionaries, which Polar reads without asking Python back: a fifth faster than objects.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from oso import Oso

from bench.peers.enforced import answer

RULES = """
allow(actor, action, row) if inside(actor.wall, actor, row) and gives(action, actor, row) and not takes(action, actor, row);

holds("anyone", _);
holds(role, actor) if role in actor.roles;

inside("wall_center", actor, row) if row.center_id = actor.center_id;
inside("wall_district", actor, row) if row.district_id = actor.district_id;
inside("wall_agency", actor, row) if row.agency_id = actor.agency_id;

below("CENTER", actor, row) if row.center_id = actor.organization_id;
below("DISTRICT", actor, row) if row.district_id = actor.organization_id;
below("AGENCY", actor, row) if row.agency_id = actor.organization_id;

stands("SUBTREE", actor, row) if below(actor.tier, actor, row);
stands("OWN_ORG", actor, row) if row.organization_id = actor.organization_id;
stands("ISSUER", actor, row) if row.issuer_id = actor.organization_id;
stands("DISPATCHER", actor, row) if row.dispatcher_id = actor.organization_id;
stands("INSPECTED", actor, row) if row.agency_id = actor.organization_id and row.notified;
stands("TEAM_MEMBER", actor, row) if actor.person_id in row.team;
stands("SELF", actor, row) if row.person_id = actor.person_id;
stands("SHARED", _, _);
stands("EMPLOYER", actor, row) if not row.internal and actor.person_id in row.employed;
stands("ASSESSOR", actor, row) if actor.person_id in row.assessing;
stands("BARRED", actor, row) if not actor.person_id in row.fit;
"""


def rule(line: dict[str, Any]) -> str:
    if not line["allows"]:
        return f'takes("{line["action"]}", actor, row) if stands("{line["relation"]}", actor, row);'
    return f'gives("{line["action"]}", actor, row) if holds("{line["role"]}", actor) and stands("{line["relation"]}", actor, row);'


def peer(told: dict[str, Any]) -> list[Callable[[], bool]]:
    below = [f'holds("{base}", actor) if holds("{role}", actor);' for role, bases in told["bases"].items() for base in bases if base != "anyone"]
    oso = Oso()
    oso.load_str("\n".join([RULES, *below, *map(rule, told["lines"])]))

    return [partial(oso.is_allowed, one["actor"], one["action"], one["row"]) for one in told["questions"]]


if __name__ == "__main__":
    answer(peer)
