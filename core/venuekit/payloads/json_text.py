"""JSON text: read exactly, no number passes through a float."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from venuekit.errors import PayloadMismatch
from venuekit.payloads.numbers import number_or_unread


class TooDeep(ValueError):
    """JSON is nested deeper than the interpreter goes; the text has the limit's name and value."""


@cache
def json_reader() -> Callable[[bytes], Any]:
    """Return a reader of bytes like :func:`read_json`; its errors go through :func:`not_read`."""
    import msgspec  # a program that reads no answer pays nothing for it

    return msgspec.json.Decoder(float_hook=number_or_unread).decode


def read_json(body: bytes) -> Any:
    """
    Return the value of a JSON text; integers stay exact, fractions become Decimals.

    A number that is none by the rule of :func:`~venuekit.payloads.intern_number` stays a text.

    Raises:
        ValueError: it is not JSON: HTML, cut off, empty, not UTF-8, or nested deeper than any answer is.
        PayloadMismatch: it is, but one of its integers has more digits than Python reads.
    """
    try:
        return json_reader()(body)
    except (RecursionError, ValueError) as error:
        unread = not_read(error)
    raise unread


def not_read(error: RecursionError | ValueError) -> Exception:
    """Return the error of a reader's failure."""
    import msgspec

    if isinstance(error, RecursionError):
        return TooDeep(f"the answer is over its limit: depth_limit is {sys.getrecursionlimit()} levels of JSON")
    if isinstance(error, msgspec.ValidationError):
        return PayloadMismatch("a whole number of the answer is beyond any range")
    return error
