"""Example arguments about orders and margin: an order far from the market, and operations on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import ROUND_UP, Decimal
from typing import Any

from venuekit.capabilities import (
    Amendment,
    CommissionReader,
    CountdownControl,
    FillReader,
    MarginChangeReader,
    MarkPriceReader,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderTestControl,
    OrderType,
    PositionMarginControl,
    TpSlMode,
    TpSlModeControl,
)
from venuekit.testing.staged import Stage

Arguments = Callable[[Stage], Awaitable[Mapping[str, Any]]]

_AMOUNT = Decimal("0.5")


def _request(stage: Stage, *, lower: int = 0) -> OrderRequest:
    """Return an order to buy at half the market price, of twice the minimum size."""
    symbol = stage.scenario.flat
    ledger = stage.simulation.ledger_of(stage.venue.id)
    contract = ledger.contract(symbol)
    price = ledger.mark(symbol) / 2 // contract.price_tick * contract.price_tick - lower * contract.price_tick
    worth = contract.notional(Decimal(1), price)
    least = max(contract.min_quantity, (contract.min_notional or Decimal(0)) / worth)
    steps = (2 * least / contract.quantity_step).to_integral_value(ROUND_UP)
    return OrderRequest(
        symbol=symbol,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=steps * contract.quantity_step,
        price=price,
    )


async def _place_order(stage: Stage) -> Mapping[str, Any]:
    order = await stage.account.place_order(_request(stage))
    return {"symbol": order.symbol, "order_id": order.id}


async def _to_place(stage: Stage) -> Mapping[str, Any]:
    return {"request": _request(stage)}


async def _several_to_place(stage: Stage) -> Mapping[str, Any]:
    return {"requests": [_request(stage), _request(stage, lower=1)]}


async def _place_for_all(stage: Stage) -> Mapping[str, Any]:
    await _place_order(stage)
    return {}


async def _place_for_symbol(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": (await _place_order(stage))["symbol"]}


async def _to_count_down(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.flat, "seconds": 60.0}


async def _to_amend(stage: Stage) -> Mapping[str, Any]:
    name = await _place_order(stage)
    change = _request(stage, lower=2)
    return {**name, "side": change.side, "quantity": change.quantity, "price": change.price}


async def _several_to_amend(stage: Stage) -> Mapping[str, Any]:
    amendment = await _to_amend(stage)
    details = {name: amendment[name] for name in ("symbol", "side", "quantity", "price")}
    return {"amendments": [Amendment(order_id=amendment["order_id"], **details)]}


async def _several_to_cancel(stage: Stage) -> Mapping[str, Any]:
    name = await _place_order(stage)
    return {"symbol": name["symbol"], "order_ids": [name["order_id"]]}


async def _to_add(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held, "amount": _AMOUNT}


async def _to_reduce(stage: Stage) -> Mapping[str, Any]:
    stage.simulation.ledger_of(stage.venue.id).adjust_margin(stage.scenario.held or "", 2 * _AMOUNT)
    return await _to_add(stage)


async def _of_position(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held or stage.scenario.flat}


async def _mode(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.flat, "mode": TpSlMode.FULL}


ORDER_ARGUMENTS: Mapping[Callable[..., Any], Arguments] = {
    OrderReader.get_order: _place_order,
    OrderReader.get_open_order: _place_order,
    OrderReader.get_open_orders: _place_for_all,
    OrderReader.iter_orders: _place_for_symbol,
    OrderControl.place_order: _to_place,
    OrderControl.cancel_order: _place_order,
    OrderControl.cancel_all_orders: _place_for_all,
    OrderAmendControl.amend_order: _to_amend,
    OrderBatchControl.place_orders: _several_to_place,
    OrderAmendControl.amend_orders: _several_to_amend,
    OrderBatchControl.cancel_orders: _several_to_cancel,
    OrderTestControl.test_order: _to_place,
    CountdownControl.set_countdown: _to_count_down,
    CountdownControl.countdown: _to_count_down,
    FillReader.iter_fills: _of_position,
    CommissionReader.get_commission_rate: _of_position,
    MarkPriceReader.get_mark_price: _of_position,
    MarginChangeReader.iter_margin_changes: _of_position,
    PositionMarginControl.add_margin: _to_add,
    PositionMarginControl.reduce_margin: _to_reduce,
    TpSlModeControl.set_tpsl_mode: _mode,
}
