"""
The soak: ``make soak``, or ``python -m tests.proof.soak [SECONDS] [SEED]``.

For a minute 64 calls are in flight on simulated venues of another process, which disturbs a tenth of all requests.
Afterwards there is no task and no socket that was not there before, and the second half took no more memory than the
first one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import secrets
import sys
import tempfile
from contextlib import AsyncExitStack
from multiprocessing.connection import Connection
from pathlib import Path

from tests.plugins.stages import VENUES
from tests.proof.load import Load, open_sockets, resident_bytes

import venuekit
from venuekit.credentials import Credentials
from venuekit.simulator import RandomDisturbances

IN_FLIGHT = 64
LOOKS = 12
#: by how many bytes the second half may need more than the first one
GROWTH_MAX = 4 * 1024 * 1024


async def _simulate(seed: int, pipe: Connection) -> None:
    """Serve the venues until the other side hangs up; send the credentials of each."""
    async with venuekit.simulate(*VENUES, scenario="flat", seed=seed) as sim:
        pipe.send([(venue, sim.rest(venue), sim.key_of(venue)) for venue in VENUES])
        sim.disturb_randomly(RandomDisturbances(seed=seed, rate=0.1))
        while not pipe.poll():
            await asyncio.sleep(0.2)
            sim.requests.clear()


def serve(seed: int, pipe: Connection) -> None:
    """Run the process of the venues."""
    asyncio.run(_simulate(seed, pipe))


async def soak(seconds: float, seed: int, pipe: Connection) -> None:
    """
    Run the load, and report it.

    Raises:
        SystemExit: a task or a socket is left, or memory grew.
    """
    before, tasks = open_sockets(), asyncio.all_tasks()
    memory: list[int] = []
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        runtime = await stack.enter_async_context(venuekit.Runtime(journal=Path(directory)))
        accounts = []
        for venue, url, key in pipe.recv():
            credentials = Credentials.sim(url, key.key, key.secret, fields=key.fields)
            accounts.append(await stack.enter_async_context(venuekit.connect(venue, credentials, runtime=runtime)))
        load = Load(accounts, seed)
        await load.run(IN_FLIGHT, seconds, look=lambda: memory.append(resident_bytes()), times=LOOKS)
    await asyncio.sleep(0.1)
    left = asyncio.all_tasks() - tasks, set(open_sockets()) - set(before)
    growth = max(memory[LOOKS // 2 :]) - max(memory[: LOOKS // 2])
    ends = ", ".join(f"{count} {name}" for name, count in load.ends.most_common())
    used = resource.getrusage(resource.RUSAGE_SELF)
    _print(f"seed {seed}: {seconds:g} s at {IN_FLIGHT} in flight, {sum(load.ends.values())} calls: {ends}")
    _print(f"memory by {LOOKS} looks, MiB: {' '.join(f'{one / 2**20:.1f}' for one in memory)}")
    _print(f"growth of the second half: {growth / 2**20:+.1f} MiB; {used.ru_utime + used.ru_stime:.1f} s of CPU")
    _print(f"left behind: {len(left[0])} tasks, {len(left[1])} sockets")
    if any(left) or growth > GROWTH_MAX:
        sys.exit(f"something is left behind: {left}" if any(left) else f"memory grew by {growth} bytes")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    """Run the soak against venues in a process of their own."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**9)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(seed, theirs))
    process.start()
    try:
        asyncio.run(soak(seconds, seed, ours))
    finally:
        ours.send(None)
        process.join(10)
        process.kill()
        process.join()


if __name__ == "__main__":
    main()
