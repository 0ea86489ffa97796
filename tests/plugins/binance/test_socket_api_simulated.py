"""The WebSocket API of the simulated venues: signing, sessions, answers by id, and lost ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.contract.shapes import Shape, differences

import venuekit
from venuekit.key_kinds import KeyKind
from venuekit.simulator import DropAfter, SimKey, Simulation

DOCUMENTED = json.loads(Path(__file__).with_name("documented_socket_answers.json").read_text(encoding="utf-8"))
FLAT = {"binance_usdm": "ETHUSDT", "binance_coinm": "ETHUSD_PERP"}


@attrs.define
class Api:
    """A client of the WebSocket API that shares no line with venuekit's own."""

    sim: Simulation
    socket: aiohttp.ClientWebSocketResponse
    key: SimKey
    _ids: Any = attrs.field(factory=lambda: itertools.count(1))

    async def send(self, method: str, *, signed: bool = True, **parameters: Any) -> str:
        """Send a request and return its id."""
        number = str(next(self._ids))
        sent = dict(parameters)
        if signed:
            sent = {"apiKey": self.key.key, "timestamp": self.sim.milliseconds(), **sent}
            payload = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
            sent["signature"] = _sign(self.key, payload.encode())
        await self.socket.send_json({"id": number, "method": method, "params": sent})
        return number

    async def ask(self, method: str, *, signed: bool = True, **parameters: Any) -> Any:
        """Send a request and return its answer, which comes next."""
        number = await self.send(method, signed=signed, **parameters)
        answer = await self.socket.receive_json()
        assert answer["id"] == number
        return answer


def _sign(key: SimKey, payload: bytes) -> str:
    if key.kind is KeyKind.HMAC:
        return hmac.new(key.secret.encode(), payload, hashlib.sha256).hexdigest()
    private = load_pem_private_key(key.secret.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    return b64encode(private.sign(payload)).decode()


@asynccontextmanager
async def connect(sim: Simulation, venue: str, *, key: SimKey | None = None, query: str = "") -> AsyncIterator[Api]:
    """Connect to the WebSocket API of a venue."""
    url = f"{sim.websocket_api(venue)}{query}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield Api(sim, socket, key or sim.key_of(venue))


#: the fields that differ from the venue's examples, with the reason
DIFFERENCES = {
    "binance_usdm": {
        # the examples are of a trailing stop, which is no order of these methods any more
        *("order.cancel: missing result.activatePrice", "order.cancel: missing result.priceRate"),
        *("order.status: missing result.activatePrice", "order.status: missing result.priceRate"),
        # answers over HTTP have them
        *("algoOrder.place: invented result.activatePrice", "algoOrder.place: invented result.callbackRate"),
        *("account.status: invented result.feeBurn", "order.modify: invented result.pair"),
        "account.status: invented result.positions[].isolatedWallet",
        "account.status: invented result.positions[].notional",
        # answers over HTTP lack it
        "v2/account.status: missing result.assets[].marginAvailable",
    },
    "binance_coinm": {
        # answers over HTTP have them
        *(f"order.{name}: invented result.priceMatch" for name in ("place", "modify", "cancel")),
        *(f"order.{name}: invented result.selfTradePreventionMode" for name in ("place", "modify", "cancel")),
        # answers over HTTP lack it
        "order.status: missing result.cumQty",
    },
}


@pytest.mark.parametrize("venue", sorted(DOCUMENTED))
async def test_answers_are_as_documented(venue: str) -> None:
    """Each method has a result of the documented fields, with the usage of the pools that it paid into."""
    order: dict[str, Any] = {
        "symbol": FLAT[venue],
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "1",
    }
    name: dict[str, Any] = {"symbol": FLAT[venue], "origClientOrderId": "mine"}
    changed: dict[str, Any] = {"side": "BUY", "quantity": "2", "price": "2400", "modifyId": 7}
    async with venuekit.simulate(venue) as sim:
        key = sim.add_key(kind=KeyKind.ED25519)
        async with connect(sim, venue, key=sim.key_of(venue, key=key)) as api:
            answers = {
                "session.status#anonymous": await api.ask("session.status", signed=False),
                "session.logon": await api.ask("session.logon"),
                "session.status": await api.ask("session.status", signed=False),
                "order.place": await api.ask("order.place", **order, price="2500", newClientOrderId="mine"),
                "order.modify": await api.ask("order.modify", **name, **changed),
                "order.status": await api.ask("order.status", **name),
                "order.cancel": await api.ask("order.cancel", **name),
                "session.logout": await api.ask("session.logout", signed=False),
            }
            for method in (one for one in DOCUMENTED[venue] if one.startswith(("account.", "v2/"))):
                answers[method] = await api.ask(method)
            for method in ("userDataStream.start", "userDataStream.ping", "userDataStream.stop"):
                answers[method] = await api.ask(method, signed=False, apiKey=api.key.key)
            if venue == "binance_usdm":
                trigger: dict[str, Any] = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "triggerPrice": "2000"}
                algo: dict[str, Any] = {
                    "symbol": FLAT[venue],
                    "side": "SELL",
                    "quantity": "1",
                    **trigger,
                    "clientAlgoId": "stop",
                }
                answers["algoOrder.place"] = await api.ask("algoOrder.place", **algo)
                answers["algoOrder.cancel"] = await api.ask("algoOrder.cancel", clientAlgoId="stop")

    assert answers.keys() == DOCUMENTED[venue].keys()
    found = {
        f"{method}: {words}"
        for method, answer in answers.items()
        for words in differences(Shape.of(answer), Shape.of(DOCUMENTED[venue][method]))
        if "rateLimits" not in words
    }
    assert found == DIFFERENCES[venue]
    rows = [row for answer in answers.values() for row in answer.get("rateLimits", ())]
    pools = {(row["rateLimitType"], row["intervalNum"], row["interval"], row["limit"]) for row in rows}
    assert pools == {
        ("REQUEST_WEIGHT", 1, "MINUTE", 2400),
        ("ORDERS", 1, "MINUTE", 1200),
        *([("ORDERS", 10, "SECOND", 300)] if venue == "binance_usdm" else []),
    }


@pytest.mark.parametrize("venue", sorted(DOCUMENTED))
async def test_orders_are_those_of_the_ledger(venue: str) -> None:
    """Many requests are in flight; each answer has its id, and what was placed rests in the ledger."""
    order: dict[str, Any] = {
        "symbol": FLAT[venue],
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "1",
    }
    async with venuekit.simulate(venue) as sim, connect(sim, venue, query="?returnRateLimits=false") as api:
        sent = [await api.send("order.place", **order, price=str(2000 + number)) for number in range(20)]
        answers = {answer["id"]: answer for answer in [await api.socket.receive_json() for _ in sent]}
        assert answers.keys() == set(sent)
        prices = {int(answer["result"]["price"]) for answer in answers.values()}
        assert prices == {int(one.price or 0) for one in sim.ledger_of(venue).open_orders()} == {*range(2000, 2020)}
        assert all("rateLimits" not in answer for answer in answers.values())
        assert {arrival.applied for arrival in sim.requests} == {True}


async def test_wrong_requests_have_words_of_the_venue() -> None:
    """Signature, window, key, method and parameters are checked; a read-only key places nothing."""
    venue = "binance_usdm"
    async with venuekit.simulate(venue) as sim, connect(sim, venue) as api:
        late = sim.milliseconds() - 10_000
        key = {"apiKey": api.key.key}
        now = sim.milliseconds()
        wrong: list[tuple[str, dict[str, Any], int]] = [
            ("account.balance", {}, -2014),
            ("account.balance", {"apiKey": "k" * 64}, -2015),
            ("account.balance", {**key, "timestamp": now}, -1102),
            ("account.balance", {**key, "timestamp": now, "signature": "s"}, -1022),
            ("account.dance", key, -1020),
            ("session.dance", key, -1020),
        ]
        for method, parameters, code in wrong:
            assert (await api.ask(method, signed=False, **parameters))["error"]["code"] == code
        assert (await api.ask("account.balance", timestamp=late))["error"]["code"] == -1021
        assert (await api.ask("session.logon"))["error"]["code"] == -4056  # HMAC
        refused = await api.ask("order.place", symbol="ETHUSDT", side="BUY", type="MARKET")
        assert (refused["status"], refused["error"]["code"]) == (400, -1102)
        assert refused["rateLimits"]
        for text, code in (("{", -1135), ("[]", -1020), ('{"method": "order.place", "params": [1]}', -1102)):
            await api.socket.send_str(text)
            answer = await api.socket.receive_json()
            assert (answer["id"], answer["error"]["code"]) == (None, code)
        api.key = sim.key_of(venue, read_only=True)
        denied = await api.ask("order.cancel", symbol="ETHUSDT", orderId=1)
        assert (denied["status"], denied["error"]["code"]) == (401, -2015)


async def test_a_lost_answer_takes_the_connection_with_it() -> None:
    """What disturbs a route disturbs it here too: the order is carried out, and the connection breaks."""
    venue = "binance_usdm"
    order: dict[str, Any] = {"symbol": "ETHUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}
    async with venuekit.simulate(venue) as sim, connect(sim, venue) as api:
        sim.disturb(venue, ("POST", "/fapi/v1/order"), DropAfter())
        await api.send("order.place", **order, price="2000")
        async with asyncio.timeout(10):
            ended = await api.socket.receive()
        assert ended.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert [one.price for one in sim.ledger.open_orders()] == [2000]
        async with connect(sim, venue) as again:
            assert len(sim.streams.connections) == 1
            assert (await again.ask("order.status", symbol="ETHUSDT", orderId=1))["status"] == 400
