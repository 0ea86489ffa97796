"""A simulation beside the commands of the same process, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from venuekit.plugins import Plugins
from venuekit.simulator import Simulation, simulate
from venuekit.simulator.accounts_file import write_accounts_file

__all__ = ["simulation_thread"]


@contextmanager
def simulation_thread(plugins: Plugins, accounts: Path) -> Iterator[Simulation]:
    """Serve every installed venue that brings a simulator, and write the accounts file that opens them."""
    simulation = simulate(plugins=plugins)
    started = threading.Event()
    failures: list[BaseException] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with simulation:
            write_accounts_file(accounts, simulation)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(serve())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked for the simulation
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="simulation", daemon=True)
    thread.start()
    started.wait()
    try:
        if failures:
            raise failures[0]
        yield simulation
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
