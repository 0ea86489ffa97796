"""States of an account that make its rows appear, brought about by the simulated ledger's own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import AssetMode, IncomeKind, MarginType, OrderType, PositionMode, PositionSide
from venuekit.simulator.ledger import Contract, Ledger, LedgerOrder, LedgerOrderRequest, Side

CLIENT_ID, SECOND_ID = "rehearsal-1", "rehearsal-2"


@attrs.frozen
class Ground:
    """
    What requests of one venue are about, and a ledger with an account that has balance and no position.

    Attributes:
        root: The path that most of its routes begin with.
        symbol: A perpetual contract.
        quantity: The contracts of a position.
        size: The contracts of an order.
        margin: A small amount of the settle asset.
    """

    venue: str
    root: str
    symbol: str
    quantity: Decimal
    size: Decimal
    margin: Decimal
    ledger: Ledger

    @property
    def contract(self) -> Contract:
        """The contract of the symbol."""
        return self.ledger.contract(self.symbol)

    def price(self, share: str) -> Decimal:
        """Return a price at this share of the mark, on a tick."""
        tick = self.contract.price_tick
        return self.ledger.mark(self.symbol) * Decimal(share) // tick * tick

    def buy(self, *, price: str | None = "0.97", client_id: str = CLIENT_ID, **details: Any) -> LedgerOrder:
        """Return a new order that waits below the market."""
        request = LedgerOrderRequest(
            **{
                "symbol": self.symbol,
                "side": Side.BUY,
                "quantity": self.size,
                "price": None if price is None else self.price(price),
                "client_id": client_id,
                **details,
            }
        )
        placed = self.ledger.place(request)
        self.ledger.decide(placed.id)
        return self.ledger.order(placed.id)


#: brings about a state, and returns what a request may say about it, by name
State = Callable[[Ground], Mapping[str, str]]


def _go_long(ground: Ground) -> Mapping[str, str]:
    ground.ledger.fill(ground.symbol, Side.BUY, ground.quantity, ground.ledger.mark(ground.symbol))
    return {}


def _isolate(ground: Ground) -> Mapping[str, str]:
    by_symbol = ground.venue != "bybit_inverse"
    ground.ledger.set_margin_type(MarginType.ISOLATED, *([ground.symbol] if by_symbol else []))
    return _go_long(ground)


def _set_hedge_mode(ground: Ground) -> Mapping[str, str]:
    ground.ledger.set_position_mode(PositionMode.HEDGE)
    return {}


def _hold_both_legs(ground: Ground) -> Mapping[str, str]:
    _set_hedge_mode(ground)
    mark = ground.ledger.mark(ground.symbol)
    for side, position_side in ((Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)):
        ground.ledger.fill(ground.symbol, side, ground.quantity, mark, position_side)
    return {}


def _set_multi_assets(ground: Ground) -> Mapping[str, str]:
    ground.ledger.set_asset_mode(AssetMode.MULTI)
    return {}


def _rest(ground: Ground) -> Mapping[str, str]:
    order = ground.buy()
    return {"order": order.id, "client": CLIENT_ID}


def _rest_two(ground: Ground) -> Mapping[str, str]:
    second = ground.buy(price="0.96", client_id=SECOND_ID)
    return {**_rest(ground), "second": second.id, "second_client": SECOND_ID}


def _amend(ground: Ground) -> Mapping[str, str]:
    order = ground.buy()
    ground.ledger.amend_order(order.id, price=ground.price("0.95"), quantity=2 * ground.size, note="7")
    return {"order": order.id, "client": CLIENT_ID}


def _fill(ground: Ground) -> Mapping[str, str]:
    order = ground.buy()
    ground.ledger.fill_order(order.id)
    (fill,) = ground.ledger.fills(ground.symbol, order.id)
    return {"order": order.id, "client": CLIENT_ID, "trade": fill.trade_id}


def _fill_a_part(ground: Ground) -> Mapping[str, str]:
    order = ground.buy()
    ground.ledger.fill_order(order.id, ground.size / 2)
    return {"order": order.id, "client": CLIENT_ID}


def _cancel(ground: Ground) -> Mapping[str, str]:
    order = ground.buy()
    ground.ledger.cancel_order(order.id)
    return {"order": order.id, "client": CLIENT_ID}


def _close(ground: Ground) -> Mapping[str, str]:
    _go_long(ground)
    ground.ledger.fill(ground.symbol, Side.SELL, ground.quantity, ground.price("1.01"))
    return {}


def _wait_to_stop(ground: Ground) -> Mapping[str, str]:
    order = ground.buy(type=OrderType.STOP, trigger_price=ground.price("1.02"), price="1.03")
    return {"order": order.id, "client": CLIENT_ID}


def _trail(ground: Ground) -> Mapping[str, str]:
    _go_long(ground)
    order = ground.buy(
        type=OrderType.TRAILING_STOP_MARKET,
        side=Side.SELL,
        price=None,
        callback_rate=Decimal("0.01"),
        activation_price=ground.price("1.02"),
    )
    return {"order": order.id, "client": CLIENT_ID}


def _trigger(ground: Ground) -> Mapping[str, str]:
    values = _wait_to_stop(ground)
    ground.ledger.set_mark(ground.symbol, ground.price("1.025"))
    return values


def _liquidate(ground: Ground) -> Mapping[str, str]:
    ground.ledger.set_leverage(ground.symbol, Decimal(50))
    _isolate(ground)
    ground.ledger.set_mark(ground.symbol, ground.price("0.9"))
    return {}


def _add_margin(ground: Ground) -> Mapping[str, str]:
    ground.ledger.adjust_margin(ground.symbol, 10 * ground.margin)
    return {}


def _offer_less(ground: Ground) -> Mapping[str, str]:
    order = ground.buy(side=Side.SELL, price="1.02", reduce_only=True)
    return {"order": order.id, "client": CLIENT_ID}


def _earn(ground: Ground) -> Mapping[str, str]:
    """Have one row of each kind of income that comes by itself."""
    _go_long(ground)
    ground.ledger.fund(ground.symbol, Decimal("0.0001"))
    ground.ledger.fill(ground.symbol, Side.SELL, ground.quantity, ground.price("1.01"))
    contract = ground.contract
    ground.ledger.book(
        contract.settle, IncomeKind.INSURANCE, Decimal("0.01"), symbol=ground.symbol, purse=contract.purse
    )
    return {}


def _withdraw(ground: Ground) -> Mapping[str, str]:
    ground.ledger.withdraw(ground.contract.settle, Decimal("0.5"), fee=Decimal("0.001"), chain="BTC", tx_id="f00d")
    (row,) = ground.ledger.withdrawals()
    return {"withdrawal": row.id}


def _convert(ground: Ground) -> Mapping[str, str]:
    ground.ledger.convert(ground.contract.settle, Decimal("0.1"), "USDT", Decimal(8_000))
    return {}


def _count_down(ground: Ground) -> Mapping[str, str]:
    ground.ledger.countdown(ground.symbol, timedelta(minutes=1))
    return {}


STATES: Mapping[str, State] = {
    "long": _go_long,
    "isolated": _isolate,
    "hedge": _set_hedge_mode,
    "hedged": _hold_both_legs,
    "multi": _set_multi_assets,
    "resting": _rest,
    "two resting": _rest_two,
    "amended": _amend,
    "filled": _fill,
    "partly filled": _fill_a_part,
    "canceled": _cancel,
    "closed": _close,
    "stop": _wait_to_stop,
    "trailing": _trail,
    "triggered": _trigger,
    "liquidated": _liquidate,
    "moved margin": _add_margin,
    "reducing": _offer_less,
    "paid": _earn,
    "withdrawn": _withdraw,
    "converted": _convert,
    "counting": _count_down,
}
