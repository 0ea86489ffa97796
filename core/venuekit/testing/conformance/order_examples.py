"""Example arguments about orders and margin: an order far from the market, and what can be done with it."""

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

__all__ = ["ORDER_ARGUMENTS"]

Arguments = Callable[[Stage], Awaitable[Mapping[str, Any]]]

_AMOUNT = Decimal("0.5")


def _request(stage: Stage, *, lower: int = 0) -> OrderRequest:
    """Return an order to buy at half the market, twice as large as it must be."""
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


async def _placed(stage: Stage) -> Mapping[str, Any]:
    order = await stage.account.place_order(_request(stage))
    return {"symbol": order.symbol, "order_id": order.id}


async def _to_place(stage: Stage) -> Mapping[str, Any]:
    return {"request": _request(stage)}


async def _several_to_place(stage: Stage) -> Mapping[str, Any]:
    return {"requests": [_request(stage), _request(stage, lower=1)]}


async def _placed_for_all(stage: Stage) -> Mapping[str, Any]:
    await _placed(stage)
    return {}


async def _placed_of_symbol(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": (await _placed(stage))["symbol"]}


async def _to_count_down(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.flat, "seconds": 60.0}


async def _to_amend(stage: Stage) -> Mapping[str, Any]:
    name = await _placed(stage)
    change = _request(stage, lower=2)
    return {**name, "side": change.side, "quantity": change.quantity, "price": change.price}


async def _several_to_amend(stage: Stage) -> Mapping[str, Any]:
    one = await _to_amend(stage)
    details = {name: one[name] for name in ("symbol", "side", "quantity", "price")}
    return {"amendments": [Amendment(order_id=one["order_id"], **details)]}


async def _several_to_cancel(stage: Stage) -> Mapping[str, Any]:
    name = await _placed(stage)
    return {"symbol": name["symbol"], "order_ids": [name["order_id"]]}


async def _to_add(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held, "amount": _AMOUNT}


async def _to_reduce(stage: Stage) -> Mapping[str, Any]:
    stage.simulation.ledger_of(stage.venue.id).adjust_margin(stage.scenario.held or "", 2 * _AMOUNT)
    return await _to_add(stage)


async def _held(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held or stage.scenario.flat}


async def _mode(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.flat, "mode": TpSlMode.FULL}


ORDER_ARGUMENTS: Mapping[Callable[..., Any], Arguments] = {
    OrderReader.get_order: _placed,
    OrderReader.get_open_order: _placed,
    OrderReader.get_open_orders: _placed_for_all,
    OrderReader.iter_orders: _placed_of_symbol,
    OrderControl.place_order: _to_place,
    OrderControl.cancel_order: _placed,
    OrderControl.cancel_all_orders: _placed_for_all,
    OrderAmendControl.amend_order: _to_amend,
    OrderBatchControl.place_orders: _several_to_place,
    OrderBatchControl.amend_orders: _several_to_amend,
    OrderBatchControl.cancel_orders: _several_to_cancel,
    OrderTestControl.test_order: _to_place,
    CountdownControl.set_countdown: _to_count_down,
    CountdownControl.countdown: _to_count_down,
    FillReader.iter_fills: _held,
    CommissionReader.get_commission_rate: _held,
    MarkPriceReader.get_mark_price: _held,
    MarginChangeReader.iter_margin_changes: _held,
    PositionMarginControl.add_margin: _to_add,
    PositionMarginControl.reduce_margin: _to_reduce,
    TpSlModeControl.set_tpsl_mode: _mode,
}
