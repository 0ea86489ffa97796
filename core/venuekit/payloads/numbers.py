"""Numbers of a payload: exact, and shared where they repeat."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

__all__ = ["interned", "nonzero"]

#: a longer text hardly ever comes twice, and looking for it costs more than reading it
_LONGEST_SHARED = 10
#: bounds the memory of the shared numbers to about half a megabyte
_MOST_SHARED = 4096

_shared: dict[str, Decimal] = {}


def interned(text: str) -> Decimal:
    """
    Return the number that a text says, exactly, digits and exponent as written; short ones are shared.

    Raises:
        ValueError: it is no finite decimal number.
    """
    if len(text) > _LONGEST_SHARED:
        return _read(text)
    value = _shared.get(text)
    if value is None:
        value = _read(text)
        if len(_shared) >= _MOST_SHARED:
            _shared.clear()
        _shared[text] = value
    return value


def _read(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal number: {text[:60]!r}") from None
    # Decimal also reads NaN, Infinity and 1_000
    if not value.is_finite() or "_" in text:
        raise ValueError(f"not a decimal number: {text[:60]!r}")
    return value


def nonzero(value: Decimal | None) -> Decimal | None:
    """Return the number, None for zero: for fields in which a venue says "none" by 0."""
    return value or None
