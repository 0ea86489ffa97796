"""Shapes: how balances and positions are keyed, compared, laid over each other, and gone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar

import attrs

from venuekit._util.quick_init import quick_overlay
from venuekit.capabilities import Balance, Position
from venuekit.live.live_values import HELD_OF_BALANCE, HELD_OF_POSITION, flat

V = TypeVar("V", Balance, Position)

#: the part by which two mean prices of one position may differ: venues round them differently in reads and events
_ROUNDING = Decimal("1e-6")
#: fields that say when or in which form a value was learnt, and nothing about the account
_ABOUT = frozenset({"updated_at", "as_of", "received_at", "sequence", "raw"})


@attrs.frozen(eq=False)
class ValueShape(Generic[V]):
    """
    How the values of one kind are handled.

    Attributes:
        noun: The kind, for messages.
        key_of: The identity of a value.
        held: The fields that events keep up to date.
        always: Those of them that an event always gives, so that None is its word for none.
        is_alike: Whether the held fields of two values are the same.
        gone: The value of a thing that is no longer there.
        is_there: Whether a value is of a thing that is there.
    """

    noun: str
    kind: type[V]
    key_of: Callable[[V], Hashable]
    held: tuple[str, ...]
    always: tuple[str, ...]
    is_alike: Callable[[V, V], bool]
    gone: Callable[[V], V]
    is_there: Callable[[V], bool]
    _names: tuple[str, ...] = attrs.field(init=False)
    _get: Callable[[Any], tuple[Any, ...]] = attrs.field(init=False)
    _overlay: Callable[[V, V], V] = attrs.field(init=False)
    _learnt: Callable[[Any], tuple[Any, ...]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        names = tuple(field.name for field in attrs.fields(self.kind))
        put = object.__setattr__
        put(self, "_names", names)
        put(self, "_get", attrgetter(*names))
        put(self, "_overlay", quick_overlay(self.kind, *self.always))
        put(self, "_learnt", attrgetter(*(name for name in names if name not in _ABOUT)))

    def overlay(self, value: V, event: V) -> V:
        """Return a value with the fields that an event gives; the thing is gone where the event says so."""
        overlaid = self._overlay(value, event)
        return overlaid if self.is_there(overlaid) else self.gone(overlaid)

    def fill(self, row: V, event: V) -> tuple[V, V]:
        """Return a row with the fields that only an event gives, and the event with these alone."""
        keeps: dict[str, Any] = {
            name: given
            for name, known, given in zip(self._names, self._get(row), self._get(event), strict=True)
            if known is None and given is not None and name not in _ABOUT
        }
        optional = _optional(self.kind)
        others: dict[str, Any] = dict.fromkeys(name for name in self._names if name not in keeps and name in optional)
        return attrs.evolve(row, **keeps), attrs.evolve(event, **others)

    def gives_the_same(self, one: V, other: V) -> bool:
        """Say whether two events give the same fields with the same values."""
        same: bool = self._learnt(one) == self._learnt(other)
        return same


def _optional(kind: type[Any]) -> frozenset[str]:
    return frozenset(field.name for field in attrs.fields(kind) if field.default is None)


def _same_balance(one: Balance, other: Balance) -> bool:
    return all(_same_if_given(getattr(one, name), getattr(other, name)) for name in HELD_OF_BALANCE)


def _same_position(one: Position, other: Position) -> bool:
    return (
        one.quantity == other.quantity
        and _same_price(one.entry_price, other.entry_price)
        and _same_if_given(one.isolated_wallet, other.isolated_wallet)
        and _same_if_given(one.margin_type, other.margin_type)
    )


def _same_if_given(one: object, other: object) -> bool:
    return one is None or other is None or one == other


def _same_price(one: Decimal | None, other: Decimal | None) -> bool:
    return one is None or other is None or abs(one - other) <= _ROUNDING * abs(one)


def _key_of_balance(balance: Balance) -> Hashable:
    return (balance.asset, balance.sub_account)


def _key_of_position(position: Position) -> Hashable:
    return (position.symbol, position.side, position.position_id, position.sub_account)


def _empty_balance(balance: Balance) -> Balance:
    return Balance(asset=balance.asset, sub_account=balance.sub_account)


def _is_listed(balance: Balance) -> bool:
    return balance.wallet is not None or balance.cross_wallet is not None or balance.equity is not None


def _is_open(position: Position) -> bool:
    return bool(position.quantity)


BALANCES: ValueShape[Balance] = ValueShape(
    "balance", Balance, _key_of_balance, HELD_OF_BALANCE, (), _same_balance, _empty_balance, _is_listed
)
POSITIONS: ValueShape[Position] = ValueShape(
    "position",
    Position,
    _key_of_position,
    HELD_OF_POSITION,
    ("quantity", "entry_price", "isolated_wallet", "take_profit", "stop_loss", "trailing_stop"),
    _same_position,
    flat,
    _is_open,
)


def names_of(keys: Iterable[Hashable]) -> str:
    """Return the assets or symbols of keys, for a message; no more than three of them."""
    names = sorted({str(key[0]) if isinstance(key, tuple) else str(key) for key in keys})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
