"""An explanation is the decision: for random people, verbs and rows of a crowd it says what `fetch` then does, and by a line that carries it."""

import time
from collections import Counter
from random import Random

import pytest
from sqlmodel import SQLModel

from authz.access import POLICY, READ, fetch
from authz.actions import Action
from authz.actor import Actor, Role
from authz.asking import Question, Subject
from authz.errors import Forbidden, NotFound
from authz.explain import Explanation, Half, Outcome, decided, explained, fits
from authz.relations import Relation
from models.base import table_of
from tests.authz.test_relations import may_be_asked
from tests.cluster import ask
from tests.crowd_bench import Bench
from tests.crowd_rows import Crowded
from tests.world import NOW

QUESTIONS = 300
MODELS = sorted(READ, key=lambda one: one.__name__)


async def done(bench: Bench, actor: Actor, question: Question) -> tuple[Outcome, str | None]:
    """What the door of every mutation does, and the article it refuses by."""
    try:
        async with bench.database.transaction(actor.tenant) as session:
            await fetch(session, actor, question.model, id=question.id, to=question.action)
    except NotFound:
        return Outcome.HIDDEN, None
    except Forbidden as error:
        return Outcome.DENIED, error.article
    return Outcome.ALLOWED, None


async def told(bench: Bench, asker: Actor, question: Question) -> Explanation | None:
    try:
        return await explained(bench.database, asker, question)
    except NotFound:
        return None


def changeable(crowd: Crowded) -> list[type[SQLModel]]:
    """The tables whose rows are acted on: of the others the service may lock no row, and nobody fetches one."""
    return [one for one in MODELS if crowd.rows.of[one] and ask(crowd.url, f"SELECT has_table_privilege('{table_of(one).name}', 'UPDATE')")]


def questions(crowd: Crowded, models: list[type[SQLModel]], dice: Random) -> tuple[Actor, Question]:
    """Somebody with memberships in the crowd, a verb that is asked of such rows, and a row. The read is asked less often than the other verbs."""
    subject = dice.choice([actor for actor in crowd.actors.values() if actor.organization_id or not actor.roles])
    model = dice.choice(models)
    action = dice.choice([one for one in may_be_asked(model) if one is not READ[model]] or may_be_asked(model))
    row = dice.choice(crowd.rows.of[model])
    whom = Subject(person_id=subject.person_id, organization_id=subject.organization_id)
    return subject, Question(whom, action, model, row.id, NOW)


@pytest.mark.timeout(300)
def test_an_explanation_says_what_the_door_does(bench: Bench) -> None:
    """Asked by the subjects themselves and by administrators of both worlds; whoever is answered at all is answered truly."""
    dice, seen = Random(53), Counter[Outcome]()  # noqa: S311 - no secret, the same at every run
    models = changeable(bench.crowd)
    assert len(models) > 15
    admins = [bench.crowd.actors[name] for name in ("center_admin", "center_auditor", "strange_center_admin")]
    for _ in range(QUESTIONS):
        subject, question = questions(bench.crowd, models, dice)
        outcome, article = bench.portal.call(done, bench, subject, question)
        for asker in (subject, dice.choice(admins)):
            found = bench.portal.call(told, bench, asker, question)
            if found is None:
                continue
            assert asker.person_id == subject.person_id or asker.center_id == subject.center_id
            assert found.outcome is outcome, (asker, question, found)
            consistent(found)
            seen[outcome] += 1
            if found.line and not found.line.line.allows:
                assert article == found.line.line.article
    assert all(seen[one] > 15 for one in Outcome), seen


def consistent(found: Explanation) -> None:
    """The line carries the outcome, or each of the closest lacks something."""
    if found.outcome is Outcome.ALLOWED:
        assert found.line is not None
        assert found.line.line.allows
        assert not found.line.missing
    elif found.line is not None:
        assert not found.line.line.allows
    else:
        assert all(one.missing and one.line.allows and one.line.action is found.action for one in found.closest)
    if found.line is not None and found.line.by not in {None, Role.ANYONE}:
        assert found.line.by in found.acting.memberships


def test_every_membership_that_counts_is_the_one_of_the_actor(bench: Bench) -> None:
    """Who signs in and who is explained are the same actor."""
    for name in ("center_admin", "district_clerk_1", "agency_admin_0", "supervisor_0", "integrator", "nobody"):
        actor = bench.crowd.actors[name]
        row = bench.crowd.rows.of[next(one for one in MODELS if one.__name__ == "Profile")][0]
        question = Question(Subject(person_id=actor.person_id), Action.PROFILE_READ, type(row), row.id, NOW)
        found = bench.portal.call(told, bench, actor, question)
        assert found is not None
        same = ("account_id", "person_id", "organization_id", "tier", "center_id", "district_id", "agency_id", "policy")
        assert [getattr(found.acting.actor, one) for one in same] == [getattr(actor, one) for one in same]
        assert found.acting.actor.roles == (actor.roles or {Role.ANYONE})


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
def test_what_may_be_asked_of_a_row_is_what_its_relations_say(model: type[SQLModel]) -> None:
    assert {action for action in Action if fits(1, action, model)} >= set(may_be_asked(model))
    assert fits(1, READ[model], model)


def test_the_closest_lines_lack_one_half_and_say_which(bench: Bench) -> None:
    visit = bench.crowd.rows.of[next(one for one in MODELS if one.__name__ == "Inspection")]
    clerk = bench.crowd.actors["center_clerk"]
    question = Question(Subject(person_id=clerk.person_id), Action.INSPECTION_NOTIFY, type(visit[0]), visit[0].id, NOW)
    found = bench.portal.call(told, bench, bench.crowd.actors["center_admin"], question)
    assert found is not None
    assert found.outcome is Outcome.DENIED
    assert {one.line.relation for one in found.closest} == {Relation.DISPATCHER}
    assert all(Half.ROLE in one.missing for one in found.closest)


def test_weighing_takes_less_than_a_millisecond(bench: Bench) -> None:
    """What an explanation costs beside its two statements: generous here, measured in bench/rights.py."""
    rows = bench.crowd.rows.of[next(one for one in MODELS if one.__name__ == "Inspection")]
    clerk = bench.crowd.actors["center_clerk"]
    question = Question(Subject(person_id=clerk.person_id), Action.INSPECTION_SIGN, type(rows[0]), rows[0].id, NOW)
    found = bench.portal.call(told, bench, clerk, question)
    assert found is not None
    began = time.process_time()
    for _ in range(1_000):
        decided(POLICY, found.acting, (Action.INSPECTION_READ, Action.INSPECTION_SIGN), standing=frozenset({Relation.SUBTREE}), within=True)
    assert time.process_time() - began < 1.0
