"""Instruments, brackets, time and settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

import venuekit
from venuekit.capabilities import (
    Bracket,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    MarginType,
    PositionMode,
    SymbolSettings,
    Unit,
)
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Book, Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]


async def test_recorded_server_time(account: BybitInverseAccount, replay: Replay) -> None:
    """The time of the envelope is the venue's clock."""
    replay("get_v5_market_time")
    assert await account.get_server_time() == from_milliseconds(1688639403423)


async def test_recorded_instruments(account: BybitInverseAccount, replay: Replay) -> None:
    """Every field of a perpetual and of a dated contract."""
    replay("get_v5_market_instruments_info")
    perpetual, dated = await account.get_instruments()
    assert perpetual == Instrument(
        symbol="BTCUSD",
        pair="BTCUSD",
        base="BTC",
        quote="USD",
        settle="BTC",
        kind=InstrumentKind.PERPETUAL,
        is_inverse=True,
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
        status=InstrumentStatus.TRADING,
        listed_at=from_milliseconds(1542211200000),
        price_tick=D("0.10"),
        min_price=D("0.10"),
        max_price=D("1999999.80"),
        quantity_step=D(1),
        min_quantity=D(1),
        max_quantity=D(25_000_000),
        max_market_quantity=D(5_000_000),
        min_notional=D(5),
        leverage_min=D(1),
        leverage_max=D(100),
        leverage_step=D("0.01"),
        expires_at=None,
        funding_interval=timedelta(hours=8),
        max_open_orders=500,
        max_conditional_orders=10,
    )
    assert perpetual.raw is not None
    assert perpetual.raw["priceScale"] == "2"
    assert (dated.symbol, dated.kind, dated.pair) == ("BTCUSDZ26", InstrumentKind.DELIVERY, "BTCUSD")
    assert (dated.expires_at, dated.funding_interval) == (from_milliseconds(1798185600000), None)


async def test_instruments_of_the_simulated_venue(account: BybitInverseAccount) -> None:
    """All contracts, or one by its symbol."""
    assert [each.symbol for each in await account.get_instruments()] == ["BTCUSD", "ETHUSD", "BTCUSDZ26"]
    (eth,) = await account.get_instruments(symbol="ETHUSD")
    assert (eth.settle, eth.price_tick) == ("ETH", D("0.01"))


async def test_unknown_instrument(account: BybitInverseAccount, sim: Simulation) -> None:
    """A refusal of the venue, or an empty list, are the same error."""
    with pytest.raises(InvalidRequest):
        await account.get_instruments(symbol="NOPE")
    sim.disturb(VENUE, BYBIT.INSTRUMENTS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}}))
    with pytest.raises(InvalidRequest, match="no such contract"):
        await account.get_instruments(symbol="NOPE")


async def test_instrument_listed_since_is_asked_for(account: BybitInverseAccount, sim: Simulation) -> None:
    """The instruments are read once; a position in a symbol they lack asks for that symbol alone."""

    def asked() -> list[str]:
        return [arrival.request.query for arrival in sim.requests if arrival.path == BYBIT.INSTRUMENTS.path]

    await account.get_positions()
    await account.get_positions()
    assert asked() == ["category=inverse&limit=1000"]
    held = {"symbol": "NEWUSD", "positionIdx": 0, "side": "Buy", "size": "1"}
    listed = {"symbol": "NEWUSD", "contractType": "InversePerpetual", "status": "Trading"}
    coins = {"baseCoin": "NEW", "quoteCoin": "USD", "settleCoin": "NEW"}
    sim.disturb(VENUE, BYBIT.POSITION_LIST, CannedAnswer.json(200, {"retCode": 0, "result": {"list": [held]}}), times=2)
    sim.disturb(VENUE, BYBIT.INSTRUMENTS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": [listed | coins]}}))
    for _ in range(2):
        (position,) = await account.get_positions()
        assert (position.symbol, position.settle) == ("NEWUSD", "NEW")
    assert asked()[1:] == ["category=inverse&symbol=NEWUSD"]


async def test_recorded_brackets(account: BybitInverseAccount, replay: Replay) -> None:
    """Fractions as they are on the wire; a tier begins where the one before it ends, the first deducts nothing."""
    replay("get_v5_market_risk_limit")
    first, second, dated = await account.get_brackets()
    assert first == Bracket(
        symbol="BTCUSD",
        pair=None,
        tier=1,
        floor=D(0),
        cap=D(150),
        unit=Unit.SETTLE,
        max_leverage=D(100),
        initial_margin_rate=D("0.01"),
        maintenance_margin_rate=D("0.005"),
        deduction=D(0),
    )
    assert (second.tier, second.floor, second.cap, second.max_leverage) == (2, D(150), D(300), D("66.67"))
    assert (second.maintenance_margin_rate, second.initial_margin_rate) == (D("0.01"), D("0.015"))
    assert second.deduction == D("0.75") == second.floor * (second.maintenance_margin_rate - D("0.005"))
    assert (dated.symbol, dated.tier, dated.floor, dated.deduction) == ("BTCUSDZ26", 1, D(0), D(0))
    assert dated.raw is not None
    assert dated.raw["isLowestRisk"] == 1


async def test_brackets_in_pages(account: BybitInverseAccount, sim: Simulation) -> None:
    """A symbol whose tiers are cut by a page still has floors, and everything is in order."""
    row = {"maintenanceMargin": "0.01", "initialMargin": "0.02", "maxLeverage": "50.00", "mmDeduction": ""}

    def page(cursor: str, *rows: tuple[str, int, str]) -> CannedAnswer:
        tiers = [row | {"symbol": symbol, "id": tier, "riskLimitValue": cap} for symbol, tier, cap in rows]
        return CannedAnswer.json(200, {"retCode": 0, "result": {"list": tiers, "nextPageCursor": cursor}})

    first = page("a", ("ETHUSD", 1, "10"), ("BTCUSD", 2, "9"))
    sim.disturb(VENUE, ("GET", "/v5/market/risk-limit"), first, page("", ("BTCUSD", 1, "4")))
    found = await account.get_brackets()
    assert [(each.symbol, each.tier, each.floor) for each in found] == [
        ("BTCUSD", 1, D(0)),
        ("BTCUSD", 2, D(4)),
        ("ETHUSD", 1, D(0)),
    ]
    assert [each.deduction for each in found] == [D(0), None, D(0)]


async def test_brackets_of_a_pair_are_refused(account: BybitInverseAccount) -> None:
    """The venue knows risk limits by symbol only."""
    with pytest.raises(InvalidArgument, match="filter by pair"):
        await account.get_brackets(pair="BTCUSD")


async def test_settings_of_some_symbols(account: BybitInverseAccount, sim: Simulation) -> None:
    """Account and open positions are read once, and a flat symbol by itself."""
    sent = len(sim.requests)
    snapshot = await account.get_settings(["BTCUSD", "ETHUSD"])
    assert snapshot.weight == len(sim.requests) - sent == 3
    assert (snapshot.position_mode, snapshot.asset_mode) == (PositionMode.ONE_WAY, None)
    assert (snapshot.margin_type, snapshot.open_positions) == (MarginType.ISOLATED, 1)
    isolated = MarginType.ISOLATED
    assert snapshot.symbol("BTCUSD") == SymbolSettings("BTCUSD", isolated, D(10), D(10), position=D(16_000_000))
    assert snapshot.symbol("ETHUSD") == SymbolSettings("ETHUSD", isolated, D(10), D(10), position=D(0))
    assert (snapshot.open_orders, len(snapshot.symbols)) == (None, 2)


async def test_settings_list_positions_that_were_not_asked_for(account: BybitInverseAccount) -> None:
    """The margin type is the account's, so an open position elsewhere matters."""
    snapshot = await account.get_settings(["ETHUSD"])
    assert {row.symbol for row in snapshot.symbols} == {"BTCUSD", "ETHUSD"}


async def test_settings_with_orders_of_a_symbol(account: BybitInverseAccount, sim: Simulation) -> None:
    """Plain and conditional orders count alike."""
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000))
    sim.ledger.rest_order("ETHUSD", Side.SELL, D(100), D(4000), book=Book.CONDITIONAL)
    snapshot = await account.get_settings(["ETHUSD"], orders=["ETHUSD"])
    eth = snapshot.symbol("ETHUSD")
    assert eth is not None
    assert (eth.open_orders, snapshot.open_orders, snapshot.weight) == (2, None, 4)


async def test_settings_with_everything_open(account: BybitInverseAccount, sim: Simulation) -> None:
    """Orders and positions of every product count, because one margin type holds for all of them."""
    sim.ledger.rest_order("BTCUSDZ26", Side.BUY, D(100), D(70_000))
    legs = [
        {"symbol": "BTCUSDT", "positionIdx": index, "side": side, "size": "0.5", "leverage": leverage}
        for index, side, leverage in ((1, "Buy", "7"), (2, "Sell", "9"))
    ]
    order = {"orderId": "1", "symbol": "SOLUSDC", "side": "Buy"}
    nothing = CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}})
    base = await account.get_settings(["ETHUSD"])
    sim.disturb(
        VENUE, BYBIT.POSITION_LIST, CannedAnswer.json(200, {"retCode": 0, "result": {"list": legs}}), nothing, nothing
    )
    orders = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [order]}})
    own = {"retCode": 0, "result": {"list": [order | {"symbol": "BTCUSDZ26"}]}}
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, own), orders, nothing, nothing)
    snapshot = await account.get_settings(["ETHUSD"], orders=True, known=base)
    assert (snapshot.open_orders, snapshot.open_positions) == (2, 2)
    assert snapshot.weight == base.weight + 7
    linear = snapshot.symbol("BTCUSDT")
    assert linear == SymbolSettings("BTCUSDT", MarginType.ISOLATED, D(7), D(9), position=D(1), open_orders=0)
    assert {row.symbol: row.open_orders for row in snapshot.symbols} == {
        "BTCUSD": 0,
        "ETHUSD": 0,
        "BTCUSDT": 0,
        "BTCUSDZ26": 1,
        "SOLUSDC": 1,
    }


async def test_settings_with_brackets(account: BybitInverseAccount) -> None:
    """The tier of the present value says which leverage is possible; a snapshot taken before is completed."""
    base = await account.get_settings(["BTCUSD", "ETHUSD"])
    both = await account.get_settings(["BTCUSD", "ETHUSD"], brackets=True)
    assert {row.symbol: row.max_leverage for row in both.symbols} == {"BTCUSD": D("66.67"), "ETHUSD": D(100)}
    assert both.weight == base.weight + 2
    later = await account.get_settings(["BTCUSD", "ETHUSD"], brackets=["BTCUSD"], known=base)
    assert {row.symbol: row.max_leverage for row in later.symbols} == {"BTCUSD": D("66.67"), "ETHUSD": None}
    assert later.weight == base.weight + 2


async def test_settings_of_an_unknown_symbol(account: BybitInverseAccount) -> None:
    """The venue's refusal arrives."""
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.get_settings(["NOPE"])


async def test_settings_of_a_flat_account() -> None:
    """Nothing is held, and cross margin holds."""
    async with (
        venuekit.simulate(VENUE, scenario="flat") as sim,
        venuekit.connect(VENUE, sim.credentials(VENUE)) as account,
    ):
        assert isinstance(account, BybitInverseAccount)
        assert await account.get_positions() == ()
        snapshot = await account.get_settings(["BTCUSD"], orders=True)
    assert (snapshot.margin_type, snapshot.open_positions, snapshot.open_orders) == (MarginType.CROSS, 0, 0)
