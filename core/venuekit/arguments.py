"""Checks of arguments that many functions have: collections of names, seconds, moments and durations."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from venuekit._util.called import called_method
from venuekit.errors import InvalidArgument


def check_names(names: Iterable[str], parameter: str, operation: str = "") -> tuple[str, ...]:
    """
    Return names as a tuple: of symbols, orders or accounts.

    Raises:
        InvalidArgument: it is a text, which would be taken letter by letter, or has anything but texts.
    """
    given: object = names
    if isinstance(given, str):
        raise refuse(f"{parameter} are several names, and a text is one: write [{str(given)!r}]", operation)
    try:
        found = tuple(names)
    except TypeError:
        raise refuse(f'{parameter} are names, as ["{parameter}"], not {given!r}', operation) from None
    values: tuple[object, ...] = found
    odd = [name for name in values if not isinstance(name, str)]
    if odd:
        raise refuse(f"{parameter} are names, each of them a text, not {odd[0]!r}", operation)
    return found


def check_collection(names: Collection[str], parameter: str, operation: str = "") -> None:
    """
    Refuse a value that is no collection of names; an iterator would have none left after this look at it.

    Raises:
        InvalidArgument: it is an iterator, a text, or has anything but texts.
    """
    given: object = names
    if isinstance(given, Iterator):
        raise refuse(f"{parameter} are names in a list or another collection, not an iterator: it ends once", operation)
    check_names(names, parameter, operation)


def check_seconds(seconds: float, parameter: str, operation: str = "") -> float:
    """
    Return a number of seconds above 0.

    Raises:
        InvalidArgument: it is none.
    """
    given: object = seconds
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not (math.isfinite(seconds) and seconds > 0):
        raise refuse(f"{parameter} is a number of seconds above 0, not {given!r}", operation)
    return seconds


def check_moment(moment: object, parameter: str, operation: str = "") -> None:
    """
    Refuse a value that is no point in time.

    Raises:
        InvalidArgument: it is no datetime, or has no time zone.
    """
    if not isinstance(moment, datetime):
        words = f"{parameter} is a datetime, as datetime(2026, 11, 1, tzinfo=UTC), not {moment!r}"
        raise refuse(words, operation)
    if moment.tzinfo is None:
        raise refuse(f"{parameter} {moment} has no time zone: give one, as tzinfo=UTC", operation)


def check_duration(duration: object, parameter: str, operation: str = "") -> None:
    """
    Refuse a value that is no duration.

    Raises:
        InvalidArgument: it is no timedelta.
    """
    if not isinstance(duration, timedelta):
        raise refuse(f"{parameter} is a timedelta, as timedelta(hours=1), not {duration!r}", operation)


def refuse(words: str, operation: str = "") -> InvalidArgument:
    """Return the error for an argument, named by the method that runs where no operation is given."""
    return InvalidArgument(words, operation=operation or called_method())
