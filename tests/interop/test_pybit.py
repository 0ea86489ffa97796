"""pybit, unchanged but for its endpoint, against the simulated inverse venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError

from venuekit.capabilities import MarginType, PositionMode
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="pybit", venue="bybit_inverse", subject="account")

INVERSE = {"category": "inverse"}


async def rows(desk: Any, method: str, **arguments: Any) -> list[dict[str, Any]]:
    """Return the list of an answer."""
    answer = await desk.call(method, **arguments)
    assert answer["retCode"] == 0
    listed: list[dict[str, Any]] = answer["result"]["list"]
    return listed


def leverages(value: str) -> dict[str, str]:
    """Return both leverages, which must be equal."""
    return {"buyLeverage": value, "sellLeverage": value}


# -- every row


@pytest.mark.interop(subject="market")
async def test_time(inverse: Any) -> None:
    """A02: the clock is the simulator's, in the body and in the envelope."""
    before = inverse.sim.milliseconds()
    answer = await inverse.call("get_server_time")
    assert before <= answer["time"] <= inverse.sim.milliseconds()
    assert int(answer["result"]["timeSecond"]) == answer["time"] // 1000


@pytest.mark.interop(subject="market")
async def test_instruments(inverse: Any) -> None:
    """A01: every contract of the ledger is listed, with its steps."""
    listed = {row["symbol"]: row for row in await rows(inverse, "get_instruments_info", **INVERSE)}
    assert listed.keys() == inverse.ledger.contracts.keys()
    contract = inverse.ledger.contract("BTCUSD")
    assert Decimal(listed["BTCUSD"]["priceFilter"]["tickSize"]) == contract.price_tick
    assert Decimal(listed["BTCUSD"]["leverageFilter"]["maxLeverage"]) == contract.max_leverage


@pytest.mark.interop(subject="market")
async def test_quotes(inverse: Any) -> None:
    """The last price, the book and the last candle stand around the mark."""
    mark = inverse.ledger.mark("ETHUSD")
    (ticker,) = await rows(inverse, "get_tickers", **INVERSE, symbol="ETHUSD")
    assert Decimal(ticker["markPrice"]) == Decimal(ticker["lastPrice"]) == mark
    book = (await inverse.call("get_orderbook", **INVERSE, symbol="ETHUSD", limit=5))["result"]
    assert Decimal(book["b"][0][0]) < mark < Decimal(book["a"][0][0])
    candles = await inverse.call("get_kline", **INVERSE, symbol="ETHUSD", interval="1", limit=3)
    assert Decimal(candles["result"]["list"][0][4]) == mark


@pytest.mark.interop(subject="market")
async def test_coins(inverse: Any) -> None:
    """The coins of the account, each with a chain."""
    listed = (await inverse.call("get_coin_info"))["result"]["rows"]
    assert {row["coin"] for row in listed} == {figures.asset for figures in inverse.ledger.balances()}
    assert all(row["chains"] for row in listed)


@pytest.mark.interop(subject="market")
async def test_risk_limits(inverse: Any) -> None:
    """B08: the tiers of the ledger."""
    tiers = await rows(inverse, "get_risk_limit", **INVERSE, symbol="BTCUSD")
    contract = inverse.ledger.contract("BTCUSD")
    assert [Decimal(row["riskLimitValue"]) for row in tiers] == [tier.cap for tier in contract.brackets]
    assert [Decimal(row["maxLeverage"]) for row in tiers] == [tier.max_leverage for tier in contract.brackets]


async def test_account_info(inverse: Any) -> None:
    """B16: a unified account 2.0, with the ledger's margin mode."""
    result = (await inverse.call("get_account_info"))["result"]
    assert result["unifiedMarginStatus"] in {5, 6}
    assert result["marginMode"] == "ISOLATED_MARGIN"


@pytest.mark.interop(subject="balances")
async def test_wallet(inverse: Any) -> None:
    """B04: coins with wallet and equity."""
    (account,) = await rows(inverse, "get_wallet_balance", accountType="UNIFIED", coin="BTC")
    (coin,) = account["coin"]
    figures = inverse.ledger.balance("BTC")
    assert Decimal(coin["walletBalance"]) == figures.wallet
    assert Decimal(coin["equity"]) == figures.equity
    assert Decimal(coin["totalPositionMM"]) == figures.maintenance_margin


@pytest.mark.interop(subject="balances")
async def test_collateral(inverse: Any) -> None:
    """B17: the settle coins are collateral."""
    listed = {row["currency"]: row for row in await rows(inverse, "get_collateral_info")}
    assert listed["BTC"]["collateralSwitch"] is True


@pytest.mark.interop(subject="positions")
async def test_position(inverse: Any) -> None:
    """B05, B22: the position of a symbol, with its leverage; a flat one has a row too."""
    (row,) = await rows(inverse, "get_positions", **INVERSE, symbol="BTCUSD")
    figures = inverse.ledger.position("BTCUSD")
    assert (row["side"], Decimal(row["size"])) == ("Buy", figures.quantity)
    assert Decimal(row["leverage"]) == figures.leverage
    (flat,) = await rows(inverse, "get_positions", **INVERSE, symbol="ETHUSD")
    assert (flat["side"], Decimal(flat["size"])) == ("", Decimal(0))


@pytest.mark.interop(subject="positions")
async def test_position_pages(inverse: Any) -> None:
    """B06: open positions only, page by page, the cursor given back as it came."""
    inverse.ledger.fill("ETHUSD", Side.SELL, Decimal(1000), Decimal(4000))
    found, cursor = [], ""
    for _ in range(2):
        answer = await inverse.call("get_positions", **INVERSE, limit=1, **({"cursor": cursor} if cursor else {}))
        found += [row["symbol"] for row in answer["result"]["list"]]
        cursor = answer["result"]["nextPageCursor"]
    assert sorted(found) == ["BTCUSD", "ETHUSD"]


@pytest.mark.interop(subject="leverage")
async def test_set_leverage(inverse: Any) -> None:
    """B13: the leverage of a symbol changes, in hundredths too."""
    answer = await inverse.call("set_leverage", **INVERSE, symbol="ETHUSD", **leverages("12.34"))
    assert (answer["retCode"], answer["result"]) == (0, {})
    assert inverse.ledger.leverage("ETHUSD") == Decimal("12.34")


@pytest.mark.interop(subject="margin type")
async def test_set_margin_mode(inverse: Any) -> None:
    """B12: the margin mode of the whole account changes."""
    answer = await inverse.call("set_margin_mode", setMarginMode="REGULAR_MARGIN")
    assert (answer["retCode"], answer["result"]) == (0, {"reasons": []})
    assert inverse.ledger.margin_type() is MarginType.CROSS


@pytest.mark.interop(subject="position mode")
async def test_position_mode(inverse: Any) -> None:
    """B14: inverse contracts are one-way, which is told as no change."""
    for which in ({"symbol": "ETHUSD"}, {"coin": "ETH"}):
        with pytest.raises(InvalidRequestError) as caught:
            await inverse.call("switch_position_mode", **INVERSE, **which, mode=0)
        assert caught.value.status_code == 110025
    assert inverse.ledger.position_mode is PositionMode.ONE_WAY


@pytest.mark.interop(subject="orders")
async def test_open_orders(inverse: Any) -> None:
    """What rests is listed, as the settings read needs it."""
    inverse.ledger.rest_order("ETHUSD", Side.BUY, Decimal(100), Decimal(1000))
    (row,) = await rows(inverse, "get_open_orders", **INVERSE, symbol="ETHUSD")
    assert (row["symbol"], row["side"], row["orderStatus"]) == ("ETHUSD", "Buy", "New")


# -- every refusal

REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no other leverage": (
        "set_leverage", {**INVERSE, "symbol": "ETHUSD", **leverages("10")},
        110043, "leverage not modified",
    ),
    "leverage beyond the tier": (
        "set_leverage", {**INVERSE, "symbol": "BTCUSD", **leverages("100")},
        110013, "Cannot set leverage due to risk limit level.",
    ),
    "isolated per symbol": (
        "switch_margin_mode", {**INVERSE, "symbol": "BTCUSD", "tradeMode": 1, **leverages("10")},
        100028, "unified account is forbidden",
    ),
    "no other position mode": (
        "switch_position_mode", {**INVERSE, "symbol": "BTCUSD", "mode": 0},
        110025, "Position mode is not modified",
    ),
    "hedge mode": (
        "switch_position_mode", {**INVERSE, "symbol": "BTCUSD", "mode": 3},
        110029, "Hedge mode is not supported for this symbol.",
    ),
    "unknown symbol": (
        "set_leverage", {**INVERSE, "symbol": "NOSUCH", **leverages("5")},
        10001, "params error: symbol invalid NOSUCH",
    ),
    "two leverages": (
        "set_leverage", {**INVERSE, "symbol": "ETHUSD", "buyLeverage": "5", "sellLeverage": "6"},
        10001, "params error: buyLeverage must equal sellLeverage",
    ),
    "portfolio margin": (
        "set_margin_mode", {"setMarginMode": "PORTFOLIO_MARGIN"},
        3400045, "Set margin mode failed",
    ),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(("method", "arguments", "code", "words"), list(REFUSALS.values()), ids=list(REFUSALS))
async def test_refusal(inverse: Any, method: str, arguments: dict[str, Any], code: int, words: str) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    before = inverse.ledger.snapshot()
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call(method, **arguments)
    assert (caught.value.status_code, caught.value.message) == (code, words)
    assert inverse.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize("seconds", [10, -10], ids=["late", "early"])
async def test_clock(inverse: Any, seconds: float) -> None:
    """10002: a request outside the window is refused, with the venue's own time in its words."""
    inverse.sim.skew(seconds)
    before = inverse.ledger.snapshot()
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("set_leverage", **INVERSE, symbol="ETHUSD", **leverages("3"))
    assert caught.value.status_code == 10002
    begin = "invalid request, please check your server timestamp or recv_window param. req_timestamp["
    assert caught.value.message.startswith(begin)
    assert inverse.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_unknown_key(inverse: Any) -> None:
    """10003: a key that the venue does not know."""
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("get_account_info", key="k" * 64)
    assert (caught.value.status_code, caught.value.message) == (10003, "API key is invalid.")


@pytest.mark.interop(subject="refusals")
async def test_wrong_secret(inverse: Any) -> None:
    """10004: a secret that does not belong to the key."""
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("get_account_info", secret="s" * 64)
    assert caught.value.status_code == 10004
    assert caught.value.message.startswith("error sign! origin_string[")


@pytest.mark.interop(subject="refusals")
async def test_read_only_key(inverse: Any) -> None:
    """10005: a key that may only read reads, and is refused a write."""
    own = {"key": inverse.sim.read_only_key, "secret": inverse.sim.read_only_secret}
    assert (await inverse.call("get_account_info", **own))["retCode"] == 0
    before = inverse.ledger.snapshot()
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("set_margin_mode", **own, setMarginMode="REGULAR_MARGIN")
    words = "Permission denied, please check your API key permissions."
    assert (caught.value.status_code, caught.value.message) == (10005, words)
    assert inverse.ledger.snapshot() == before
