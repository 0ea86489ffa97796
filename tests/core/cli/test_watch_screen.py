"""The screen of ``watch`` in a real terminal: news at once, nothing cut in 80 columns, a clean end in every case."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.terminal import Terminal
from tests.core.cli.watched import WRONG, write_accounts

from venuekit.simulator import Simulation
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.ledger import Side

#: runs the command line with a screen that fails once an account is live
BROKEN = """\
import sys
from venuekit.cli import main
from venuekit.cli.watch import app
draw = app.totals_text
def fail(summaries):
    secret = "a-local-variable-of-a-frame"
    if any(summary.state == "live" for summary in summaries):
        raise RuntimeError("a bug of the screen")
    return draw(summaries)
app.totals_text = fail
sys.exit(main())
"""


@pytest.fixture
def toy() -> Iterator[BackgroundSimulation]:
    """The toy venue with an open position of 100 TOYUSD."""
    with BackgroundSimulation("toy_perp") as background:
        yield background


@pytest.fixture
def start(toy: BackgroundSimulation, command: list[str], tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the command line in a terminal: ``start("watch", names=["one"], TERM="dumb")``."""
    running: list[Terminal] = []

    def start(*words: str, names: tuple[str, ...] = ("main",), code: str | None = None, **more: str) -> Terminal:
        environment: Mapping[str, str] = write_accounts(tmp_path / "accounts.toml", toy, names) | more
        program = command if code is None else [sys.executable, "-c", code]
        running.append(Terminal([*program, *(words or ("watch",))], tmp_path, environment))
        return running[-1]

    yield start
    for terminal in running:
        terminal.__exit__()


def _buy(toy: BackgroundSimulation) -> float:
    """Buy one contract of the symbol that is held, and return when."""

    def fill(simulation: Simulation) -> None:
        simulation.ledger.fill("TOYUSD", Side.BUY, Decimal(1), Decimal(100))

    toy.call(fill)
    return time.monotonic()


def test_a_position_change_is_shown_within_a_second(start: Any, toy: BackgroundSimulation) -> None:
    """The quantity of a position changes on the screen less than a second after it has changed at the venue."""
    terminal = start()
    terminal.wait_for("live")
    terminal.press("\r")
    terminal.wait_for(lambda text: re.search(r"TOYUSD +both +100 ", text))

    delays = []
    for quantity in range(101, 106):
        begun = _buy(toy)
        terminal.wait_for(lambda text, shown=quantity: re.search(rf"TOYUSD +both +{shown} ", text))
        delays.append(time.monotonic() - begun)

    assert sorted(delays)[len(delays) // 2] < 1, delays  # one of them may meet a busy machine


def test_everything_is_readable_in_80_columns(start: Any) -> None:
    """Each heading and each cell is shown whole, and an account that cannot be opened says why in a line of its own."""
    terminal = start(names=("a-name-longer-than-its-column", "main", WRONG))
    terminal.wait_for(lambda text: "unreadable" in text and text.count("live") == 2)
    terminal.wait_for("in 2 of 3 accounts")  # once the instruments of both are known
    lines = terminal.lines

    assert lines[1].split() == ["account", "equity", "pnl", "ratio", "to", "liq", "pos", "ord", "gap", "state"]
    assert lines[2].startswith("a-name-long... ")
    assert all(len(line) <= 80 for line in lines)
    (row,) = (line for line in lines if line.startswith("main "))
    assert re.fullmatch(r"main +9,996.00 USD +0 USD +- +8.7% +1 +0 +0 live \d+s", row)
    (reason,) = (line for line in lines if "unreadable" in line)
    assert re.match(r"  unreadable \(again in \d+ s\): toy_perp: ", reason)
    assert "equity 19,992.00 USD in 2 of 3 accounts" in terminal.text
    assert "w" * 20 not in terminal.written.decode()


@pytest.mark.parametrize("end", ["ctrl-c", "q", signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_clean_afterwards(start: Any, end: str | signal.Signals) -> None:
    """The alternate screen is left, the cursor shown, and keys echo again; 130 after an interruption, 0 after q."""
    terminal = start()
    terminal.wait_for("live")
    if isinstance(end, signal.Signals):
        terminal.kill(end)
    else:
        terminal.press({"ctrl-c": "\x03"}.get(end, end))

    assert terminal.wait_for_end() == (0 if end == "q" else 130)
    assert terminal.is_clean()
    assert b"Traceback" not in terminal.written


def test_a_bug_ends_with_a_clean_terminal(start: Any) -> None:
    """The error is printed on the terminal as it was before, without the local variables of any frame."""
    terminal = start("watch", code=BROKEN)

    assert terminal.wait_for_end() == 1
    assert terminal.is_clean()
    after = terminal.written[terminal.written.rfind(b"\x1b[?1049l") :]
    assert b"RuntimeError: a bug of the screen" in after
    assert b"a-local-variable-of-a-frame" not in terminal.written


def test_no_colour_where_none_is_wanted(start: Any) -> None:
    """With NO_COLOR the screen has bold, dim and underlined text in the terminal's own colours alone."""
    terminal = start(NO_COLOR="1", names=("main", WRONG))
    terminal.wait_for(lambda text: "live" in text and "unreadable" in text)

    codes = {code for codes in re.findall(rb"\x1b\[([0-9;]*)m", terminal.written) for code in codes.split(b";")}
    assert codes <= {b"", b"0", b"1", b"2", b"4", b"39", b"49"}


def test_a_dumb_terminal_gets_lines(start: Any) -> None:
    """With TERM=dumb a line is printed for each change, and no escape sequence at all."""
    terminal = start(TERM="dumb")
    terminal.wait_for("main live equity=")

    assert b"\x1b" not in terminal.written
