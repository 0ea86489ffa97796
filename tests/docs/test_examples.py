"""Every example runs as it stands, without arguments, against simulated venues."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
#: what an example shows, as its output says it
SHOWS = {
    "guarded": ["allowed: 10", "refused, not_sent", "is not among the allowed symbols", "the account is halted"],
    "market_maker": [
        *("binance_usdm ETHUSDT: flat", "aster_usdm_v1 ETHUSDT: flat"),
        *("binance_coinm ETHUSD_PERP: flat", "bybit_inverse ETHUSD: flat"),
    ],
    "observe": ["set_leverage ETHUSD: fault, attempt 1", "changed: None"],
    "pnl_report": ["ETHUSDT: +0.05 USD", "ETHUSD: +150.00 USD"],
    "raw_endpoint": ["fee tier 0, may trade: True"],
    "risk_monitor": [
        "binance_coinm: equity 304,416.18 USD",
        "BTCUSDT is 6.2% from",
        "ALERT bybit_inverse: account unknown",
    ],
    "simulator_client": ["FILLED", "['0.100']"],
    "settings_as_code": ["cross -> isolated", "first time", "leverage changed", "second time: position_mode unchanged"],
    "strategy": ["binance_usdm BTCUSDT +1.5", "bybit_inverse ETHUSD: leverage 5, changed: True"],
}
#: the most lines of a whole program; the others show one thing
LINES = {"market_maker": 130, "pnl_report": 40, "risk_monitor": 60}


def _run(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run an example in a directory, where venuekit is a command as in a shell."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return subprocess.run(  # noqa: S603 - our own example
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=directory,
        env={**os.environ, "HOME": str(directory), "PATH": path},
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs_as_it_stands(path: Path, tmp_path: Path) -> None:
    """From any directory, without a warning, in a few lines, showing what it is there for."""
    done = _run([sys.executable, "-W", "error", str(path)], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert [words for words in SHOWS[path.stem] if words not in done.stdout] == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES.get(path.stem, 39)


def test_every_example_says_what_it_shows() -> None:
    """The list above has one entry for each example and no other."""
    assert sorted(SHOWS) == [path.stem for path in EXAMPLES]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_example_for_node_runs_as_it_stands(tmp_path: Path) -> None:
    """It needs no packages, and shows the same as its twin in Python."""
    done = _run([str(shutil.which("node")), str(FOLDER / "simulator_client.mjs")], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "FILLED\n[ '0.100' ]\n"
