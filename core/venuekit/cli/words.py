"""Words: what options and arguments take, exactly as it was typed, with errors that say what would do."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import click

from venuekit.nearest import did_you_mean

__all__ = ["moment", "number", "word"]


def number(text: str) -> Decimal:
    """Take a decimal number; which numbers a venue takes is its declaration's business."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        raise click.BadParameter(f"{text!r} is not a number")
    return found


def moment(text: str) -> datetime:
    """Take a time in ISO 8601, UTC where it names no zone; a date alone is its first instant."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-11-20 or 2026-11-20T12:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def word(enumeration: str) -> Callable[[str], enum.StrEnum]:
    """Return what takes a member of one of the capabilities' enumerations; it is imported when a word is read."""

    def take(text: str) -> enum.StrEnum:
        from venuekit import capabilities

        kind = getattr(capabilities, enumeration)
        members: dict[str, enum.StrEnum] = {member.value: member for member in kind}
        found = members.get(text.lower().replace("-", "_"))
        if found is None:
            raise click.BadParameter(f"{text!r} is none of {', '.join(members)}{did_you_mean(text, members)}")
        return found

    return take
