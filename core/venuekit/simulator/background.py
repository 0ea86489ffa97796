"""A simulation in a thread of its own, for clients that block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType, TracebackType
from typing import Self, TypeVar

from venuekit._util.loop_thread import LoopThread
from venuekit.clock import Clock
from venuekit.credentials import Credentials
from venuekit.plugins import Plugins
from venuekit.simulator import Market, Simulation, World, simulate
from venuekit.simulator.accounts import KeyKinds, Money
from venuekit.simulator.fields import Number

T = TypeVar("T")


class BackgroundSimulation:
    """
    Simulated venues whose server runs in a thread of its own; a context manager.

    URLs and keys can be read from any thread. Everything else (ledger, disturbances, requests, skew) belongs to the
    server's thread: pass a function to :meth:`call`.

    Attributes:
        simulation: The simulation itself.
        venue_ids: The simulated venues' ids.
        key, secret: The pair that opens every venue.
        read_only_key, read_only_secret: A pair that is refused writes.
    """

    def __init__(
        self,
        *venue_ids: str,
        scenario: str = "holding",
        seed: int = 0,
        clock: Clock | None = None,
        port: int = 0,
        plugins: Plugins | None = None,
        markets: Sequence[Market] | Mapping[str, Sequence[Market]] = (),
        accounts: Mapping[str, Money] = MappingProxyType({}),
        prices: Mapping[str, Number] = MappingProxyType({}),
        keys: KeyKinds | None = None,
        world: World | None = None,
    ) -> None:
        self.simulation = simulation = simulate(
            *venue_ids,
            scenario=scenario,
            seed=seed,
            clock=clock,
            port=port,
            plugins=plugins,
            markets=markets,
            accounts=accounts,
            prices=prices,
            keys=keys,
            world=world,
        )
        self.venue_ids = simulation.venue_ids
        self.key, self.secret = simulation.key, simulation.secret
        self.read_only_key, self.read_only_secret = simulation.read_only_key, simulation.read_only_secret
        self._thread: LoopThread | None = None

    def __enter__(self) -> Self:
        self._thread = LoopThread("venuekit simulation")
        with ExitStack() as not_opened:
            not_opened.callback(self._thread.stop)
            self._thread.run(self.simulation.__aenter__)
            not_opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as closing:
            closing.callback(self._running.stop)
            self._running.run(self.simulation.__aexit__, None, None, None)

    @property
    def _running(self) -> LoopThread:
        if self._thread is None:
            raise RuntimeError("the simulation does not run: use it in a with block")
        return self._thread

    def call(self, function: Callable[[Simulation], T]) -> T:
        """
        Run a function on the simulation in its own thread and return its result.

        Raises:
            RuntimeError: the simulation does not run.
        """

        async def run() -> T:
            return function(self.simulation)

        return self._running.run(run)

    def rest(self, venue_id: str) -> str:
        """Return the URL of a venue, without a trailing slash."""
        return self.simulation.rest(venue_id)

    def credentials(self, venue_id: str, *, account: str | None = None, read_only: bool = False) -> Credentials:
        """Return credentials for :func:`venuekit.connect`: of a named account, of the main one when None."""
        return self.simulation.credentials(venue_id, account=account, read_only=read_only)
