"""The routes of orders: plain ones, and conditional ones where those have endpoints of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from venuekit.capabilities import Amendment, OrderKind
from venuekit.parts.orders import AmendRoute, BatchRoute, CountdownRoute, OrderRoute, OrderRoutes, OrderSteps
from venuekit.plugin import Account, Endpoint, OrderName
from venuekit_binance_common.enums import SIDE_WORDS
from venuekit_binance_common.market import unknown_symbol_error
from venuekit_binance_common.orders.endpoints import AlgoEndpoints, OrderEndpoints
from venuekit_binance_common.orders.form import algo_form, misfit, order_form, texts
from venuekit_binance_common.orders.rows import Size, complete_order
from venuekit_binance_common.orders.writes import CONTRACT_SIZE, CONTRACT_SIZES, NO_SUCH_ORDER, UNKNOWN_ORDER
from venuekit_binance_common.payloads import InstrumentRow

Contracts = Endpoint[Mapping[str, InstrumentRow]]


def order_routes(orders: OrderEndpoints, contracts: Contracts, size: Size) -> OrderRoutes:
    """
    Return the routes of a product.

    ``size`` is that of its contracts; None in it means that each symbol has its own, which ``contracts`` lists.
    """
    routes = [_plain_route(orders)]
    if orders.algo is not None:
        routes.append(_algo_route(orders.algo, sizes_in_base=orders.terms.sizes_in_base))
    return OrderRoutes(
        routes=tuple(routes),
        misfit=partial(misfit, orders.terms.most_callback),
        steps=partial(_steps, contracts),
        sizes=partial(_sizes, contracts, size),
        not_found=("Order does not exist.", NO_SUCH_ORDER),  # the venue's words, of each route that was asked
    )


def countdown_route(orders: OrderEndpoints) -> CountdownRoute:
    """Return the countdown of a product; it weighs 10."""
    return CountdownRoute(orders.countdown, time="countdownTime", symbol="symbol")


def _plain_route(orders: OrderEndpoints) -> OrderRoute:
    has_one_route, names = orders.algo is None, orders.reads.names

    def amend_form(amendment: Amendment) -> dict[str, Any]:
        name = names.ids(OrderName(amendment.symbol, amendment.order_id, amendment.client_id))
        numbers = {"quantity": amendment.quantity, "price": amendment.price}
        return {"symbol": amendment.symbol, "side": SIDE_WORDS[amendment.side], **name, **numbers}

    amending = None
    if orders.amend is not None and orders.amend_batch is not None:
        amending = AmendRoute(
            endpoint=orders.amend,
            batch=orders.amend_batch,
            form=amend_form,
            needs_both=True,
            unchanged=orders.terms.unchanged,
        )
    return OrderRoute(
        kind=OrderKind.PLAIN,
        takes=lambda request: has_one_route or not request.type.is_conditional,
        reads=orders.reads,
        place=orders.place,
        cancel=orders.cancel,
        cancel_all=orders.cancel_all,
        form=order_form,
        request=partial(_request, sizes_in_base=orders.terms.sizes_in_base),
        order_of=complete_order,
        acknowledges=True,
        amending=amending,
        batches=BatchRoute(
            place=orders.place_batch,
            cancel=orders.cancel_batch,
            items="batchOrders",
            request=partial(_batch_request, sizes_in_base=orders.terms.sizes_in_base),
            cancel_requests=_cancel_requests,
        ),
        unknown_order={UNKNOWN_ORDER},
    )


def _algo_route(algo: AlgoEndpoints, *, sizes_in_base: bool) -> OrderRoute:
    return OrderRoute(
        kind=OrderKind.CONDITIONAL,
        takes=lambda request: request.type.is_conditional,
        reads=algo.reads,
        place=algo.place,
        cancel=algo.cancel,
        cancel_all=algo.cancel_all,
        form=algo_form,
        request=partial(_request, sizes_in_base=sizes_in_base),
        order_of=complete_order,
        unknown_order={UNKNOWN_ORDER},
    )


def _request(form: dict[str, Any], size: Size, *, sizes_in_base: bool) -> Mapping[str, Any]:
    """Return an order as it is sent, with the worth of its contracts for guards, where that is some of the quote."""
    return form if sizes_in_base else {**form, CONTRACT_SIZE.name: size.size}


def _batch_request(forms: Sequence[dict[str, Any]], sizes: Sequence[Size], *, sizes_in_base: bool) -> Mapping[str, Any]:
    items = {"batchOrders": [texts(form) for form in forms]}
    worths = [size.size for size in sizes]
    if sizes_in_base or None in worths:
        return items
    return {**items, CONTRACT_SIZES.name: list(map(str, worths))}


def _cancel_requests(
    symbol: str, names: Sequence[OrderName]
) -> Sequence[tuple[Mapping[str, Any], Sequence[OrderName]]]:
    """Return a request for the orders that are named by id, and one for those named by client id."""
    by_id = [name for name in names if name.id is not None]
    by_client_id = [name for name in names if name.id is None]
    requests: list[tuple[Mapping[str, Any], Sequence[OrderName]]] = [
        ({"symbol": symbol, "orderIdList": [int(name.id or "") for name in by_id]}, by_id),
        ({"symbol": symbol, "origClientOrderIdList": [name.client_id for name in by_client_id]}, by_client_id),
    ]
    return [(parameters, named) for parameters, named in requests if named]


async def _steps(contracts: Contracts, account: Account, symbol: str, renew: bool) -> OrderSteps:
    listed = await (account.refresh(contracts, (symbol, "steps")) if renew else account.read_once(contracts))
    contract = listed.get(symbol)
    if contract is None and not renew:  # it may have been listed since
        contract = (await account.refresh(contracts, symbol)).get(symbol)
    if contract is None:
        raise unknown_symbol_error(account, contracts, symbol)
    return contract.steps


async def _sizes(contracts: Contracts, usual: Size, account: Account) -> Callable[[str], Size]:
    """Return the function that gives the size of a symbol's contracts."""
    if usual.size is not None:
        return lambda _: usual
    listed = await account.read_once(contracts)

    def size(symbol: str) -> Size:
        contract = listed.get(symbol)
        return usual if contract is None else Size(contract.contract_size, usual.unit)

    return size
