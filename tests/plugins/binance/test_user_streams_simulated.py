"""User streams of the simulated venues: messages, listen keys, paths, and the clock."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.contract.shapes import Shape, differences
from tests.plugins.binance.user_streams import ask_listen_key, listen, receive_all, work

import venuekit
from venuekit.capabilities import AssetMode, MarginType, OrderType, PositionMode, PositionSide, TimeInForce
from venuekit.simulator.ledger import LedgerOrderRequest, Side
from venuekit.testing import LoopClock

DOCUMENTED = json.loads(Path(__file__).with_name("documented_messages.json").read_text(encoding="utf-8"))
REJECTED = (
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history"
)
#: the differences between the messages of a day's work and the documented ones, with the reason
DIFFERENCES = {
    "binance_usdm": {
        # the example is of a trailing stop, which is no order of these endpoints any more
        *("missing ORDER_TRADE_UPDATE o.AP", "missing ORDER_TRADE_UPDATE o.cr"),
        # the example is older
        "invented ALGO_UPDATE o.ia",
        # the example is of a cross position
        "missing MARGIN_CALL cw",
    },
    "binance_coinm": {
        *("missing ORDER_TRADE_UPDATE o.AP", "missing ORDER_TRADE_UPDATE o.cr"),
        "missing MARGIN_CALL cw",
    },
}


def by_event(messages: list[Any]) -> dict[str, list[Any]]:
    """Return messages by the name of their event."""
    grouped = defaultdict(list)
    for message in messages:
        grouped[message["e"]].append(message)
    return grouped


@pytest.mark.parametrize("venue", sorted(DOCUMENTED))
async def test_messages_are_as_documented(venue: str) -> None:
    """Every documented event of a day's work has its fields and their types, and no further ones."""
    async with venuekit.simulate(venue) as sim, listen(sim, venue) as socket:
        work(sim, venue)
        if venue == "binance_usdm":
            for symbol in ("BTCUSDT", "ETHUSDT"):
                sim.ledger.set_margin_type(MarginType.CROSS, symbol)
            sim.ledger.set_asset_mode(AssetMode.MULTI)
        sim.streams.peers()[0].expire(2)
        pushed = by_event(await receive_all(sim, socket))

    found = set()
    for event, documented in by_event(list(DOCUMENTED[venue].values())).items():
        if pushed[event]:
            shape = Shape.union([Shape.of(one) for one in pushed[event]])
            for words in differences(shape, Shape.union([Shape.of(one) for one in documented])):
                kind, _, where = words.partition(" ")
                found.add(f"{kind} {event} {where}")
        elif event != "CONDITIONAL_ORDER_TRIGGER_REJECT":
            found.add(f"missing {event}")
    assert found == DIFFERENCES[venue]
    assert len(pushed["listenKeyExpired"]) == 2


async def test_the_values_are_those_of_the_ledger() -> None:
    """Wallets, positions, orders and fills have the state after each event."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue, scenario="flat") as sim, listen(sim, venue) as socket:
        ledger = sim.ledger
        ledger.set_position_mode(PositionMode.HEDGE)
        for side, leg in ((Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)):
            ledger.place(
                LedgerOrderRequest(
                    symbol="BTCUSDT", side=side, type=OrderType.MARKET, quantity=Decimal("0.2"), position_side=leg
                )
            )
        ledger.set_depth("BTCUSDT", Decimal("0.05"))
        mark = ledger.mark("BTCUSDT")
        order = ledger.place(
            LedgerOrderRequest(
                symbol="BTCUSDT",
                side=Side.SELL,
                quantity=Decimal("0.2"),
                price=mark,
                position_side=PositionSide.LONG,
                client_id="mine",
            )
        )
        ledger.fund("BTCUSDT", Decimal("0.01"))
        pushed = by_event(await receive_all(sim, socket))
        names = [update["o"]["x"] for update in pushed["ORDER_TRADE_UPDATE"]]
        assert names == ["NEW", "TRADE"] * 3
        last, funding = pushed["ORDER_TRADE_UPDATE"][-1]["o"], pushed["ACCOUNT_UPDATE"][-1]["a"]

        fill = ledger.fills()[-1]
        assert {name: last[name] for name in ("c", "i", "X", "l", "z", "q", "L", "t", "N", "ps")} == {
            "c": "mine",
            "i": int(order.id),
            "X": "PARTIALLY_FILLED",
            "l": "0.050",
            "z": "0.050",
            "q": "0.200",
            "L": "88000",
            "t": int(fill.trade_id),
            "N": "USDT",
            "ps": "LONG",
        }
        assert (Decimal(last["n"]), Decimal(last["rp"])) == (-fill.commission, fill.realized_pnl)
        assert pushed["TRADE_LITE"][-1]["t"] == last["t"]
        assert (funding["m"], funding["P"], funding["S"]) == ("FUNDING_FEE", [], "BTCUSDT")
        assert [row["ps"] for row in pushed["ACCOUNT_UPDATE"][2]["a"]["P"]] == ["BOTH", "LONG", "SHORT"]
        long = pushed["ACCOUNT_UPDATE"][2]["a"]["P"][1]
        figures = ledger.position("BTCUSDT", PositionSide.LONG)
        assert Decimal(long["pa"]) == figures.quantity == Decimal("0.15")
        assert (Decimal(long["ep"]), Decimal(long["bep"])) == (figures.entry_price, figures.break_even_price)
        wallet = ledger.balance("USDT").wallet
        assert Decimal(pushed["ACCOUNT_UPDATE"][-1]["a"]["B"][0]["wb"]) == wallet
        total = sum(Decimal(row["bc"]) for update in pushed["ACCOUNT_UPDATE"] for row in update["a"]["B"])
        assert total == sum(row.amount for row in ledger.incomes()[-2:])


async def test_a_triggered_stop_goes_on_under_its_id_where_there_is_one_book() -> None:
    """Aster ends it as EXPIRED and begins it anew as a market order; Binance has messages of conditional orders."""
    states: dict[str, list[tuple[Any, ...]]] = {}
    for venue in ("aster_usdm_v1", "binance_usdm"):
        async with venuekit.simulate(venue) as sim, listen(sim, venue) as socket:
            work(sim, venue)
            pushed = by_event(await receive_all(sim, socket))
            kind = "ORDER_TRADE_UPDATE" if venue == "aster_usdm_v1" else "ALGO_UPDATE"
            rows = [update["o"] for update in pushed[kind] if "STOP_MARKET" in update["o"].get("ot", update["o"]["o"])]
            states[venue] = [(row.get("x"), row["X"], row["o"]) for row in rows if "TRAILING" not in str(row)]
            assert not pushed["TRADE_LITE"] or venue == "binance_usdm"
    assert states["aster_usdm_v1"] == [
        ("NEW", "NEW", "STOP_MARKET"),
        ("EXPIRED", "EXPIRED", "STOP_MARKET"),
        ("NEW", "NEW", "MARKET"),
        ("TRADE", "FILLED", "MARKET"),
    ]
    assert [state[1] for state in states["binance_usdm"]] == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]


async def test_a_trailing_stop_is_new_twice() -> None:
    """It is new once more when its activation price is reached; where there is one book, nothing says so."""
    activated: dict[str, list[Any]] = {}
    for venue in ("binance_usdm", "aster_usdm_v1"):
        async with venuekit.simulate(venue, scenario="flat") as sim, listen(sim, venue) as socket:
            sim.ledger.place(
                LedgerOrderRequest(
                    symbol="ETHUSDT",
                    side=Side.SELL,
                    type=OrderType.TRAILING_STOP_MARKET,
                    quantity=Decimal(1),
                    activation_price=Decimal(3100),
                    callback_rate=Decimal("0.01"),
                )
            )
            for mark in (3050, 3100, 3110):
                sim.set_mark(venue, "ETHUSDT", Decimal(mark))
            activated[venue] = [message["o"] for message in await receive_all(sim, socket)]
    assert [(one["X"], one["ia"]) for one in activated["binance_usdm"]] == [("NEW", False), ("NEW", True)]
    assert [(one["x"], one["AP"], one["cr"]) for one in activated["aster_usdm_v1"]] == [("NEW", "3100", "1")]


async def test_a_triggered_order_that_is_refused_says_why() -> None:
    """A post-only child that would trade ends its conditional order, in two messages with the venue's words."""
    venue, symbol = "binance_usdm", "ETHUSDT"
    async with venuekit.simulate(venue, scenario="flat") as sim, listen(sim, venue) as socket:
        stop = sim.ledger.place(
            LedgerOrderRequest(
                symbol=symbol,
                side=Side.SELL,
                type=OrderType.STOP,
                quantity=Decimal(1),
                price=Decimal(2500),
                trigger_price=Decimal(2900),
                time_in_force=TimeInForce.POST_ONLY,
            )
        )
        sim.set_mark(venue, symbol, Decimal(2890))
        pushed = by_event(await receive_all(sim, socket))
    states = [update["o"] for update in pushed["ALGO_UPDATE"]]
    assert [(state["X"], state["rm"]) for state in states] == [("NEW", ""), ("REJECTED", REJECTED)]
    [rejected] = pushed["CONDITIONAL_ORDER_TRIGGER_REJECT"]
    documented = Shape.of(DOCUMENTED[venue]["CONDITIONAL_ORDER_TRIGGER_REJECT"])
    assert list(differences(Shape.of(rejected), documented)) == []
    assert rejected["or"] == {"s": symbol, "i": int(stop.id), "r": REJECTED}


@pytest.mark.parametrize(
    ("venue", "path", "delivers"),
    [
        ("binance_usdm", "/private/ws/{key}", True),
        ("binance_usdm", "/private/stream?listenKey={key}", True),
        ("binance_usdm", "/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE/ACCOUNT_CONFIG_UPDATE", True),
        ("binance_usdm", "/private/ws?listenKey={key}&events=ACCOUNT_UPDATE", False),
        ("binance_usdm", "/private/ws?listenKey=bogus", False),
        ("binance_usdm", "/ws/{key}", False),
        ("binance_usdm", "/stream?streams={key}", False),
        ("binance_coinm", "/ws/{key}", True),
        ("binance_coinm", "/stream?streams={key}", True),
    ],
)
async def test_a_handshake_proves_nothing(venue: str, path: str, *, delivers: bool) -> None:
    """Every path completes it; a routed one with a key that is alive delivers, and only the events that it asks for."""
    async with venuekit.simulate(venue) as sim, listen(sim, venue, path) as socket:
        symbol = sim.scenario(venue).flat
        sim.ledger.set_leverage(symbol, Decimal(7))
        [connection] = sim.streams.connections
        assert connection.pushed == delivers
        if delivers:
            message = await socket.receive_json()
            assert (set(message) == {"stream", "data"}) is ("/stream" in path)
            assert message.get("data", message)["ac"] == {"s": symbol, "l": 7}


async def test_a_stream_is_subscribed_by_messages() -> None:
    """SUBSCRIBE adds a listen key, UNSUBSCRIBE takes it away; too many messages in a second end the connection."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue) as sim, aiohttp.ClientSession() as session:
        key = ask_listen_key(sim, venue)["listenKey"]
        assert ask_listen_key(sim, venue)["listenKey"] == key  # the same as long as it lives
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{sim.stream(venue)}/private/other")
        async with session.ws_connect(f"{sim.stream(venue)}/private/stream") as socket:

            async def ask(text: str) -> Any:
                await socket.send_str(text)
                return await socket.receive_json()

            sim.ledger.set_leverage("ETHUSDT", Decimal(6))
            assert await ask(f'{{"method": "SUBSCRIBE", "params": ["{key}"], "id": 1}}') == {"result": None, "id": 1}
            assert await ask('{"method": "LIST_SUBSCRIPTIONS", "id": 2}') == {"result": [key], "id": 2}
            sim.ledger.set_leverage("ETHUSDT", Decimal(7))
            assert (await socket.receive_json())["stream"] == key
            assert await ask(f'{{"method": "UNSUBSCRIBE", "params": ["{key}"], "id": 3}}') == {"result": None, "id": 3}
            sim.ledger.set_leverage("ETHUSDT", Decimal(8))
            assert (await ask("{"))["error"]["code"] == 3
            assert (await ask('{"method": "DANCE", "id": 4}'))["error"]["code"] == 2
            for _ in range(8):
                await socket.send_str("[]")
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            assert (message.data, message.extra) == (1008, "Too many requests")


@pytest.mark.looptime
async def test_a_connection_lives_for_a_day_and_its_key_for_an_hour() -> None:
    """Pings come every three minutes, a prolonged key lives on, an expired one says so, and a day is the end."""
    venue = "binance_coinm"
    async with venuekit.simulate(venue, clock=LoopClock()) as sim, listen(sim, venue, autoping=False) as socket:
        began, pings = sim.milliseconds(), 0
        while (message := await socket.receive()).type is aiohttp.WSMsgType.PING:
            pings += 1
            await socket.pong(message.data)
            if pings <= 40:  # for two hours
                ask_listen_key(sim, venue, "PUT")
        assert json.loads(message.data)["e"] == "listenKeyExpired"
        assert sim.milliseconds() - began == pytest.approx(3 * 3_600_000, abs=1000)
        assert ask_listen_key(sim, venue, "PUT")["code"] == -1125
        while (message := await socket.receive()).type is aiohttp.WSMsgType.PING:
            pings += 1
            await socket.pong(message.data)
        assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 1001, "24 hours")
        assert sim.milliseconds() - began == pytest.approx(24 * 3_600_000, abs=1000)
        assert pings == 24 * 20 - 1


@pytest.mark.looptime
async def test_a_key_that_is_subscribed_late_expires_in_time() -> None:
    """The venue's alarm follows the subscription, and not the next ping."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue, clock=LoopClock()) as sim, aiohttp.ClientSession() as session:
        key = ask_listen_key(sim, venue)["listenKey"]
        await asyncio.sleep(3_590)
        async with session.ws_connect(f"{sim.stream(venue)}/private/ws") as socket:
            began = sim.milliseconds()
            await socket.send_json({"method": "SUBSCRIBE", "params": [key], "id": 1})
            assert await socket.receive_json() == {"result": None, "id": 1}
            assert (await socket.receive_json())["e"] == "listenKeyExpired"
            assert sim.milliseconds() - began == pytest.approx(10_000, abs=100)


@pytest.mark.looptime
async def test_a_client_that_does_not_answer_pings_is_disconnected() -> None:
    """It is so ten minutes after the first unanswered ping; a key that its owner ends delivers nothing any more."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue, clock=LoopClock()) as sim, listen(sim, venue, autoping=False) as socket:
        began = sim.milliseconds()
        ask_listen_key(sim, venue, "DELETE")
        sim.ledger.set_leverage("ETHUSDT", Decimal(6))
        types = []
        while (message := await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
            types.append(message.type)
        assert (message.data, message.extra) == (1008, "Pong timeout")
        assert types == [aiohttp.WSMsgType.PING] * 4
        assert sim.milliseconds() - began == pytest.approx(13 * 60_000, abs=1000)


@pytest.mark.looptime
async def test_effects_of_the_clock_are_pushed_when_they_happen() -> None:
    """A countdown that nobody asks about again cancels the orders, and the stream says so at that time."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue, clock=LoopClock()) as sim, listen(sim, venue) as socket:
        sim.ledger.rest_order("ETHUSDT", Side.BUY, Decimal(1), Decimal(2000))
        sim.ledger.countdown("ETHUSDT", timedelta(seconds=30))
        began = sim.milliseconds()
        assert (await socket.receive_json())["o"]["x"] == "NEW"
        canceled = await socket.receive_json()
        assert (canceled["o"]["x"], canceled["T"]) == ("CANCELED", began + 30_000)
        assert sim.milliseconds() - began == pytest.approx(30_000, abs=100)
