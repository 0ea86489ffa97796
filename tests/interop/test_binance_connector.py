"""binance-futures-connector, unchanged, against the simulated USD-M venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.simulator.ledger import Ledger, Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", venue="binance_usdm", subject="account")

UNKNOWN_KEY = "k" * 64
WRONG_SECRET = "s" * 64


def rests(symbol: str) -> Callable[[Ledger], object]:
    """Return what puts an order far from the market."""
    return lambda ledger: ledger.rest_order(symbol, Side.BUY, Decimal("0.1"), Decimal(1000))


# -- every row


@pytest.mark.interop(subject="market")
async def test_time(usdm: Any) -> None:
    """A02: the clock is the simulator's."""
    before = usdm.sim.milliseconds()
    told = (await usdm.call("time"))["serverTime"]
    assert before <= told <= usdm.sim.milliseconds()


@pytest.mark.interop(subject="market")
async def test_instruments(usdm: Any) -> None:
    """A01: every contract of the ledger is listed, with its steps."""
    listed = {row["symbol"]: row for row in (await usdm.call("exchange_info"))["symbols"]}
    assert listed.keys() == usdm.ledger.contracts.keys()
    filters = {each["filterType"]: each for each in listed["BTCUSDT"]["filters"]}
    contract = usdm.ledger.contract("BTCUSDT")
    assert Decimal(filters["LOT_SIZE"]["stepSize"]) == contract.quantity_step
    assert Decimal(filters["PRICE_FILTER"]["tickSize"]) == contract.price_tick


@pytest.mark.interop(subject="balances")
async def test_balance(usdm: Any) -> None:
    """U16: wallet and what is available, per asset."""
    rows = {row["asset"]: row for row in await usdm.call("balance")}
    for figures in usdm.ledger.balances():
        assert Decimal(rows[figures.asset]["balance"]) == figures.wallet
        assert Decimal(rows[figures.asset]["crossWalletBalance"]) == figures.cross_wallet
        assert Decimal(rows[figures.asset]["availableBalance"]) == figures.available


async def test_account(usdm: Any) -> None:
    """U17: totals, assets and positions."""
    account = await usdm.call("account")
    totals = usdm.ledger.totals()
    assert totals is not None
    assert Decimal(account["totalWalletBalance"]) == totals.wallet
    assert Decimal(account["totalMaintMargin"]) == totals.maintenance_margin
    assert {row["symbol"] for row in account["positions"]} == {"BTCUSDT"}
    assert {row["asset"] for row in account["assets"]} == {row.asset for row in usdm.ledger.balances()}


@pytest.mark.interop(subject="positions")
async def test_positions(usdm: Any) -> None:
    """U22: one row of the position that is held, none of flat symbols."""
    (row,) = await usdm.call("get_position_risk")
    figures = usdm.ledger.position("BTCUSDT")
    assert row["symbol"] == "BTCUSDT"
    assert Decimal(row["positionAmt"]) == figures.quantity
    assert Decimal(row["entryPrice"]) == figures.entry_price
    assert Decimal(row["unRealizedProfit"]) == figures.unrealized_pnl
    assert Decimal(row["liquidationPrice"]) == figures.liquidation_price.quantize(Decimal(row["liquidationPrice"]))
    assert await usdm.call("get_position_risk", symbol="ETHUSDT") == []


@pytest.mark.interop(subject="positions")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_positions_in_hedge_mode(usdm: Any) -> None:
    """U22: in hedge mode the legs are rows of their own."""
    usdm.ledger.set_position_mode(PositionMode.HEDGE)
    usdm.ledger.fill("ETHUSDT", Side.SELL, Decimal(2), Decimal(3000), "short")
    rows = {row["positionSide"]: row for row in await usdm.call("get_position_risk", symbol="ETHUSDT")}
    assert Decimal(rows["SHORT"]["positionAmt"]) == -2
    assert rows.keys() <= {"LONG", "SHORT"}


@pytest.mark.interop(subject="leverage")
async def test_brackets(usdm: Any) -> None:
    """U25: the tiers of the ledger."""
    (row,) = _listed(await usdm.call("leverage_brackets", symbol="BTCUSDT"))
    tiers = usdm.ledger.contract("BTCUSDT").brackets
    assert [Decimal(str(one["notionalCap"])) for one in row["brackets"]] == [tier.cap for tier in tiers]
    assert [one["initialLeverage"] for one in row["brackets"]] == [int(tier.max_leverage) for tier in tiers]
    assert {one["symbol"] for one in await usdm.call("leverage_brackets")} == usdm.ledger.contracts.keys()


def _listed(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


async def test_configuration(usdm: Any) -> None:
    """U02, U04: modes from the configuration, and from their own reads, margin type and leverage per symbol."""
    config = await usdm.call("futures_account_configuration")
    assert (config["dualSidePosition"], config["multiAssetsMargin"]) == (False, False)
    assert await usdm.call("get_position_mode") == {"dualSidePosition": False}
    assert await usdm.call("get_multi_asset_mode") == {"multiAssetsMargin": False}
    (row,) = await usdm.call("symbol_configuration", symbol="BTCUSDT")
    assert (row["marginType"], row["leverage"]) == ("ISOLATED", int(usdm.ledger.leverage("BTCUSDT")))


@pytest.mark.interop(subject="leverage")
async def test_set_leverage(usdm: Any) -> None:
    """U18: the leverage changes, and again to the same value is no refusal."""
    for _ in range(2):
        answer = await usdm.call("change_leverage", symbol="ETHUSDT", leverage=7)
        assert (answer["symbol"], answer["leverage"]) == ("ETHUSDT", 7)
        assert Decimal(answer["maxNotionalValue"]) == usdm.ledger.max_position("ETHUSDT")
    assert usdm.ledger.leverage("ETHUSDT") == 7


@pytest.mark.interop(subject="margin type")
async def test_set_margin_type(usdm: Any) -> None:
    """U19: the margin type of one symbol changes."""
    answer = await usdm.call("change_margin_type", symbol="ETHUSDT", marginType="ISOLATED")
    assert answer == {"code": 200, "msg": "success"}
    assert usdm.ledger.margin_type("ETHUSDT") is MarginType.ISOLATED


@pytest.mark.interop(subject="position mode")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_set_modes(usdm: Any) -> None:
    """U01, U03: both modes of the account change."""
    assert await usdm.call("change_position_mode", dualSidePosition="true") == {"code": 200, "msg": "success"}
    assert usdm.ledger.position_mode is PositionMode.HEDGE
    assert await usdm.call("change_multi_asset_mode", multiAssetsMargin="true") == {"code": 200, "msg": "success"}
    assert usdm.ledger.asset_mode is AssetMode.MULTI


async def test_headers(usdm: Any) -> None:
    """The used weight of the address is told, and grows by the weight of each read."""
    client = usdm.make(usdm.sim.key, usdm.sim.secret)
    client.show_limit_usage = True
    usages = [(await asyncio.to_thread(client.balance))["limit_usage"] for _ in range(2)]
    first, second = (int(next(iter(usage.values()))) for usage in usages)
    assert second - first == 5


# -- every refusal

_MARGIN = "change_margin_type"
_LEVERAGE = "change_leverage"
_MODE = {"dualSidePosition": "true"}
_MULTI = {"multiAssetsMargin": "true"}

#: scenario, what somebody else did before, method, arguments, code, words
Refused = tuple[str, Callable[[Ledger], object] | None, str, dict[str, Any], int, str]

REFUSALS: dict[str, Refused] = {
    "no other margin type": (
        "flat", None, _MARGIN, {"symbol": "ETHUSDT", "marginType": "CROSSED"},
        -4046, "No need to change margin type.",
    ),
    "margin type with orders": (
        "flat", rests("ETHUSDT"), _MARGIN, {"symbol": "ETHUSDT", "marginType": "ISOLATED"},
        -4047, "Margin type cannot be changed if there exists open orders.",
    ),
    "margin type with a position": (
        "holding", None, _MARGIN, {"symbol": "BTCUSDT", "marginType": "CROSSED"},
        -4048, "Margin type cannot be changed if there exists position.",
    ),
    "no other position mode": (
        "flat", None, "change_position_mode", {"dualSidePosition": "false"},
        -4059, "No need to change position side.",
    ),
    "position mode with orders": (
        "flat", rests("ETHUSDT"), "change_position_mode", _MODE,
        -4067, "Position side cannot be changed if there exists open orders.",
    ),
    "position mode with a position": (
        "holding", None, "change_position_mode", _MODE,
        -4068, "Position side cannot be changed if there exists position.",
    ),
    "leverage out of range": (
        "flat", None, _LEVERAGE, {"symbol": "ETHUSDT", "leverage": 200},
        -4028, "Leverage 200 is not valid",
    ),
    "less leverage while isolated": (
        "holding", None, _LEVERAGE, {"symbol": "BTCUSDT", "leverage": 10},
        -4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions",
    ),
    "multi-assets while isolated": (
        "flat", lambda ledger: ledger.set_margin_type(MarginType.ISOLATED, "ETHUSDT"),
        "change_multi_asset_mode", _MULTI,
        -4167, "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.",
    ),
    "isolated while multi-assets": (
        "flat", lambda ledger: ledger.set_asset_mode(AssetMode.MULTI), _MARGIN,
        {"symbol": "ETHUSDT", "marginType": "ISOLATED"},
        -4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.",
    ),
    "no other asset mode": (
        "flat", None, "change_multi_asset_mode", {"multiAssetsMargin": "false"},
        -4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.",
    ),
    "leverage beyond the tier": (
        "holding", None, _LEVERAGE, {"symbol": "BTCUSDT", "leverage": 125},
        -2027, "Exceeded the maximum allowable position at current leverage.",
    ),
    "unknown symbol": (
        "flat", None, _LEVERAGE, {"symbol": "NOSUCH", "leverage": 5},
        -1121, "Invalid symbol.",
    ),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("scenario", "refused"), [(refused[0], refused) for refused in REFUSALS.values()], ids=list(REFUSALS)
)
async def test_refusal(usdm: Any, refused: Refused) -> None:
    """What the venue refuses has its status, code and words, and changes nothing."""
    _, arrange, method, arguments, code, words = refused
    if arrange is not None:
        arrange(usdm.ledger)
    before = usdm.ledger.snapshot()
    with pytest.raises(ClientError) as caught:
        await usdm.call(method, **arguments)
    assert (caught.value.status_code, caught.value.error_code, caught.value.error_message) == (400, code, words)
    assert usdm.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(10, "Timestamp for this request is outside of the recvWindow.", id="late"),
        pytest.param(-10, "Timestamp for this request was 1000ms ahead of the server's time.", id="early"),
    ],
)
async def test_clock(usdm: Any, seconds: float, words: str) -> None:
    """-1021: a request outside the window is refused, write or read, and changes nothing."""
    usdm.sim.skew(seconds)
    before = usdm.ledger.snapshot()
    for method, arguments in (("balance", {}), (_LEVERAGE, {"symbol": "ETHUSDT", "leverage": 3})):
        with pytest.raises(ClientError) as caught:
            await usdm.call(method, **arguments)
        assert (caught.value.status_code, caught.value.error_code, caught.value.error_message) == (400, -1021, words)
    assert usdm.ledger.snapshot() == before


async def test_wider_window(usdm: Any) -> None:
    """A03: a wider window lets a late request in."""
    usdm.sim.skew(10)
    assert await usdm.call("balance", recvWindow=20_000)


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("credentials", "status", "code", "words"),
    [
        pytest.param(
            {"secret": WRONG_SECRET}, 400, -1022, "Signature for this request is not valid.", id="wrong secret"
        ),
        pytest.param({"key": "short"}, 401, -2014, "API-key format invalid.", id="no key at all"),
        pytest.param(
            {"key": UNKNOWN_KEY}, 401, -2015, "Invalid API-key, IP, or permissions for action.", id="unknown key"
        ),
    ],
)
async def test_access(usdm: Any, credentials: dict[str, str], status: int, code: int, words: str) -> None:
    """-1022, -2014, -2015: who has no right key and secret gets nothing."""
    with pytest.raises(ClientError) as caught:
        await usdm.call("balance", **credentials)
    assert (caught.value.status_code, caught.value.error_code, caught.value.error_message) == (status, code, words)


@pytest.mark.interop(subject="refusals")
async def test_read_only_key(usdm: Any) -> None:
    """-2015: a key that may only read reads, and is refused a write."""
    own = {"key": usdm.sim.read_only_key, "secret": usdm.sim.read_only_secret}
    assert await usdm.call("balance", **own)
    with pytest.raises(ClientError) as caught:
        await usdm.call(_LEVERAGE, **own, symbol="ETHUSDT", leverage=3)
    assert (caught.value.status_code, caught.value.error_code) == (401, -2015)
    assert usdm.ledger.leverage("ETHUSDT") != 3
