"""The whole table of rights as text: for each action and role, in each situation, yes or no. `python -m tests.authz.matrix` writes it anew."""

from pathlib import Path

from authz.access import POLICY
from authz.actions import Action
from authz.actor import BASE, Role
from authz.relations import Relation
from gql.schema import schema

GOLDEN = Path(__file__).parent / "matrix.txt"
ROLES = [role for role in Role if role not in BASE]


def cell(role: Role, action: Action, relation: Relation) -> str:
    """In the situation that this relation holds: + it gives the right, - it takes it away, . it says nothing."""
    denied = relation in {line.relation for line in POLICY.denying(action)}
    given = relation in {line.relation for line in POLICY.allowing([role], action)}
    return "-" if denied else "+" if given else "."


def mutations() -> dict[Action, list[str]]:
    found: dict[Action, list[str]] = {}
    fields = schema._schema.mutation_type.fields if schema._schema.mutation_type else {}
    for name, field in fields.items():
        found.setdefault(field.extensions["strawberry-definition"].metadata["action"], []).append(name)
    return found


def matrix() -> str:
    """Roles for whom an action is nowhere a + are left out: they never have the right. Supervisors' lines hold for whoever acts in that role."""
    by, lines = (
        mutations(),
        ["Columns: " + ", ".join(f"{n + 1} {one.value}" for n, one in enumerate(Relation)), "+ gives, - takes, . says nothing", ""],
    )
    for action in Action:
        lines.append(f"{action.value}  [{POLICY.article(action) or 'nobody'}]  {' '.join(by.get(action, []))}".rstrip())
        for role in ROLES:
            row = "".join(cell(role, action, one) for one in Relation)
            if "+" in row:
                lines.append(f"    {role.value:<22}{row}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(matrix(), encoding="utf-8")
