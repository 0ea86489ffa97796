"""The parts that these tests share: the recorded answers, and accounts that are answered by them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.binance import answers
from tests.plugins.binance.exchange import Exchange, open_exchange

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing.fake import FakeTransport
from venuekit.testing.recorded import Recorded, load_recorded
from venuekit_binance_usdm.venue import VENUE

D = Decimal


@pytest.fixture(scope="session", name="recorded")
def load_answers() -> Recorded:
    """Return the recorded answers of this venue."""
    return load_recorded(Path(__file__).parent / "recorded")


@pytest.fixture
def transport() -> FakeTransport:
    """A transport that :func:`answering` teaches what to answer."""
    return answers.time_telling_transport()


@pytest.fixture
def answering(recorded: Recorded, transport: FakeTransport) -> Any:
    """Open an account whose requests are answered by the named cases."""
    return answers.answering(VENUE, recorded, transport)


@pytest.fixture
def exchange() -> Exchange:
    """An account that holds an isolated position on BTCUSDT."""
    return open_exchange(VENUE, "holding")


@pytest.fixture
def flat() -> Exchange:
    """An account without positions."""
    return open_exchange(VENUE, "flat")


def _in_one_way(ledger: Ledger) -> None:
    ledger.set_margin_type(MarginType.ISOLATED, "ETHUSDT")
    ledger.fill("ETHUSDT", Side.SELL, D(2), D(3100))
    ledger.set_leverage("BTCUSDT", D(50))
    ledger.fill("BTCUSDT", Side.BUY, D("0.5"), D(87_000))
    ledger.rest_order("ADAUSDT", Side.BUY, D(100), D("0.3"))


def _in_hedge(ledger: Ledger) -> None:
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill("BTCUSDT", Side.BUY, D("0.5"), D(87_000), PositionSide.LONG)
    ledger.fill("BTCUSDT", Side.SELL, D("0.2"), D(89_000), PositionSide.SHORT)
    ledger.rest_order("ETHUSDT", Side.SELL, D(1), D(3200), position_side=PositionSide.SHORT)


def _in_multi_assets(ledger: Ledger) -> None:
    ledger.set_asset_mode(AssetMode.MULTI)
    ledger.fill("BTCUSDT", Side.BUY, D("0.5"), D(87_000))
    ledger.fill("BTCUSDC", Side.SELL, D("0.1"), D(88_500))


def _in_hedge_and_multi_assets(ledger: Ledger) -> None:
    ledger.set_asset_mode(AssetMode.MULTI)
    _in_hedge(ledger)


STAGES = {
    "one-way": _in_one_way,
    "hedge": _in_hedge,
    "multi-assets": _in_multi_assets,
    "hedge, multi-assets": _in_hedge_and_multi_assets,
}


@pytest.fixture(params=STAGES)
def traded(request: pytest.FixtureRequest) -> Exchange:
    """An account with positions and an order, in each combination of modes."""
    exchange = open_exchange(VENUE, "flat")
    STAGES[request.param](exchange.ledger)
    return exchange
