"""Orders over the trade socket: the documented messages, and the same values, errors and outcomes as over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

import venuekit
from venuekit.capabilities import Amendment, OrderRequest, OrderSide, OrderType
from venuekit.plugin import (
    AuthenticationFailed,
    ConfigurationError,
    Credentials,
    HttpResponse,
    KeyKind,
    Outcome,
    Rejected,
    Secret,
    Security,
    SocketCall,
    SocketNotice,
    Stamp,
    VenueError,
)
from venuekit.simulator import DropAfter, Simulation
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.trade_socket import TRADE_SOCKET
from venuekit_bybit_inverse.venue import BYBIT_INVERSE as VENUE

D = Decimal
STAMP = Stamp("key", 1711001595207, 5000)
#: the documented answer to an order, and its limits
CREATED = {
    "reqId": "test-005",
    "retCode": 0,
    "retMsg": "OK",
    "op": "order.create",
    "data": {"orderId": "a4c1718e-fe53-4659-a118-1f6ecce04ad9", "orderLinkId": ""},
    "retExtInfo": {},
    "header": {
        "X-Bapi-Limit": "10",
        "X-Bapi-Limit-Status": "9",
        "X-Bapi-Limit-Reset-Timestamp": "1711001595208",
        "Traceid": "38b7977b430f9bd228f4b19724794dfd",
        "Timenow": "1711001595209",
    },
    "connId": "cnt5leec0hvan15eukcg-2v",
}


def fields(document: dict[str, Any]) -> dict[str, bytes]:
    """Return the fields of a message as the wire hands them on."""
    return {name: json.dumps(value).encode() for name, value in document.items() if name != "reqId"}


def bid(**details: Any) -> OrderRequest:
    """Return an order that rests."""
    plain = {"side": OrderSide.BUY, "type": OrderType.LIMIT, "price": D(2000), "quantity": D(100)}
    return OrderRequest(**{"symbol": "ETHUSD", **plain, **details})


@asynccontextmanager
async def trading(sim: Simulation, credentials: Credentials | None = None) -> AsyncIterator[Any]:
    """Open an account over the trade socket."""
    credentials = credentials or sim.credentials(VENUE.id)
    async with (
        venuekit.Runtime(journal=False) as runtime,
        venuekit.connect(VENUE, credentials, runtime=runtime, transport="websocket") as account,
    ):
        yield account


def test_the_documented_answer_is_read() -> None:
    """It has the envelope of HTTP, its own time, and its limits as headers."""
    response = TRADE_SOCKET.form.read(fields(CREATED))

    assert json.loads(response.body) == {
        "retCode": 0,
        "retMsg": "OK",
        "result": CREATED["data"],
        "retExtInfo": {},
        "time": 1711001595209,
    }
    assert (response.status, response.headers["X-Bapi-Limit-Status"]) == (200, "9")
    assert VENUE.answers(response) is None
    assert VENUE.answered_at is not None
    assert VENUE.answered_at(response) == 1711001595209
    assert BYBIT.CREATE_ORDER.decode(response.body).id == "a4c1718e-fe53-4659-a118-1f6ecce04ad9"


def test_a_refusal_before_the_route_has_no_more_than_its_code() -> None:
    """As of an operation that is not known."""
    response = TRADE_SOCKET.form.read(fields({"retCode": 10404, "retMsg": "", "op": "order.create"}))

    assert response == HttpResponse(200, {}, b'{"retCode":10404,"retMsg":"","result":{},"retExtInfo":{}}')
    with pytest.raises(LookupError):
        TRADE_SOCKET.form.read(fields({"op": "order.create"}))


@pytest.mark.parametrize(
    ("message", "notice"),
    [
        ({"retCode": 0, "retMsg": "OK", "op": "auth", "connId": "c"}, SocketNotice.LOGON),
        ({"retCode": 0, "retMsg": "OK", "op": "pong", "data": ["1"]}, SocketNotice.ALIVE),
        ({"retCode": 10019, "retMsg": "ws trade service is restarting", "op": "order.create"}, SocketNotice.END),
        ({}, SocketNotice.END),
    ],
)
def test_messages_without_an_id_are_told_apart(message: dict[str, Any], notice: SocketNotice) -> None:
    """Anything but the answer to an authentication or a ping ends the connection."""
    assert TRADE_SOCKET.form.notice(fields(message)) is notice


def test_requests_are_as_documented() -> None:
    """The window travels in the header, the order as the only argument; an authentication signs the end of its life."""
    values = BYBIT.CREATE_ORDER.check_values(
        {"category": "inverse", "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": D("1E+2")}
        | {"orderLinkId": "mine", "reduceOnly": True}
    )
    message = TRADE_SOCKET.form.fill(SocketCall("order.create", values, Security.SIGNED), STAMP, is_logged_on=True)
    assert message == {
        "header": {"X-BAPI-TIMESTAMP": "1711001595207", "X-BAPI-RECV-WINDOW": "5000"},
        "op": "order.create",
        "args": [
            {"category": "inverse", "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100"}
            | {"orderLinkId": "mine", "reduceOnly": True}
        ],
    }
    assert TRADE_SOCKET.logon is not None
    logon = TRADE_SOCKET.logon.message(STAMP)
    assert TRADE_SOCKET.logon.payload(logon) == b"GET/realtime1711001605207"
    TRADE_SOCKET.logon.attach_signature(logon, bytes(32))
    assert logon == {"op": "auth", "args": ["key", 1711001605207, "00" * 32]}


@pytest.mark.parametrize("kind", [KeyKind.HMAC, KeyKind.RSA])
async def test_orders_are_placed_amended_and_cancelled(kind: KeyKind) -> None:
    """One by one and in batches, for every kind of key; reads of the same account go over HTTP."""
    async with (
        venuekit.simulate(VENUE.id, scenario="holding") as sim,
        trading(sim, sim.credentials(VENUE.id, key=sim.add_key(kind=kind))) as account,
    ):
        order = await account.place_order(bid(client_id="mine"))
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id=order.id, price=D(1900))
        assert (await account.get_order("ETHUSD", order_id=order.id)).price == 1900
        await account.cancel_order("ETHUSD", client_id="mine")
        placed = await account.place_orders([bid(client_id=f"m{number}") for number in range(3)])
        changes = [Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=one.id, price=D(1800)) for one in placed]
        await account.amend_orders(changes)
        assert {one.price for one in await account.get_open_orders(symbol="ETHUSD")} >= {D(1800)}
        await account.cancel_orders("ETHUSD", order_ids=[one.id for one in placed])
        await asyncio.gather(*(account.place_order(bid()) for _ in range(5)))

        assert account._session.wire.strays == 0
        assert len(account._session.wire.link._open) == 1


async def test_refusals_are_those_of_http() -> None:
    """A refusal has the same class, code, words and outcome over both wires."""
    async with (
        venuekit.simulate(VENUE.id, scenario="holding") as sim,
        trading(sim) as over_socket,
        venuekit.connect(VENUE, sim.credentials(VENUE.id)) as over_http,
    ):
        found = []
        for account in (over_socket, over_http):
            with pytest.raises(VenueError) as caught:
                await account.cancel_order("ETHUSD", order_id="00000000-0000-0000-0000-000000000000")
            found.append((type(caught.value), caught.value.code, caught.value.message, caught.value.outcome))
        assert found[0] == found[1]
        assert issubclass(found[0][0], Rejected | VenueError)


async def test_a_refused_authentication_is_met_by_the_order() -> None:
    """The key was deleted since the account was opened: nothing of the order was sent."""
    async with venuekit.simulate(VENUE.id, scenario="holding") as sim, trading(sim) as account:
        link = account._session.wire.link

        async def log_on() -> Any:
            return {"op": "auth", "args": ["k" * 18, sim.milliseconds() + 10_000, "0" * 64]}

        link.make_logon = log_on
        with pytest.raises(AuthenticationFailed) as caught:
            await account.place_order(bid())

        assert (caught.value.code, caught.value.outcome) == (10003, Outcome.NOT_APPLIED)


async def test_a_lost_answer_is_looked_for() -> None:
    """The order that was placed is found by its client id over HTTP."""
    async with venuekit.simulate(VENUE.id, scenario="holding") as sim, trading(sim) as account:
        sim.disturb(VENUE.id, BYBIT.CREATE_ORDER, DropAfter())

        order = await account.place_order(bid(client_id="mine"))

        assert order.client_id == "mine"


async def test_the_demo_has_no_trade_socket() -> None:
    """The error says so before anything is sent."""
    with pytest.raises(ConfigurationError, match="bybit_inverse demo has no WebSocket API"):
        async with venuekit.connect(VENUE, Credentials("k" * 18, Secret("s" * 36), "demo"), transport="websocket"):
            pass
