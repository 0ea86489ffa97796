"""A stage with a position to close, in one-way and in hedge mode, on linear and inverse contracts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES, LeapingStage, leaping

from venuekit.capabilities import (
    CloseReport,
    OrderControl,
    OrderRequest,
    OrderType,
    PositionMode,
    PositionReader,
    PositionSide,
)
from venuekit.endpoint import Effect, Endpoint
from venuekit.simulator.ledger import Side

D = Decimal
#: a venue, and whether it is in hedge mode: linear and inverse contracts in both modes, and orders decided later
MODES = (
    ("binance_usdm", False),
    ("binance_usdm", True),
    ("binance_coinm", False),
    ("binance_coinm", True),
    ("bybit_inverse", False),
)
modes = pytest.mark.parametrize(
    ("venue", "is_hedge"), MODES, ids=[f"{venue}-{'hedge' if is_hedge else 'one-way'}" for venue, is_hedge in MODES]
)
_HEDGED = (("binance_usdm", True), ("binance_coinm", True))
hedged = pytest.mark.parametrize(("venue", "is_hedge"), _HEDGED, ids=[venue for venue, _ in _HEDGED])
every_venue = pytest.mark.parametrize("venue", VENUES)
#: how many of the stage's quantities are held; in hedge mode the short leg holds one more
HELD = 3


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue, an account of it, and a position."""

    is_hedge: bool

    @property
    def legs(self) -> tuple[PositionSide, ...]:
        """The legs of the position mode."""
        return (PositionSide.LONG, PositionSide.SHORT) if self.is_hedge else (PositionSide.BOTH,)

    def hold(self) -> None:
        """Open the position: a long one, in hedge mode with a short leg beside it."""
        mark = self.ledger.mark(self.symbol)
        if not self.is_hedge:
            self.ledger.fill(self.symbol, Side.BUY, HELD * self.quantity, mark)
            return
        self.ledger.fill(self.symbol, Side.BUY, HELD * self.quantity, mark, PositionSide.LONG)
        self.ledger.fill(self.symbol, Side.SELL, (HELD + 1) * self.quantity, mark, PositionSide.SHORT)

    def market(self, **details: Any) -> OrderRequest:
        """Return an order to buy at the market."""
        return self.bid(None, type=OrderType.MARKET, **details)

    def quantities(self) -> list[Decimal]:
        """Return what each leg really holds, signed contracts."""
        return [self.ledger.position(self.symbol, side).quantity for side in self.legs]

    @property
    def placing(self) -> Endpoint[Any]:
        """The endpoint by which market orders are placed."""
        return self._serving(OrderControl.place_order, Effect.KEYED)

    @property
    def cancel_all(self) -> Endpoint[Any]:
        """The endpoint by which the plain orders of a symbol are cancelled."""
        return self._serving(OrderControl.cancel_all_orders, Effect.SET)

    @property
    def read_positions(self) -> Endpoint[Any]:
        """The endpoint by which positions are read."""
        return self._serving(PositionReader.get_positions, Effect.READ)

    def _serving(self, method: Any, effect: Effect) -> Endpoint[Any]:
        found = [one for one in self.account.venue.endpoints if method in one.serves and one.effect is effect]
        return next(one for one in found if "osition" in one.path or effect is not Effect.READ)

    def market_orders(self) -> list[Any]:
        """Return every market order that the venue has accepted, but for those of the set-up."""
        orders = self.ledger.orders(self.symbol, hidden=True)
        return [one for one in orders if one.type is OrderType.MARKET and one.client_id is not None]

    async def check(self, report: CloseReport) -> None:
        """Compare a report with the venue, now and a minute later: flat is flat, and nothing is closed twice."""
        held = self.quantities()
        await self.account.pause(60)
        later = self.quantities()
        if report.is_flat:
            assert not any(held)
            assert not any(later)
            assert not self.ledger.open_orders(self.symbol)
        else:
            assert report.positions is None or report.positions or report.open_orders or report.late or report.doubt
        starts = [HELD, -(HELD + 1)] if self.is_hedge else [HELD]
        for quantity, start in zip(later, starts, strict=True):
            assert quantity * start >= 0  # never beyond flat
            assert abs(quantity) <= abs(start * self.quantity)
        for order in report.orders:
            assert self.ledger.order(order.id).only_closes


@asynccontextmanager
async def opened(venue: str, *, is_hedge: bool = False, **details: Any) -> AsyncIterator[Stage]:
    """Open an account with a position; within the test, whose clock leaps."""
    async with leaping(venue, "flat", pause=20, **details) as (sim, account):
        stage = Stage(sim, account, is_hedge)
        if is_hedge:
            stage.ledger.set_position_mode(PositionMode.HEDGE)
        stage.hold()
        yield stage
