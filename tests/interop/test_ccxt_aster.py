"""ccxt's Aster client, unchanged, against the simulated venue for wallets: it signs each request as the venue wants."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import attrs
import pytest
from ccxt import AuthenticationError, ExchangeError, InvalidOrder, OrderNotFound, aster

import venuekit
from venuekit.capabilities import MarginType, OrderStatus
from venuekit.simulator import Simulation

pytestmark = pytest.mark.interop(client="ccxt", venue="aster_usdm", subject="orders")

D = Decimal
ETH = "ETH/USDT:USDT"
BTC = "BTC/USDT:USDT"


class _Client(aster):  # type: ignore[misc]  # ccxt has no types
    """The client as it is, but for the spot venue, which is another one, and for its clock."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._lock, self._last = threading.Lock(), 0

    def sapiPublicGetV3ExchangeInfo(self, params: object) -> dict[str, object]:  # noqa: N802 - ccxt's name
        """Return that the spot venue lists nothing."""
        return {"symbols": []}

    def milliseconds(self) -> int:
        """Return the time, but none twice: a nonce of the client is a whole millisecond."""
        with self._lock:
            self._last = max(self._last + 1, int(time.time() * 1000))
            return self._last


@attrs.frozen(eq=False)
class Desk:
    """The simulated venue, and the client that talks to it from a thread."""

    sim: Simulation
    client: Any

    async def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client in a thread, so that the simulator can answer meanwhile."""
        return await asyncio.to_thread(getattr(self.client, method), *arguments, **options)


def open_client(sim: Simulation, clients: ExitStack, **options: Any) -> Any:
    """Return a client of the trading key, or with other options."""
    key = sim.key_of("aster_usdm")
    user, signer = key.key, key.fields["signer"]
    known = {"builderFee": False, "signerAddress": signer, "cachedWalletAddress": user}
    client = _Client({"privateKey": key.secret, "options": known, **options})
    # the client keeps the address of a private key beside the key's hash
    hashed = client.hash(client.encode(client.privateKey), "keccak", "hex")
    client.options["privateKeyHashForCachedWalletAddress"] = hashed
    for name in ("fapiPublic", "fapiPrivate"):
        client.urls["api"][name] = f"{sim.rest('aster_usdm')}/fapi"
    clients.enter_context(closing(client.session))
    return client


@pytest.fixture(name="desk")
async def open_desk(clients: ExitStack, scenario: str) -> AsyncIterator[Desk]:
    """The client of the trading key."""
    async with venuekit.simulate("aster_usdm", scenario=scenario) as sim:
        yield Desk(sim, open_client(sim, clients))


@pytest.mark.interop(subject="balances")
async def test_balances_and_account(desk: Desk) -> None:
    """X02: balances as ccxt reads them are those of the ledger; the account read has totals and positions."""
    balances = await desk.call("fetch_balance", {"type": "swap"})
    account = await desk.call("fapiPrivateGetV3AccountWithJoinMargin")
    (held,) = desk.sim.ledger.positions()
    assert balances["USDC"]["total"] == 5000
    assert balances["USDT"]["total"] > balances["USDT"]["free"] > 0
    row = next(row for row in account["positions"] if row["symbol"] == held.symbol)
    assert D(row["positionAmt"]) == held.quantity
    assert account["canTrade"] is True


@pytest.mark.interop(subject="positions")
async def test_positions_leverages_and_margin_types(desk: Desk) -> None:
    """X02: a position with its leverage and margin type, and both as settings of every symbol."""
    (position,) = await desk.call("fetch_positions")
    (held,) = desk.sim.ledger.positions()
    leverages = await desk.call("fetch_leverages", [BTC, ETH])
    modes = await desk.call("fetch_margin_modes", [BTC, ETH])
    assert (position["symbol"], position["side"], D(str(position["contracts"]))) == (BTC, "long", held.quantity)
    assert (position["marginMode"], position["leverage"], position["hedged"]) == ("isolated", 20, False)
    assert position["liquidationPrice"] > 0
    assert {symbol: row["longLeverage"] for symbol, row in leverages.items()} == {BTC: 20, ETH: 20}
    assert {symbol: row["marginMode"] for symbol, row in modes.items()} == {BTC: "isolated", ETH: "cross"}


@pytest.mark.interop(subject="leverage")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_changing_leverage(desk: Desk) -> None:
    """X02: a form signed by a wallet changes the leverage."""
    answer = await desk.call("set_leverage", 7, ETH)
    assert (answer["symbol"], int(answer["leverage"])) == ("ETHUSDT", 7)
    assert desk.sim.ledger.leverage("ETHUSDT") == 7


@pytest.mark.interop(subject="margin type")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_changing_the_margin_type(desk: Desk) -> None:
    """X02: a form signed by a wallet changes the margin type."""
    await desk.call("set_margin_mode", "isolated", ETH)
    assert desk.sim.ledger.margin_type("ETHUSDT") is MarginType.ISOLATED


@pytest.mark.interop(subject="position mode")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_changing_the_position_mode(desk: Desk) -> None:
    """X02: a form signed by a wallet changes the position mode, which is told."""
    assert (await desk.call("fetch_position_mode", ETH))["hedged"] is False
    await desk.call("set_position_mode", True)
    assert (await desk.call("fetch_position_mode", ETH))["hedged"] is True


@pytest.mark.parametrize("scenario", ["flat"])
async def test_orders(desk: Desk) -> None:
    """X02: placed, read, listed and cancelled, one by one and several; a market order is filled."""
    desk.sim.ledger.set_mark("ETHUSDT", D(3000))
    placed = await desk.call("create_order", ETH, "limit", "buy", 0.1, 2000, {"clientOrderId": "mine-1"})
    read = await desk.call("fetch_order", placed["id"], ETH)
    stop = await desk.call("create_order", ETH, "market", "sell", 0.1, None, {"stopLossPrice": 2500})
    listed = await desk.call("fetch_open_orders", ETH)
    assert (placed["status"], read["clientOrderId"], read["price"], read["amount"]) == ("open", "mine-1", 2000, 0.1)
    assert {order["id"] for order in listed} == {placed["id"], stop["id"]}
    canceled = await desk.call("cancel_order", placed["id"], ETH)
    assert canceled["status"] == "canceled"
    with pytest.raises(OrderNotFound, match="-2011"):
        await desk.call("cancel_order", placed["id"], ETH)
    await desk.call("create_order", ETH, "market", "buy", 0.2)
    (trade,) = await desk.call("fetch_my_trades", ETH)
    assert (trade["side"], trade["amount"], trade["price"]) == ("buy", 0.2, 3000)
    await desk.call("cancel_all_orders", ETH)
    statuses = {order.status for order in desk.sim.ledger.orders("ETHUSDT")}
    assert statuses == {OrderStatus.CANCELED, OrderStatus.FILLED}


@pytest.mark.parametrize("scenario", ["flat"])
async def test_batches(desk: Desk) -> None:
    """X02: a list of orders travels as JSON in a form, and is signed as it is encoded."""
    desk.sim.ledger.set_mark("ETHUSDT", D(3000))
    order = {"symbol": ETH, "type": "limit", "side": "buy", "amount": 0.1}
    placed = await desk.call("create_orders", [{**order, "price": 2000}, {**order, "price": 2100}])
    assert [one["price"] for one in placed] == [2000, 2100]
    ids = [one["id"] for one in placed]
    await desk.call("cancel_orders", ids, ETH)
    assert {one.status for one in desk.sim.ledger.orders("ETHUSDT")} == {OrderStatus.CANCELED}


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize("scenario", ["flat"])
async def test_refusals(desk: Desk, clients: ExitStack) -> None:
    """X02: another wallet's signature, a nonce for the second time, and an order that the venue refuses."""
    other = open_client(desk.sim, clients)
    stranger = desk.sim.make_stranger("aster_usdm")
    other.privateKey = stranger.secret
    hashed = other.hash(other.encode(other.privateKey), "keccak", "hex")
    other.options["privateKeyHashForCachedWalletAddress"] = hashed
    with pytest.raises(AuthenticationError, match="-1022"):
        await asyncio.to_thread(other.fetch_balance, {"type": "swap"})
    desk.sim.ledger.set_mark("ETHUSDT", D(3000))
    with pytest.raises(InvalidOrder, match="-2021"):
        await desk.call("create_order", ETH, "market", "sell", 0.1, None, {"stopLossPrice": 3500})
    now = desk.client.milliseconds()
    desk.client.milliseconds = lambda: now
    await desk.call("fetch_balance", {"type": "swap"})
    with pytest.raises(ExchangeError, match="-4225"):
        await desk.call("fetch_balance", {"type": "swap"})
