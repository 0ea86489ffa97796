"""``history --plot`` against simulated venues: units of their contracts, and every kind that they have."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.cli.svg_texts import points_of, texts_of
from tests.plugins.cli.called import Call

from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side

pytest.importorskip("matplotlib", reason="the extra plot is not installed")


def _draw(call: Call, *words: str) -> list[dict[str, str]]:
    """Download and draw, and return the rows."""
    called = call("history", *words, "--output", "out.csv", "--plot", "out.svg")
    assert called.status == 0, called.err
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_fills_have_a_price_and_a_size_by_side(simulation: Simulation, call: Call) -> None:
    """The unit is that of the contract, and each side has its number of dots."""
    ledger = simulation.ledger_of("binance_usdm")
    for number in range(5):
        side = Side.SELL if number == 4 else Side.BUY
        ledger.fill("ETHUSDT", side, Decimal(number + 1) / 10, Decimal(3000 + number))

    rows = _draw(call, "fills", "binance_usdm", "--symbol", "ETHUSDT")

    buys = sum(row["side"] == "buy" for row in rows)
    texts = texts_of(Path("out.svg"))
    assert points_of(Path("out.svg"), "PathCollection") == [[buys, len(rows) - buys]]
    assert {"price, USDT per ETH", "time, UTC", f"buy: {buys}"} <= set(texts)


def test_closed_profits_are_summed_in_their_settle_assets(simulation: Simulation, call: Call) -> None:
    """Contracts that settle in one asset are one sum; others have a panel of their own."""
    ledger = simulation.ledger_of("bybit_inverse")
    for symbol, price in (("ETHUSD", 3000), ("BTCUSD", 82000)):
        ledger.fill(symbol, Side.BUY, Decimal(100), Decimal(price))
        ledger.fill(symbol, Side.SELL, Decimal(100), Decimal(price + 10))

    rows = _draw(call, "pnl", "bybit_inverse")

    of_assets = {asset: sum(row["symbol"] == f"{asset}USD" for row in rows) for asset in ("BTC", "ETH")}
    texts = texts_of(Path("out.svg"))
    assert [f"sum of profit of closed positions so far, {asset}" in texts for asset in of_assets] == [True, True]
    assert points_of(Path("out.svg"), "line2d") == [[number] for number in of_assets.values()]


def test_candles_have_a_body_and_a_wick_each(simulation: Simulation, call: Call) -> None:
    """As many as there are rows, over the contract's price."""
    rows = _draw(call, "candles", "binance_usdm", "--symbol", "ETHUSDT", "--interval", "5m")

    assert len(rows) > 100
    for kind in ("LineCollection", "PolyCollection"):
        assert points_of(Path("out.svg"), kind) == [[len(rows)]]
    assert {"ETHUSDT, binance_usdm", "price, USDT per ETH"} <= set(texts_of(Path("out.svg")))


def test_funding_rates_are_percent(simulation: Simulation, call: Call) -> None:
    """A mark for each rate."""
    ledger = simulation.ledger_of("binance_usdm")
    for rate in ("0.0001", "-0.0003"):
        ledger.fund("ETHUSDT", Decimal(rate))

    rows = _draw(call, "funding", "binance_usdm", "--symbol", "ETHUSDT")

    assert points_of(Path("out.svg"), "line2d") == [[len(rows)]]
    assert {"rate, %", "funding rate of ETHUSDT; longs pay above 0"} <= set(texts_of(Path("out.svg")))


def test_orders_are_hollow_unless_filled(simulation: Simulation, call: Call) -> None:
    """Each side says how many orders were filled."""
    assert call("order", "place", "binance_usdm", "ETHUSDT", "buy", "0.1", "--price", "2500", "--yes").status == 0
    assert call("order", "place", "binance_usdm", "ETHUSDT", "sell", "0.1", "--type", "market", "--yes").status == 0

    rows = _draw(call, "orders", "binance_usdm", "--symbol", "ETHUSDT")

    filled = sum(row["status"] == "filled" for row in rows)
    texts = [text for text in texts_of(Path("out.svg")) if text.startswith(("buy", "sell"))]
    assert 0 < filled < len(rows)
    assert sum(int(text.rpartition(": ")[2]) for text in texts) == len(rows)
    assert "buy, not filled: 1" in texts
