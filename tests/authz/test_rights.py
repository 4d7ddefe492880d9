"""The table of rights: reviewed as a whole, complete, refused when it is bad, and the same as Casbin's own reading of it."""

import ast
import importlib
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import casbin
import pytest

from authz.access import MEANINGS, POLICY, READ, require_shared, scope
from authz.actions import NOBODYS, Action
from authz.actor import BASE, Role, Shape
from authz.policy import MODEL, BadPolicy, compiled
from authz.policy import POLICY as FILE
from authz.relations import Relation
from gql.explanations import explain_access
from gql.reading.declare import STORED, Column, Source, Steps
from gql.reading.selection import DEFINITION
from gql.schema import schema
from models.base import table_of
from models.organizations import Tier
from models.supervisors import Person
from tests.authz.matrix import GOLDEN, ROLES, fields, matrix, rights, rights_of, used

CELLS = 2_000
GRAPH = schema._schema
MUTATIONS = GRAPH.mutation_type.fields if GRAPH.mutation_type else {}
ROOT = Path(__file__).resolve().parents[2]
TEXT = FILE.read_text(encoding="utf-8")


def metadata(field: Any) -> dict[str, Any]:
    definition = (field.extensions or {}).get(DEFINITION)
    return definition.metadata if definition else {}


def declared(kind: type) -> list[tuple[str, str, Any]]:
    found = [(name, field, metadata(it).get(STORED)) for name, one in GRAPH.type_map.items() for field, it in getattr(one, "fields", {}).items()]
    return [(name, field, what) for name, field, what in found if isinstance(what, kind)]


def test_the_table_of_rights_is_the_reviewed_one() -> None:
    assert matrix() == GOLDEN.read_text(encoding="utf-8"), "read the difference, then: python -m tests.authz.matrix"


def test_every_action_is_somebodys_or_marked_nobodys() -> None:
    given = {line.action for line in POLICY.lines if line.allows}
    assert given | NOBODYS == set(Action)
    assert not given & NOBODYS


def test_every_line_has_its_article() -> None:
    assert all(line.article for line in POLICY.lines)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_names_its_action(name: str) -> None:
    assert isinstance(metadata(MUTATIONS[name])["action"], Action)


@pytest.mark.parametrize(("type", "name"), [(type, name) for type, name, _ in fields() if type in {"Query", "Mutation"}])
def test_every_operation_stands_under_a_right(type: str, name: str) -> None:
    """A new query or mutation without one fails the build; so does a resolver that names no action of ours."""
    found = rights(type, name, next(one for kind, field, one in fields() if (kind, field) == (type, name)))
    assert bool(found) is ((type, name) not in OPEN)


OPEN = {("Query", "verifyCard")}
"""What anybody may ask without a login (docs/decisions/0023)."""


def test_every_right_has_an_operation() -> None:
    """An action that no operation, protected field, resolver or row of the schema stands under would be a promise about nothing."""
    assert set(Action) - set(used()) == NOBODYS


def test_a_right_is_found_where_a_resolver_names_it_and_nowhere_else() -> None:
    """The walk that the two tests above rest on: through calls by name, into the rooms of ours only."""

    def direct() -> object:
        return Action.CARD_ISSUE

    assert rights_of(require_shared, set()) == set()
    assert rights_of(explain_access, set()) == {Action.AUDIT_EXPLAIN}
    assert rights_of(direct, set()) == set(), "a function of the tests is none of ours"


@pytest.mark.parametrize(("type", "field", "what"), declared(Steps), ids=lambda one: one if isinstance(one, str) else "")
def test_a_step_offered_is_a_mutation_under_the_same_right(type: str, field: str, what: Steps) -> None:
    for one in what.offers:
        assert metadata(MUTATIONS[one.mutation])["action"] is one.action, f"{type}.{field}: {one.mutation}"


def asked_about() -> set[tuple[Action, Any]]:
    """Which action is asked about which table: by every read, by `fetch` of the resolvers, by the masks of a person."""
    found = {(action, table_of(model)) for model, action in READ.items()}
    for path in (ROOT / "gql").glob("*.py"):
        module = importlib.import_module(f"gql.{path.stem}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fetch" and node.args:
                source, to = named(module, node.args[0]), next((named(module, one.value) for one in node.keywords if one.arg == "to"), None)
                if isinstance(source, Source) and isinstance(to, Action):
                    found.add((to, table_of(source.model)))
    return found | {(what.mask, table_of(Person)) for type, _, what in declared(Column) if what.mask and type == "Person"}


def named(module: Any, node: ast.AST) -> Any:
    """What a name or an attribute of a name stands for in a module; None for all else."""
    match node:
        case ast.Name(id=id):
            return getattr(module, id, None)
        case ast.Attribute(value=ast.Name(id=id), attr=attr):
            return getattr(getattr(module, id, None), attr, None)
    return None


@pytest.mark.parametrize(("action", "table"), sorted(asked_about(), key=str), ids=str)
def test_every_relation_of_a_line_has_a_meaning_where_it_is_asked(action: Action, table: Any) -> None:
    said = {line.relation for line in POLICY.lines if line.action is action}
    assert said <= set(MEANINGS[table]), f"{action} on {table.name}: {said - set(MEANINGS[table])}"
    for tier, role in product([None, *Tier], Role):
        scope(Shape(tier, frozenset({role})), action, table)


def test_every_personal_column_is_masked() -> None:
    shown = {what.name: what.mask for type, _, what in declared(Column) if type == "Person"}
    assert all(mask for name, mask in shown.items() if name != "id")
    assert {"name", "phone", "id_last_four", "birth_date", "healthy"} <= set(shown)
    assert not {"id_digest"} & {what.name for _, _, what in declared(Column)}


@pytest.mark.parametrize("column", ["password_hash", "token_hash", "ticket_hash", "secret", "id_digest", "subject_digest", "content"])
def test_a_secret_is_no_plain_column(column: str) -> None:
    found = [(type, field) for type, field, what in declared(Column) if what.name == column]
    assert set(found) <= DISCLOSED


DISCLOSED = {("PublicDraw", "secret")}
"""Columns of their own, filled when what they tell becomes public (docs/decisions/0023)."""

LINE = "p, center, SUBTREE, inspection, read, allow"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("", "no right at all"),
        (TEXT.replace(LINE, f"{LINE} # 003 §5"), "other characters"),
        (TEXT.replace(LINE, LINE.replace("center", "centre")), "no role"),
        (TEXT.replace(LINE, LINE.replace("SUBTREE", "SUBTRE")), "no relation"),
        (TEXT.replace(LINE, LINE.replace("read", "reed")), "no action"),
        (TEXT.replace(LINE, LINE.replace("inspection", "inspektion")), "no action"),
        (TEXT.replace(LINE, LINE.replace("allow", "Allow")), "allow or deny"),
        (TEXT.replace(LINE, LINE.replace(", allow", "")), "neither p with five words"),
        (TEXT.replace(LINE, f"{LINE}\n{LINE}"), "said twice"),
        (TEXT.replace(LINE, f"{LINE}\np, center, EMPLOYER, inspection, read, allow"), "only takes rights"),
        (TEXT.replace(LINE, f"{LINE}\np, anyone, SUBTREE, inspection, read, allow"), "SELF or SHARED only"),
        (TEXT.replace(LINE, f"{LINE}\np, center, SELF, inspection, read, deny"), "holds for anyone"),
        (TEXT.replace(LINE, f"{LINE}\np, supervisor_external, TEAM_MEMBER, inspection, change_signed, allow"), "nobody's right"),
        (f"{LINE}\n", "no article"),
        ("\n".join(one for one in TEXT.splitlines() if ", check_in, allow" not in one), "no line gives"),
        (f"{TEXT}\ng, center_admin, district_admin\n", "no base role"),
        (f"{TEXT}\ng, center, center_admin\n", "no base role"),
        (f"{TEXT}\ng, center_admin, centre\n", "no role"),
        (f"{TEXT}\nq, center, anyone\n", "neither p"),
    ],
    ids=lambda one: one if len(one) < 40 else "",
)
def test_a_bad_policy_stops_the_start(tmp_path: Path, bad: str, says: str) -> None:
    path = tmp_path / "policy.csv"
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(BadPolicy, match=says):
        compiled(path)


def test_another_matcher_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.conf"
    path.write_text(MODEL.read_text(encoding="utf-8").replace("r.object == p.object && ", ""), encoding="utf-8")
    monkeypatch.setattr("authz.policy.MODEL", path)
    with pytest.raises(BadPolicy, match="matcher"):
        compiled()


@pytest.mark.timeout(300)
def test_casbin_itself_decides_alike() -> None:
    """Random cells: a role, an action, and which relations stand between actor and row. Casbin's own `enforce` is the oracle."""
    enforcer = casbin.Enforcer(str(MODEL), str(FILE))
    enforcer.add_function("stands", lambda _actor, relation, row: relation in row)
    dice = Random(28)  # noqa: S311 - no secret, the same at every run
    roles = [*ROLES, *BASE]
    for _ in range(CELLS):
        role, action = dice.choice(roles), dice.choice(list(Action))
        said = [line.relation.value for line in POLICY.lines if line.action is action] or ["SELF"]
        standing = frozenset(one for one in {*said, dice.choice(list(Relation)).value} if dice.random() < 0.4)
        noun, verb = action.value.split(".")
        ours = any(line.relation in standing for line in POLICY.allowing([role], action)) and not any(
            line.relation in standing for line in POLICY.denying(action)
        )
        assert enforcer.enforce(role.value, noun, verb, "somebody", standing) is ours, (role, action, standing)
