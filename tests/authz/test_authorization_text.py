"""docs/authorization.md cannot lie: its way from a proposal to a working role is gone as it is written, and every test it names is there."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from authz.relations import Relation
from domain.cases import open_case
from models.cases import Ground
from tests.making_policies import present, second
from tests.making_supervisors import card_of, supervisor
from tests.world import World, shown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "authorization.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```graphql\n(.*?)```\n+```json\n(.*?)```", TEXT, re.DOTALL)
NAMED = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)", TEXT)
ROWS = [row for row in TEXT.splitlines() if row.startswith("| ") and not row.startswith("| | ")]


@pytest.mark.parametrize(("name", "file"), NAMED, ids=[name for name, _ in NAMED])
def test_a_test_that_is_named_is_there(name: str, file: str) -> None:
    functions = {
        one.name for one in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in functions


def test_every_row_of_ours_is_proven() -> None:
    """All but the one that says there is no process of its own."""
    assert len(ROWS) >= 20
    assert [row for row in ROWS if not re.search(r"\[`test_\w+`\]", row)] == [next(row for row in ROWS if row.startswith("| extra process"))]
    assert all(row.count("|") == 10 for row in ROWS)


def test_every_relation_is_in_the_text() -> None:
    assert all(f"`{one}`" in TEXT for one in Relation)


async def subjects(world: World) -> dict[str, str]:
    """What stands in `{{…}}`: somebody to give the role to, and a case that no dispatcher reads."""
    hand, (row, _) = await world.hire("center_dispatcher", world.center, name="hand"), await supervisor(world)
    card = await card_of(world, row)
    async with world.transaction() as session:
        case, _ = await open_case(session, card, ground=Ground.NEGLIGENCE, facts="未到场", act=world.act("center_admin"))
    return {"account": shown("acct", hand.account_id), "organization": shown("ctr", world.center.id), "case": shown("scase", case.id)}


def filled(text: str, words: dict[str, str]) -> dict[str, Any]:
    for name, value in words.items():
        text = text.replace("{{" + name + "}}", value)
    assert "{{" not in text, text
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.anyio
async def test_a_stranger_adds_a_role_with_two_rights(world: World) -> None:
    words, other = await subjects(world), await second(world)
    dry, propose, show, approve, give, why = STEPS
    before = await world.done("center_admin", why[0], **filled(why[1], words))
    assert (before["explainAccess"]["outcome"], before["explainAccess"]["policyVersion"]) == ("HIDDEN", 1)
    gained = (await world.done("center_admin", dry[0], **filled(dry[1], words)))["policyDifference"]
    assert {one["role"] for one in gained["changes"]} == {"center_watch"}
    assert {"employment.read", "supervisor_case.read"} <= {one["action"] for one in gained["changes"] if one["gains"]}
    proposed = await world.done("center_admin", propose[0], **filled(propose[1], words))
    words["version"] = proposed["policyVersionPropose"]["policyVersion"]["id"]
    again = (await world.done(other, show[0], **filled(show[1], words)))["policyDifference"]
    assert again["digest"] == gained["digest"]
    done = await world.done(other, approve[0], **filled(approve[1], words | {"digest": again["digest"]}))
    assert done["policyVersionApprove"]["policyVersion"]["inForce"] is True
    admin = await present(world, "center_admin")
    assert (await world.done(admin, give[0], **filled(give[1], words)))["membershipGrantOwnRole"]["membership"]["role"] == "center_watch"
    found = (await world.done(admin, why[0], **filled(why[1], words)))["explainAccess"]
    assert (found["outcome"], found["policyVersion"]) == ("ALLOWED", done["policyVersionApprove"]["policyVersion"]["number"])
    assert (found["line"]["role"], found["line"]["article"]) == ("center_watch", "000 §21; 003 §17")
