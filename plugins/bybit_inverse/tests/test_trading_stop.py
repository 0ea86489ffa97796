"""Take-profit, stop-loss and trailing stop at the simulated venue: they trigger at the mark and close the position."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask

from venuekit.capabilities import OrderType
from venuekit.errors import Rejected, VenueError
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BybitInverseAccount

D = Decimal
PATH = "/v5/position/trading-stop"
FULL = {**INVERSE, "symbol": "BTCUSD", "tpslMode": "Full", "positionIdx": 0}


@pytest.fixture
def mark(sim: Simulation) -> Decimal:
    """The mark of the long position that the scenario holds."""
    return sim.ledger.mark("BTCUSD")


async def fields(ask: Ask, *names: str, symbol: str = "BTCUSD") -> tuple[Any, ...]:
    """Return some fields of a position's row."""
    (row,) = (await ask("GET", "/v5/position/list", {**INVERSE, "symbol": symbol}))["result"]["list"]
    return tuple(row[name] for name in names)


async def set_stops(ask: Ask, **stops: Any) -> None:
    """Set what protects the position of the scenario."""
    answer = await ask("POST", PATH, {**FULL, **stops})
    assert (answer["retCode"], answer["result"]) == (0, {})


async def test_position_shows_what_protects_it(ask: Ask, mark: Decimal) -> None:
    """Prices of both, and the distance of a trailing stop; 0 takes each away again."""
    before = await fields(ask, "takeProfit", "stopLoss", "trailingStop")
    await set_stops(ask, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000), trailingStop="500")
    shown = await fields(ask, "takeProfit", "stopLoss", "trailingStop")
    await set_stops(ask, takeProfit="0", trailingStop="0")
    left = await fields(ask, "takeProfit", "stopLoss", "trailingStop")
    assert before == ("", "", "0")
    assert tuple(map(Decimal, shown)) == (mark + 1000, mark - 1000, 500)
    assert left == ("", shown[1], "0")


async def test_position_is_read_with_what_protects_it(ask: Ask, account: BybitInverseAccount, mark: Decimal) -> None:
    """Prices and distance are fields of the position, and None where nothing is set."""
    before = await account.get_position("BTCUSD")
    await set_stops(ask, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000), trailingStop="500")
    shown = await account.get_position("BTCUSD")
    assert (before.take_profit, before.stop_loss, before.trailing_stop) == (None, None, None)
    assert (shown.take_profit, shown.stop_loss, shown.trailing_stop) == (mark + 1000, mark - 1000, Decimal(500))


async def test_its_orders_are_conditional_ones_of_the_position(
    ask: Ask, account: BybitInverseAccount, mark: Decimal
) -> None:
    """In the list of open orders they have the size of the position, their own kinds, and what each triggers at."""
    await set_stops(ask, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000), tpTriggerBy="MarkPrice")
    rows = (await ask("GET", "/v5/order/realtime", INVERSE))["result"]["list"]
    assert [(row["stopOrderType"], row["triggerBy"], row["triggerDirection"]) for row in rows] == [
        ("StopLoss", "LastPrice", 2),
        ("TakeProfit", "MarkPrice", 1),
    ]
    assert {(row["side"], row["qty"], row["orderStatus"]) for row in rows} == {("Sell", "16000000", "Untriggered")}
    assert all(row["reduceOnly"] and row["closeOnTrigger"] for row in rows)
    listed = await account.get_open_orders(symbol="BTCUSD")
    assert {one.type for one in listed} == {OrderType.TAKE_PROFIT_MARKET, OrderType.STOP_MARKET}


@pytest.mark.parametrize(("move", "word"), [(1000, "TakeProfit"), (-1000, "StopLoss")])
async def test_mark_closes_the_position(ask: Ask, sim: Simulation, mark: Decimal, move: int, word: str) -> None:
    """One of the two fills, the other ends without having triggered, and the position is flat."""
    await set_stops(ask, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000))

    sim.ledger.set_mark("BTCUSD", mark + move)

    assert not sim.ledger.position("BTCUSD").quantity
    ended = (await ask("GET", "/v5/order/realtime", {**INVERSE, "openOnly": 1}))["result"]["list"]
    names = ("orderStatus", "cumExecQty", "cancelType", "rejectReason")
    words = {row["stopOrderType"]: tuple(row[name] for name in names) for row in ended}
    other = "StopLoss" if word == "TakeProfit" else "TakeProfit"
    assert words[word] == ("Filled", "16000000", "UNKNOWN", "EC_NoError")
    assert words[other] == ("Deactivated", "0", "CancelByTpSlTsClear", "EC_NoError")
    fills = (await ask("GET", "/v5/execution/list", {**INVERSE, "symbol": "BTCUSD"}))["result"]["list"]
    told = tuple(fills[0][name] for name in ("stopOrderType", "createType", "closedSize"))
    assert told == (word, f"CreateBy{word}", "16000000")
    assert await fields(ask, "takeProfit", "stopLoss") == ("", "")


async def test_trailing_stop_closes_a_short_position(ask: Ask, sim: Simulation) -> None:
    """It waits for its activation price, follows the mark down, and buys back when that comes up by its distance."""
    start = sim.ledger.mark("ETHUSD")
    sim.ledger.fill("ETHUSD", Side.SELL, D(1000), start)
    stop = {"symbol": "ETHUSD", "trailingStop": "20", "activePrice": str(start - 50)}
    await set_stops(ask, **stop)
    (row,) = (await ask("GET", "/v5/order/realtime", {**INVERSE, "symbol": "ETHUSD"}))["result"]["list"]
    for move in (30, -60, -100, -81):
        sim.ledger.set_mark("ETHUSD", start + move)
    before = sim.ledger.position("ETHUSD").quantity

    sim.ledger.set_mark("ETHUSD", start - 80)

    assert (row["stopOrderType"], row["side"], Decimal(row["triggerPrice"])) == ("TrailingStop", "Buy", start - 50)
    assert (before, sim.ledger.position("ETHUSD").quantity) == (-1000, 0)


async def test_a_change_keeps_the_order(ask: Ask, mark: Decimal) -> None:
    """A stop-loss that is moved keeps its id, and the take-profit beside it stays as it is."""
    await set_stops(ask, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000))
    before = {row["stopOrderType"]: row for row in (await ask("GET", "/v5/order/realtime", INVERSE))["result"]["list"]}
    await set_stops(ask, stopLoss=str(mark - 500))
    after = {row["stopOrderType"]: row for row in (await ask("GET", "/v5/order/realtime", INVERSE))["result"]["list"]}
    assert after["TakeProfit"] == before["TakeProfit"]
    assert after["StopLoss"]["orderId"] == before["StopLoss"]["orderId"]
    assert Decimal(after["StopLoss"]["triggerPrice"]) == mark - 500


async def test_parts_of_a_position(ask: Ask, sim: Simulation, mark: Decimal) -> None:
    """Each request adds orders about a part, by a limit where it asks for one; the row of the position shows none."""
    part = {"tpslMode": "Partial", "tpSize": "1000000", "slSize": "1000000"}
    limit = {"tpOrderType": "Limit", "tpLimitPrice": str(mark + 900)}
    await set_stops(ask, **part, **limit, takeProfit=str(mark + 1000), stopLoss=str(mark - 1000))
    await set_stops(ask, **part, takeProfit=str(mark + 2000))
    rows = (await ask("GET", "/v5/order/realtime", INVERSE))["result"]["list"]
    assert [(row["stopOrderType"], row["orderType"], row["qty"]) for row in rows] == [
        ("PartialTakeProfit", "Market", "1000000"),
        ("PartialStopLoss", "Market", "1000000"),
        ("PartialTakeProfit", "Limit", "1000000"),
    ]
    assert await fields(ask, "takeProfit", "stopLoss") == ("", "")

    sim.ledger.set_mark("BTCUSD", mark + 2000)

    assert sim.ledger.position("BTCUSD").quantity == 14_000_000


async def test_order_brings_its_own(ask: Ask, sim: Simulation) -> None:
    """What an order has attached is there once it is filled, and what an amendment says counts."""
    start = sim.ledger.mark("ETHUSD")
    order = {**INVERSE, "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": str(start - 10)}
    stops = {"takeProfit": str(start + 100), "stopLoss": str(start - 100)}
    placed = (await ask("POST", "/v5/order/create", {**order, **stops}))["result"]
    name = {**INVERSE, "symbol": "ETHUSD", "orderId": placed["orderId"]}
    await ask("POST", "/v5/order/amend", {**name, "stopLoss": str(start - 50)})
    waiting = await fields(ask, "takeProfit", "stopLoss", symbol="ETHUSD")

    sim.ledger.set_mark("ETHUSD", start - 10)
    shown = await fields(ask, "size", "takeProfit", "stopLoss", symbol="ETHUSD")
    sim.ledger.set_mark("ETHUSD", start - 50)

    assert waiting == ("", "")
    assert tuple(map(Decimal, shown)) == (100, start + 100, start - 50)
    assert not sim.ledger.position("ETHUSD").quantity
    assert not sim.ledger.open_orders("ETHUSD")


#: what is asked, as moves from the mark where a price is a number; the code, and words of the refusal
REFUSALS: dict[str, tuple[dict[str, Any], int, str]] = {
    "flat": ({"symbol": "ETHUSD", "stopLoss": -1000}, 10001, "can not set tp/sl/ts for zero position"),
    "wrong leg": ({"positionIdx": 1, "stopLoss": -1000}, 10001, "position idx not match position mode"),
    "loss above": ({"stopLoss": 1000}, 10001, "set for Buy position should lower than base_price:"),
    "profit below": ({"takeProfit": -1000}, 10001, "set for Buy position should be higher than base_price:"),
    "negative": ({"takeProfit": "-1"}, 10001, "takeProfit invalid"),
    "no number": ({"takeProfit": "x"}, 10001, "takeProfit invalid"),
    "nothing": ({}, 34040, "not modified"),
    "nothing to remove": ({"takeProfit": "0"}, 34040, "not modified"),
    "half a mode": ({"tpslMode": "Half", "stopLoss": -1000}, 10001, "tpslMode invalid"),
    "odd trigger": ({"slTriggerBy": "Moon", "stopLoss": -1000}, 10001, "slTriggerBy invalid"),
    "limit of the whole": ({"tpOrderType": "Limit", "takeProfit": 1000}, 10001, "only supports Market"),
    "no size": ({"tpslMode": "Partial", "takeProfit": 1000}, 10001, "quantity"),
    "unequal": ({"tpslMode": "Partial", "takeProfit": 1000, "tpSize": "1", "slSize": "2"}, 10001, "must equal"),
    "too large": ({"tpslMode": "Partial", "takeProfit": 1000, "tpSize": "16000001"}, 10001, "larger than"),
    "off the tick": ({"stopLoss": "1000.01"}, 10001, "not on the tick"),
    "another product": ({"category": "linear", "stopLoss": -1000}, 10001, "Illegal category"),
}


@pytest.mark.parametrize(("asked", "code", "words"), REFUSALS.values(), ids=REFUSALS)
async def test_refusals(  # noqa: PLR0917
    ask: Ask, sim: Simulation, mark: Decimal, asked: dict[str, Any], code: int, words: str
) -> None:
    """Each has its code and words, and changes nothing, also where only one of two prices is refused."""
    prices = {name: str(mark + move) for name, move in asked.items() if name != "positionIdx" and isinstance(move, int)}
    before = sim.ledger.snapshot()
    for extra in ({}, {"trailingStop": "500"} if code == 10001 else {}):
        with pytest.raises(VenueError) as caught:
            await ask("POST", PATH, {**FULL, **extra, **asked, **prices})
        assert caught.value.code == code
        assert words in caught.value.message
    assert sim.ledger.snapshot() == before


async def test_the_same_again_is_not_modified(ask: Ask, mark: Decimal) -> None:
    """The code says so, and a client may take it for a success."""
    stops = {"takeProfit": str(mark + 1000), "trailingStop": "500"}
    await set_stops(ask, **stops)
    with pytest.raises(Rejected) as caught:
        await set_stops(ask, **stops)
    assert caught.value.code == 34040


@pytest.mark.parametrize(("name", "move"), [("takeProfit", -100), ("stopLoss", 100)])
async def test_order_on_the_wrong_side_is_refused(ask: Ask, sim: Simulation, name: str, move: int) -> None:
    """The prices that an order has attached are compared with its own."""
    start = sim.ledger.mark("ETHUSD") - 10
    order = {**INVERSE, "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": str(start)}
    with pytest.raises(VenueError, match="set for Buy position should"):
        await ask("POST", "/v5/order/create", {**order, name: str(start + move)})
    assert not sim.ledger.open_orders("ETHUSD")
