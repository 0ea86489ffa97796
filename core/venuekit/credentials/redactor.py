"""The redactor: the one place through which text about a request passes before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["HIDDEN", "redact", "redact_parameters"]

HIDDEN = "***"

#: names whose values nobody may see, in query strings, JSON and headers of any venue
_NAMES = (
    r"signature|sign|api-?_?key|secret|passphrase|password|listen-?_?key|token|authorization"
    r"|x-[a-z]+-apikey|x-[a-z]+-api-key|x-[a-z]+-sign"
)
_PAIR = re.compile(
    rf"""(?ix) (["']?\b(?:{_NAMES})\b["']?\s*[=:]\s*["']?) ([^\s"'&,;}}\]]+)""",
)
#: what echoes the signed text: a bracket after a word that says so
_ECHO = re.compile(r"(?i)(origin_string\s*\[)[^\]]*(\])")
#: long opaque words are keys, signatures or listen keys wherever they stand
_OPAQUE = re.compile(r"\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{40,}={0,2}")
_HIDDEN_NAMES = re.compile(rf"(?i)(?:{_NAMES})")


def redact(text: str) -> str:
    """Return text with keys, signatures, listen keys and other opaque words hidden."""
    return _OPAQUE.sub(HIDDEN, _ECHO.sub(rf"\1{HIDDEN}\2", _PAIR.sub(rf"\1{HIDDEN}", text)))


def redact_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the values of secret names hidden; values keep their type otherwise."""
    return {
        name: HIDDEN if _HIDDEN_NAMES.fullmatch(name) else redact(value) if isinstance(value, str) else value
        for name, value in parameters.items()
    }
