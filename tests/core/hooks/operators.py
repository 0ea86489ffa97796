"""An operator's plugin, as a function that installs one, and a store of shared budgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from venuekit import Runtime
from venuekit.pipeline import PoolName, PoolReport, PoolState, Receipt
from venuekit.plugins import Plugins
from venuekit.simulator import Simulation

Install = Callable[..., Plugins]


class Store:
    """A store that lets everything pass, and remembers it."""

    def __init__(self) -> None:
        self.paid: list[Sequence[tuple[PoolName, int]]] = []
        self.is_closed = False

    async def pay(self, due: Sequence[tuple[PoolName, int]], *_: Any, **__: Any) -> Receipt:
        self.paid.append(due)
        return Receipt(0.0)

    async def report(self, reports: Sequence[PoolReport]) -> None: ...

    async def leave(self, waiter: str) -> None: ...

    async def states(self) -> tuple[PoolState, ...]:
        return ()

    async def aclose(self) -> None:
        self.is_closed = True


def runtime_of(sim: Simulation, plugins: Plugins) -> Runtime:
    return Runtime(plugins=plugins, clock=sim._clock, journal=False)
