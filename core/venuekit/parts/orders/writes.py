"""Order writes: the details that the endpoints of one route share, so that fences and guards know every one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import OrderAmendControl, OrderBatchControl, OrderControl
from venuekit.endpoint import Area, Change, Effect, WriteScope
from venuekit.order_scope import Ask, read_items
from venuekit.parts.orders.lost_orders import LostOrders
from venuekit.parts.orders.reads import BatchItem

Parameters: TypeAlias = Mapping[str, Any]


_AMENDING: Mapping[str, Any] = {"effect": Effect.SET, "area": Area.ORDERS, "write_scope": WriteScope.AMENDMENT}
_CANCELING: Mapping[str, Any] = {"effect": Effect.SET, "area": Area.ORDERS, "reduces": lambda _: True}


def _refusals(items: Iterable[BatchItem]) -> Iterable[tuple[int | str | None, str]]:
    return ((item.code, item.message) for item in items if item.is_refused)


def _refusals_of_change(change: Change[tuple[BatchItem, ...]]) -> Iterable[tuple[int | str | None, str]]:
    return _refusals(change.answer or ())


@attrs.frozen(kw_only=True)
class OrderWrites:
    """
    The details of a route's writes, each as keyword arguments of its :class:`~venuekit.endpoint.Endpoint`.

    Attributes:
        lost: The resolution of lost writes.
        ask: The order that a request, or an item of a batch, asks for.
        notional, reduces, rests: As in ``Endpoint``, for a request or an item of a batch.
        taken: The codes by which an order is refused whose client id an open order has.
        not_open: The codes by which a cancellation of no open order is refused.
        items_of: The items of a batch, each with the local parameters that belong to it.
    """

    lost: LostOrders
    ask: Callable[[Parameters], Ask]
    notional: Callable[[Parameters], Decimal | None]
    reduces: Callable[[Parameters], bool]
    rests: Callable[[Parameters], bool]
    taken: Collection[int | str]
    not_open: Collection[int | str]
    items_of: Callable[[Parameters], Sequence[Parameters]] = attrs.field(
        default=attrs.Factory(lambda self: lambda parameters: parameters[self.lost.items], takes_self=True)
    )

    @property
    def place(self) -> dict[str, Any]:
        """Placing one order: found by its client id when its answer is lost, never sent twice."""
        return {
            **self._keyed,
            "rests": self.rests,
            "reduces": self.reduces,
            "notional": self.notional,
            "asks": lambda parameters: (self.ask(parameters),),
            "doubtful_after_loss": frozenset(self.taken),
            "resolve": self.lost.resolve_order,
            "serves": (OrderControl.place_order,),
        }

    @property
    def place_batch(self) -> dict[str, Any]:
        """Placing several orders."""
        return {
            **self._keyed,
            "symbols": self.symbols,
            "client_ids": self.client_ids,
            "rests": lambda parameters: any(map(self.rests, parameters[self.lost.items])),
            "reduces": lambda parameters: all(map(self.reduces, parameters[self.lost.items])),
            "notional": self._largest_increase,
            "asks": self._batch_asks,
            "item_refusals": _refusals,
            "resolve": self.lost.resolve_batch,
            "serves": (OrderBatchControl.place_orders,),
        }

    @property
    def amend(self) -> dict[str, Any]:
        """Amending one order."""
        return {
            **_AMENDING,
            "notional": self.notional,
            "asks": lambda parameters: (self.ask(parameters),),
            "readback": self.lost.read_amended,
            "serves": (OrderAmendControl.amend_order,),
        }

    @property
    def amend_batch(self) -> dict[str, Any]:
        """Amending several orders; an item does not say whether its order only reduces."""
        names = self.lost.reads.names
        return {
            **_AMENDING,
            "symbols": self.symbols,
            "client_ids": self.client_ids,
            "orders": read_items(
                self.lost.items, order_id=names.order_id, client_id=names.client_id, symbol=names.symbol
            ),
            "notional": self.largest_notional,
            "asks": self._batch_asks,
            "item_refusals": _refusals_of_change,
            "readback": self.lost.read_amended_batch,
            "serves": (OrderAmendControl.amend_orders,),
        }

    @property
    def cancel(self) -> dict[str, Any]:
        """Cancelling one order."""
        return {
            **_CANCELING,
            "doubtful_after_loss": frozenset(self.not_open),
            "readback": self.lost.read_canceled,
            "serves": (OrderControl.cancel_order,),
        }

    @property
    def cancel_batch(self) -> dict[str, Any]:
        """Cancelling several orders."""
        return {
            **_CANCELING,
            "item_refusals": _refusals_of_change,
            "readback": self.lost.read_canceled_batch,
            "serves": (OrderBatchControl.cancel_orders,),
        }

    @property
    def cancel_all(self) -> dict[str, Any]:
        """Cancelling all orders: one that arrives late endangers orders that rest."""
        return {
            **_CANCELING,
            "write_scope": WriteScope.ALL_ORDERS,
            "readback": self.lost.read_emptied,
            "serves": (OrderControl.cancel_all_orders,),
        }

    @property
    def _keyed(self) -> dict[str, Any]:
        return {"effect": Effect.KEYED, "write_scope": WriteScope.ORDER, "absence_proof": self.lost.proof}

    def symbols(self, parameters: Parameters) -> tuple[str, ...]:
        """Return the symbols of a batch's items."""
        return tuple(dict.fromkeys(item[self.lost.reads.names.symbol] for item in parameters[self.lost.items]))

    def client_ids(self, parameters: Parameters) -> tuple[str, ...]:
        """Return the client ids of a batch's items; one that changes an order may name it by the venue's own id."""
        names = dict.fromkeys((self.lost.reads.names.new_client_id, self.lost.reads.names.client_id))
        return tuple(item[name] for item in parameters[self.lost.items] for name in names if name in item)

    def largest_notional(self, parameters: Parameters) -> Decimal | None:
        """Return the largest value of a batch's items in the quote asset; None if any is unknown."""
        return _largest(map(self.notional, self.items_of(parameters)))

    def _largest_increase(self, parameters: Parameters) -> Decimal | None:
        """Return the largest value of items that do more than reduce."""
        return _largest(self.notional(item) for item in self.items_of(parameters) if not self.reduces(item))

    def _batch_asks(self, parameters: Parameters) -> Sequence[Ask]:
        return list(map(self.ask, self.items_of(parameters)))


def _largest(values: Iterable[Decimal | None]) -> Decimal | None:
    known = list(values)
    return None if None in known else max((value for value in known if value is not None), default=None)
