"""Figures: the fields of a value as functions of the ledger's figures, and the comparison of the two."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

F = TypeVar("F")

Figure: TypeAlias = Callable[[F], Any]

#: differences below these are none: the last digit that ledgers keep, and a share of larger amounts
_LEAST, _SHARE = Decimal("0.00000001"), Decimal("0.0001")


class _Unknown(enum.Enum):
    """The one member says that a ledger has no such figure, whose field may be anything."""

    UNKNOWN = "unknown"


UNKNOWN = _Unknown.UNKNOWN


@attrs.frozen
class OneOf:
    """Several figures, of which a venue shows one."""

    figures: tuple[Any, ...]


@attrs.frozen
class Figures(Generic[F]):
    """
    The fields of a class of values.

    Attributes:
        kind: The class.
        fields: The figure of each field that a ledger knows; ``UNKNOWN`` where it does not know it this time.
        needed: The fields without which the value is worthless. Any other may be None: the venue did not say.
        beyond: The fields that no ledger knows.
        rounded: The fields that a venue may write with fewer digits than a ledger keeps, since a price is in them.
    """

    kind: type
    fields: Mapping[str, Figure[F]]
    needed: tuple[str, ...] = ()
    beyond: frozenset[str] = frozenset()
    rounded: frozenset[str] = frozenset()

    def check(self, value: object, facts: F, name: str, needed: tuple[str, ...] | None = None) -> None:
        """Fail unless every field that a value gives is the ledger's figure, and those that are needed are given."""
        faults = tuple(self.faults(value, facts, name, self.needed if needed is None else needed))
        assert not faults, "\n".join(faults)

    def faults(self, value: object, facts: F, name: str, needed: tuple[str, ...]) -> Iterator[str]:
        """Yield a sentence for each field that is not the ledger's figure."""
        for field, figure in self.fields.items():
            given, held = getattr(value, field), figure(facts)
            if given is None and field in needed and held is not None and held is not UNKNOWN:
                yield f"{name}: {field} is None; without it the value is worthless, and the ledger has {_show(held)}"
            elif given is not None and not _agrees(given, held, rounded=field in self.rounded):
                yield f"{name}: {field} is {_show(given)}; the ledger has {_show(held)}"


def same(*names: str, of: str = "") -> dict[str, Figure[Any]]:
    """Return the figures of fields that the ledger's figures have by the same name, or that a part of them has."""
    return {name: attrgetter(f"{of}.{name}" if of else name) for name in names}


def _agrees(given: object, held: object, *, rounded: bool) -> bool:
    if held is UNKNOWN:
        return True
    if isinstance(held, OneOf):
        return any(_agrees(given, one, rounded=rounded) for one in held.figures)
    if isinstance(given, Decimal) and isinstance(held, Decimal):
        return equal_as_written(given, held) if rounded else abs(given - held) < _LEAST
    return given == held


def equal_as_written(given: Decimal, held: Decimal) -> bool:
    """
    Return whether two numbers are equal as far as the given one is written out.

    The given one may lack digits: it differs by less than one in its last digit, and by less than a ten-thousandth.
    """
    exponent = given.as_tuple().exponent
    last_digit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return given == held or abs(given - held) < min(max(_LEAST, last_digit), max(_LEAST, _SHARE * abs(held)))


def _show(figure: object) -> str:
    if isinstance(figure, OneOf):
        return " or ".join(map(_show, figure.figures))
    if isinstance(figure, enum.Enum):
        return figure.name
    return format(figure, "f") if isinstance(figure, Decimal) else str(figure)
