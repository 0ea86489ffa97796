"""The hot reads: rows straight from bytes to fields, and errors that name the field that does not fit."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, TypeVar

from venuekit.errors import PayloadMismatch

if TYPE_CHECKING:
    import msgspec

__all__ = ["decode_with"]

T = TypeVar("T")
_EMPTY = re.compile(rb':\s*""')


def decode_with(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """
    Return what a decoder makes of an answer; empty text where a row wants something else says that there is nothing.

    Raises:
        ValueError: it is not JSON.
        PayloadMismatch: it is, but of another shape; the message names the field.
    """
    import msgspec

    try:
        return decoder.decode(body)
    except msgspec.ValidationError as mismatch:
        without_empty = _EMPTY.sub(b":null", body)
        if without_empty != body:
            with contextlib.suppress(msgspec.ValidationError):
                return decoder.decode(without_empty)
        reason, _, path = str(mismatch).partition(" - at ")
        raise PayloadMismatch(f"{path.strip('`').removeprefix('$') or 'the answer'}: {reason}") from None
