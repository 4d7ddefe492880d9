"""The peers of a decision: pycasbin's own `enforce` here; Cedar and Polar each in a process, in an environment of their own. All are asked the same.

A question is about an inspection in a situation drawn by lot: where it lies, who dispatched it, whether the agency has its notice, whether who asks
is in the team, was employed there, assesses, is fit. We and `enforce` look at rows; the other two are told the same facts in plain words.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import casbin

from authz.access import POLICY, holds, meaning
from authz.actions import Action
from authz.actor import BASE, TIERS, Actor, Role
from authz.policy import MODEL
from authz.policy import POLICY as FILE
from authz.relations import Relation, World
from authz.walls import WALLED
from bench.load import Voided
from bench.processes import ROOT
from models.base import new_id, table_of
from models.dispatch import Assignment
from models.inspections import Inspection, InspectionForm, Venue
from models.organizations import Tier
from models.sessions import Assessor, RecognitionSession
from models.supervisors import Appointment, Card, Employment

REQUIREMENTS = ROOT / "bench" / "peers" / "requirements.txt"
HOME = ROOT / "var" / "bench" / "decisions"
MODULES = {"cedarpy": "bench.peers.cedar_peer", "oso": "bench.peers.oso_peer"}
PATIENCE = 300
BEGINS = datetime(2026, 3, 2, 1, tzinfo=UTC)
ENDS, DAY = BEGINS + timedelta(hours=3), BEGINS.date()
EARLIER, LATER = DAY - timedelta(days=90), DAY + timedelta(days=90)
ACTIONS = [action for action in Action if action.value.startswith("inspection.")]
OFFICES = [role for role in Role if role not in BASE]
LIKELY = {
    action: [role for role in OFFICES if POLICY.roles[role] & {line.role for line in POLICY.lines if line.action is action and line.allows}]
    for action in ACTIONS
}


@dataclass(frozen=True)
class Facts:
    """What stands between who asks and an inspection, besides the columns of the two. Each is told by rows and by words, once here and once there."""

    in_team: bool = False
    employed: bool = False
    assessing: bool = False
    fit: bool = False


@dataclass(frozen=True)
class Question:
    actor: Actor
    action: Action
    row: Inspection
    facts: Facts = Facts()

    def world(self) -> World:
        """The facts as rows. Who is not in the team has left it; who is not employed no longer is; who is not fit has no term."""
        person, row, supervisor = self.actor.person_id, self.row, new_id()
        left = None if self.facts.employed else EARLIER + timedelta(days=1)
        place = {
            "inspection_id": row.id,
            "person_id": person,
            "supervisor_id": supervisor,
            "status": "ACCEPTED" if self.facts.in_team else "DECLINED",
        }
        dated = {"starts_at": BEGINS, "ends_at": ENDS, "status": "PLANNED"}
        valid = {"supervisor_id": supervisor, "status": "ACTIVE"}
        return World(
            employments=[Employment(person_id=person, agency_id=row.agency_id, starts_on=EARLIER, ends_on=left)],
            assignments=[Assignment(**place)],
            sessions=[RecognitionSession(id=row.recognition_session_id, **dated)],
            assessors=[Assessor(recognition_session_id=row.recognition_session_id, person_id=person)] if self.facts.assessing else [],
            cards=[Card(**valid, valid_from=EARLIER, valid_until=LATER)],
            appointments=[Appointment(**valid, starts_on=EARLIER, ends_on=LATER)] if self.facts.fit else [],
        )

    def told(self) -> dict[str, Any]:
        """In plain words. What is unknown of the asker is another word than what is unknown of the row, so that the two are never equal."""
        actor, row, facts, mine = self.actor, self.row, self.facts, [str(self.actor.person_id)]
        places = ("center_id", "district_id", "agency_id")
        asker = {name: str(getattr(actor, name) or "nobody's") for name in ("person_id", "organization_id", *places)}
        visited = {name: str(getattr(row, name) or "nowhere") for name in ("dispatcher_id", *places)}
        columns = {"notified": row.notified_at is not None, "internal": row.internal}
        people = {
            "team": mine if facts.in_team else [],
            "employed": mine if facts.employed else [],
            "assessing": mine if facts.assessing else [],
            "fit": mine if facts.in_team and facts.fit else [],
        }
        office = {"roles": sorted(actor.roles), "tier": actor.tier or "NONE", "wall": actor.shape.wall}
        return {"actor": asker | office, "action": self.action, "row": visited | columns | people}


def inspection(columns: Mapping[str, Any]) -> Inspection:
    form, venue = next(iter(InspectionForm)), next(iter(Venue))
    return Inspection(form=form, venue=venue, recognition_session_id=new_id(), profile_id=new_id(), scheduled_on=DAY, **columns)


def questions(count: int) -> list[Question]:
    """The same at every run, and such that each relation often stands and often does not."""
    dice = Random(4)  # noqa: S311 - no secret
    places = [new_id() for _ in range(4)]
    return [drawn(dice, places) for _ in range(count)]


def drawn(dice: Random, places: Sequence[UUID]) -> Question:
    center, district, agency, elsewhere = places
    row = inspection(
        {
            "center_id": dice.choice([center, center, center, elsewhere]),
            "district_id": dice.choice([district, district, elsewhere, None]),
            "agency_id": dice.choice([agency, agency, elsewhere]),
            "dispatcher_id": dice.choice([center, district]),
            "notified_at": dice.choice([BEGINS, BEGINS, None]),
            "internal": dice.choice([True, False, False]),
        }
    )
    action, tier = dice.choice([*ACTIONS, *[Action.INSPECTION_READ] * 3]), dice.choice([None, *Tier, *Tier, *Tier])
    likely = [role for role in LIKELY[action] if any(TIERS.get(base) is tier for base in POLICY.roles[role])] or LIKELY[action] or OFFICES
    actor = Actor(
        account_id=new_id(),
        person_id=new_id(),
        organization_id={None: None, Tier.CENTER: center, Tier.DISTRICT: district, Tier.AGENCY: agency}[tier],
        tier=tier,
        center_id=center if tier else None,
        district_id=district if tier in {Tier.DISTRICT, Tier.AGENCY} else None,
        agency_id=agency if tier is Tier.AGENCY else None,
        roles=frozenset([*dice.choices(OFFICES, k=dice.randrange(2)), *dice.choices(likely, k=dice.randrange(3))]),
    )
    return Question(actor, action, row, Facts(*(dice.random() < often for often in (0.8, 0.2, 0.2, 0.8))))


def ours(asked: Question) -> bool:
    return holds(asked.actor, asked.action, asked.row, world=asked.world())


@dataclass(frozen=True, repr=False)
class Seen:
    """What `enforce` is asked about. It writes all that it is given into a sentence for its log, so this has a short name."""

    actor: Actor
    row: Inspection
    world: World


def stands(seen: Seen, relation: str, _: object) -> bool:
    """As our Python halves say; and nothing does beyond the wall."""
    t, actor, row = table_of(Inspection), seen.actor, seen.row
    column = WALLED[t].get(actor.shape.wall)
    mine = getattr(actor, column) if column else None
    return mine is not None and getattr(row, str(column)) == mine and meaning(t, Relation(relation)).holds(actor, row, seen.world)


def by_casbin() -> Callable[[Question], Callable[[], bool]]:
    """Stock Casbin on the shipped model and policy, one role after the other in the order of the memberships."""
    enforcer = casbin.Enforcer(str(MODEL), str(FILE))
    enforcer.add_function("stands", stands)

    def prepared(asked: Question) -> Callable[[], bool]:
        noun, verb = asked.action.value.split(".")
        held = list(asked.actor.memberships) or sorted(asked.actor.roles) or [Role.ANYONE]
        roles, seen = [str(role) for role in held], Seen(asked.actor, asked.row, asked.world())
        return lambda: any(enforcer.enforce(role, noun, verb, seen, seen) for role in roles)

    return prepared


@dataclass(frozen=True)
class Peer:
    """A process that has answered all questions, and asks itself the first one again as often as it is told."""

    process: subprocess.Popen[str]

    def say(self, what: object) -> list[Any]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no pipe")
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Voided("has ended without an answer")
        found: list[Any] = json.loads(answer)
        return found

    def timed(self, times: int) -> list[float]:
        """The microseconds of each."""
        return self.say(times)


@contextmanager
def answering(python: Path, name: str, asked: Sequence[Question]) -> Iterator[Peer]:
    """Raises Voided where the peer answers any question otherwise than we do."""
    lines = [{"role": one.role, "relation": one.relation, "action": one.action, "allows": one.allows} for one in POLICY.lines]
    bases: dict[str, list[str]] = {role: [] for role in POLICY.roles}
    for one in POLICY.said:
        if one.words[0] == "g":
            bases[one.words[1]].append(one.words[2])
    with subprocess.Popen([python, "-m", MODULES[name]], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        peer = Peer(process)
        alike(name, asked, peer.say({"lines": lines, "bases": bases, "questions": [one.told() for one in asked]}))
        yield peer


def alike(name: str, asked: Sequence[Question], answers: Sequence[bool]) -> None:
    """Raises Voided where the answers are not ours."""
    other = [one for one, answer in zip(asked, answers, strict=True) if ours(one) is not answer]
    if other:
        raise Voided(f"{name} decides {len(other)} of {len(asked)} otherwise than we do, first {other[0].told()}")


def installed() -> Path | None:
    """The Python beside which the peers are; they are put there first where need be. None where they are not to be had."""
    python, stamp, wanted = HOME / "bin" / "python", HOME / "requirements.txt", REQUIREMENTS.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    try:
        for words in (
            [sys.executable, "-m", "venv", "--clear", HOME],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS],
        ):
            subprocess.run(words, check=True, timeout=PATIENCE, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        return None
    stamp.write_text(wanted, encoding="utf-8")
    return python
