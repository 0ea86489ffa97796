"""Facts about an order for guards and fences, before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from venuekit.parts.orders import LostOrders, OrderWrites
from venuekit.plugin import Ask, Kind, Parameter, Resting
from venuekit_binance_common.orders.enums import CLOSING_SIDES, SIDE_WORDS
from venuekit_binance_common.orders.lookups import UNKNOWN_ORDER
from venuekit_binance_common.orders.terms import OrderTerms

Parameters = Mapping[str, Any]
#: the value of a contract of an order in the quote asset, and (as texts) of each order of a batch: for a guard
CONTRACT_SIZE = Parameter("contractSize", Kind.DECIMAL, local=True)
CONTRACT_SIZES = Parameter("contractSizes", Kind.LIST, local=True)
#: the prices of an order, the most binding first
_PRICES = ("price", "triggerPrice", "stopPrice")
#: ids by which an order is, or is to be, known
_IDS = ("newClientOrderId", "origClientOrderId", "orderId", "clientAlgoId")
_YES = frozenset({True, "true"})
#: a leg of hedge mode takes no ``reduceOnly``; an order on its closing side reduces by itself
_CLOSING = frozenset((leg.name, SIDE_WORDS[side]) for leg, side in CLOSING_SIDES.items())


#: whether an order may be ended by a cancellation of all that arrives late
rests = Resting(
    kind="type",
    market="MARKET",
    limit="LIMIT",
    attached=frozenset({"stopPrice", "activationPrice", "callbackRate", "closePosition"}),
)


def always(_: Parameters) -> bool:
    """Say of every order that it rests."""
    return True


def arms(parameters: Parameters) -> bool:
    """Say whether a countdown is armed; disarming it keeps orders that would have been taken away."""
    return bool(parameters["countdownTime"])


def only_reduces(parameters: Parameters) -> bool:
    """Say whether an order can do nothing but make a position smaller."""
    leg = (parameters.get("positionSide"), parameters.get("side"))
    return parameters.get("reduceOnly") in _YES or parameters.get("closePosition") in _YES or leg in _CLOSING


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


def order_writes(terms: OrderTerms, lost: LostOrders, *, rests: Callable[[Any], bool] = rests) -> OrderWrites:
    """Return the details of the writes of one route on a product's terms."""
    value = notional(in_base=terms.sizes_in_base)

    def ask(parameters: Parameters) -> Ask:
        return Ask(
            symbol=parameters["symbol"],
            buys=parameters["side"] == "BUY",
            notional=value(parameters),
            reduces=only_reduces(parameters),
            names=frozenset(str(parameters[name]) for name in _IDS if parameters.get(name)),
        )

    return OrderWrites(
        lost=lost,
        ask=ask,
        notional=value,
        reduces=only_reduces,
        rests=rests,
        taken={-4116},
        not_open={UNKNOWN_ORDER},
        items_of=_items_of,
    )


def _items_of(parameters: Parameters) -> Sequence[Parameters]:
    """Return the items of a batch, each with the size of its contracts."""
    items = parameters["batchOrders"]
    sizes = parameters.get(CONTRACT_SIZES.name) or [None] * len(items)
    return [{**item, CONTRACT_SIZE.name: size} for item, size in zip(items, sizes, strict=True)]
