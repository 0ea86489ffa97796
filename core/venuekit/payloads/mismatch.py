"""Mismatches: the errors of payloads without the documented shape."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from venuekit._util.texts import HIDDEN
from venuekit.errors import OperationError, PayloadMismatch

#: errors of reading a payload of another shape, or of making a value of it
MISFITS = (ArithmeticError, AttributeError, LookupError, PayloadMismatch, TypeError, ValueError)

#: JSON names and list indexes from the top of the payload
Path: TypeAlias = tuple[str | int, ...]

_LONGEST_SHOWN = 60


class Unfit(ValueError):
    """A value that its field does not take; ``expected`` continues the sentence "expected ..."."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value


def text_of(path: Path) -> str:
    """Return a path as messages show it, ``""`` for the whole answer."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _text_of_value(value: object, name: str) -> str:
    """Return a value for a message: short, redacted, and never a whole object or list."""
    from venuekit.credentials.redactor import hidden_name, redact_start  # only a value that does not fit is ever shown

    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case list():
            return "a list"
        case int() | Decimal():
            text, quote = str(value), ""
        case _:
            text, quote = str(value), "'"
    text = HIDDEN if hidden_name(name) else redact_start(text, _LONGEST_SHOWN + 1)
    if len(text) > _LONGEST_SHOWN:
        text = f"{text[:_LONGEST_SHOWN]}..."
    return repr(text) if quote else text


def payload_mismatch(path: Path, cause: BaseException) -> PayloadMismatch:
    """Return the error that names the field a cause was met at, in the venue's own names."""
    where = text_of(path) or "the answer"
    match cause:
        case Unfit():
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            return PayloadMismatch(f"{where}: expected {cause.expected}, got {_text_of_value(cause.value, name)}")
        case LookupError():
            return PayloadMismatch(f"{where}: missing")
        case _:
            return PayloadMismatch(f"{where}: cannot be used ({type(cause).__name__})")


def mismatch_of(error: Exception) -> OperationError:
    """Return the error for an answer of which no value can be made; one of ours stays as it is."""
    from venuekit.credentials.redactor import redact_error

    if isinstance(error, OperationError):
        return error
    mismatch = PayloadMismatch(redact_error(error))
    mismatch.__cause__ = error
    return mismatch
