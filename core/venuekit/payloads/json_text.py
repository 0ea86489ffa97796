"""JSON text: read exactly, no number passes through a float."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from venuekit.payloads.numbers import interned

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_json"]


@cache
def _parser() -> Callable[[bytes], Any]:
    import msgspec  # noqa: PLC0415  (a program that reads no answer pays nothing for it)

    return msgspec.json.Decoder(float_hook=interned).decode


def read_json(body: bytes) -> Any:
    """
    Return what a JSON text says; integers of any size stay exact, fractions become Decimals.

    Raises:
        ValueError: it is not JSON: HTML, cut off, empty, not UTF-8, or nested deeper than any answer is.
    """
    try:
        return _parser()(body)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
