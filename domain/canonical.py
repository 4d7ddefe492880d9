"""One written form for what is sealed: the same content gives the same bytes, in any language."""

import json
from collections.abc import Mapping


def canonical(document: Mapping[str, object]) -> bytes:
    """JSON in UTF-8 with sorted keys and without blanks; only text, integers, null, lists and objects go in."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
