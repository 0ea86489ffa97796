"""
The redactor: every text about a request passes through it before it is shown.

It hides the keys and secrets of this process, in any form and anywhere in a text. Secrets that it cannot know
(signatures, listen keys, those of others) are recognised by the preceding word and by their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from venuekit._util.texts import HIDDEN
from venuekit.credentials.secret import texts_like

#: names whose values must not be shown, in query strings, JSON and headers of any venue
_NAMES = (
    r"signature|sign|api-?_?key|secret|passphrase|password|listen-?_?key|(?:access|refresh|session|id)?-?_?token|authorization"
    r"|x-[a-z]+-apikey|x-[a-z]+-api-key|x-[a-z]+-sign"
)
_PAIR = re.compile(
    rf"""(?ix) (["']?\b(?:{_NAMES})\b["']?\s*[=:]\s*["']?) ([^\s"'&,;}}\]]+)""",
)
#: an echo of the signed text, in a bracket after the word that announces it
_ECHO = re.compile(r"(?i)(origin_string\s*\[)[^\]]*(\])")
#: long opaque words are keys, signatures or listen keys anywhere
_OPAQUE = re.compile(r"\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{40,}={0,2}")
_HIDDEN_NAMES = re.compile(rf"(?i)(?:{_NAMES})")
#: a shorter secret would match within ordinary words, and is hidden only as a separate word
_SHORT = 8
#: characters read beyond the end of a shown text, so that no secret is cut where it is not recognised
_BEYOND = 4096


def redact(text: str) -> str:
    """Return text with keys, secrets, signatures, listen keys and other opaque words hidden."""
    return _OPAQUE.sub(HIDDEN, _ECHO.sub(rf"\1{HIDDEN}\2", _PAIR.sub(rf"\1{HIDDEN}", hide_secrets(text))))


def redact_start(text: str, length: int) -> str:
    """Return the redacted beginning of a text; a secret at its end is hidden whole."""
    read = text[: length + _BEYOND]
    shown = redact(read)
    # redaction shortens the text: the unread remainder must not move into sight
    return shown[:length] if len(read) == len(text) else shown[: min(length, max(0, len(shown) - _BEYOND))]


def hide_secrets(text: str) -> str:
    """Return text without the keys and secrets of this process, otherwise unchanged."""
    held, near = texts_like(text)
    found = {*held, *(spelling for secret in near for spelling in _spellings(secret) if spelling in text)}
    for spelling in sorted(found, key=_longest):
        if len(spelling) >= _SHORT:
            text = text.replace(spelling, HIDDEN)
        else:
            text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", HIDDEN, text)
    return text


def hidden_name(name: str) -> bool:
    """Return whether a field's name alone forbids showing its value."""
    return _HIDDEN_NAMES.fullmatch(name) is not None


def redact_error(error: BaseException) -> str:
    """Return an error's type and text, redacted."""
    return redact(f"{type(error).__name__}: {error}")


def redact_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without texts that hold a key or secret of this process; all others are unchanged."""
    return {name: hide_secrets(value) if isinstance(value, str) else value for name, value in parameters.items()}


def _spellings(secret: str) -> Iterator[str]:
    """Yield the forms of a secret within a text: unchanged, in a URL, in JSON, in the repr of a text or of bytes."""
    import json
    from urllib.parse import quote, quote_plus

    if not secret.strip():
        return
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(secret.encode("utf-8", "surrogatepass"))[2:-1]


def _longest(spelling: str) -> int:
    return -len(spelling)
