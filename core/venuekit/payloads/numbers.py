"""Numbers of a payload: exact, shared where they repeat, and by one rule on every path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, InvalidOperation
from itertools import starmap
from typing import Final, Generic, TypeVar

#: a number is below this, and is zero or not below 1 at so many decimals: any other is no price, size or sum
LARGEST: Final = Decimal("1e30")
DECIMALS_MOST: Final = 60
#: a text of nothing else, and no longer than this, is a number by the rule or not one at all
_PLAIN, PLAIN_LENGTH = "0123456789.-", 30
_PLAIN_BYTES = _PLAIN.encode()
_DIGITS_MOST = LARGEST.adjusted()
#: sign, digits on both sides, and an exponent
_LONGEST = _DIGITS_MOST + DECIMALS_MOST + 10
_ALPHABET = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]{1,3})?")

#: a longer text hardly ever comes twice, and keeping it costs more than reading it; zero does: 0.00000000
_LONGEST_SHARED, _LONGEST_ZERO = 7, 10
#: bounds the memory of the shared numbers to about half a megabyte
_MOST_SHARED = 4096

#: exact for any two numbers
_WIDE = Context(prec=2 * _LONGEST)
#: exact for all texts of that length, and quicker than Decimal itself
_READ = Context(prec=PLAIN_LENGTH).create_decimal
#: how a venue writes that there is no limit
NO_LIMIT: Final = "INF"

K = TypeVar("K")
V = TypeVar("V")


class _Shared(dict[K, V], Generic[K, V]):
    """Numbers by their text; ``[text]`` reads one that is not there, and does not keep it."""

    __missing__ = staticmethod(_READ)


_ZEROS = {text: Decimal(text) for text in ("0", *(f"0.{'0' * places}" for places in range(1, 9)))}
#: ``SHARED[text]`` is the number of a text of which :func:`are_plain` is true and :data:`PLAIN_LENGTH` is the most
SHARED: Final = _Shared[str, Decimal](_ZEROS)
#: the same of a text that may be blank: None for null, ``""`` and :data:`NO_LIMIT`
SHARED_OR_NONE: Final = _Shared[str | None, Decimal | None](
    [(None, None), ("", None), (NO_LIMIT, None), *_ZEROS.items()]
)


def intern_number(text: str) -> Decimal:
    """
    Return the number that a text says, exactly, digits and exponent as written; short ones are shared.

    A number is written in ASCII digits, finite, below 1e30 either way, and no finer than 1e-60.

    Raises:
        ValueError: it is no such number.
    """
    known = SHARED.get(text)
    if known is not None:
        return known
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _unfit(text) from None
    # Decimal also reads NaN, Infinity, 1_000, spaces around it, digits of any script and 1e999999
    if (len(text) > PLAIN_LENGTH or text.strip(_PLAIN)) and not _keeps_the_rule(text, value):
        raise _unfit(text)
    if len(text) <= (_LONGEST_SHARED if value else _LONGEST_ZERO):
        if len(SHARED) >= _MOST_SHARED:
            SHARED.clear()
        SHARED[text] = value
    return value


def are_plain(texts: Iterable[str]) -> bool:
    """Say whether texts have no character that a number in plain digits does not have: no ``_``, no ``e``, no space."""
    joined = "".join(texts)
    return joined.isascii() and not joined.encode().translate(None, _PLAIN_BYTES)


def read_plain(texts: Sequence[str], width: int) -> Iterable[tuple[Decimal, ...]]:
    """
    Return the numbers of texts as :data:`SHARED` does, so many at a time.

    They are shared where most of the first ones are; elsewhere the look-up costs more than it finds. Of a single row,
    looking which way is the better one costs more than either.
    """
    if len(texts) == width:
        return (tuple(map(SHARED.__getitem__, texts)),)
    are_shared = 2 * sum(map(SHARED.__contains__, texts[:width])) > width
    # map would make an argument tuple per text, and zip makes one for all
    numbers = map(SHARED.__getitem__, texts) if are_shared else starmap(_READ, zip(texts))  # noqa: RUF058
    return zip(*[numbers] * width, strict=True)


def _keeps_the_rule(text: str, value: Decimal) -> bool:
    if not _ALPHABET.fullmatch(text):
        return False
    return len(text) <= _LONGEST and -DECIMALS_MOST <= value.adjusted() < _DIGITS_MOST


def _unfit(text: str) -> ValueError:
    return ValueError(f"not a decimal number: {text[:60]!r}")


class Unread(str):
    """A JSON number that is none by our rule, as it is written: no field takes it; elsewhere it does no harm."""

    __slots__ = ()


def number_or_unread(text: str) -> Decimal | Unread:
    """Return the number that a JSON number says, or the text of one that is none."""
    try:
        return intern_number(text)
    except ValueError:
        return Unread(text)


def is_multiple(number: Decimal | int, step: Decimal) -> bool:
    """Say whether a number is a whole number of steps; one with more digits than any number has is none."""
    try:
        return not _WIDE.remainder(number, step)
    except InvalidOperation:
        return False


def nonzero(value: Decimal | None) -> Decimal | None:
    """Return the number, None for zero: for fields in which a venue says "none" by 0."""
    return value or None
