"""Facts about writes of orders: for guards and fences before one is sent, and the reads that find a lost one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import Order, OrderKind, OrderStatus
from venuekit.parts.orders import MANY, Lookup, LostOrders, OrderNames, OrderReads, OrderRows, OrderWrites
from venuekit.plugin import AbsenceProof, Ask, Endpoint, Kind, OrderName, Parameter, Resting
from venuekit_binance_common.enums import CLOSING_SIDES, OPEN_ALGO_STATUSES, OPEN_STATUSES, SIDE_WORDS, SIDES, TYPES
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.payloads import Acknowledgement

#: the codes that refuse a query, and a cancellation, of an order that is not there
NO_SUCH_ORDER = -2013
UNKNOWN_ORDER = -2011
#: the code that refuses a path the venue does not have
NO_SUCH_PATH = -5000
#: an order that no attempt can bring any more is found nowhere: reads may lag for some seconds
PROOF = AbsenceProof(after=timedelta(seconds=10), reads=2)


def order_reads(
    *,
    order: Endpoint[Order],
    open_order: Endpoint[Order],
    open_orders: Endpoint[tuple[Order, ...]],
    all_orders: Endpoint[tuple[Order, ...]],
    one_book: bool,
) -> OrderReads:
    """
    Return the reads of plain orders: open and ended ones are queried, open ones also by a read of their own.

    With ``one_book`` conditional orders are among them.
    """
    return OrderReads(
        names=OrderNames(
            order_id="orderId", client_id="origClientOrderId", new_client_id="newClientOrderId", numbers=True
        ),
        rows=OrderRows(
            open_statuses=OPEN_STATUSES,
            fits=_fits,
            terms=_terms,
            is_amended=_is_amended,
            of_event=_of_one_book if one_book else _of_plain_book,
        ),
        one=(Lookup(endpoint=order),),
        open_one=(Lookup(endpoint=open_order),),
        placed=(Lookup(endpoint=order), Lookup(endpoint=open_order)),
        open_orders=Lookup(endpoint=open_orders, shape=MANY, lists=True),
        history=Lookup(endpoint=all_orders, shape=MANY),
        no_such_order={NO_SUCH_ORDER},
    )


def algo_reads(
    *,
    order: Endpoint[Order],
    open_orders: Endpoint[tuple[Order, ...]],
    all_orders: Endpoint[tuple[Order, ...]],
) -> OrderReads:
    """Return the reads of conditional orders; where their query may be absent, the open ones are read before it."""
    listed, queried = Lookup(endpoint=open_orders, shape=MANY, lists=True), Lookup(endpoint=order)
    return OrderReads(
        names=OrderNames(order_id="algoId", client_id="clientAlgoId", new_client_id="clientAlgoId", numbers=True),
        rows=OrderRows(
            open_statuses=OPEN_ALGO_STATUSES,
            fits=_fits,
            of_event=lambda order: order if order.kind is OrderKind.CONDITIONAL else None,
        ),
        one=(listed, queried) if order.may_be_absent else (queried,),
        open_one=(listed,),
        placed=(listed, queried),
        open_orders=listed,
        history=Lookup(endpoint=all_orders, shape=MANY),
        no_such_order={NO_SUCH_ORDER},
    )


def _of_plain_book(order: Order) -> Order | None:
    return order if order.kind is not OrderKind.CONDITIONAL else None


def _of_one_book(order: Order) -> Order | None:
    """Return an order of the one book, None for one that may have been triggered: it goes on under its id."""
    return order if order.kind is not OrderKind.CONDITIONAL or order.status is not OrderStatus.EXPIRED else None


def lost_orders(reads: OrderReads) -> LostOrders:
    """Return the resolution of lost writes on a route."""
    return LostOrders(
        reads=reads,
        proof=PROOF,
        items="batchOrders",
        canceled_names=_names_of_cancelled,
        emptied_answer=Acknowledgement(200, "nothing is open"),
    )


def _names_of_cancelled(parameters: Mapping[str, Any]) -> Sequence[OrderName]:
    symbol = parameters["symbol"]
    names = [OrderName(symbol, str(order_id)) for order_id in parameters.get("orderIdList", ())]
    return names + [OrderName(symbol, None, client_id) for client_id in parameters.get("origClientOrderIdList", ())]


def _fits(order: Order, item: Mapping[str, Any]) -> bool:
    same = (order.symbol, order.side, order.type) == (item["symbol"], SIDES[item["side"]], TYPES[item["type"]])
    # an order that closes the position is asked for without a quantity
    return same and ("quantity" not in item or order.quantity == Decimal(item["quantity"]))


def _terms(order: Order) -> tuple[Decimal | None, Decimal | None]:
    return order.quantity, order.price


def _is_amended(order: Order, item: Mapping[str, Any]) -> bool:
    # where the venue matched a price, this may be another one than it was
    return "price" in item and _terms(order) == (Decimal(item["quantity"]), Decimal(item["price"]))


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
