"""The hot reads: rows straight from bytes to fields, and errors that name the field that does not fit."""

from __future__ import annotations

import contextlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import msgspec

from venuekit.plugin import (
    TIME_END,
    PayloadMismatch,
    Unfit,
    number_or_unread,
    payload_mismatch,
    to_decimal,
)

__all__ = [
    "Milliseconds",
    "Number",
    "decode_with",
    "rows_decoder",
]

T = TypeVar("T")

if TYPE_CHECKING:
    Number: TypeAlias = Decimal
else:

    class _AnyInstance(type):
        """msgspec checks that the hook's result is an instance; the hook has seen to it."""

        def __instancecheck__(cls, _: object) -> bool:
            return True

    class Number(metaclass=_AnyInstance):
        """A number that :func:`venuekit.payloads.to_decimal` reads; msgspec's own Decimal takes NaN and 1_000."""


#: since 1970, up to the year 9999; 0 and -1 say "never"
Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=-1, lt=TIME_END)]

_EMPTY = re.compile(rb':\s*"(?:INF)?"')
_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def rows_decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    """Return msgspec's decoder of a shape whose fields may be a :data:`Number`."""
    return msgspec.json.Decoder(shape, dec_hook=_number, float_hook=number_or_unread)


def decode_with(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """
    Return the value a decoder makes of an answer.

    Empty text, and ``INF`` for a limit, where a row wants something else say that there is nothing.

    Raises:
        ValueError: it is not JSON.
        PayloadMismatch: it is, but of another shape; the message names the field.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as mismatch:
        without_empty = _EMPTY.sub(b":null", body)
        if without_empty != body:
            with contextlib.suppress(msgspec.ValidationError):
                return decoder.decode(without_empty)
        reason, _, path = str(mismatch).partition(" - at ")
        cause = mismatch.__cause__
    where = path.strip("`").removeprefix("$")
    if isinstance(cause, Unfit):
        raise payload_mismatch(_steps(where), cause)
    raise PayloadMismatch(f"{where.removeprefix('.') or 'the answer'}: {reason}")


def _number(_: type, value: Any) -> Decimal:
    return to_decimal(value, Decimal)


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(index) if index else name for index, name in _STEP.findall(path))
