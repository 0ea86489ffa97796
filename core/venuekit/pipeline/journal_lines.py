"""Lines of a journal: an event as text, with everything that was sent exactly as it was, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import msgspec

from venuekit._util.quick_init import quick_init
from venuekit.clock import from_milliseconds
from venuekit.endpoint import Effect


def _bare_text(value: Any) -> str:
    """Return the text in a value of a class that msgspec does not know."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"a journal has no {type(value).__name__}")


_compact = msgspec.json.Encoder(enc_hook=_bare_text).encode
_AS_THEY_ARE = frozenset({bool, int, str})
#: identities begin with the day, and so does the name of their file
_ID = re.compile(r"[0-9]{8}-[0-9A-Za-z-]{1,64}")
#: beginnings of our lines: one that starts so and ends early was cut off while it was written
_BEGINNINGS = (b'{"begin":', b'{"end":')
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?")
_DECIMAL, _OBJECT = "decimal", "object"
_TAGS = frozenset({_DECIMAL, _OBJECT})


@quick_init
@attrs.frozen
class Unresolved:
    """
    A write that the journal opened and never closed: sent at, and possibly arriving until the fence.

    ``operation`` is the capability method that was called, or verb and path. ``made`` are those of its client ids that
    were made for it, and that no other write has.
    """

    id: str
    operation: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    sent_at: datetime
    fence: datetime
    client_id: str | None = None
    effect: Effect | None = None
    client_ids: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()


@quick_init
@attrs.frozen
class Ended:
    """
    How a write ended, and when (milliseconds on the venue's clock).

    ``claims`` is the row of a history that proves it, where one is known.
    """

    id: str
    outcome: str
    at: int | None = None
    claims: str | None = None


class MalformedLine(ValueError):
    """A line that is not of this journal; ``is_cut_off`` where it is the beginning of one."""

    def __init__(self, reason: str, *, is_cut_off: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_cut_off = is_cut_off


def day_of(entry_id: str) -> str:
    """Return the day that an identity begins with."""
    return entry_id[:8]


def begin_text(entry: Unresolved) -> bytes:
    """Return the opening line of a write."""
    line: dict[str, Any] = {
        "begin": entry.id,
        "operation": entry.operation,
        "verb": entry.verb,
        "path": entry.path,
        "parameters": {
            name: value if type(value) in _AS_THEY_ARE else _plain(value) for name, value in entry.parameters.items()
        },
        "client_id": entry.client_id,
        "sent_at": milliseconds(entry.sent_at),
        "fence": milliseconds(entry.fence),
        "effect": entry.effect,
    }
    if len(entry.client_ids) > 1:
        line["client_ids"] = entry.client_ids
    if entry.made:
        line["made"] = sorted(entry.made)
    return _text(line)


def end_text(ended: Ended) -> bytes:
    """Return the closing line of a write."""
    line: dict[str, Any] = {"end": ended.id, "outcome": ended.outcome}
    if ended.at is not None:
        line["at"] = ended.at
    if ended.claims is not None:
        line["claims"] = ended.claims
    return _text(line)


def lost_text(count: int) -> bytes:
    """Return the line that counts those lost while the journal could not be written."""
    return _text({"lost": count})


def lost_words(count: int) -> str:
    """Return why such a line hides writes."""
    return f"{count} lines are lost here: the journal could not be written for too long"


def read_line(text: bytes) -> Unresolved | Ended:
    """
    Return the event of a line.

    Raises:
        Unreadable: it is not a line of this journal.
    """
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        begins = any(text.startswith(one) or one.startswith(text) for one in _BEGINNINGS)
        is_cut_off = begins and not text.endswith(b"}")
        raise MalformedLine("cut off" if is_cut_off else "not JSON", is_cut_off=is_cut_off) from None
    if not isinstance(line, dict):
        raise MalformedLine("not an object")
    if type(line.get("lost")) is int:
        raise MalformedLine(lost_words(line["lost"]))
    try:
        if "begin" in line:
            return _parse_unresolved(line)
        return Ended(_id(line, "end"), _field(line, "outcome", str), _optional(line, "at", int), _claims(line))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise MalformedLine(f"not a line of this journal: {_text_of_error(error)}") from None


def milliseconds(moment: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def _text_of_error(error: Exception) -> str:
    return f"no {error.args[0]}" if isinstance(error, KeyError) and error.args else str(error) or type(error).__name__


def _text(line: Mapping[str, Any]) -> bytes:
    # the first newline ends a line that a crash or a full disk cut off, so that it spoils only itself
    try:
        text = _compact(line)
    except (OverflowError, UnicodeEncodeError):  # an integer beyond 64 bits, half a character
        text = json.dumps(line, separators=(",", ":")).encode()
    return b"\n%b\n" % text


def _parse_unresolved(line: Mapping[str, Any]) -> Unresolved:
    effect, client_id = _optional(line, "effect", str), _optional(line, "client_id", str)
    return Unresolved(
        id=_id(line, "begin"),
        operation=_field(line, "operation", str),
        verb=_field(line, "verb", str),
        path=_field(line, "path", str),
        parameters={name: _value(value) for name, value in _field(line, "parameters", dict).items()},
        client_id=client_id,
        sent_at=_moment(line, "sent_at"),
        fence=_moment(line, "fence"),
        effect=None if effect is None else Effect(effect),
        client_ids=_texts(line, "client_ids") or (() if client_id is None else (client_id,)),
        made=frozenset(_texts(line, "made")),
    )


def _field(line: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = line[name]
    if type(value) is not kind:
        raise TypeError(f"{name} is not {kind.__name__}")
    return value


def _optional(line: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    return None if line.get(name) is None else _field(line, name, kind)


def _claims(line: Mapping[str, Any]) -> str | None:
    claims: str | None = _optional(line, "claims", str)
    return claims


def _id(line: Mapping[str, Any], name: str) -> str:
    found: str = _field(line, name, str)
    if _ID.fullmatch(found) is None:  # it becomes a part of a file's name
        raise ValueError(f"{name} is not an identity of a journal")
    return found


def _moment(line: Mapping[str, Any], name: str) -> datetime:
    try:
        return from_milliseconds(_field(line, name, int))
    except OverflowError:
        raise ValueError(f"{name} is not a time") from None


def _texts(line: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = line.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TypeError(f"{name} is not a list of texts")
    return tuple(found)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a type that JSON lacks is wrapped in an object of its own."""
    if isinstance(value, Decimal):
        return {_DECIMAL: format(value, "f")}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        whole = {name: _plain(one) for name, one in value.items()}
        return {_OBJECT: whole} if len(whole) == 1 and not _TAGS.isdisjoint(whole) else whole
    return value


def _value(value: Any) -> Any:
    """Return the value that was sent; the inverse of :func:`_plain`."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and _DECIMAL in value:
        if _NUMBER.fullmatch(_field(value, _DECIMAL, str)) is None:
            raise ValueError("a decimal is not a number")
        return Decimal(value[_DECIMAL])
    if len(value) == 1 and _OBJECT in value:
        value = _field(value, _OBJECT, dict)
    return {name: _value(one) for name, one in value.items()}
