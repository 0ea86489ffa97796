"""The differences of orders from product to product, their behaviour, and the cost of calls about them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManKind, OrderBehaviour, TimeInForce
from venuekit.plugin import Parameter
from venuekit_binance_common.enums import CLIENT_ID_PATTERN, TIMES, TYPE_WORDS
from venuekit_binance_common.orders.rows import PlainRows, plain_rows
from venuekit_binance_common.venue import ORDERS_1M, ORDERS_10S, WEIGHT

#: the counts of one order, and of a batch, in the pools of orders
Pools = tuple[Mapping[str, int], Mapping[str, int]]

BOTH_POOLS: Pools = ({ORDERS_10S: 1, ORDERS_1M: 1}, {ORDERS_10S: 5, ORDERS_1M: 1})
MINUTE_POOL: Pools = ({ORDERS_1M: 1}, {ORDERS_1M: 1})
#: where the count of a batch is not documented: the most orders that it may have
EACH_BY_THE_MINUTE: Pools = ({ORDERS_1M: 1}, {ORDERS_1M: 5})


class ConditionalBook(enum.StrEnum):
    """The place where conditional orders wait, and their reads there."""

    PLAIN = "plain"  #: among the plain orders
    QUERIED = "queried"  #: in a book of their own with queries, a history and a request that ends all of it
    REPORTED = "reported"  #: in a book of their own, whose queries and history are not documented and may be absent


@attrs.frozen(kw_only=True)
class OrderTerms:
    """
    The differences from product to product.

    ``root`` begins the paths of its endpoints, as in ``/fapi/v1``. ``pools`` are the payments of placing or
    amending one order, and a batch, into the pools of orders; ``weight`` is the weight of one order besides.
    ``unchanged`` is the code for an amendment that amends nothing, None where orders cannot be amended.
    ``sizes_in_base`` says that a contract is counted in the base asset, so that price and quantity give an order's
    notional. ``most_callback`` is percent. ``times`` are the words for how long an order is good. ``unfilled_days``
    is for how long orders that ended without a fill can be read. ``commission_sign`` makes of the printed
    commission of a fill its effect on the account: -1 where positive means paid.
    """

    root: str
    pools: Pools
    conditional: ConditionalBook
    sizes_in_base: bool
    most_callback: Decimal
    unchanged: int | None
    has_test: bool
    weight: int = 0
    times: frozenset[str] = frozenset(TIMES)
    #: whether it takes a price match, a mode of self-trade prevention, and a date until which an order is good
    matches: bool = True
    unfilled_days: int = 3
    #: whether it says that all other orders, and fills, are kept for three months
    keeps_90_days: bool = True
    commission_sign: int = -1
    #: whether an amendment may ask to be refused where the order does not reduce
    checks_reducing: bool = False
    #: whether its history of orders lists those of every symbol
    lists_every_symbol: bool = True
    #: whether fills can be asked by their order
    trades_by_order: bool = True
    #: the methods about orders that its WebSocket API has, with their weight where it is another one than over HTTP
    socket_methods: Mapping[str, int | None] = attrs.field(factory=dict, hash=False)
    #: further parameters of histories
    more: tuple[Parameter, ...] = ()
    countdown_note: str

    def over_socket(self, method: str) -> dict[str, Any]:
        """Return a method of the WebSocket API by an endpoint's names, nothing where there is none."""
        if method not in self.socket_methods:
            return {}
        return {"websocket_method": method, "websocket_weight": self.socket_methods[method]}

    @property
    def rows(self) -> PlainRows:
        """The declarations of plain orders and fills."""
        one_book = self.conditional is ConditionalBook.PLAIN
        return plain_rows(in_base=self.sizes_in_base, one_book=one_book, commission_sign=self.commission_sign)


def paying(weight: int, pools: Mapping[str, int]) -> dict[str, Any]:
    """Return the cost of a call, by an endpoint's names: its weight, even 0, and its count of orders."""
    return {"weight": weight, "weight_most": weight, "pools": {WEIGHT: None, **pools}}


def switch_behaviour(cancels: str) -> DeadManBehaviour:
    """Return the dead man's switch of a product; ``cancels`` says which orders its countdown cancels."""
    return DeadManBehaviour(
        kind=DeadManKind.COUNTDOWN,
        scope=CountdownScope.SYMBOL,
        cancels=cancels,
        concerns=(
            "The orders of the symbol, by whichever program they were placed; a countdown that another program sets for"
            " the symbol takes the place of ours."
        ),
    )


_REUSE = (
    "A client id is unique among open orders only: while one of the same id is open a second is refused{code}; once"
    " it is filled or cancelled, the same id places a second order."
)
_EVERYWHERE = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY})


def order_behaviour(
    *,
    more_times: frozenset[TimeInForce] = frozenset(),
    amend_batch: int = 5,
    duplicate: int | None = -4116,
    countdown: str,
    max_conditional_orders: int | None = 200,
) -> OrderBehaviour:
    """
    Return how orders behave.

    ``more_times`` are those of this product alone; with an ``amend_batch`` of 0 it amends nothing. ``duplicate`` is the
    code for the id of an open order, None where it is not documented. ``max_conditional_orders`` may wait at once, over
    all symbols.
    """
    return OrderBehaviour(
        types=frozenset(TYPE_WORDS),
        times_in_force=_EVERYWHERE | more_times,
        client_id_pattern=CLIENT_ID_PATTERN,
        place_batch=5,
        cancel_batch=10,
        amend_batch=amend_batch,
        decides_later=False,
        client_id_reuse=_REUSE.format(code="" if duplicate is None else f" ({duplicate})"),
        countdown=countdown,
        max_conditional_orders=max_conditional_orders,
    )
