"""Nonces: every signed request of a key carries a number above those before it, in every process of the machine."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.credentials import Credentials
from venuekit.pipeline.journal_lines import read_line
from venuekit.pipeline.nonces import Nonces
from venuekit.plugin import EncodedRequest, NonceRule, RequestExpiry, Stamp, Venue, to_milliseconds
from venuekit.simulator import Simulation
from venuekit.testing.clocks import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning

NOW = 1_700_000_000_000
MICROSECONDS = NonceRule(1_000_000)
WINDOW = 10_000

#: takes numbers as fast as it can, and prints them
_PROCESS = """
import asyncio, sys
from pathlib import Path
from venuekit.clock import SystemClock
from venuekit.pipeline.nonces import Nonces
from venuekit.plugin import NonceRule

async def main():
    clock = SystemClock()
    nonces = Nonces(NonceRule(1000), "key", clock, Path(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(1000):
        print(await nonces.take(clock.milliseconds()))
    await nonces.aclose()

asyncio.run(main())
"""


class StampedSigning(ToySigning):
    """The toy venue's, which remembers the stamps."""

    def __init__(self) -> None:
        self.stamps: list[Stamp] = []

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        self.stamps.append(stamp)
        return super().payload(encoded, stamp)


@attrs.frozen
class Numbered:
    """A simulated venue whose requests carry microseconds, and its accounts."""

    sim: Simulation
    runtime: venuekit.Runtime
    venue: Venue[Any]
    stamps: Sequence[Stamp]
    directory: Path

    async def open(self, credentials: Credentials | None = None) -> Any:
        return await self.runtime.open(self.venue, credentials or self.sim.credentials("toy_perp"))


def files(directory: Path, pattern: str) -> list[Path]:
    return list(directory.glob(pattern))


@pytest.fixture
async def numbered(tmp_path: Path) -> AsyncIterator[Numbered]:
    clock, signing = InstantClock(), StampedSigning()
    venue = attrs.evolve(
        TOY_PERP,
        signing=signing,
        nonce=MICROSECONDS,
        recv_window=WINDOW,
        recv_window_least=WINDOW,
        recv_window_most=WINDOW,
    )
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
    ):
        yield Numbered(sim, runtime, venue, signing.stamps, tmp_path)


async def test_numbers_of_one_moment_rise_from_its_time() -> None:
    """The first is the time in the venue's unit, each later one is above it."""
    nonces = Nonces(MICROSECONDS, "key", InstantClock())

    taken = [await nonces.take(NOW), await nonces.take(NOW), await nonces.take(NOW - 5), await nonces.take(NOW + 1)]

    assert [NOW * 1000, NOW * 1000 + 1, NOW * 1000 + 2, (NOW + 1) * 1000] == taken


@pytest.mark.parametrize("per_second", [1, 7, 1000, 1_000_000, 1_000_000_000])
def test_number_and_its_time_agree(per_second: int) -> None:
    """The time of a number is never before the time that it was made at by more than its unit, and never below it."""
    rule = NonceRule(per_second)
    number = rule.number_at(NOW + 3)

    assert rule.milliseconds_of(number) <= NOW + 3 < rule.milliseconds_of(number + 1)
    assert rule.milliseconds_of(number + per_second) == rule.milliseconds_of(number) + 1000


@pytest.mark.parametrize("per_second", [0, -1, 1.5, True])
def test_rule_without_a_unit_is_refused(per_second: Any) -> None:
    """A rule says how many numbers make a second."""
    with pytest.raises(ValueError, match="per_second of a NonceRule is a whole number from 1 up"):
        NonceRule(per_second)


async def test_number_of_another_process_is_never_taken_again(tmp_path: Path) -> None:
    """Two objects on one file share one row of numbers, also when the file is taken away between them."""
    path = tmp_path / "below" / "key.nonce"
    ours, theirs = Nonces(MICROSECONDS, "key", InstantClock(), path), Nonces(MICROSECONDS, "key", InstantClock(), path)
    taken = [await one.take(NOW) for one in (ours, theirs, ours, theirs, theirs)]
    path.unlink()
    taken += [await ours.take(NOW), await theirs.take(NOW)]

    assert [NOW * 1000 + step for step in range(7)] == taken
    await ours.aclose()
    await theirs.aclose()
    assert [] == [one for one in path.parent.iterdir() if one.stat().st_mode & 0o077]


@pytest.mark.parametrize("content", [b"", b"\n", b"garbage", b"\0" * 24])
async def test_file_without_a_number_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    """A machine that died while it wrote leaves no key that cannot sign."""
    path = tmp_path / "key.nonce"
    path.write_bytes(content)
    nonces = Nonces(MICROSECONDS, "key", InstantClock(), path)

    assert NOW * 1000 == await nonces.take(NOW)
    assert NOW * 1000 == int(path.read_bytes())
    await nonces.aclose()


@pytest.mark.parametrize(("lead", "first"), [(11_000, NOW * 1000), (None, (NOW + 3_600_000) * 1000 + 1)])
async def test_number_of_a_wrong_clock_is_kept_only_where_the_venue_may_have_taken_it(
    tmp_path: Path, lead: int | None, first: int
) -> None:
    """An hour ahead lies outside any window, and would keep the key from signing; without a window it counts."""
    path = tmp_path / "key.nonce"
    path.write_text(f"{(NOW + 3_600_000) * 1000}\n")
    nonces = Nonces(MICROSECONDS, "key", InstantClock(), path, lead)

    assert first == await nonces.take(NOW)
    assert first + 1 == await nonces.take(NOW)
    await nonces.aclose()


async def test_clock_that_was_set_back_leads_no_two_processes_to_one_number(tmp_path: Path) -> None:
    """A number that one of them took an hour ahead is dropped, and those that the other one has taken since count."""
    path = tmp_path / "key.nonce"
    ours, theirs = (Nonces(MICROSECONDS, "key", InstantClock(), path, WINDOW + 1000) for _ in range(2))
    await ours.take(NOW + 3_600_000)

    taken = [await one.take(NOW) for one in (theirs, ours, theirs, ours)]

    assert [NOW * 1000 + step for step in range(4)] == taken
    await ours.aclose()
    await theirs.aclose()


async def test_file_that_cannot_be_written_is_warned_of_once(tmp_path: Path) -> None:
    """The numbers rise within the process then, and requests are still signed."""
    (tmp_path / "file").touch()
    nonces = Nonces(MICROSECONDS, "key", InstantClock(), tmp_path / "file" / "key.nonce")

    with pytest.warns(UserWarning, match="nonces rise within this process only: .*key.nonce cannot be written"):
        first = await nonces.take(NOW)
    assert first + 1 == await nonces.take(NOW)


async def test_file_that_another_process_holds_is_waited_for_and_then_nothing_is_sent(tmp_path: Path) -> None:
    """A stopped process that holds the file ends in NeverSent, which is sent again; it never ends in a used number."""
    path = tmp_path / "key.nonce"
    holder = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", holder, path, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    nonces = Nonces(MICROSECONDS, "key", InstantClock(), path)
    with pytest.raises(errors.NeverSent, match=r"another process holds .*key\.nonce"):
        await nonces.take(NOW)
    await process.communicate(b"\n")

    assert NOW * 1000 == await nonces.take(NOW)
    await nonces.aclose()


async def test_two_processes_share_no_number(tmp_path: Path) -> None:
    """Each sees its own numbers rise, and no number is seen twice, though both take as many as they can."""
    command = (sys.executable, "-c", _PROCESS, tmp_path / "key.nonce")
    processes = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert b"ready\n" == await process.stdout.readline()
    answers = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    rows = [[int(line) for line in output.split()] for output, _ in answers]

    assert [1000, 1000] == [len(row) for row in rows]
    assert all(row == sorted(set(row)) for row in rows)
    assert set(rows[0]).isdisjoint(rows[1])


async def test_signed_requests_carry_a_number_and_others_take_none(numbered: Numbered) -> None:
    """The numbers of two accounts of one signing key are one row, kept beside the journal; the time needs none."""
    first, second = await numbered.open(), await numbered.open()
    for account in (first, second, first):
        await account.call(TOY.POSITIONS)
        await account.call(TOY.SERVER_TIME)

    taken = [stamp.nonce for stamp in numbered.stamps]
    assert 3 == len(taken)
    assert taken == sorted(set(taken))
    assert all(abs(MICROSECONDS.milliseconds_of(one) - to_milliseconds(first.now())) < 60_000 for one in taken)
    assert [taken[-1]] == [int(path.read_text()) for path in files(numbered.directory, "toy_perp-sim-*.nonce")]


async def test_keys_with_secrets_of_their_own_have_numbers_of_their_own(numbered: Numbered) -> None:
    """The signing key is what the venue counts by, and its text is nowhere."""
    ours = numbered.sim.credentials("toy_perp")
    other = Credentials.sim(str(ours.rest), ours.key, "another-secret")
    await (await numbered.open(ours)).call(TOY.POSITIONS)
    with pytest.raises(errors.AuthenticationFailed):
        await (await numbered.open(other)).call(TOY.POSITIONS)

    names = [path.name for path in files(numbered.directory, "*.nonce")]
    assert 2 == len(names)
    assert not any("another-secret" in name for name in names)


async def test_fence_follows_from_a_number_that_is_ahead_of_the_time(numbered: Numbered) -> None:
    """A request lives as long as its number says, and so long its absence is not believed."""
    account = await numbered.open()
    await account.call(TOY.POSITIONS)
    ahead = account._session.venue_session.clock.milliseconds() + 4000
    (path,) = files(numbered.directory, "*.nonce")
    path.write_text(f"{ahead * 1000}\n")
    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    (journal,) = files(numbered.directory, "*.jsonl")
    fences = [line.fence for line in map(read_line, journal.read_bytes().split(b"\n\n")) if hasattr(line, "fence")]
    assert [ahead + 1 + WINDOW + 1000] == [to_milliseconds(fence) for fence in fences]


async def test_number_that_bounds_by_its_successors_holds_nothing_back_by_its_time(numbered: Numbered) -> None:
    """Numbers of a clock that was a day ahead stay there, and a lost write holds others back for its window only."""
    venue = attrs.evolve(numbered.venue, expiry=RequestExpiry.NONCE)
    account: Any = await numbered.runtime.open(venue, numbered.sim.credentials("toy_perp"))
    await account.call(TOY.POSITIONS)
    now = account._session.venue_session.clock.milliseconds()
    (path,) = files(numbered.directory, "*.nonce")
    path.write_text(f"{(now + 86_400_000) * 1000}\n")
    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert numbered.stamps[-1].nonce == (now + 86_400_000) * 1000 + 1
    (journal,) = files(numbered.directory, "*.jsonl")
    fences = [line.fence for line in map(read_line, journal.read_bytes().split(b"\n\n")) if hasattr(line, "fence")]
    assert [to_milliseconds(fence) - now < WINDOW + 2000 for fence in fences] == [True]


async def test_venue_without_a_rule_pays_nothing(tmp_path: Path) -> None:
    """Its stamps carry 0, and no file is made."""
    clock, signing = InstantClock(), StampedSigning()
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
    ):
        account = await runtime.open(attrs.evolve(TOY_PERP, signing=signing), sim.credentials("toy_perp"))
        await account.call(TOY.POSITIONS)

    assert [0] == [stamp.nonce for stamp in signing.stamps]
    assert [] == files(tmp_path, "*.nonce")


async def test_fixed_window_is_not_chosen(numbered: Numbered) -> None:
    """A caller's window of another length is refused before anything is sent, and the fixed one is taken."""
    account = await numbered.open()
    numbered.sim.requests.clear()
    with pytest.raises(errors.InvalidArgument, match="recv_window must be 10000 ms, as the venue fixes it, not 3000"):
        await account.with_options(recv_window=3000).call(TOY.POSITIONS)

    assert [] == numbered.sim.requests
    assert await account.with_options(recv_window=WINDOW).call(TOY.POSITIONS)


@pytest.mark.parametrize("window", [(0, 5000, 60_000), (6000, 5000, 60_000), (1, 5000, 4000)])
def test_windows_that_do_not_rise_are_refused(window: tuple[int, int, int]) -> None:
    """The least window is at most the one by default, and that at most the longest."""
    least, default, most = window
    with pytest.raises(ValueError, match="toy_perp: recv_window_least, recv_window and recv_window_most must rise"):
        attrs.evolve(
            TOY_PERP,
            recv_window=default,
            recv_window_least=least,
            recv_window_most=most,
            expiry=RequestExpiry.WINDOW,
        )
