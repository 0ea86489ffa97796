"""A client of simulated user streams that shares no line with venuekit's own, and a day's work of an account."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp

from venuekit.capabilities import MarginType, OrderType
from venuekit.simulator import SimKey, SimRequest, Simulation
from venuekit.simulator.ledger import LedgerOrderRequest, Side

ROOTS = {"binance_usdm": "/fapi/v1", "binance_coinm": "/dapi/v1", "aster_usdm_v1": "/fapi/v1"}
#: the path of a user stream, as each venue documents it
PATHS = {
    "binance_usdm": "/private/ws?listenKey={key}",
    "binance_coinm": "/ws/{key}",
    "aster_usdm_v1": "/ws/{key}",
}


def ask_listen_key(sim: Simulation, venue: str, verb: str = "POST", *, key: SimKey | None = None) -> Any:
    """Start, prolong (PUT) or end (DELETE) a listen key, and return the answer."""
    headers = {"X-MBX-APIKEY": (key or sim.key_of(venue)).key}
    return json.loads(sim.answer(venue, SimRequest.of(verb, f"{ROOTS[venue]}/listenKey", headers=headers)).body)


@asynccontextmanager
async def listen(
    sim: Simulation, venue: str, path: str | None = None, *, key: SimKey | None = None, **options: Any
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Start a listen key and connect to a user stream, of the documented path where none is given."""
    text = ask_listen_key(sim, venue, key=key)["listenKey"]
    url = f"{sim.stream(venue)}{(path or PATHS[venue]).format(key=text)}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url, **options) as socket:
        yield socket


async def receive_all(sim: Simulation, socket: aiohttp.ClientWebSocketResponse, number: int = 0) -> list[Any]:
    """Receive the messages that the only connection, or the one of this number, has pushed so far."""
    return [await socket.receive_json() for _ in range(sim.streams.connections[number].pushed)]


def work(sim: Simulation, venue: str) -> None:
    """Place, amend, cancel, trigger and fill orders, change settings, move money, and liquidate the position."""
    ledger, scenario = sim.ledger_of(venue), sim.scenario(venue)
    held, flat = scenario.held or "", scenario.flat
    contract = ledger.contract(held)
    quantity = Decimal(1) if contract.is_inverse else Decimal("0.1")
    near = _price(sim, venue, flat, "0.9")

    ledger.place(LedgerOrderRequest(symbol=held, side=Side.BUY, type=OrderType.MARKET, quantity=quantity))
    order = ledger.place(LedgerOrderRequest(symbol=flat, side=Side.BUY, quantity=quantity, price=near))
    ledger.amend_order(order.id, quantity=2 * quantity, price=near)
    ledger.cancel_order(order.id)
    for kind, share in ((OrderType.STOP_MARKET, "0.995"), (OrderType.STOP, "0.5")):
        trigger = _price(sim, venue, held, share)
        limit = trigger if kind is OrderType.STOP else None
        ledger.place(
            LedgerOrderRequest(
                symbol=held, side=Side.SELL, type=kind, quantity=quantity, trigger_price=trigger, price=limit
            )
        )
    ledger.place(
        LedgerOrderRequest(
            symbol=held,
            side=Side.BUY,
            type=OrderType.TRAILING_STOP_MARKET,
            quantity=quantity,
            callback_rate=Decimal("0.05"),
        )
    )
    ledger.set_leverage(flat, Decimal(7))
    ledger.set_margin_type(MarginType.ISOLATED, flat)
    ledger.adjust_margin(held, Decimal("0.01"))
    ledger.fund(held, Decimal("0.0001"))
    ledger.deposit(contract.settle, Decimal(1), purse=contract.purse)
    sim.set_mark(venue, held, _price(sim, venue, held, "0.99"))
    end = ledger.position(held).liquidation_price or Decimal(0)
    for steps in (2, -1):
        sim.set_mark(venue, held, (end // contract.price_tick + steps) * contract.price_tick)
    ledger.cancel_orders()


def _price(sim: Simulation, venue: str, symbol: str, share: str) -> Decimal:
    """Return a share of the first mark of a symbol, a multiple of its tick."""
    contract = sim.ledger_of(venue).contract(symbol)
    return contract.first_mark * Decimal(share) // contract.price_tick * contract.price_tick
