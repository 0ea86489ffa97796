"""Numbers of a payload: exact, and shared where they repeat."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

__all__ = ["interned", "nonzero"]

#: a longer text hardly ever comes twice, and keeping it costs more than reading it; zero does: 0.00000000
_LONGEST_SHARED, _LONGEST_ZERO = 7, 10
#: bounds the memory of the shared numbers to about half a megabyte
_MOST_SHARED = 4096

_shared: dict[str, Decimal] = {}


def interned(text: str) -> Decimal:
    """
    Return the number that a text says, exactly, digits and exponent as written; short ones are shared.

    Raises:
        ValueError: it is no finite decimal number.
    """
    known = _shared.get(text)
    if known is not None:
        return known
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal number: {text[:60]!r}") from None
    # Decimal also reads NaN, Infinity and 1_000
    if not value.is_finite() or "_" in text:
        raise ValueError(f"not a decimal number: {text[:60]!r}")
    if len(text) <= (_LONGEST_SHARED if value else _LONGEST_ZERO):
        if len(_shared) >= _MOST_SHARED:
            _shared.clear()
        _shared[text] = value
    return value


def nonzero(value: Decimal | None) -> Decimal | None:
    """Return the number, None for zero: for fields in which a venue says "none" by 0."""
    return value or None
