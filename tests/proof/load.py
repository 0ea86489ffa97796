"""Load: calls without end on several accounts, some of them cancelled, some with too little time."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs
from tests.plugins.stages import VENUES

from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.errors import VenuekitError

D = Decimal


def open_sockets() -> list[str]:
    """Return the sockets of this process, as the operating system names them."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the one that the directory was read with
            continue
        if target.startswith("socket:"):
            found.append(target)
    return sorted(found)


def resident_bytes() -> int:
    """Return how much memory of this process is in use, after garbage was collected."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@attrs.define
class Load:
    """
    Workers that call accounts until they are told to stop.

    Attributes:
        accounts: Accounts of venues with a symbol in ``VENUES``.
        seed: Decides what each worker calls, with which deadline, and when it is cancelled.
        ends: How often calls ended, by the name of the error or "done".
    """

    accounts: Sequence[Any]
    seed: int
    ends: Counter[str] = attrs.field(factory=Counter)
    is_over: bool = False

    async def run(self, workers: int, seconds: float, look: Callable[[], None], times: int) -> None:
        """Have so many calls in flight for so long, and look ``times`` times meanwhile, evenly spread."""
        tasks = [asyncio.create_task(self._work(number)) for number in range(workers)]
        try:
            for _ in range(times):
                await asyncio.sleep(seconds / times)
                look()
        finally:
            self.is_over = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _work(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311 - a game, not a secret
        account = self.accounts[number % len(self.accounts)]
        symbol, quantity = VENUES[account.venue.id]
        while not self.is_over:
            deadline = chance.choice([None, None, 0.05, 0.5])
            call = self._call(chance, account.with_options(deadline=deadline, max_wait=2), symbol, quantity)
            task = asyncio.ensure_future(call)
            try:
                if chance.random() < 0.1:
                    await asyncio.wait([task], timeout=chance.random() * 0.2)
                    task.cancel()
                await task
            except VenuekitError as error:
                self.ends[type(error).__name__] += 1
            except asyncio.CancelledError:
                self.ends["cancelled"] += 1
                task.cancel()
                await asyncio.wait([task])
                worker = asyncio.current_task()
                if worker is not None and worker.cancelling():
                    raise
            else:
                self.ends["done"] += 1
            await asyncio.sleep(0.01)  # an error before anything was sent must not keep the loop busy

    async def _call(self, chance: random.Random, account: Any, symbol: str, quantity: Decimal) -> Any:
        name = chance.choice(["place", "place", "cancel", "cancel_all", "leverage", "positions", "open", "balances"])
        if name == "place":
            price = D(chance.randrange(1900, 2100))
            request = OrderRequest(
                symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=price
            )
            return await account.place_order(request)
        if name == "cancel":
            return await account.cancel_order(symbol, client_id=f"nothing-{chance.randrange(10**6)}")
        if name == "cancel_all":
            return await account.cancel_all_orders(symbol=symbol)
        if name == "leverage":
            return await account.set_leverage(symbol, chance.randrange(1, 20))
        if name == "positions":
            return await account.get_positions()
        return await (account.get_open_orders(symbol=symbol) if name == "open" else account.get_balances())
