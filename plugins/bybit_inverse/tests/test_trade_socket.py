"""The simulated trade socket: orders over one signed connection, with the answers and the faults of HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import aiohttp
from plugins.bybit_inverse.tests.bybit_sockets import VENUE, Frame, Socket, listen, open_socket, sign_in

from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    DropAfter,
    HalfOpen,
    RefuseConnections,
    Simulation,
    Truncate,
    Twice,
    Unasked,
)

D = Decimal
ETH = {"category": "inverse", "symbol": "ETHUSD"}
BID = {**ETH, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}
CREATE = ("POST", "/v5/order/create")
TRADE = "/v5/trade"


def order(socket: Socket, operation: str, request_id: str | None, item: Any = None, **header: str) -> Frame:
    """Return the frame of an operation on orders."""
    named = {} if request_id is None else {"reqId": request_id}
    window = {"X-BAPI-TIMESTAMP": str(socket.sim.milliseconds()), **header}
    return {**named, "header": window, "op": f"order.{operation}", "args": [BID if item is None else item]}


async def test_signing_in(sim: Simulation) -> None:
    """Each failure has its code; before the login no order is taken, and an unknown operation has 10404."""
    key, soon = sim.key_of(VENUE), sim.milliseconds() + 10_000
    async with open_socket(sim, TRADE) as socket:
        for frame, code in (
            ("hello", 10001),
            (json.dumps({"op": "auth", "args": [key.key, soon]}), 10001),
            (json.dumps(sign_in(key, sim.milliseconds())), 10001),
            (json.dumps(sign_in(sim.make_stranger(VENUE), soon)), 10003),
            (json.dumps(sign_in(key, soon, secret="S")), 10004),
            (json.dumps(order(socket, "create", "a")), 10007),
            (json.dumps({"op": "subscribe", "args": ["order"]}), 10404),
        ):
            refused = await socket.ask(frame)
            assert (refused["retCode"], set(refused)) == (
                code,
                set(refused) & {"retCode", "retMsg", "op", "connId", "reqId"},
            )
        signed_in = await socket.sign_in(reqId="7")
        name = signed_in["connId"]
        assert signed_in == {"reqId": "7", "retCode": 0, "retMsg": "OK", "op": "auth", "connId": name}
        again = await socket.sign_in()
        assert again == {"retCode": 20001, "retMsg": "Repeat auth", "op": "auth", "connId": name}
        pong = await socket.ask({"op": "ping"})
        assert {**pong, "data": []} == {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [], "connId": name}
        assert sim.requests == []


async def test_life_of_an_order(sim: Simulation) -> None:
    """Placed, amended, cancelled; the documented fields of the answer, with the limits in its header."""
    async with open_socket(sim, TRADE) as socket, listen(sim, "order") as stream:
        await socket.sign_in()
        placed = await socket.ask(order(socket, "create", "test-005", {**BID, "orderLinkId": "mine"}))
        (held,) = sim.ledger.open_orders()
        assert (placed["reqId"], placed["retCode"], placed["retMsg"], placed["op"]) == (
            *("test-005", 0, "OK", "order.create"),
        )
        assert placed["data"] == {"orderId": held.id, "orderLinkId": "mine"}
        assert placed["retExtInfo"] == {}
        limits, later = placed["header"], await socket.ask(order(socket, "create", None, {**BID, "qty": "50"}))
        assert set(limits) == {
            *("X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp", "Traceid", "Timenow"),
        }
        assert int(limits["X-Bapi-Limit-Status"]) < int(limits["X-Bapi-Limit"])
        assert (later["retCode"], "reqId" in later) == (0, False)

        amended = await socket.ask(order(socket, "amend", "b", {**ETH, "orderLinkId": "mine", "price": "2100"}))
        assert (amended["op"], sim.ledger.order(held.id).price) == ("order.amend", D(2100))
        cancelled = await socket.ask(order(socket, "cancel", "c", {**ETH, "orderId": held.id}))
        assert (cancelled["data"]["orderId"], sim.ledger.order(held.id).is_open) == (held.id, False)
        late = await socket.ask(order(socket, "cancel", "d", {**ETH, "orderId": held.id}))
        assert (late["retCode"], late["data"]) == (110001, {})
        assert late["header"].keys() == limits.keys()
        assert len(await stream.drain()) == 4
        assert [(one.verb, one.path, one.applied) for one in sim.requests] == [
            *((*CREATE, True), (*CREATE, True), ("POST", "/v5/order/amend", True)),
            *(("POST", "/v5/order/cancel", True), ("POST", "/v5/order/cancel", False)),
        ]


async def test_batches(sim: Simulation) -> None:
    """The items of a batch have their own answers, in the order of the request."""
    async with open_socket(sim, TRADE) as socket:
        await socket.sign_in()
        item = {name: value for name, value in BID.items() if name != "category"}
        named = [{**item, "orderLinkId": name} for name in ("a", "b", "a")]
        batch = {"category": "inverse", "request": named}
        answer = await socket.ask(order(socket, "create-batch", "1", batch))
        assert [row["orderLinkId"] for row in answer["data"]["list"]] == ["a", "b", "a"]
        assert [row["code"] for row in answer["retExtInfo"]["list"]] == [0, 0, 110072]
        which = [{"symbol": "ETHUSD", "orderLinkId": name} for name in ("a", "b")]
        for operation, more in (("amend-batch", {"qty": "50"}), ("cancel-batch", {})):
            batch = {"category": "inverse", "request": [{**one, **more} for one in which]}
            answer = await socket.ask(order(socket, operation, operation, batch))
            assert [row["code"] for row in answer["retExtInfo"]["list"]] == [0, 0]
        assert sim.ledger.open_orders() == ()


async def test_refusals(sim: Simulation) -> None:
    """Ids, arguments, product and time window are checked; a key that may only read is refused."""
    async with open_socket(sim, TRADE) as socket:
        await socket.sign_in()
        assert (await socket.ask(order(socket, "create", "twice")))["retCode"] == 0
        repeated = await socket.ask(order(socket, "create", "twice"))
        assert (repeated["retCode"], repeated["retMsg"]) == (20006, "Duplicate reqId")
        assert (await socket.ask(order(socket, "create", "x" * 37)))["retCode"] == 10001
        bare = order(socket, "create", "bare")
        for frame, code in (
            ({**bare, "args": [BID, BID], "reqId": "1"}, 10001),
            ({**bare, "args": None, "reqId": "2"}, 10001),
            ({**bare, "header": {}, "reqId": "3"}, 10001),
            (order(socket, "create", "4", {**BID, "category": "futures"}), 10404),
            (order(socket, "create", "5", {**BID, "category": "linear"}), 10001),
            (order(socket, "create", "6", **{"X-BAPI-TIMESTAMP": "1"}), 10002),
            (order(socket, "create", "7", **{"X-BAPI-TIMESTAMP": "soon"}), 10001),
            (order(socket, "create", "8", {**BID, "qty": "6000000"}), 110007),
        ):
            assert (await socket.ask(frame))["retCode"] == code
        assert len(sim.ledger.open_orders()) == 1
    async with open_socket(sim, TRADE) as reader:
        await reader.sign_in(sim.key_of(VENUE, read_only=True))
        assert (await reader.ask(order(reader, "create", "1")))["retCode"] == 10005
    async with open_socket(sim, TRADE) as other:
        await other.sign_in(sim.key_of(VENUE, sub_account=True))
        assert (await other.ask(order(other, "create", "1")))["retCode"] == 0
    assert len(sim.ledger_of(VENUE, account="2").open_orders()) == 1


async def test_disturbances(sim: Simulation) -> None:
    """A lost answer is a lost connection; silence leaves it open; an answer may come twice, or not from the venue."""
    names = iter("abcdefgh")

    async def bid(socket: Socket) -> None:
        name = next(names)
        await socket.say(order(socket, "create", name, {**BID, "orderLinkId": name}))

    async def is_cut(socket: Socket) -> bool:
        return (await socket.connection.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    odd = Unasked.json({"hello": 1}, first=True, lead=0.001)
    for disturbance in (HalfOpen(applied=True), Twice(), odd, CannedAnswer.html(502), DropAfter()):
        sim.disturb(VENUE, CREATE, disturbance)
    async with open_socket(sim, TRADE) as socket:
        await socket.sign_in()
        await bid(socket)
        await bid(socket)
        assert [(await socket.hear())["reqId"] for _ in range(2)] == ["b", "b"]
        await bid(socket)
        assert (await socket.hear(), (await socket.hear())["reqId"]) == ({"hello": 1}, "c")
        await bid(socket)
        assert "502" in await socket.connection.receive_str()
        await bid(socket)
        assert await is_cut(socket)
    for loss in (Truncate(), ApplyLater(0.01), RefuseConnections(0.001)):
        sim.disturb(VENUE, CREATE, loss)
        async with open_socket(sim, TRADE) as socket, listen(sim, "order") as stream:
            await socket.sign_in()
            await bid(socket)
            assert await is_cut(socket)
            if isinstance(loss, RefuseConnections):
                assert await is_cut(stream)
            else:
                assert (await stream.hear())["data"][0]["orderStatus"] == "New"  # of the last one, a moment later
    assert [one.client_id for one in sim.ledger.open_orders()] == ["a", "b", "c", "e", "f", "g"]


async def test_many_in_flight(sim: Simulation) -> None:
    """Answers are matched by their ids; one that is late lets those behind it pass."""
    sim.disturb(VENUE, CREATE, Twice())
    async with open_socket(sim, TRADE) as socket:
        await socket.sign_in()
        for number in range(8):
            await socket.say(order(socket, "create", str(number)))
        answers = [await socket.hear() for _ in range(9)]
        assert sorted(one["reqId"] for one in answers) == sorted(["0", *map(str, range(8))])
        assert {one["retCode"] for one in answers} == {0}
