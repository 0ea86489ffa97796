"""Endpoints of conditional orders where they have a route of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import Order, OrderControl, OrderReader
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import OrderReads, OrderWrites
from venuekit.plugin import Change, Changing, Echoes, Endpoint, Fault, Kind, Parameter, Role
from venuekit_binance_common.endpoints import PAYS
from venuekit_binance_common.orders.parameters import ALGO_NAME, SPAN, THE_SYMBOL, algo_parameters, limit_up_to
from venuekit_binance_common.orders.rows import ALGO_ORDER, ALGO_ORDERS, CANCELED_ALGO_ORDER, OrderIds
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms, paying
from venuekit_binance_common.orders.write_endpoints import cancel_all_endpoint
from venuekit_binance_common.orders.writes import NO_SUCH_PATH, algo_reads, always, lost_orders, order_writes

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit_binance_common.payloads import Acknowledgement

_NAMED = {"algoId": "id", "clientAlgoId": "client_id"}
_PLACED = {
    "symbol": "symbol",
    "clientAlgoId": "client_id",
    "quantity": "quantity",
}


@attrs.frozen(kw_only=True)
class AlgoEndpoints(EndpointBook):
    """
    The endpoints of a book of conditional orders.

    Without ``cancel_all`` its orders are ended one by one: no answer to a request that is not documented
    would prove that it ended anything.
    """

    reads: OrderReads
    open_orders: Endpoint[tuple[Order, ...]]
    order: Endpoint[Order]
    all_orders: Endpoint[tuple[Order, ...]]
    place: Endpoint[Order]
    cancel: Endpoint[Change[OrderIds]]
    cancel_all: Endpoint[Change[Acknowledgement]] | None


def algo_endpoints(
    terms: OrderTerms, open_orders: Endpoint[tuple[Order, ...]], server_time: Endpoint[datetime]
) -> AlgoEndpoints:
    """Return the endpoints of a product's conditional book."""
    is_queried = terms.conditional is ConditionalBook.QUERIED
    order, all_orders = _order(terms), _all_orders(terms)
    reads = algo_reads(order=order, open_orders=open_orders, all_orders=all_orders)
    writes = order_writes(terms, lost_orders(reads, server_time), rests=always)
    path = f"{terms.root}/v1/algoOpenOrders"
    return AlgoEndpoints(
        reads=reads,
        open_orders=open_orders,
        order=order,
        all_orders=all_orders,
        place=_place(terms, writes, can_be_found=is_queried),
        cancel=_cancel(terms, writes),
        cancel_all=cancel_all_endpoint(path, writes, "Conditional orders only.") if is_queried else None,
    )


def _order(terms: OrderTerms) -> Endpoint[Order]:
    return Endpoint(
        "GET",
        f"{terms.root}/v1/algoOrder",
        decode=ALGO_ORDER.read_one,
        echoes=Echoes(_NAMED),
        parameters=ALGO_NAME,
        pools=PAYS,
        serves=(OrderReader.get_order, OrderControl.cancel_order),
        **_optional_read(terms),
    )


def _all_orders(terms: OrderTerms) -> Endpoint[tuple[Order, ...]]:
    return Endpoint(
        "GET",
        f"{terms.root}/v1/allAlgoOrders",
        decode=ALGO_ORDERS.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(
            THE_SYMBOL,
            Parameter("algoId", Kind.INTEGER),
            *SPAN,
            limit_up_to(1000),
        ),
        weight=5,
        pools=PAYS,
        serves=(OrderReader.iter_orders,),
        **_optional_read(terms, "At most 7 days at once."),
    )


def _optional_read(terms: OrderTerms, note: str = "") -> dict[str, Any]:
    """Return the details of a read that some products have without documenting it."""
    if terms.conditional is not ConditionalBook.REPORTED:
        return {"note": note}
    words = f"{note} Not documented, but reported to answer; where it does not, the open orders are read."
    return {"may_be_absent": True, "faults": {NO_SUCH_PATH: Fault.UNSUPPORTED}, "note": words.strip()}


def _place(terms: OrderTerms, writes: OrderWrites, *, can_be_found: bool) -> Endpoint[Order]:
    return Endpoint(
        "POST",
        f"{terms.root}/v1/algoOrder",
        decode=ALGO_ORDER.read_one,
        echoes=Echoes(_PLACED),
        parameters=algo_parameters(terms),
        note=(
            "Checks no margin before it triggers; at most 200 over all symbols."
            if can_be_found
            else "A lost answer whose order is not open stays unknown where the undocumented query is not there."
        ),
        **paying(terms.weight, terms.pools[0]),
        **writes.place,
    )


def _cancel(terms: OrderTerms, writes: OrderWrites) -> Endpoint[Change[OrderIds]]:
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/algoOrder",
        decode=Changing(CANCELED_ALGO_ORDER.read_one),
        echoes=Echoes(_NAMED),
        # the venue takes no symbol here; a guard that allows only some wants to know it
        parameters=(*ALGO_NAME, Parameter("symbol", role=Role.SYMBOL, local=True)),
        pools=PAYS,
        **writes.cancel,
    )
