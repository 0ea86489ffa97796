"""binance-futures-connector, unchanged, against the simulated COIN-M venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import Ledger, Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", venue="binance_coinm", subject="account")

D = Decimal
PERP, ETH = "BTCUSD_PERP", "ETHUSD_PERP"
DONE = {"code": 200, "msg": "success"}


def an_order(ledger: Ledger) -> object:
    """Put an order far from the market."""
    return ledger.rest_order(ETH, Side.BUY, D(1), D(1000))


def row_of(rows: list[dict[str, Any]], **wanted: str) -> dict[str, Any]:
    """Return the only row that has these fields."""
    (found,) = (row for row in rows if wanted.items() <= row.items())
    return found


# -- every row


@pytest.mark.interop(subject="market")
async def test_market(coinm: Any) -> None:
    """A01, A02: every contract with its size, and a clock that is the simulator's."""
    before = coinm.sim.milliseconds()
    assert before <= (await coinm.call("time"))["serverTime"] <= coinm.sim.milliseconds()
    listed = {row["symbol"]: row for row in (await coinm.call("exchange_info"))["symbols"]}
    assert {name: row["contractSize"] for name, row in listed.items()} == {
        name: int(contract.contract_size) for name, contract in coinm.ledger.contracts.items()
    }


@pytest.mark.interop(subject="balances")
async def test_balance(coinm: Any) -> None:
    """C04: wallet and what is available, per coin."""
    for row in await coinm.call("balance"):
        figures = coinm.ledger.balance(row["asset"], purse="binance_coinm")
        assert D(row["balance"]) == figures.wallet
        assert D(row["availableBalance"]) == figures.available
        assert D(row["withdrawAvailable"]) == figures.withdrawable


async def test_account(coinm: Any) -> None:
    """C03, C17: coins and positions, and no totals."""
    account = await coinm.call("account")
    figures = coinm.ledger.position(PERP)
    row = row_of(account["positions"], symbol=PERP)
    assert (D(row["positionAmt"]), row["isolated"]) == (figures.quantity, True)
    assert D(row["initialMargin"]) == figures.initial_margin
    assert not [name for name in account if name.startswith("total")]
    coin = row_of(account["assets"], asset="BTC")
    assert D(coin["marginBalance"]) == coinm.ledger.balance("BTC", purse="binance_coinm").equity


@pytest.mark.interop(subject="positions")
async def test_positions(coinm: Any) -> None:
    """C09: one row per symbol, held or not, of a pair or of a margin asset."""
    figures = coinm.ledger.position(PERP)
    rows = await coinm.call("get_position_risk")
    row = row_of(rows, symbol=PERP)
    assert {each["symbol"] for each in rows} == coinm.ledger.contracts.keys()
    assert (D(row["positionAmt"]), D(row["entryPrice"])) == (figures.quantity, figures.entry_price)
    assert (D(row["unRealizedProfit"]), D(row["isolatedMargin"])) == (figures.unrealized_pnl, figures.isolated_margin)
    assert D(row["maxQty"]) == coinm.ledger.max_position(PERP)
    assert {each["symbol"] for each in await coinm.call("get_position_risk", marginAsset="ETH")} == {ETH}
    assert len(await coinm.call("get_position_risk", pair="BTCUSD")) == 2


@pytest.mark.interop(subject="positions")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_positions_in_hedge_mode(coinm: Any) -> None:
    """C09, C17: BOTH stays beside the legs, and is flat."""
    coinm.ledger.set_position_mode(PositionMode.HEDGE)
    coinm.ledger.fill(ETH, Side.SELL, D(2), D(3000), PositionSide.SHORT)
    for rows in (await coinm.call("get_position_risk", pair="ETHUSD"), (await coinm.call("account"))["positions"]):
        amounts = {row["positionSide"]: row["positionAmt"] for row in rows if row["symbol"] == ETH}
        assert amounts == {"BOTH": "0", "LONG": "0", "SHORT": "-2"}


@pytest.mark.interop(subject="leverage")
async def test_brackets(coinm: Any) -> None:
    """C05: by pair as the client asks; by symbol through its own signed call, since its method mixes the two up."""
    client = coinm.make(coinm.sim.key, coinm.sim.secret)
    path, symbol = "/dapi/v2/leverageBracket", {"symbol": PERP}
    (by_symbol,) = await asyncio.to_thread(client.sign_request, "GET", path, symbol)
    tiers = coinm.ledger.contract(PERP).brackets
    assert [D(one["qtyCap"]) for one in by_symbol["brackets"]] == [tier.cap for tier in tiers]
    assert [one["initialLeverage"] for one in by_symbol["brackets"]] == [int(tier.max_leverage) for tier in tiers]
    (by_pair,) = await coinm.call("leverage_brackets", symbol=PERP, pair="BTCUSD")
    assert by_pair["pair"] == "BTCUSD"
    assert {one["symbol"] for one in await coinm.call("leverage_brackets")} == coinm.ledger.contracts.keys()


@pytest.mark.interop(subject="leverage")
async def test_set_leverage(coinm: Any) -> None:
    """C01: the leverage changes, and again to the same value is no refusal."""
    for _ in range(2):
        answer = await coinm.call("change_leverage", symbol=ETH, leverage=7)
        assert answer == {"symbol": ETH, "leverage": 7, "maxQty": str(coinm.ledger.max_position(ETH))}
    assert coinm.ledger.leverage(ETH) == 7


@pytest.mark.interop(subject="margin type")
async def test_set_margin_type(coinm: Any) -> None:
    """C02: the margin type of one symbol changes."""
    assert await coinm.call("change_margin_type", symbol=ETH, marginType="ISOLATED") == DONE
    assert coinm.ledger.margin_type(ETH) is MarginType.ISOLATED


@pytest.mark.interop(subject="position mode")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_position_mode(coinm: Any) -> None:
    """C10, C14: the mode changes and is told."""
    assert await coinm.call("change_position_mode", dualSidePosition="true") == DONE
    assert await coinm.call("get_position_mode") == {"dualSidePosition": True}
    assert coinm.ledger.position_mode is PositionMode.HEDGE


@pytest.mark.interop(subject="orders")
async def test_open_orders(coinm: Any) -> None:
    """The plain book, of a symbol and of a pair."""
    an_order(coinm.ledger)
    (order,) = await coinm.call("get_orders", symbol=ETH)
    assert (order["symbol"], order["pair"], order["origQty"]) == (ETH, "ETHUSD", "1")
    assert await coinm.call("get_orders", pair="BTCUSD") == []


# -- every refusal

#: scenario, what somebody else did before, method, arguments, code
REFUSALS: dict[str, tuple[str, Callable[[Ledger], object] | None, str, dict[str, Any], int]] = {
    "same margin type": ("flat", None, "change_margin_type", {"symbol": ETH, "marginType": "CROSSED"}, -4046),
    "margin type, orders": ("flat", an_order, "change_margin_type", {"symbol": ETH, "marginType": "ISOLATED"}, -4047),
    "margin type, position": ("holding", None, "change_margin_type", {"symbol": PERP, "marginType": "CROSSED"}, -4048),
    "same position mode": ("flat", None, "change_position_mode", {"dualSidePosition": "false"}, -4059),
    "position mode, orders": ("flat", an_order, "change_position_mode", {"dualSidePosition": "true"}, -4067),
    "position mode, position": ("holding", None, "change_position_mode", {"dualSidePosition": "true"}, -4068),
    "leverage out of range": ("flat", None, "change_leverage", {"symbol": ETH, "leverage": 200}, -4028),
    "less leverage, isolated": ("holding", None, "change_leverage", {"symbol": PERP, "leverage": 10}, -4150),
    "leverage beyond the tier": ("holding", None, "change_leverage", {"symbol": PERP, "leverage": 125}, -2027),
    "unknown symbol": ("flat", None, "change_leverage", {"symbol": "NOSUCH", "leverage": 5}, -1121),
    "unknown pair": ("flat", None, "get_position_risk", {"pair": "NOSUCH"}, -4087),
}


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("scenario", "refused"), [(refused[0], refused) for refused in REFUSALS.values()], ids=list(REFUSALS)
)
async def test_refusal(coinm: Any, refused: Any) -> None:
    """What the venue refuses has its status and code, and changes nothing."""
    _, arrange, method, arguments, code = refused
    if arrange is not None:
        arrange(coinm.ledger)
    before = coinm.ledger.snapshot()
    with pytest.raises(ClientError) as caught:
        await coinm.call(method, **arguments)
    assert (caught.value.status_code, caught.value.error_code) == (400, code)
    assert coinm.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("seconds", "credentials", "status", "code"),
    [
        pytest.param(10, {}, 400, -1021, id="late"),
        pytest.param(-10, {}, 400, -1021, id="early"),
        pytest.param(0, {"secret": "s" * 64}, 400, -1022, id="wrong secret"),
        pytest.param(0, {"key": "short"}, 401, -2014, id="no key at all"),
        pytest.param(0, {"key": "k" * 64}, 401, -2015, id="unknown key"),
    ],
)
async def test_access(coinm: Any, seconds: float, credentials: dict[str, str], status: int, code: int) -> None:
    """A03: who is late or has no right key and secret gets nothing."""
    coinm.sim.skew(seconds)
    with pytest.raises(ClientError) as caught:
        await coinm.call("balance", **credentials)
    assert (caught.value.status_code, caught.value.error_code) == (status, code)


@pytest.mark.interop(subject="refusals")
async def test_read_only_key(coinm: Any) -> None:
    """A key that may only read reads, with a wider window too, and is refused a write."""
    own = {"key": coinm.sim.read_only_key, "secret": coinm.sim.read_only_secret}
    coinm.sim.skew(10)
    assert await coinm.call("balance", **own, recvWindow=20_000)
    with pytest.raises(ClientError) as caught:
        await coinm.call("change_leverage", **own, symbol=ETH, leverage=3, recvWindow=20_000)
    assert (caught.value.status_code, caught.value.error_code) == (401, -2015)
    assert coinm.ledger.leverage(ETH) != 3
