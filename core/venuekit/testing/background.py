"""A simulation in a thread of its own, for tests whose clients block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from venuekit.credentials import Credentials
from venuekit.simulator import Simulation, simulate

if TYPE_CHECKING:
    from venuekit.plugins import Plugins

T = TypeVar("T")


class BackgroundSimulation:
    """
    Simulated venues whose server runs in a thread of its own; a context manager.

    URLs and keys can be read from any thread. Everything else (ledger, disturbances, requests, skew) belongs to the
    server's thread: pass a function to :meth:`call`.
    """

    def __init__(
        self, *venue_ids: str, scenario: str = "holding", seed: int = 0, plugins: Plugins | None = None
    ) -> None:
        self._simulation = simulate(*venue_ids, scenario=scenario, seed=seed, plugins=plugins)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="venuekit simulation", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._simulation.__aenter__(), self._loop).result()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self._simulation.__aexit__(None, None, None), self._loop).result()
        finally:
            self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, function: Callable[[Simulation], T]) -> T:
        """Run a function on the simulation in its own thread and return its result."""

        async def run() -> T:
            return function(self._simulation)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    @property
    def venue_ids(self) -> tuple[str, ...]:
        """The simulated venues' ids."""
        return self._simulation.venue_ids

    @property
    def key(self) -> str:
        """The key that opens every venue."""
        return self._simulation.key

    @property
    def secret(self) -> str:
        """The secret of :attr:`key`."""
        return self._simulation.secret

    @property
    def read_only_key(self) -> str:
        """The key that is refused writes."""
        return self._simulation.read_only_key

    @property
    def read_only_secret(self) -> str:
        """The secret of :attr:`read_only_key`."""
        return self._simulation.read_only_secret

    def rest(self, venue_id: str) -> str:
        """Return the URL of a venue, without a trailing slash."""
        return self._simulation.rest(venue_id)

    def credentials(self, venue_id: str, *, read_only: bool = False) -> Credentials:
        """Return credentials for :func:`venuekit.connect`."""
        return self._simulation.credentials(venue_id, read_only=read_only)
