"""
A walk over 100,000 rows of USD-M's income: how much of its CPU is aiohttp and JSON, and how much memory it takes.

Beside it the same pages are read from the same server with nothing but aiohttp and the endpoint's decoder, from JSON to
the same values: that over the walk is the share. Once more they are read with aiohttp and ``orjson.loads``, which
leaves dictionaries of text. Each walk drops what it has seen, as one that writes a file does. The memory is the most
the whole process ever had, interpreter, libraries and bare walks included, and what the walks added to it.

Prints JSON: seconds of client CPU per walk, for each client one number per round; MiB.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

import aiohttp
import orjson
from bare import bare_read, serving
from books import INCOME_ROWS
from clients import open_account

from venuekit.capabilities import IncomeReader

ROUNDS = 5


def most_memory() -> float:
    """Return the most MiB that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def measure(base: str) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        account = await open_account(stack, "binance_usdm", base)
        reader = IncomeReader.of(account)
        address = f"{base}/fapi/v1/income"

        async def parsed(parse: Callable[[bytes], list[Any]], moment: Callable[[Any], int]) -> int:
            count, start = 0, round((time.time() - 86_400) * 1000)
            while True:
                rows = parse(await bare_read(session, "GET", address, f"startTime={start}&limit=1000&"))
                count += len(rows)
                if len(rows) < 1000:
                    return count
                start = moment(rows[-1]) + 1

        async def walked() -> int:
            count = 0
            async for _ in reader.iter_income(start=datetime.now(UTC) - timedelta(days=1)):
                count += 1
            return count

        ways: dict[str, Callable[[], Awaitable[int]]] = {
            "untyped": partial(parsed, orjson.loads, itemgetter("time")),
            "typed": partial(parsed, account.endpoints.INCOME.decode, lambda row: round(row.time.timestamp() * 1000)),
            "venuekit": walked,
        }
        figures: dict[str, list[float]] = {name: [] for name in ways}
        before = most_memory()
        for number in range(ROUNDS + 1):
            for name, way in ways.items():
                gc.collect()
                started = time.process_time()
                assert await way() == INCOME_ROWS
                if number:  # the first of each warms up
                    figures[name].append(time.process_time() - started)
        return {**figures, "MiB": most_memory(), "MiB added": most_memory() - before}


def main() -> None:
    with serving() as base:
        print(json.dumps(asyncio.run(measure(base))))


if __name__ == "__main__":
    main()
