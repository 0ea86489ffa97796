"""Waits of the command line: each that is long is noted on standard error, once, and reads are patient."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.cli.terminal import Terminal

import venuekit.runtime
from venuekit.cli.wait_notes import WaitNotes
from venuekit.clock import SystemClock
from venuekit.errors import Throttled
from venuekit.pipeline import Event, EventKind, WaitReason
from venuekit.simulator import CannedAnswer
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import write_accounts_file
from venuekit_toy_perp.endpoints import TOY

Call = Callable[..., Any]


class _QuickClock(SystemClock):
    """The machine's clock, but that waits are over at once."""

    waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds
        await asyncio.sleep(0)


@attrs.frozen
class _Venue:
    """A simulated venue that is spoken to by the command line."""

    background: BackgroundSimulation
    accounts: Path

    def refuse(self, seconds: int, endpoint: Any = TOY.SETTINGS) -> None:
        """Let the venue refuse the next request for so many seconds."""
        answer = CannedAnswer(429, b"{}", {"Retry-After": str(seconds)})
        self.background.call(lambda sim: sim.disturb("toy_perp", endpoint, answer))


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[_Venue]:
    with BackgroundSimulation("toy_perp") as background:
        accounts = tmp_path / "accounts.toml"
        background.call(functools.partial(write_accounts_file, accounts))
        yield _Venue(background, accounts)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits of commands be over at once."""
    monkeypatch.setattr(venuekit.runtime, "SystemClock", _QuickClock)


TARGET = '[accounts.toy_perp]\nvenue = "toy_perp"\n[accounts.toy_perp.symbols.GEMUSD]\nleverage = 10\n'


@pytest.mark.parametrize("words", ["export", "plan target.toml", "leverage toy_perp GEMUSD", "balances", "overview"])
@pytest.mark.usefixtures("quick")
def test_reading_commands_wait_for_the_next_window_and_say_so(
    call: Call, venue: _Venue, tmp_path: Path, words: str
) -> None:
    """A minute is not too long for any of them; standard output has the answer alone."""
    (tmp_path / "target.toml").write_text(TARGET)
    for endpoint in (TOY.SETTINGS, TOY.WALLET):
        venue.refuse(59, endpoint)

    called = call(*words.split(), "--json", "--accounts", venue.accounts)

    notes = [json.loads(line) for line in called.err.splitlines()]
    assert called.status in {0, 5}, called.err
    assert isinstance(called.rows, list)
    assert notes
    assert notes[0]["note"].startswith("waits 59 s to try again: toy_perp: ")
    assert all((one["venue"], one["seconds"] > 2) == ("toy_perp", True) for one in notes)


def test_a_short_wait_is_not_noted(call: Call, venue: _Venue) -> None:
    """A second is nothing to speak of."""
    venue.refuse(1, TOY.WALLET)

    called = call("balances", "--accounts", venue.accounts)

    assert (called.status, called.err) == (0, "")


def test_a_note_leaves_the_bar_as_it_is(command: list[str], venue: _Venue, tmp_path: Path) -> None:
    """It is a line of its own above it."""
    (tmp_path / "target.toml").write_text(TARGET.replace("10", "11"))
    venue.refuse(3, TOY.SET_LEVERAGE)
    words = [*command, "apply", "target.toml", "--accounts", str(venue.accounts)]

    with Terminal(words, tmp_path, {"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        # the bar is drawn again below the note
        terminal.wait_for(lambda text: "waits 3 s to try again" in text and "0/1" in text)
        waiting = terminal.lines
        assert terminal.wait_for_end() == 0

    assert any(line.startswith("waits 3 s to try again: toy_perp: ") for line in waiting), waiting
    assert any("0/1" in line and "waits" not in line for line in waiting)
    assert "changed" in terminal.text


@pytest.fixture
def notes(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Return the function that has events observed at some times, and returns the notes."""

    def observe(*events: tuple[float, Event]) -> list[str]:
        times = iter(at for at, event in events if event.kind is not EventKind.END)
        observer = WaitNotes(as_json=False, now=lambda: next(times)).venuekit_observe(None)  # type: ignore[arg-type]
        for _, event in events:
            observer(event)
        return capsys.readouterr().err.splitlines()

    return observe


def _wait(seconds: float, **fields: Any) -> Event:
    details = {"reason": WaitReason.BUDGET, "pool": "weight", **fields}
    return Event(EventKind.WAIT, "acme", "get_orders", "BTC", 1, seconds=seconds, **details)


def test_operations_that_wait_together_are_noted_once(notes: Any) -> None:
    """By limit; one that waits for much longer is noted, and so is the next wait."""
    told = notes(
        (0, _wait(59.2, serial=1)),
        (1, _wait(58.1, serial=2)),
        (2, _wait(59, serial=3)),
        (3, _wait(59, serial=3, pool="orders")),
        (4, _wait(300, serial=3)),
        (305, _wait(60, serial=4)),
    )

    limit = "s for the rate limit weight of acme"
    orders = "waits 59 s for the rate limit orders of acme"
    assert told == [f"waits 60 {limit}", orders, f"waits 300 {limit}", f"waits 60 {limit}"]


def test_a_download_that_waits_with_each_page_is_not_a_list_of_waits(notes: Any) -> None:
    """One short wait of a limit is noted in half a minute."""
    assert len(notes(*((at, _wait(3)) for at in range(0, 90, 5)))) == 3


def test_a_note_says_the_reason(notes: Any) -> None:
    """A turn, which is reported when it is over, has none; nor has an operation that was slow."""
    refused = Throttled("429 try later")
    told = notes(
        (0, _wait(5, reason=WaitReason.FENCE, pool=None, account="desk")),
        (0, _wait(6, reason=WaitReason.OUTCOME, pool=None)),
        (0, _wait(7, pool=None)),
        (0, Event(EventKind.RETRY, "acme", "get_orders", None, 1, seconds=8, error=refused)),
        (0, Event(EventKind.END, "acme", "get_orders", None, 1, seconds=20)),
    )

    assert told == [
        "desk: get_orders BTC waits 5 s until an earlier write cannot arrive any more",
        "acme: get_orders BTC waits 6 s to find out whether the request that was lost was carried out",
        "waits 7 s for the rate limits of acme",
        f"waits 8 s to try again: {refused}",
    ]
    assert notes((0, Event(EventKind.END, "acme", "a", None, 1, seconds=20))) == []
    turn = attrs.evolve(_wait(9), reason=WaitReason.TURN)
    assert notes((0, attrs.evolve(turn, kind=EventKind.END)), (0, _wait(1))) == []
