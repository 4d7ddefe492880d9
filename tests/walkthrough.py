"""Reads docs/walkthrough.md as a program: who asks, which document, which variables, what is answered, what is kept for later."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
FENCE = re.compile(r"^```(graphql|json|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WHO = re.compile(r"^(?:As `([^`]+)`|With the token `([^`]+)`|Without signing in\b)", re.MULTILINE)
KEEP = re.compile(r"`([\w-]+)` = `([^`]+)`")
PLACE = re.compile(r"\{\{([^}]+)\}\}")
MOMENT = re.compile(r"(now|today|month|year)([+-]\d+)?(h|d|m)?")


@dataclass
class Step:
    """One thing somebody does: a document with variables, or a command. `token` instead of a name for who was only invited; neither for the public."""

    who: str
    token: str = ""
    document: str = ""
    command: str = ""
    variables: str = "{}"
    answer: str | None = None
    kept: list[tuple[str, str]] = field(default_factory=list)
    line: int = 0


def steps(text: str) -> Iterator[Step]:
    """In order of appearance. `json` after a document is its variables, after the word Answer what it must answer."""
    who, token, step = "", "", None
    pieces = sorted(
        [*WHO.finditer(text), *FENCE.finditer(text), *re.finditer(r"^(Answer|Keep)\b.*$", text, re.MULTILINE)], key=lambda one: one.start()
    )
    answering = False
    for piece in pieces:
        if piece.re is WHO:
            who, token = piece[1] or "", piece[2] or ""
        elif piece.re is not FENCE:
            answering = piece[1] == "Answer"
            if piece[1] == "Keep" and step:
                step.kept += KEEP.findall(piece[0])
        elif piece[1] == "json":
            assert step is not None
            if answering:
                step.answer = piece[2]
            else:
                step.variables = piece[2]
            answering = False
        else:
            if step:
                yield step
            line = text.count("\n", 0, piece.start()) + 1
            step = Step(who, token, line=line, **{"document" if piece[1] == "graphql" else "command": piece[2]})
    if step:
        yield step


def filled(text: str, kept: Mapping[str, Any], now: datetime) -> str:
    """Puts in what was kept, and moments: now+2h, today-1d, month-1, year (of Shanghai)."""

    def put(place: re.Match[str]) -> str:
        name = place[1].strip()
        if name in kept:
            return str(kept[name])
        found = MOMENT.fullmatch(name)
        assert found, f"nothing was kept as {name}"
        return moment(found[1], int(found[2] or 0), found[3] or "h", now=now)

    return PLACE.sub(put, text)


def moment(kind: str, amount: int, unit: str, *, now: datetime) -> str:
    if kind == "month":
        there = now.astimezone(SHANGHAI).year * 12 + now.astimezone(SHANGHAI).month - 1 + amount
        return f"{there // 12:04}-{there % 12 + 1:02}"
    if kind == "year":
        return str(now.astimezone(SHANGHAI).year + amount)
    moved = now + timedelta(**{"h": {"hours": amount}, "d": {"days": amount}, "m": {"minutes": amount}}[unit])
    return moved.strftime("%Y-%m-%dT%H:%M:%SZ") if kind == "now" else moved.astimezone(SHANGHAI).date().isoformat()


def at(data: Any, path: str) -> Any:
    """The value at a dotted path: `agencies.nodes[0].id`."""
    for word in re.findall(r"\w+", path):
        data = data[int(word)] if word.isdigit() else data[word]
    return data


def contained(expected: Any, found: Any, where: str = "") -> list[str]:
    """How `found` differs from what the text shows: objects may hold more, lists must be as long, "…" is anything."""
    if expected == "…":
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        return [fault for key, value in expected.items() for fault in contained(value, found.get(key), f"{where}.{key}")]
    if isinstance(expected, list) and isinstance(found, list):
        if expected and expected[-1] == "…":
            expected, found = expected[:-1], found[: len(expected) - 1]
        if len(expected) == len(found):
            return [fault for n, pair in enumerate(zip(expected, found, strict=True)) for fault in contained(*pair, f"{where}[{n}]")]
    return [] if expected == found else [f"{where}: {json.dumps(expected, ensure_ascii=False)} is not {json.dumps(found, ensure_ascii=False)}"]
