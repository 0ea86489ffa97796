"""All endpoints of orders, as a function of the product's root and terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import OrderReads
from venuekit.plugin import Change, Endpoint
from venuekit_binance_common.orders import read_endpoints as reads
from venuekit_binance_common.orders import write_endpoints as writes
from venuekit_binance_common.orders.algo_endpoints import AlgoEndpoints, algo_endpoints
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms
from venuekit_binance_common.orders.writes import lost_orders, order_reads, order_writes

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.capabilities import Fill, Order
    from venuekit.parts.orders import BatchItem
    from venuekit_binance_common.payloads import Acknowledgement, CountdownRow


@attrs.frozen(kw_only=True)
class OrderEndpoints(EndpointBook):
    """The endpoints of orders on a product's terms; None where it has none."""

    terms: OrderTerms
    reads: OrderReads
    open_orders: Endpoint[tuple[Order, ...]]
    order: Endpoint[Order]
    open_order: Endpoint[Order]
    all_orders: Endpoint[tuple[Order, ...]]
    trades: Endpoint[tuple[Fill, ...]]
    forced: Endpoint[tuple[Order, ...]]
    place: Endpoint[Order]
    test: Endpoint[Order] | None
    amend: Endpoint[Change[Order]] | None
    cancel: Endpoint[Change[Order]]
    cancel_all: Endpoint[Change[Acknowledgement]]
    place_batch: Endpoint[tuple[BatchItem, ...]]
    amend_batch: Endpoint[Change[tuple[BatchItem, ...]]] | None
    cancel_batch: Endpoint[Change[tuple[BatchItem, ...]]]
    countdown: Endpoint[CountdownRow]
    #: None where conditional orders stand among the plain ones
    algo: AlgoEndpoints | None


def order_endpoints(
    terms: OrderTerms,
    *,
    server_time: Endpoint[datetime],
    open_orders: Endpoint[tuple[Order, ...]],
    open_algo_orders: Endpoint[tuple[Order, ...]] | None = None,
) -> OrderEndpoints:
    """
    Return the endpoints of one product.

    Raises:
        ValueError: there is a read of conditional orders and no book of them, or the other way round.
    """
    one_book = terms.conditional is ConditionalBook.PLAIN
    if one_book is not (open_algo_orders is None):
        raise ValueError(f"conditional orders stand in the book {terms.conditional}, which {open_algo_orders} reads")
    order = reads.order_endpoint(terms)
    open_order = reads.open_order_endpoint(terms)
    all_orders = reads.all_orders_endpoint(terms)
    plain = order_reads(order=order, open_order=open_order, open_orders=open_orders, all_orders=all_orders)
    writing = order_writes(terms, lost_orders(plain, server_time))
    unchanged = terms.unchanged
    return OrderEndpoints(
        terms=terms,
        reads=plain,
        open_orders=open_orders,
        order=order,
        open_order=open_order,
        all_orders=all_orders,
        trades=reads.trades_endpoint(terms),
        forced=reads.force_orders_endpoint(terms),
        place=writes.place_endpoint(terms, writing),
        test=writes.test_endpoint(terms) if terms.has_test else None,
        amend=None if unchanged is None else writes.amend_endpoint(terms, unchanged, writing),
        cancel=writes.cancel_endpoint(terms, writing),
        cancel_all=writes.cancel_all_endpoint(
            f"{terms.root}/v1/allOpenOrders",
            writing,
            "Conditional orders too." if one_book else "Plain orders only.",
        ),
        place_batch=writes.place_batch_endpoint(terms, writing),
        amend_batch=None if unchanged is None else writes.amend_batch_endpoint(terms, writing),
        cancel_batch=writes.cancel_batch_endpoint(terms, writing),
        countdown=writes.countdown_endpoint(terms),
        algo=None if open_algo_orders is None else algo_endpoints(terms, open_algo_orders, server_time),
    )
