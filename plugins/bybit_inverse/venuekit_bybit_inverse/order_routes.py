"""The one route of orders: plain and conditional ones are in the same lists, under one id for life."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from venuekit.capabilities import Amendment, Order, OrderKind, OrderRequest, OrderStatus, OrderType, PositionSide, Unit
from venuekit.parts.orders import AmendRoute, BatchRoute, CancelScope, OrderRoute, OrderRoutes, OrderSteps, Shape
from venuekit.plugin import Account, OrderName
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.order_reads import ORDER_READS
from venuekit_bybit_inverse.endpoints.orders import NOT_OPEN
from venuekit_bybit_inverse.instruments import all_settle_coins, instrument_row, refresh_row, settle_coins
from venuekit_bybit_inverse.order_form import misfit, texts, wire_amendment, wire_order
from venuekit_bybit_inverse.order_rows import OrderAck, complete_order
from venuekit_bybit_inverse.wire import CONTRACT_SIZE


def _pending_order(
    asked: OrderRequest | Amendment, answer: OrderAck | Order, _: Any, received_at: datetime | None, raw: Any
) -> Order:
    """Return an order about which the venue has not decided yet; or that of its row or event, where one was found."""
    if isinstance(answer, Order):
        return complete_order(answer, received_at, raw)
    terms: dict[str, Any] = {"kind": OrderKind.PLAIN, "type": OrderType.LIMIT}
    if isinstance(asked, OrderRequest):
        terms = {
            "kind": OrderKind.CONDITIONAL if asked.type.is_conditional else OrderKind.PLAIN,
            "type": asked.type,
            "position_side": PositionSide.BOTH,
            "time_in_force": asked.time_in_force,
            "trigger_price": asked.trigger_price,
            "reduce_only": asked.reduce_only,
            "working_price": asked.working_price,
            "stp_mode": asked.stp_mode,
            "created_at": answer.created_at,
        }
    return Order(
        id=answer.id,
        client_id=answer.client_id or asked.client_id,
        symbol=asked.symbol,
        side=asked.side,
        status=OrderStatus.PENDING,
        quantity=asked.quantity,
        price=asked.price,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        received_at=received_at,
        raw=raw,
        **terms,
    )


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
            order_of=lambda row, _, received_at, raw: complete_order(row, received_at, raw),
            placed=_pending_order,
            amended=_pending_order,
            answer=Shape(lambda ack: (ack,), lambda raw: (raw["result"],)),
            amending=AmendRoute(endpoint=BYBIT.AMEND_ORDER, batch=BYBIT.AMEND_BATCH, form=wire_amendment),
            batches=BatchRoute(
                place=BYBIT.CREATE_BATCH,
                cancel=BYBIT.CANCEL_BATCH,
                items="request",
                request=lambda forms, _: {"request": list(map(texts, forms))},
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
