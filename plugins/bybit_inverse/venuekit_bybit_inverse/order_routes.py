"""The one route of orders: plain and conditional ones are in the same lists, under one id for life."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from venuekit.capabilities import Amendment, Order, OrderKind, OrderRequest
from venuekit.parts.orders import AmendRoute, BatchRoute, CancelScope, OrderRoute, OrderRoutes, OrderSteps, Shape
from venuekit.plugin import Account, OrderName
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.order_resolution import ORDER_READS
from venuekit_bybit_inverse.endpoints.orders import NOT_OPEN
from venuekit_bybit_inverse.instruments import all_settle_coins, instrument_row, refresh_row, settle_coins
from venuekit_bybit_inverse.order_form import misfit, texts, wire_amendment, wire_order
from venuekit_bybit_inverse.order_payloads import OrderAck, OrderRow
from venuekit_bybit_inverse.order_values import order_of, order_of_amendment, pending_order


def _order(row: OrderRow, _: Any, received_at: datetime | None, raw: Any) -> Order:
    return order_of(row, received_at, raw)


def _pending_order(request: OrderRequest, ack: OrderAck, _: Any, received_at: datetime | None, raw: Any) -> Order:
    return pending_order(request, ack, received_at, raw)


def _pending_amendment(amendment: Amendment, ack: OrderAck, _: Any, received_at: datetime | None, raw: Any) -> Order:
    return order_of_amendment(amendment, ack, received_at, raw)


def _batch_request(forms: Sequence[dict[str, Any]], _: Sequence[Any]) -> Mapping[str, Any]:
    return {"request": list(map(texts, forms))}


def _cancel_requests(
    symbol: str, names: Sequence[OrderName]
) -> Sequence[tuple[Mapping[str, Any], Sequence[OrderName]]]:
    return [({"request": [{"symbol": symbol, **ORDER_READS.names.ids(name)} for name in names]}, names)]


async def _steps(account: Account, symbol: str, renew: bool) -> OrderSteps:
    row = await (refresh_row if renew else instrument_row)(account, symbol)
    return OrderSteps(row.lot_size_filter.qty_step, row.price_filter.tick_size)


async def _every_scope(account: Account) -> Collection[CancelScope]:
    """Return every coin that any contract settles in: a symbol that is not named cannot be cancelled otherwise."""
    return {("settleCoin", coin) for coin in await all_settle_coins(account)}


async def _scopes(account: Account, symbols: frozenset[str]) -> Collection[CancelScope]:
    settle = await settle_coins(account, symbols)
    # a symbol that is no longer listed is named by itself
    return {("settleCoin", settle[one]) if one in settle else ("symbol", one) for one in symbols}


ORDER_ROUTES = OrderRoutes(
    routes=(
        OrderRoute(
            kind=OrderKind.PLAIN,
            takes=lambda _: True,
            reads=ORDER_READS,
            place=BYBIT.CREATE_ORDER,
            cancel=BYBIT.CANCEL_ORDER,
            cancel_all=BYBIT.CANCEL_ALL,
            form=wire_order,
            order_of=_order,
            placed=_pending_order,
            amended=_pending_amendment,
            answer=Shape(lambda ack: (ack,), lambda raw: (raw["result"],)),
            amending=AmendRoute(endpoint=BYBIT.AMEND_ORDER, batch=BYBIT.AMEND_BATCH, form=wire_amendment),
            batches=BatchRoute(
                place=BYBIT.CREATE_BATCH,
                cancel=BYBIT.CANCEL_BATCH,
                items="request",
                request=_batch_request,
                cancel_requests=_cancel_requests,
                shape=Shape(lambda items: items, lambda raw: raw["result"]["list"]),
            ),
            unknown_order=NOT_OPEN,
            looks=(0.0, 0.1, 0.2, 0.4, 0.8, 1.6),
        ),
    ),
    misfit=misfit,
    steps=_steps,
    not_found=("the venue has no such order (any more, or not yet)", None),
    everything=_every_scope,
    scopes=_scopes,
)
