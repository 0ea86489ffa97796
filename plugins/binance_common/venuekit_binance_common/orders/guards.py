"""What guards and fences want to know of an order before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from venuekit.plugin import Ask, Kind, Parameter, Resting, read_items
from venuekit_binance_common.orders.enums import CLOSING_SIDES, SIDE_WORDS

__all__ = [
    "CONTRACT_SIZE",
    "CONTRACT_SIZES",
    "always",
    "arms",
    "asks",
    "batch_asks",
    "batch_client_ids",
    "batch_orders",
    "batch_reduces",
    "batch_rests",
    "batch_symbols",
    "largest_notional",
    "notional",
    "only_reduces",
    "rests",
]

Parameters = Mapping[str, Any]
#: what a contract of an order is worth in the quote asset, and (as texts) of each order of a batch: for a guard
CONTRACT_SIZE = Parameter("contractSize", Kind.DECIMAL, local=True)
CONTRACT_SIZES = Parameter("contractSizes", Kind.LIST, local=True)
#: what an order may be priced by, the one that binds most first
_PRICES = ("price", "triggerPrice", "stopPrice")
#: ids by which an order is, or is to be, known
_IDS = ("newClientOrderId", "origClientOrderId", "orderId", "clientAlgoId")
_YES = frozenset({True, "true"})
#: a leg of hedge mode takes no ``reduceOnly``; what is on its closing side reduces by itself
_CLOSING = frozenset((leg.name, SIDE_WORDS[side]) for leg, side in CLOSING_SIDES.items())


#: whether an order may be ended by a cancellation of all that arrives late
rests = Resting(
    kind="type",
    market="MARKET",
    limit="LIMIT",
    attached=frozenset({"stopPrice", "activationPrice", "callbackRate", "closePosition"}),
)
batch_rests = rests.any_of("batchOrders")
#: the orders that a batch amends
batch_orders = read_items("batchOrders", order_id="orderId", client_id="origClientOrderId")


def always(_: Parameters) -> bool:
    """Say that a request takes orders away, and adds none."""
    return True


def arms(parameters: Parameters) -> bool:
    """Say whether a countdown is armed; disarming it keeps orders that would have been taken away."""
    return bool(parameters["countdownTime"])


def only_reduces(parameters: Parameters) -> bool:
    """Say whether an order can do nothing but make a position smaller."""
    leg = (parameters.get("positionSide"), parameters.get("side"))
    return parameters.get("reduceOnly") in _YES or parameters.get("closePosition") in _YES or leg in _CLOSING


def batch_reduces(parameters: Parameters) -> bool:
    """Say whether no order of a batch can do anything but make a position smaller."""
    return all(map(only_reduces, parameters["batchOrders"]))


def batch_symbols(parameters: Parameters) -> tuple[str, ...]:
    """Return the symbols of a batch's items."""
    return tuple(item["symbol"] for item in parameters["batchOrders"])


def batch_client_ids(parameters: Parameters) -> tuple[str, ...]:
    """Return the client ids of a batch's items; an item that changes an order may name it by the venue's own id."""
    names = ("newClientOrderId", "origClientOrderId")
    return tuple(item[name] for item in parameters["batchOrders"] for name in names if name in item)


def notional(*, in_base: bool) -> Callable[[Parameters], Decimal | None]:
    """
    Return the function that gives an order's value in the quote asset; ``in_base``: contracts are some of the base.

    There that is at the order's own price (its trigger where it has no other), and None without one.
    Elsewhere a contract is some of the quote asset: its size comes with the request, and no price matters.
    """

    def of(parameters: Parameters) -> Decimal | None:
        price = next((parameters[name] for name in _PRICES if parameters.get(name)), None)
        worth = price if in_base else parameters.get(CONTRACT_SIZE.name)
        quantity = parameters.get("quantity")
        return None if worth is None or quantity is None else Decimal(quantity) * Decimal(worth)

    return of


def largest_notional(*, in_base: bool, amends: bool = False) -> Callable[[Parameters], Decimal | None]:
    """
    Return the function that gives the largest value of items that do more than reduce; None if any is unknown.

    An item that ``amends`` an order says nothing of whether that one only reduces.
    """
    of_one = notional(in_base=in_base)

    def of(parameters: Parameters) -> Decimal | None:
        items = parameters["batchOrders"]
        sizes = parameters.get(CONTRACT_SIZES.name) or [None] * len(items)
        values = [
            of_one({**item, CONTRACT_SIZE.name: size})
            for item, size in zip(items, sizes, strict=True)
            if amends or not only_reduces(item)
        ]
        known = [value for value in values if value is not None]
        return max(known, default=None) if len(known) == len(values) else None

    return of


def asks(*, in_base: bool) -> Callable[[Parameters], Sequence[Ask]]:
    """Return the function that gives the order that a request asks for; see :func:`notional`."""
    of_one = notional(in_base=in_base)
    return lambda parameters: (_ask(parameters, of_one),)


def batch_asks(*, in_base: bool) -> Callable[[Parameters], Sequence[Ask]]:
    """Return the function that gives the orders that a batch asks for."""
    of_one = notional(in_base=in_base)

    def of(parameters: Parameters) -> Sequence[Ask]:
        items = parameters["batchOrders"]
        sizes = parameters.get(CONTRACT_SIZES.name) or [None] * len(items)
        return [_ask({**item, CONTRACT_SIZE.name: size}, of_one) for item, size in zip(items, sizes, strict=True)]

    return of


def _ask(parameters: Parameters, of_one: Callable[[Parameters], Decimal | None]) -> Ask:
    return Ask(
        symbol=parameters["symbol"],
        buys=parameters["side"] == "BUY",
        notional=of_one(parameters),
        reduces=only_reduces(parameters),
        names=frozenset(str(parameters[name]) for name in _IDS if parameters.get(name)),
    )
