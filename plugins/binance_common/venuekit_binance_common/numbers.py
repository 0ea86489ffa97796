"""Numbers that rows keep as text until somebody wants them."""

from __future__ import annotations

from decimal import Decimal

from venuekit.plugin import Unfit, intern_number, payload_mismatch

__all__ = ["number_in", "number_or_none", "number_or_zero"]

_ZERO = Decimal(0)


def number_in(field: str, text: str | None) -> Decimal:
    """
    Return the number that a field holds.

    Raises:
        PayloadMismatch: it holds none.
    """
    try:
        return intern_number(text or "")
    except ValueError:
        raise payload_mismatch((field,), Unfit("a decimal number", text)) from None


def number_or_none(field: str, text: str | None) -> Decimal | None:
    """Do as :func:`number_in`, None where a field is empty or missing."""
    return number_in(field, text) if text else None


def number_or_zero(field: str, text: str | None) -> Decimal:
    """Do as :func:`number_in`, zero where a field is empty or missing: for sums alone."""
    return number_in(field, text) if text else _ZERO
