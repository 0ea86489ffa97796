"""Processes that share a pool never exceed it, whatever dies and whatever their clocks say."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.budget_store import worker
from tests.core.budget_store.servers import KINDS, Server

from venuekit.simulator import Simulation
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

WORKER = [sys.executable, "-m", "tests.core.budget_store.worker"]
ROOT = Path(__file__).parents[3]


class _Worker:
    """A process that spends; its payments are in a file, where those of a process that was killed are, too."""

    def __init__(self, server: Server, name: str, ahead: float) -> None:
        self.path = server.directory / f"{name}.payments"
        with self.path.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - ours
                [*WORKER, server.url, name, str(ahead)], cwd=ROOT, stdin=subprocess.PIPE, stdout=output
            )

    def payments(self) -> list[tuple[float, float, int]]:
        """Return the earliest and the latest moment of each, and its amount; a line that was cut off is left out."""
        lines = self.path.read_text().splitlines()
        parts = [line.split() for line in lines]
        return [(float(one[0]), float(one[1]), int(one[2])) for one in parts if len(one) == 3]

    def kill(self) -> None:
        """End it in the middle of something."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        """End it when its last request is paid."""
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_never_exceed_a_pool(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    Not by one request, with a worker that is killed, a server that is killed and loses all, and clocks that differ.

    Payments are known to lie between two moments; those that lie as a whole in a span shorter than the window were
    made within it, however slow the machine is.
    """
    server = Server(kind, tmp_path_factory.mktemp("own"))
    server.start()
    workers = [_Worker(server, "one", 0.0), _Worker(server, "two", 7.0)]
    try:
        _wait_for(lambda: all(len(one.payments()) >= 5 for one in workers))
        workers[1].kill()
        workers.append(_Worker(server, "three", -7.0))
        _wait_for(lambda: len(workers[2].payments()) >= 3)
        server.kill()
        server.start()
        so_far = [len(one.payments()) for one in workers]
        _wait_for(lambda: all(len(workers[at].payments()) >= so_far[at] + 5 for at in (0, 2)))
        for one in (workers[0], workers[2]):
            one.end()
    finally:
        for one in workers:
            one.kill()
        server.kill()

    payments = sorted(payment for one in workers for payment in one.payments())
    for begin, _, _ in payments:
        end = begin + worker.SECONDS
        assert sum(amount for before, after, amount in payments if begin <= before and after < end) <= worker.AMOUNT
    busiest = max(
        sum(amount for before, _, amount in payments if begin <= before < begin + 1.5 * worker.SECONDS)
        for begin, _, _ in payments
    )
    assert busiest > worker.AMOUNT / 2, "the pool was hardly used, so that it proves little"


async def test_processes_send_a_venue_no_more_than_one_pool(server_of: Callable[[str], Server]) -> None:
    """Readers behind one address leave a fifth of it, though one is killed and another one takes its place."""
    server = server_of("valkey")
    server.ask("FLUSHALL")
    environment = os.environ | {"VENUEKIT_BUDGET": f"{server.url}?start=open", "PYTHONWARNINGS": "ignore"}
    async with Simulation((TOY_PERP,)) as sim:
        known = sim.key_of("toy_perp")
        reader = [sys.executable, "-m", "tests.core.budget_store.reader", sim.rest("toy_perp"), known.key, known.secret]

        async def begin() -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(*reader, cwd=ROOT, env=environment)

        readers = [await begin(), await begin()]
        for _ in range(3000):
            if len(sim.requests) > 50:
                break
            await asyncio.sleep(0.01)
        readers[0].kill()
        readers.append(await begin())
        statuses = [await one.wait() for one in readers]
        reads = sum(one.path == TOY.SETTINGS.path for one in sim.requests)

    assert statuses[1:] == [0, 0]
    assert 460 <= reads <= 480
