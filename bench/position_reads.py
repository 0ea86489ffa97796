"""
Client CPU of typed reads of positions and accounts: venuekit beside bare aiohttp + ``orjson.loads`` of the same bodies.

Where ours joins two reads, the bare client sends both at once and parses both. Both in one process, in rounds that
take turns; the market moves from read to read.

Prints JSON: client CPU in microseconds per read, for each way and client one number per round.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import aiohttp
from account_read import rounds
from bare import bare_request, serving
from clients import open_account
from position_market import BYBIT, COIN, FEW, OPEN, TEN

#: by way: the venue, the reads it makes, and how many positions come of them
WAYS = {
    OPEN: ("binance_usdm", ("fapi/v3/positionRisk", "fapi/v1/symbolConfig"), 500),
    FEW: ("binance_usdm", ("fapi/v3/positionRisk", "fapi/v1/symbolConfig"), 20),
    TEN: ("binance_usdm", ("fapi/v3/positionRisk", "fapi/v1/symbolConfig"), 10),
    BYBIT: ("bybit_inverse", ("v5/account/info", "v5/position/list"), 200),
    COIN: ("binance_coinm", ("dapi/v1/account",), 6),
}


async def measure(base: str) -> dict[str, dict[str, list[float]]]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        figures = {}
        for way, (venue, paths, count) in WAYS.items():
            account = await open_account(stack, venue, f"{base}/{way}")
            ours: Callable[[], Awaitable[Any]] = account.get_account if way == COIN else account.get_positions
            read = await ours()
            assert len(read.positions if way == COIN else read) == count
            bare = partial(_bare, session, [f"{base}/{way}/{path}" for path in paths])
            figures[way] = await rounds({"bare": bare, "venuekit": ours})
        return figures


async def _bare(session: aiohttp.ClientSession, addresses: list[str]) -> Any:
    return await asyncio.gather(*(bare_request(session, "GET", address) for address in addresses))


def main() -> None:
    with serving() as base:
        print(json.dumps(asyncio.run(measure(base))))


if __name__ == "__main__":
    main()
