"""What makes an answer of a checklist proper, a part complete, and a signature verifiable. Plain functions over plain values."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from domain.canonical import canonical
from domain.errors import BadInput, Unmet
from domain.profiles import Profile
from domain.texts import checked_or_none
from models.checklists import Answer, AnswerValue, Checklist, ChecklistItem, ChecklistTemplate, FindingTarget, Phase

LONGEST = 1000
LONGEST_NAME = 60
LARGEST = 1_000_000
SEEN = (AnswerValue.YES, AnswerValue.NO)
TRUTHFUL = "003 §12; 000 §8(十)"
COMPLETE = "003 §12, annex; 000 §11(二)"


class Part(StrEnum):
    """What one signature covers: SITE is seen on the day by the whole team, AFTER is the posting of results, later and by one of them (A24)."""

    SITE = "SITE"
    AFTER = "AFTER"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it comes in. `item` is the code of the line on the form, F03. A NO is against the agency, or a person or assessor it names."""

    item: str
    value: AnswerValue
    remark: str | None = None
    correction: str | None = None
    counted: int | None = None
    total: int | None = None
    score: int | None = None
    responsible: str | None = None
    assessor_id: UUID | None = None

    @property
    def target(self) -> FindingTarget:
        if self.assessor_id is not None:
            return FindingTarget.ASSESSOR
        return FindingTarget.PERSON if self.responsible is not None else FindingTarget.AGENCY


def part_of(phase: Phase) -> Part:
    return Part.AFTER if phase is Phase.AFTER else Part.SITE


def placed(given: Sequence[Given], items: Sequence[ChecklistItem]) -> list[tuple[Given, ChecklistItem]]:
    """Each answer with its line of the form. BadInput for a code that is not on it, and for one that comes twice."""
    lines = {item.code: item for item in items}
    found: dict[str, tuple[Given, ChecklistItem]] = {}
    for one in given:
        if one.item not in lines:
            raise BadInput("answers", "unknown_item", item=one.item[:20])
        if one.item in found:
            raise BadInput("answers", "repeated_item", item=one.item)
        found[one.item] = (one, lines[one.item])
    return list(found.values())


def proper(given: Given, item: ChecklistItem, rules: Profile) -> Given:
    """The answer as it may be kept. A NO needs its remark (A23, Y030, B036: nothing is concealed), a ratio its two integers, and nothing else has numbers."""
    remark = checked_or_none("remark", given.remark, LONGEST)
    if given.value is AnswerValue.NO and remark is None:
        rule = rules.find("checklist.no_needs_remark")
        raise Unmet("checklist.no_needs_remark", rule.article if rule else TRUTHFUL, rules.version, item=item.code)
    numbers_fit(given, item)
    score_fits(given, item)
    responsible = checked_or_none("responsible", given.responsible, LONGEST_NAME)
    found = replace(given, remark=remark, correction=checked_or_none("correction", given.correction, LONGEST), responsible=responsible)
    if found.target is not FindingTarget.AGENCY and (found.value is not AnswerValue.NO or (responsible and found.assessor_id)):
        raise BadInput("answers", "one_to_blame", item=item.code)
    return found


def score_fits(given: Given, item: ChecklistItem) -> None:
    """打分 (000 §11(二), Y039): a line with points has a score where it was seen; the scale is the form's, and no other line has one."""
    if item.max_score is None or given.value not in SEEN:
        if given.score is not None:
            raise BadInput("answers", "score_unwanted", item=item.code)
    elif given.score is None or not 0 <= given.score <= item.max_score:
        raise BadInput("answers", "score_range", item=item.code, most=item.max_score)


def total(lines: Sequence[tuple[ChecklistItem, Answer]]) -> tuple[int, int] | None:
    """The score, and of how many points, over the lines that were seen; None where none of them has points."""
    scored = [(answer.score, item.max_score) for item, answer in lines if answer.score is not None and item.max_score is not None]
    return (sum(score for score, _ in scored), sum(most for _, most in scored)) if scored else None


def numbers_fit(given: Given, item: ChecklistItem) -> None:
    counted, total = given.counted, given.total
    if item.numbers is None or given.value not in SEEN:
        if counted is not None or total is not None:
            raise BadInput("answers", "numbers_unwanted", item=item.code)
        return
    if counted is None or total is None:
        raise BadInput("answers", "numbers_needed", item=item.code)
    among = "/" in item.numbers
    if not 0 <= counted <= LARGEST or not 0 <= total <= LARGEST or (among and counted > total):
        raise BadInput("answers", "numbers_range", item=item.code)


def missing(items: Sequence[ChecklistItem], answered: AbstractSet[UUID], part: Part) -> list[str]:
    """The codes of a part that have no answer yet."""
    return [item.code for item in items if part_of(item.phase) is part and item.id not in answered]


def complete(items: Sequence[ChecklistItem], answered: AbstractSet[UUID], part: Part, *, rules: Profile) -> None:
    """A form with an empty line is not signed: not seen and not applicable are answers too."""
    lacking = missing(items, answered, part)
    if lacking:
        raise Unmet("checklist.complete", COMPLETE, rules.version, missing=", ".join(lacking))


def digest(template: ChecklistTemplate, checklist: Checklist, lines: Sequence[tuple[ChecklistItem, Answer]], *, part: Part) -> bytes:
    """SHA-256 over what is signed: the edition of the form, its answers in order, and on site advice, appraisal and methods. Anybody can recompute it.

    Methods, scores and whom a NO is against stand in it where there are any: a form without them reads as it always did.
    """
    on_site = part is Part.SITE
    document: Mapping[str, object] = {
        "inspection": checklist.inspection_id.hex,
        "template": template.slug,
        "edition": template.edition,
        "part": part.value,
        "advice": checklist.advice if on_site else None,
        "appraisal": checklist.appraisal if on_site else None,
        "answers": [signed(item, answer) for item, answer in lines if part_of(item.phase) is part],
        **({"methods": sorted(checklist.methods)} if on_site and checklist.methods else {}),
    }
    return sha256(canonical(document)).digest()


def signed(item: ChecklistItem, answer: Answer) -> dict[str, object]:
    return {
        "item": item.code,
        "value": answer.value.value,
        "remark": answer.remark,
        "correction": answer.correction,
        "counted": answer.counted,
        "total": answer.total,
        **({} if answer.score is None else {"score": answer.score}),
        **({} if answer.responsible is None else {"responsible": answer.responsible}),
        **({} if answer.assessor_id is None else {"assessor": answer.assessor_id.hex}),
    }
