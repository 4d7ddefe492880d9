"""The one table from exception to `extensions.code`. What is not in it is INTERNAL: logged without its text, masked, with a reference."""

import re
import secrets
import tomllib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog
from graphql import GraphQLError

from authz.errors import Forbidden, NotFound, Unauthenticated
from domain.errors import BadInput, Conflict, Unmet
from gql.ids import shown
from models.database import RightsChanged
from models.organizations import Tier

Language = Literal["zh", "en"]
RequestReason = Literal["BODY", "PARSE", "VALIDATION", "VARIABLES", "OPERATION", "DOCUMENT", "ID", "CURSOR", "PAGE", "VALUE"]
Json = Mapping[str, object]


class RequestError(Exception):
    """The request, its document, a variable, an id, a cursor or a page size is wrong. `detail` may hold the client's own words only."""

    def __init__(self, reason: RequestReason, detail: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class TooComplex(Exception):  # noqa: N818 - nothing broke, the client asked for too much
    """One limit of gql/limits.py, or the time, is used up; `found` is where counting stopped."""

    def __init__(self, limit: str, max: int, found: int | None = None) -> None:
        super().__init__(limit)
        self.limit = limit
        self.max = max
        self.found = found


class RateLimited(Exception):  # noqa: N818
    """Too many requests; another one may be sent after so many seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Entry:
    """A code, and which attributes of the exception a client may see, under which name."""

    code: str
    shown: Mapping[str, str]


TABLE: Mapping[type[BaseException], Entry] = {
    NotFound: Entry("NOT_FOUND", {}),
    Forbidden: Entry("FORBIDDEN", {"action": "action", "article": "article", "reason": "reason", "issuer": "issuer"}),
    Unauthenticated: Entry("UNAUTHENTICATED", {"reason": "reason"}),
    Conflict: Entry("CONFLICT", {"reason": "reason", "params": "params"}),
    Unmet: Entry("RULE_NOT_MET", {"rule": "rule", "article": "article", "profile": "profile", "params": "params"}),
    BadInput: Entry("BAD_USER_INPUT", {"field": "field", "problem": "problem", "params": "params"}),
    RequestError: Entry("BAD_USER_INPUT", {"reason": "reason"}),
    RateLimited: Entry("RATE_LIMITED", {"retry_after": "retryAfter"}),
    TooComplex: Entry("TOO_COMPLEX", {"limit": "limit", "max": "max", "found": "found"}),
}
ISSUERS = {Tier.CENTER: "ctr", Tier.AGENCY: "agc"}
INTERNAL = Entry("INTERNAL", {"reference": "reference"})

# What PostgreSQL says by SQLSTATE. Names of constraints never matter here and never surface.
REFUSALS_OF_THE_DATABASE: Mapping[str, Exception] = {
    "23505": Conflict("DUPLICATE"),  # unique_violation
    "23P01": Conflict("OVERLAP"),  # exclusion_violation
    "55P03": Conflict("IN_FLIGHT"),  # lock_not_available: somebody else is at the same row
    "40P01": Conflict("IN_FLIGHT"),  # deadlock_detected
    "40001": Conflict("IN_FLIGHT"),  # serialization_failure
    "DU001": Unmet("history.append_only", "000 §8(二); 003 §12"),  # our own triggers: what is signed or recorded never changes
    "57014": TooComplex("time", 0),  # query_canceled by statement_timeout
}

Sentences = Mapping[str, Mapping[str, str]]
WORDS: Mapping[str, Sentences] = tomllib.loads(Path(__file__).with_name("messages.toml").read_text(encoding="utf-8"))
LONG_NUMBER = re.compile(r"\d{11,}[\dXx]?")
SUGGESTION = re.compile(r"\s*Did you mean .*", re.DOTALL)
log = structlog.get_logger("gql.errors")


@dataclass(frozen=True)
class Described:
    """An error as a client may see it."""

    code: str
    message: str
    extensions: Json


class Unforeseen(Exception):  # noqa: N818
    """Stands for what nobody foresaw: all that leaves the house of it is this reference."""

    def __init__(self) -> None:
        self.reference = secrets.token_hex(8)
        super().__init__(self.reference)


def describe(cause: BaseException, language: Language) -> Described:
    """Code, sentence and facts of any exception; an unforeseen one is logged and replaced by its reference."""
    known = _known(cause)
    entry = next((TABLE[kind] for kind in type(known).__mro__ if kind in TABLE), INTERNAL)
    facts = {name: clean(getattr(known, attribute)) for attribute, name in entry.shown.items()}
    facts = {"code": entry.code} | {name: fact for name, fact in facts.items() if fact not in (None, {})}
    if isinstance(known, BadInput):
        facts["reason"] = "VALUE"
    if isinstance(known, Forbidden) and known.issuer is not None:
        facts["issuer"] = shown(ISSUERS[known.issuer.tier], known.issuer.id)
    return Described(code=entry.code, message=_sentence(known, entry.code, language), extensions=facts)


def clean(fact: object) -> object:
    """A fact as it may stand in an error."""
    if isinstance(fact, Mapping):
        return {name: clean(value) for name, value in fact.items()}
    return without_numbers(fact) if type(fact) is str else fact


def formatted(described: Described) -> Json:
    """As it stands in `errors` when no place in the document is to blame."""
    return {"message": described.message, "extensions": described.extensions}


def located(error: GraphQLError, language: Language) -> Json:
    """An error that happened at a field, with its path and its place in the document."""
    described = describe(_cause(error), language)
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {"message": described.message, "locations": places, "path": error.path or [], "extensions": described.extensions}


def gate_sentence(key: str, language: Language, **params: str | int) -> str:
    """What the gate before GraphQL says."""
    return _filled(WORDS["gate"][key][language], params)


def _cause(error: GraphQLError) -> BaseException:
    """The exception of ours inside; without one the document asked for something the field cannot take."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return RequestError("VARIABLES", error.message) if cause is None else cause


def _known(cause: BaseException) -> BaseException:
    if isinstance(cause, tuple(TABLE)):
        return cause
    if isinstance(cause, RightsChanged):
        return Unauthenticated("EXPIRED") if cause.what == "LOGIN" else Conflict("RIGHTS_CHANGED")
    state = getattr(getattr(cause, "orig", cause), "sqlstate", None)
    if isinstance(state, str) and state in REFUSALS_OF_THE_DATABASE:
        return REFUSALS_OF_THE_DATABASE[state]
    unforeseen = Unforeseen()
    frames = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(cause.__traceback__)]
    log.error("unforeseen", reference=unforeseen.reference, type=type(cause).__name__, sqlstate=state, frames=frames[-20:])
    return unforeseen


def _sentence(known: BaseException, code: str, language: Language) -> str:
    """The most exact sentence there is: of the rule, the problem, the reason, or the code."""
    params = {name: value for name, value in vars(known).items() if isinstance(value, str | int)}
    params |= getattr(known, "params", {})
    for part, key in (("rules", "rule"), ("problems", "problem"), ("reasons", "reason"), ("limits", "limit")):
        found = WORDS[part].get(str(getattr(known, key, "")))
        if found is not None:
            return _filled(found[language], params)
    return _filled(WORDS["codes"][code][language], params)


def without_numbers(text: str) -> str:
    """The client's own words, which an error may repeat, without what could be an id or a telephone number: errors end in other people's logs."""
    return LONG_NUMBER.sub("***", text)


def _filled(sentence: str, params: Mapping[str, object]) -> str:
    known = {name: SUGGESTION.sub("", without_numbers(str(value))) for name, value in params.items()}
    return re.sub(r"\{(\w+)\}", lambda place: known.get(place[1], ""), sentence).strip(" :：")
