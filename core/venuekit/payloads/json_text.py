"""JSON text: read exactly, no number passes through a float."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from venuekit.payloads.numbers import interned

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOO_DEEP", "json_reader", "read_json"]


TOO_DEEP = "JSON is nested too deeply"


@cache
def json_reader() -> Callable[[bytes], Any]:
    """Return what reads bytes as :func:`read_json` does, but for a ``RecursionError`` where those are absurd."""
    import msgspec  # a program that reads no answer pays nothing for it

    return msgspec.json.Decoder(float_hook=interned).decode


def read_json(body: bytes) -> Any:
    """
    Return what a JSON text says; integers of any size stay exact, fractions become Decimals.

    Raises:
        ValueError: it is not JSON: HTML, cut off, empty, not UTF-8, or nested deeper than any answer is.
    """
    try:
        return json_reader()(body)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
