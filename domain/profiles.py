"""The rules of a jurisdiction as data, in force from a day, each with its article. A rule that is absent is off."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from domain.rule_keys import KEYS, Form, Key, is_condition
from models.supervisors import SkillLevel

Value = bool | int | str | tuple[str, ...] | tuple[tuple[str, ...], ...]

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RATIO = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})", re.ASCII)
MAX_DUE_DAY = 28  # the month with the fewest days


class BadProfile(ValueError):  # noqa: N818 - the file is refused; nothing of ours is broken
    """A profile that is refused. Names the key and the reason; the rules stay as they were."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class RuleOff(LookupError):  # noqa: N818 - a state, not a fault of the rule
    """A rule was asked for that this profile does not have."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a regulation. `article` is "003 §11", or "default 1.5" where the text has no number of its own."""

    id: str
    value: Value
    article: str


@dataclass(frozen=True, slots=True)
class Profile:
    slug: str
    title: str
    effective_from: date
    rules: Mapping[str, Rule] = field(hash=False)
    refined_by: tuple[str, ...] = ()
    """The implementing rules (实施细则) that are in it, the upper tier's first."""

    @property
    def version(self) -> str:
        """What a refusal names: which profile judged, and what refined it."""
        return " + ".join((f"{self.slug}@{self.effective_from.isoformat()}", *self.refined_by))

    def has(self, key: str) -> bool:
        return self.find(key) is not None

    def find(self, key: str) -> Rule | None:
        """None where the rule is off; ValueError for a key that no profile knows, which is a typing error of ours."""
        if key not in KEYS:
            raise ValueError(f"no such rule: {key}")
        return self.rules.get(key)

    def rule(self, key: str) -> Rule:
        """The rule with its article, for a refusal. RuleOff where it is absent."""
        found = self.find(key)
        if found is None:
            raise RuleOff(f"{self.slug} has no rule {key}")
        return found

    def integer(self, key: str) -> int:
        return _integer(self.rule(key))

    def optional_integer(self, key: str) -> int | None:
        found = self.find(key)
        return None if found is None else _integer(found)

    def text(self, key: str) -> str:
        return _text(self.rule(key))

    def optional_text(self, key: str) -> str | None:
        found = self.find(key)
        return None if found is None else _text(found)

    def flag(self, key: str) -> bool:
        """False where the rule is off."""
        found = self.find(key)
        return found is not None and found.value is True

    def ratio(self, key: str) -> tuple[int, int]:
        """Numerator and denominator: thirty percent is (3, 10), never a float (A01)."""
        numerator, _, denominator = _text(self.rule(key)).partition("/")
        return int(numerator), int(denominator)

    def optional_ratio(self, key: str) -> tuple[int, int] | None:
        return self.ratio(key) if self.has(key) else None

    def words(self, key: str) -> tuple[str, ...]:
        """Empty where the rule is off; in the order of the profile."""
        found = self.find(key)
        return () if found is None else tuple(word for word in _items(found) if isinstance(word, str))

    def conditions(self, key: str) -> tuple[tuple[str, ...], ...]:
        """All groups must hold, one condition of each group suffices. Empty where the rule is off."""
        found = self.find(key)
        return () if found is None else tuple(group for group in _items(found) if isinstance(group, tuple))

    def rank_at_least(self, rank: SkillLevel, floor: SkillLevel) -> bool:
        """以上 includes the stated grade; grades are compared by their order in the profile, never by number (INV09, A06)."""
        order = self.words("ranks")
        return order.index(rank) >= order.index(floor)


def parse_profile(toml_text: str, *, effective_from: date | None) -> Profile:
    """A profile from its file. The day it takes effect (Y091, B064) is the operator's word and never the file's (A29). BadProfile names what is wrong."""
    if effective_from is None:
        raise BadProfile("effective_from", "the regulation does not state it; the operator must give it (A29)")
    try:
        document = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise BadProfile("file", f"not TOML: {error}") from error
    if "effective_from" in document:
        raise BadProfile("effective_from", "must not stand in the file; the operator gives it (A29)")
    for name in document:
        if name not in {"slug", "title", "rules"}:
            raise BadProfile(name, "unknown key")
    lines = document.get("rules")
    if not isinstance(lines, dict):
        raise BadProfile("rules", "missing")
    return _profile(document.get("slug"), document.get("title"), effective_from, lines=lines)


def to_json(profile: Profile) -> list[dict[str, object]]:
    """The rules in JSON's own types, for a column of the database, sorted by key."""
    return [as_json(rule) for _, rule in sorted(profile.rules.items())]


def as_json(rule: Rule) -> dict[str, object]:
    """One line as it is stored."""
    return {"id": rule.id, "value": rule.value, "article": rule.article}


def from_json(rules: Iterable[Mapping[str, object]], *, slug: str, title: str, effective_from: date) -> Profile:
    """The profile as stored. As strict as `parse_profile`: an older release may have written it."""
    lines = {str(line.get("id")): {name: value for name, value in line.items() if name != "id"} for line in rules}
    return _profile(slug, title, effective_from, lines=lines)


def value_from(key: str, text: str) -> object:
    """A value as a client writes it, in the form of its key; what does not read as that stays text, for `rule_from` to refuse."""
    form = KEYS[key].form if key in KEYS else Form.TEXT
    if form in {Form.TEXT, Form.RATIO}:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def value_shown(value: Value) -> str:
    """The same back again: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def in_force(profiles: Iterable[Profile], *, on: date) -> Profile | None:
    """The one that judges what happened on that day: the latest that had taken effect, not the newest of all (INV15)."""
    effective = [profile for profile in profiles if profile.effective_from <= on]
    return max(effective, key=lambda profile: profile.effective_from, default=None)


def _profile(slug: object, title: object, effective_from: date, *, lines: Mapping[str, object]) -> Profile:
    if not isinstance(slug, str) or SLUG.fullmatch(slug) is None:
        raise BadProfile("slug", "lower-case words joined by hyphens")
    if not isinstance(title, str) or not title.strip():
        raise BadProfile("title", "missing or not a text")
    rules = {key: rule_from(key, line) for key, line in lines.items()}
    for key, known in KEYS.items():
        if known.required and key not in rules:
            raise BadProfile(key, "missing: no profile works without it")
    _check_together(rules)
    return Profile(slug, title, effective_from, MappingProxyType(rules))


def rule_from(key: str, line: object) -> Rule:
    """One line as a profile keeps it: `{"value": …, "article": …}`. BadProfile says what is wrong with it."""
    known = KEYS.get(key)
    if known is None:
        raise BadProfile(key, "unknown key")
    if not isinstance(line, dict) or set(line) - {"value", "article"} or "value" not in line:
        raise BadProfile(key, "needs exactly a value and an article")
    article = line.get("article")
    if not isinstance(article, str) or not article.strip():
        raise BadProfile(key, "missing article")
    return Rule(key, _checked(key, known, _frozen(line["value"])), article)


def _frozen(value: object) -> object:
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value


def _checked(key: str, known: Key, value: object) -> Value:
    match value:
        case bool() if known.form is Form.FLAG:
            return value
        case int() if known.form is Form.INTEGER and not isinstance(value, bool):
            if value < known.least:
                raise BadProfile(key, f"at least {known.least}")
            return value
        case str() if known.form is Form.RATIO:
            return _checked_ratio(key, value)
        case str() if known.form is Form.TEXT and value.strip():
            _check_words(key, known, (value,))
            return value
        case tuple() if known.form is Form.WORDS and value and all(isinstance(word, str) for word in value):
            _check_words(key, known, value)
            return value
        case tuple() if known.form is Form.CONDITIONS and value and all(map(_is_group, value)):
            return value
    raise BadProfile(key, f"must be {known.form}")


def _check_words(key: str, known: Key, words: tuple[str, ...]) -> None:
    for word in words:
        if known.words is not None and word not in known.words:
            raise BadProfile(key, f"unknown word {word!r}")
    if len(set(words)) < len(words):
        raise BadProfile(key, "a word stands twice")


def _checked_ratio(key: str, value: str) -> str:
    match = RATIO.fullmatch(value)
    if match is None or int(match[1]) > int(match[2]):
        raise BadProfile(key, f"must be {Form.RATIO}, at most one")
    return value


def _is_group(group: object) -> bool:
    return isinstance(group, tuple) and bool(group) and all(isinstance(one, str) and is_condition(one) for one in group)


def _check_together(rules: Mapping[str, Rule]) -> None:
    """What only two rules together can get wrong."""
    if len(_items(rules["ranks"])) != len(SkillLevel):
        raise BadProfile("ranks", "all eight grades in their order (A06)")
    due = rules.get("monthly_return.due_day")
    remind = rules.get("monthly_return.remind_day")
    if remind is not None and _integer(remind) > MAX_DUE_DAY:
        raise BadProfile("monthly_return.remind_day", "a day that every month has")
    if due is not None and _integer(due) > MAX_DUE_DAY:
        raise BadProfile("monthly_return.due_day", "a day that every month has")
    for key in ("education.warn_from", "assessment.due"):
        if key in rules and not _is_day_of_year(_text(rules[key])):
            raise BadProfile(key, 'a month and a day that every year has, like "10-01"')
    if rules.get("workflow.rectification", Rule("", False, "")).value is True and "rectification.working_days" not in rules:
        raise BadProfile("rectification.working_days", "missing: rectification is on")
    method = rules["selection.method"].value
    if method != "RANDOM" and not rules.keys() & {"rotation.last_n", "rotation.cooldown_days"}:
        raise BadProfile("rotation.last_n", f"missing: selection is by {method}")


def _is_day_of_year(text: str) -> bool:
    """A month and a day that every year has: 2023 was no leap year."""
    try:
        return date.fromisoformat(f"2023-{text}").strftime("%m-%d") == text
    except ValueError:
        return False


def _integer(rule: Rule) -> int:
    if isinstance(rule.value, bool) or not isinstance(rule.value, int):
        raise TypeError(f"{rule.id} is not an integer")
    return rule.value


def _text(rule: Rule) -> str:
    if not isinstance(rule.value, str):
        raise TypeError(f"{rule.id} is not a text")
    return rule.value


def _items(rule: Rule) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
    if not isinstance(rule.value, tuple):
        raise TypeError(f"{rule.id} is not a list")
    return rule.value
