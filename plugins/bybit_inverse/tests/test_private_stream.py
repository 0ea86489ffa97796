"""The simulated private stream: signing in, subscriptions, keep-alive, and messages with complete rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask
from plugins.bybit_inverse.tests.bybit_sockets import VENUE, Frame, listen, open_socket, sign_in

import venuekit
from venuekit.capabilities import MarginType, OrderType
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import LedgerOrderRequest, Side
from venuekit.testing.clocks import LoopClock

D = Decimal
ALL = ("order", "execution", "position", "wallet")
ETH = {**INVERSE, "symbol": "ETHUSD"}

#: the fields of the documented rows of futures, and the JSON types of those that are not text
DOCUMENTED = {
    "order": """
        category symbol orderId side orderType cancelType price qty orderIv timeInForce orderStatus orderLinkId
        lastPriceOnCreated reduceOnly leavesQty leavesValue cumExecQty cumExecValue avgPrice blockTradeId positionIdx
        cumExecFee closedPnl createdTime updatedTime rejectReason stopOrderType tpslMode triggerPrice takeProfit
        stopLoss tpTriggerBy slTriggerBy tpLimitPrice slLimitPrice triggerDirection triggerBy closeOnTrigger placeType
        smpType smpGroup smpOrderId feeCurrency cumFeeDetail rpiTakerAccess rpiMatchedQty isLeverage createType
        marketUnit slippageToleranceType slippageTolerance""",
    "execution": """
        category symbol closedSize execFee execId execPrice execQty execType execValue feeRate tradeIv markIv
        blockTradeId markPrice indexPrice underlyingPrice leavesQty orderId orderLinkId orderPrice orderQty orderType
        stopOrderType side execTime isLeverage isMaker seq marketUnit execPnl createType extraFees feeCurrency""",
    "position": """
        positionIdx tradeMode riskId riskLimitValue symbol side size entryPrice leverage breakEvenPrice positionValue
        positionBalance markPrice positionIM positionIMByMp positionMM positionMMByMp takeProfit stopLoss trailingStop
        unrealisedPnl curRealisedPnl cumRealisedPnl sessionAvgPrice createdTime updatedTime tpslMode liqPrice bustPrice
        category positionStatus adlRankIndicator autoAddMargin leverageSysUpdatedTime mmrSysUpdatedTime seq
        isReduceOnly""",
    "wallet": """
        accountIMRate accountIMRateByMp accountMMRate accountMMRateByMp totalEquity totalWalletBalance
        totalMarginBalance totalAvailableBalance totalPerpUPL totalInitialMargin totalInitialMarginByMp
        totalMaintenanceMargin totalMaintenanceMarginByMp coin accountLTV accountType""",
    "execution.fast": """
        category symbol execId execPrice execQty orderId orderLinkId side execTime seq isMaker""",
}
COIN = """
    coin equity usdValue walletBalance availableToWithdraw availableToBorrow borrowAmount accruedInterest totalOrderIM
    totalPositionIM totalPositionMM unrealisedPnl cumRealisedPnl bonus collateralSwitch marginCollateral locked
    spotHedgingQty spotBorrow"""
NO_TEXT = {
    "positionIdx": int, "triggerDirection": int, "smpGroup": int, "cumFeeDetail": dict, "reduceOnly": bool,
    "closeOnTrigger": bool, "rpiTakerAccess": bool, "isMaker": bool, "seq": int, "tradeMode": int, "riskId": int,
    "adlRankIndicator": int, "autoAddMargin": int, "isReduceOnly": bool, "coin": list, "collateralSwitch": bool,
    "marginCollateral": bool,
}  # fmt: skip


def summary(frames: list[Frame]) -> list[Any]:
    """Return the topic of each message with the fields that tell its rows apart."""
    told = {
        "order": lambda row: (row["orderLinkId"], row["orderStatus"]),
        "execution": lambda row: (row["execType"], row["execQty"]),
        "position": lambda row: (row["symbol"], row["side"], row["size"]),
        "wallet": lambda row: tuple(coin["coin"] for coin in row["coin"]),
    }
    return [(frame["topic"], *map(told[frame["topic"]], frame["data"])) for frame in frames]


async def test_signing_in(sim: Simulation) -> None:
    """A frame that is malformed, late, of an unknown key or wrongly signed is refused, and the connection goes on."""
    key, now = sim.key_of(VENUE), sim.milliseconds()
    refusals: tuple[tuple[Frame | str, str], ...] = (
        ("[]", "error:invalid op"),
        ({"op": "dance"}, "error:invalid op"),
        ({"op": "subscribe", "args": ["order", "wallet"]}, "error:topic:order,wallet needs auth first"),
        ({"op": "auth"}, "Params Error"),
        ({"op": "auth", "args": [key.key, "soon", "s"]}, "Params Error"),
        (sign_in(key, now), "Params Error"),
        (sign_in(sim.make_stranger(VENUE), now + 10_000), "API key is invalid."),
        (sign_in(key, now + 10_000, secret="S"), "Error sign, please check your signature generation algorithm."),
    )
    async with open_socket(sim) as socket:
        assert "Failed to decode incoming data" in (await socket.ask("hello"))["ret_msg"]
        for frame, words in refusals:
            refused = await socket.ask(frame)
            assert (refused["success"], refused["ret_msg"]) == (False, words)
        signed_in = await socket.sign_in(req_id="7")
        name = signed_in["conn_id"]
        assert signed_in == {"req_id": "7", "success": True, "ret_msg": "", "op": "auth", "conn_id": name}
        assert (await socket.sign_in())["ret_msg"] == "Repeat auth"
        pong = await socket.ask({"op": "ping", "req_id": "test"})
        assert {**pong, "args": ["1"]} == {"req_id": "test", "op": "pong", "args": ["1"], "conn_id": name}
        assert abs(int(pong["args"][0]) - now) < 60_000
        assert "req_id" not in await socket.ask({"op": "ping"})


async def test_subscriptions(sim: Simulation) -> None:
    """Unknown topics fail and leave the others; a topic of one product does not go with one for all."""
    async with open_socket(sim) as socket:
        await socket.sign_in()
        ok = await socket.subscribe("order.inverse", "wallet", "dcp.future", req_id="a")
        assert (ok["req_id"], ok["success"], ok["ret_msg"], ok["op"]) == ("a", True, "", "subscribe")
        partly = await socket.subscribe("execution", "ticketInfo")
        assert not partly["success"]
        assert "as follows:[execution]." in partly["ret_msg"]
        assert partly["ret_msg"].endswith("conflict:[ticketInfo].")
        mixed = await socket.subscribe("position", "order.linear", "greeks")
        assert "as follows:[greeks]." in mixed["ret_msg"]
        assert not (await socket.subscribe())["success"]
        sim.ledger.fill("ETHUSD", Side.BUY, D(10), D(3000))
        assert [frame["topic"] for frame in await socket.drain()] == ["order.inverse", "execution", "wallet"]
        assert (await socket.ask({"op": "unsubscribe", "args": ["execution", "wallet"]}))["op"] == "unsubscribe"
        sim.ledger.fill("ETHUSD", Side.BUY, D(10), D(3000))
        assert [frame["topic"] for frame in await socket.drain()] == ["order.inverse"]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{sim.stream(VENUE)}/v5/public/inverse")
    assert refused.value.status == 404


async def test_rows_are_those_of_reads(sim: Simulation, ask: Ask) -> None:
    """Each documented field is there, in its JSON type; where reads have it, too, it has the same value."""
    async with listen(sim, *DOCUMENTED) as socket:
        await ask("POST", "/v5/order/create", {**ETH, "side": "Sell", "orderType": "Market", "qty": "100"})
        frames = {frame["topic"]: frame for frame in await socket.drain()}
        order, execution, position, wallet, fast = (frames[name]["data"][0] for name in (*ALL, "execution.fast"))
    for topic, fields in DOCUMENTED.items():
        (row,) = frames[topic]["data"]
        assert set(row) == set(fields.split())
        assert {name: type(row[name]) for name in row} == {name: NO_TEXT.get(name, str) for name in row}
    (coin,) = wallet["coin"]
    assert {name: type(coin[name]) for name in coin} == {name: NO_TEXT.get(name, str) for name in COIN.split()} | {
        "coin": str
    }

    read = {
        "order": ("/v5/order/history", ETH, order),
        "execution": ("/v5/execution/list", ETH, execution),
        "position": ("/v5/position/list", ETH, {**position, "avgPrice": position["entryPrice"]}),
        "wallet": ("/v5/account/wallet-balance", {"accountType": "UNIFIED", "coin": "ETH"}, wallet),
    }
    differing = {"order": {"stopOrderType", "triggerBy", "triggerPrice", "tpslMode", "tpLimitPrice", "slLimitPrice"}}
    differing["order"] |= {"slippageTolerance"}
    differing["position"] = {"takeProfit", "stopLoss"}
    for topic, (path, parameters, row) in read.items():
        (known,) = (await ask("GET", path, parameters))["result"]["list"]
        shared = (known.keys() & row.keys()) - differing.get(topic, set())
        assert {name: row[name] for name in shared} == {name: known[name] for name in shared}

    assert frames["execution"]["id"] == f"1_ETHUSD_{execution['seq']}"
    assert execution["seq"] == position["seq"]
    assert {name: fast[name] for name in fast} == {name: execution[name] for name in fast}
    assert "id" not in frames["execution.fast"]
    assert len({frames[topic]["id"] for topic in ALL}) == 4
    assert {type(frame["creationTime"]) for frame in frames.values()} == {int}


async def test_life_of_orders(sim: Simulation, ask: Ask) -> None:
    """Each step of an order shows its state and the position's row; one command makes one message of a topic."""
    bid = {**ETH, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}
    async with listen(sim, *ALL) as socket, listen(sim, "order.inverse") as twin:
        flat = ("position", ("ETHUSD", "", "0"))
        await ask("POST", "/v5/order/create", {**bid, "orderLinkId": "a"})
        assert summary(placed := await socket.drain()) == [("order", ("a", "New")), flat]
        assert (placed[0]["data"][0]["avgPrice"], placed[0]["data"][0]["leavesQty"]) == ("", "100")
        assert (
            placed[1]["data"][0] | {"entryPrice": "0", "positionValue": "0", "liqPrice": "0", "seq": -1}
            == (placed[1]["data"][0])
        )
        await ask("POST", "/v5/order/amend", {**ETH, "orderLinkId": "a", "qty": "50"})
        assert summary(await socket.drain()) == [("order", ("a", "New")), flat]
        await ask("POST", "/v5/order/cancel", {**ETH, "orderLinkId": "a"})
        assert summary(await socket.drain()) == [("order", ("a", "Cancelled")), flat]
        post_only = {**bid, "price": "9000", "timeInForce": "PostOnly", "orderLinkId": "b"}
        await ask("POST", "/v5/order/create", post_only)
        assert summary(refused := await socket.drain()) == [("order", ("b", "Cancelled")), flat]
        assert refused[0]["data"][0]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"

        trigger = {"triggerPrice": "2500", "triggerDirection": 2, "orderLinkId": "c"}
        await ask("POST", "/v5/order/create", {**ETH, "side": "Buy", "orderType": "Market", "qty": "100", **trigger})
        (untriggered, *_) = await socket.drain()
        assert summary([untriggered]) == [("order", ("c", "Untriggered"))]
        assert {"stopOrderType": "Stop", "triggerPrice": "2500.00"}.items() <= untriggered["data"][0].items()
        sim.ledger.set_mark("ETHUSD", D(2500))
        assert summary(triggered := await socket.drain()) == [
            ("order", ("c", "Triggered"), ("c", "Filled")),
            ("execution", ("Trade", "100")),
            ("position", ("ETHUSD", "Buy", "100")),
            ("wallet", ("ETH",)),
        ]
        assert len({row["orderId"] for row in triggered[0]["data"]}) == 1
        # every connection of the account receives the same messages, under the name of its topic
        heard = [frame["id"] for frame in await twin.drain()]
        assert heard[-1] == triggered[0]["id"]
        assert len(heard) == len(set(heard)) == 6


async def test_partial_fills_of_one_command_travel_together(sim: Simulation) -> None:
    """Executions of one price move are rows of one message; the order is there in its last state."""
    sim.ledger.set_depth("ETHUSD", D(40))
    async with listen(sim, "order", "execution", "execution.fast") as socket:
        sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="rest")
        sim.ledger.set_mark("ETHUSD", D(1990))
        sim.ledger.set_mark("ETHUSD", D(1980))
        frames = await socket.drain()
        told = [frame for frame in frames if frame["topic"] != "execution.fast"]
        assert summary(told[:3]) == [
            ("order", ("rest", "New")),
            ("order", ("rest", "PartiallyFilled")),
            ("execution", ("Trade", "40")),
        ]
        rests = [row["leavesQty"] for frame in told if frame["topic"] == "execution" for row in frame["data"]]
        assert rests[:2] == ["60", "20"]
        fast = next(frame for frame in frames if frame["topic"] == "execution.fast")
        assert (fast["data"][0]["isMaker"], fast["data"][0]["orderLinkId"]) == (True, "")


async def test_other_changes(sim: Simulation) -> None:
    """Money, funding, liquidation, settings and margin move what they change; a price alone moves nothing."""
    ledger, stranger = sim.ledger, sim.key_of(VENUE, sub_account=True)
    async with listen(sim, *ALL) as socket, listen(sim, *ALL, key=stranger) as other:
        ledger.deposit("USDT", D(5))
        assert summary(await socket.drain()) == [("wallet", ("USDT",))]
        ledger.set_mark("BTCUSD", ledger.mark("BTCUSD") + 1)
        assert await socket.drain() == []
        ledger.set_leverage("ETHUSD", D(7))
        (leverage,) = await socket.drain()
        assert (leverage["data"][0]["symbol"], leverage["data"][0]["leverage"]) == ("ETHUSD", "7")
        ledger.adjust_margin("BTCUSD", D("0.5"))
        assert [frame["topic"] for frame in await socket.drain()] == ["position", "wallet"]

        ledger.fund("BTCUSD", D("0.0001"))
        funding, *rest = await socket.drain()
        assert [frame["topic"] for frame in rest] == ["wallet"]
        row = funding["data"][0]
        assert (row["execType"], row["orderId"], row["seq"]) == ("Funding", "", 2)
        assert (D(row["execFee"]), row["execPnl"]) == (-ledger.incomes()[-1].amount, "0")

        ledger.liquidate("BTCUSD")
        order, execution, position, wallet = await socket.drain()
        (closed,) = ledger.closed_pnls("BTCUSD")
        assert (order["data"][0]["createType"], D(order["data"][0]["closedPnl"])) == ("CreateByLiq", closed.pnl)
        assert (execution["data"][0]["execType"], D(execution["data"][0]["execPnl"])) == (
            "BustTrade",
            closed.pnl - closed.open_fee - closed.close_fee,
        )
        assert (position["data"][0]["size"], position["data"][0]["positionValue"]) == ("0", "0")
        assert wallet["data"][0]["coin"][0]["coin"] == "BTC"

        ledger.set_margin_type(MarginType.CROSS)
        assert await socket.drain() == []
        assert await other.drain() == []


async def test_protection_of_a_position_is_in_its_row(sim: Simulation, ask: Ask) -> None:
    """Take-profit and stop-loss are conditional orders, and prices in the position's row."""
    async with listen(sim, "order", "position") as socket:
        await ask("POST", "/v5/position/trading-stop", {**INVERSE, "symbol": "BTCUSD", "takeProfit": "120000"})
        order, position = await socket.drain()
        assert {"orderStatus": "Untriggered", "stopOrderType": "TakeProfit"}.items() <= order["data"][0].items()
        assert (position["data"][0]["takeProfit"], position["data"][0]["stopLoss"]) == ("120000", "0")


@pytest.mark.looptime
@pytest.mark.parametrize(("query", "seconds"), [("", 600), ("?max_active_time=45s", 45), ("?max_active_time=2m", 120)])
async def test_idle_connections_are_cut(query: str, seconds: int) -> None:
    """Without traffic the venue cuts a connection after ten minutes, or the time that the client asks for."""
    async with venuekit.simulate(VENUE, clock=LoopClock()) as sim, open_socket(sim, f"/v5/private{query}") as socket:
        await socket.sign_in()
        began = sim.milliseconds()
        assert (await socket.connection.receive()).type is aiohttp.WSMsgType.CLOSE
        assert 0 <= sim.milliseconds() - began - seconds * 1000 < 2000


async def test_placed_by_an_order_of_the_ledger(sim: Simulation) -> None:
    """An order that was only accepted is pushed once it is decided."""
    ledger = sim.ledger
    ledger.set_decision_delay(None)
    async with listen(sim, "order") as socket:
        request = LedgerOrderRequest(
            symbol="ETHUSD", side=Side.BUY, type=OrderType.LIMIT, quantity=D(10), price=D(2000), client_id="late"
        )
        order = ledger.place(request)
        assert await socket.drain() == []
        ledger.decide(order.id)
        assert summary(await socket.drain()) == [("order", ("late", "New"))]
