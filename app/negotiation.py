"""What a client's headers ask for: the form and the language of the answer."""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from gql.errors import Language


class Media(StrEnum):
    """The forms an answer may have."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"


class Lines(Headers):
    """A request's headers, each found in one step: every operation asks for a dozen. Names are given in lower case."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._found: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            self._found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> str:
        return self._found[name][0]

    def get(self, name: str, otherwise: Any = None) -> Any:  # noqa: ANN401 - as Mapping has it
        found = self._found.get(name)
        return otherwise if found is None else found[0]

    def getlist(self, name: str) -> list[str]:
        return self._found.get(name, [])


def media_type(text: str) -> tuple[str, dict[str, str]]:
    """`text/html; charset="utf-8"` as its name and its parameters, names in lower case."""
    name, *parameters = (part.strip() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return name.lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


@lru_cache(maxsize=200)
def is_json(content_type: str) -> bool:
    name, parameters = media_type(content_type)
    return name == Media.JSON and parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"}


def media_of(headers: Headers) -> Media | None:
    """The form the client likes best, by q, then by the exactness and order of its wishes; None when it takes neither. No wish: JSON."""
    return _media(",".join(headers.getlist("accept"))) if "accept" in headers else Media.JSON


@lru_cache(maxsize=200)
def _media(accept: str) -> Media | None:
    wishes: dict[Media, tuple[float, int, int]] = {}
    for place, (name, quality, charset) in enumerate(_wishes(accept)):
        for exactness, media in _meant(name):
            if charset in {"utf-8", "utf8"} and (media not in wishes or exactness > wishes[media][1]):
                wishes[media] = (quality, exactness, -place)
    liked = {media: wish for media, wish in wishes.items() if wish[0] > 0}
    return max(liked, key=lambda media: (liked[media], media is Media.JSON)) if liked else None


def language_of(headers: Headers) -> Language:
    """Chinese unless English is liked better."""
    return _language(",".join(headers.getlist("accept-language"))) if "accept-language" in headers else "zh"


@lru_cache(maxsize=200)
def _language(accept: str) -> Language:
    english = chinese = 0.0
    for name, quality, _ in _wishes(accept):
        if name == "en" or name.startswith("en-"):
            english = max(english, quality)
        elif name == "zh" or name.startswith("zh-"):
            chinese = max(chinese, quality)
    return "en" if english > chinese else "zh"


def _wishes(accept: str) -> Iterator[tuple[str, float, str]]:
    """Each wish with its q and its charset. A q that is none counts as 0."""
    for part in accept.split(","):
        wish, parameters = media_type(part)
        if wish:
            yield wish, _quality(parameters.get("q", "1")), parameters.get("charset", "utf-8").lower()


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _meant(name: str) -> Iterator[tuple[int, Media]]:
    if name in {Media.JSON, Media.GRAPHQL}:
        yield 2, Media(name)
    elif name in {"*/*", "application/*"}:
        exactness = 1 if name == "application/*" else 0
        yield exactness, Media.JSON
        yield exactness, Media.GRAPHQL
