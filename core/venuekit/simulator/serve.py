"""Serves a simulation to other processes; used by ``venuekit sim``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from venuekit.simulator import simulate
from venuekit.simulator.accounts_file import write_accounts_file
from venuekit.simulator.simulation import Simulation

if TYPE_CHECKING:
    from venuekit.plugins import Plugins


async def serve(
    venue_ids: Collection[str] = (),
    *,
    port: int = 0,
    scenario: str = "holding",
    seed: int = 0,
    write_accounts: Path | None = None,
    plugins: Plugins | None = None,
    output: TextIO | None = None,
) -> None:
    """
    Serve simulated venues until the task is cancelled or the process is asked to terminate.

    Once they answer, one line of JSON goes to ``output`` (standard output when None): each venue's URL, the key and
    secret that open all of them, and a read-only pair.

    Args:
        venue_ids: The venues; empty for every installed one that brings a simulator.
        port: The port of 127.0.0.1; 0 takes a free one.
        scenario: The initial state of the accounts.
        seed: The seed of the keys.
        write_accounts: An accounts file to write, 0600; a file that venuekit sim did not write is left unchanged.
        plugins: The plugins that provide the venues; the installed ones when None.
        output: The stream of the line.

    Raises:
        ConfigurationError, PluginError: a venue, the scenario, the port or the accounts file cannot be used.
    """
    simulation = simulate(*venue_ids, scenario=scenario, seed=seed, port=port, plugins=plugins)
    async with simulation:
        if write_accounts is not None:
            write_accounts_file(write_accounts, simulation)
        with _termination_event() as terminated:
            print(announcement(simulation), file=output or sys.stdout, flush=True)
            await terminated.wait()


def announcement(simulation: Simulation) -> str:
    """Return the line with the venues' URLs and the keys that open them."""
    venues = {
        venue_id: {"rest": simulation.rest(venue_id), "key": simulation.key, "secret": simulation.secret}
        for venue_id in simulation.venue_ids
    }
    read_only = {"key": simulation.read_only_key, "secret": simulation.read_only_secret}
    return json.dumps({"venues": venues, "read_only": read_only})


@contextlib.contextmanager
def _termination_event() -> Iterator[asyncio.Event]:
    """Yield an event that SIGTERM sets, where the platform and thread have signals for the loop."""
    terminated = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, terminated.set)
    except (RuntimeError, ValueError):
        yield terminated
        return
    try:
        yield terminated
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
