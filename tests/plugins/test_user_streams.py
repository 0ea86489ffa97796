"""The user streams of all venues over real sockets: each event of the simulated venue says what its ledger holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    BalanceReader,
    BalanceUpdate,
    EventReader,
    FillReader,
    FillUpdate,
    LeverageControl,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    PositionReader,
    PositionUpdate,
    SettingsUpdate,
    StreamEvent,
    UserStream,
)
from venuekit.clock import SystemClock
from venuekit.plugins import make_plugins
from venuekit.testing import on_stage

VENUES = ("aster_usdm", "aster_usdm_v1", "binance_coinm", "binance_usdm", "bybit_inverse")


async def _read_until(events: EventReader, *conditions: Callable[[StreamEvent], bool]) -> list[StreamEvent]:
    """Return events until each condition is met by one of them."""
    found: list[StreamEvent] = []
    async with asyncio.timeout(30):
        while not all(any(map(condition, found)) for condition in conditions):
            found += await events.read_message()
    return found


def _is(kind: type[StreamEvent]) -> Callable[[StreamEvent], bool]:
    return lambda event: isinstance(event, kind)


def _is_filled(event: StreamEvent) -> bool:
    return isinstance(event, OrderUpdate) and event.order.status is OrderStatus.FILLED


def _is_full_fill(event: StreamEvent) -> bool:
    return isinstance(event, FillUpdate) and not event.is_preliminary


def _last(events: list[StreamEvent], kind: type[Any]) -> Any:
    return [one for one in events if isinstance(one, kind)][-1]


def _same(event_value: Any, read_value: Any, *leaving_out: str) -> None:
    """Compare each field that an event gives with that of a read."""
    for field in attrs.fields(type(event_value)):
        value = getattr(event_value, field.name)
        if value is not None and field.name not in {"as_of", "received_at", "raw", *leaving_out}:
            assert value == getattr(read_value, field.name), field.name


@pytest.mark.parametrize("venue_id", VENUES)
async def test_events_have_the_values_of_reads(venue_id: str) -> None:
    """An order brings itself, its fill, the position and the balance; a field that an event gives is the read's."""
    async with on_stage(make_plugins().venue(venue_id), "flat", clock=SystemClock()) as stage:
        account, symbol = stage.account, stage.scenario.flat
        async with UserStream.of(account).events() as events:
            request = OrderRequest(
                symbol=symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(10), client_id="mine"
            )
            placed = await OrderControl.of(account).place_order(request)
            found = await _read_until(events, _is_filled, _is_full_fill, _is(PositionUpdate), _is(BalanceUpdate))
            if venue_id != "bybit_inverse":  # its position has the leverage
                await LeverageControl.of(account).set_leverage(symbol, Decimal(7))
                setting = _last(await _read_until(events, _is(SettingsUpdate)), SettingsUpdate)
                assert (setting.symbol, setting.leverage) == (symbol, 7)
        order = _last(found, OrderUpdate).order
        _same(order, await OrderReader.of(account).get_order(symbol, order_id=placed.id))
        fill = _last(found, FillUpdate).fill
        (read,) = await FillReader.of(account).iter_fills(symbol, start=fill.time - timedelta(minutes=1)).all()
        assert fill.key == read.key
        _same(fill, read, "client_id", "realized_pnl")
        position = _last(found, PositionUpdate).position
        _same(position, await PositionReader.of(account).get_position(symbol), "realized_pnl", "unrealized_pnl")
        balance = _last(found, BalanceUpdate).balance
        (held,) = await BalanceReader.of(account).get_balances(asset=balance.asset)
        _same(balance, held, "unrealized_pnl", "equity", "usd_value")
