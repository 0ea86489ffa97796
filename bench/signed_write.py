"""
Client CPU of a signed write (set a leverage, place an order): venuekit beside bare aiohttp + hmac + orjson.

Both in one process, in rounds that take turns, against the same server in another process. venuekit goes its whole
way: argument checks, guard, subject, budget with its headers, clock, signature, verdict by the venue's fault table,
typed answer. The bare client keeps no budget, knows no clock but its own, and looks at no status.

With the argument ``uvloop`` both run on its loop. Writes at once are of a symbol each.

Prints JSON: client CPU in microseconds per write, for each way and client one number per round, and for the writes at
once likewise the seconds on the clock, from which the writes per second follow.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from bare import bare_request, serving
from clients import open_account

from venuekit.capabilities import LeverageControl, OrderControl, OrderRequest, OrderSide, OrderType, TimeInForce

WRITES, ROUNDS, WARM_UP = 320, 15, 400

Write = Callable[[str], Awaitable[Any]]


async def clients(stack: AsyncExitStack, base: str, journals: Path) -> dict[str, Write]:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    address = f"{base}/fapi/v1/leverage"
    found: dict[str, Write] = {
        "bare": lambda symbol: bare_request(session, "POST", address, f"symbol={symbol}&leverage=20&")
    }
    for name, journal in (("venuekit", False), ("venuekit with journal", journals)):
        control = LeverageControl.of(await open_account(stack, "binance_usdm", base, journal=journal))
        found[name] = partial(_set_leverage, control)
    return found


def _set_leverage(control: LeverageControl, symbol: str) -> Awaitable[Any]:
    return control.set_leverage(symbol, 20)


async def order_clients(stack: AsyncExitStack, base: str, journals: Path) -> dict[str, Write]:
    """Return what places an order that rests: each has a client id of its own, and the bare client checks nothing."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    address, ids = f"{base}/fapi/v1/order", count()
    terms = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=60000.1&newOrderRespType=RESULT"
    writes: dict[str, Write] = {
        "bare": lambda symbol: bare_request(
            session, "POST", address, f"symbol={symbol}&{terms}&newClientOrderId=bare-{next(ids)}&"
        )
    }
    for name, journal, transport in (
        ("venuekit", False, "rest"),
        ("venuekit with journal", journals, "rest"),
        ("venuekit over the WebSocket API", False, "websocket"),
    ):
        account = await open_account(stack, "binance_usdm", base, journal=journal, transport=transport)
        writes[name] = partial(_place_order, OrderControl.of(account))
    return writes


def _place_order(control: OrderControl, symbol: str) -> Awaitable[Any]:
    return control.place_order(
        OrderRequest(
            symbol=symbol,
            side=OrderSide.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal("0.002"),
            price=Decimal("60000.1"),
            time_in_force=TimeInForce.GTC,
        )
    )


async def one_by_one(write: Write, writes: int) -> None:
    for _ in range(writes):
        await write("BTCUSDT")


async def at_once(count: int, write: Write, writes: int) -> None:
    async def worker(symbol: str) -> None:
        for _ in range(writes // count):
            await write(symbol)

    await asyncio.gather(*(worker(f"SYM{number}USDT") for number in range(count)))


async def measure(base: str, journals: Path) -> dict[str, dict[str, dict[str, list[float]]]]:
    async with AsyncExitStack() as stack:
        settings, orders = await clients(stack, base, journals), await order_clients(stack, base, journals)
        cpu: dict[str, dict[str, list[float]]] = {}
        seconds: dict[str, dict[str, list[float]]] = {}
        ways: dict[str, tuple[Callable[[Write, int], Awaitable[None]], dict[str, Write]]] = {
            "one_by_one": (one_by_one, settings),
            "16_at_once": (partial(at_once, 16), settings),
            "64_at_once": (partial(at_once, 64), settings),
            "place_order": (one_by_one, orders),
            "place_order_16_at_once": (partial(at_once, 16), orders),
        }
        for title, (way, writes) in ways.items():
            cpu[title], seconds[title] = {name: [] for name in writes}, {name: [] for name in writes}
            for write in writes.values():
                await way(write, WARM_UP)
            for number in range(ROUNDS):
                # whoever goes first changes from round to round
                names = [*writes][number % len(writes) :] + [*writes][: number % len(writes)]
                for name in names:
                    gc.collect()
                    started, began = time.process_time(), time.perf_counter()
                    await way(writes[name], WRITES)
                    cpu[title][name].append((time.process_time() - started) / WRITES * 1e6)
                    seconds[title][name].append(time.perf_counter() - began)
        return {"cpu": cpu, "seconds": seconds}


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if "uvloop" not in sys.argv[1:]:
        return None
    import uvloop

    return uvloop.new_event_loop


def main() -> None:
    with (
        serving() as base,
        tempfile.TemporaryDirectory() as journals,
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        print(json.dumps(runner.run(measure(base, Path(journals)))))


if __name__ == "__main__":
    main()
