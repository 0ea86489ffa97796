"""
Seconds to read an accounts file and a target file of 10,000 entries, and per entry beside a file of a tenth.

Neither holds a mistake: lines are looked for only when there is something to say about one. Prints JSON.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import pin

from venuekit.credentials.accounts_file import load_accounts
from venuekit.plugins import make_plugins
from venuekit.settings import read_target

MANY, FEW = 10_000, 1_000
VENUE = "binance_usdm"


def _accounts(path: Path, entries: int) -> Path:
    table = '[accounts.desk{0}]\nvenue = "{1}"\nenvironment = "testnet"\nkey = "env:K{0}"\nsecret = "env:S{0}"\n\n'
    path.write_text("".join(table.format(number, VENUE) for number in range(entries)))
    path.chmod(0o600)
    return path


def _target(path: Path, entries: int) -> Path:
    lines = (f'S{number} = {{ margin_type = "isolated", leverage = 5 }}\n' for number in range(entries))
    path.write_text(f"[accounts.main.symbols]\n{''.join(lines)}")
    return path


def _seconds(work: Callable[[], object]) -> float:
    """Return the best of three runs: others on the machine only ever add."""
    took = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> None:
    """Measure both files."""
    pin(-1)
    venue = make_plugins().venue(VENUE)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "file.toml"
        for what, write, read in (
            ("accounts", _accounts, lambda: load_accounts(path)),
            ("target", _target, lambda: read_target(path).check({"main": venue})),
        ):
            write(path, FEW)
            few = _seconds(read)
            write(path, MANY)
            many = _seconds(read)
            figures |= {what: many, f"{what}_growth": (many / MANY) / (few / FEW)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
