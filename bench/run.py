"""
Every benchmark, a table, and bench/RESULTS.md.

    make bench                                  all of it, two minutes
    uv run --with ccxt python bench/run.py      the same with ccxt's parser beside ours

Best on a machine that does nothing else: ratios bear other work, milliseconds do not.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measure import HERE, Row, in_fresh_processes, ratios, spread

RESULTS = HERE / "RESULTS.md"
LIBRARIES = ("aiohttp", "attrs", "cattrs", "click", "msgspec", "orjson", "pluggy", "tenacity", "yarl", "ccxt")

WRITE_TARGET, IMPORT_TARGET, COMMAND_TARGET, DECODE_TARGET = 1.15, 130, 200, 8.0
#: the way of signed_write.py that the target is about; the other is shown beside it
_ALONE, _TOGETHER = "one_by_one", "sixteen_at_once"


def signed_write_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a signed write: medians over the rounds of a process, then over processes."""
    runs = in_fresh_processes("signed_write.py", processes)
    for way, what in ((_ALONE, "one at a time"), (_TOGETHER, "16 at once, 16 symbols")):
        bare = [statistics.median(run[way]["bare"]) for run in runs]
        yield Row(f"signed write, {what}: bare aiohttp + hmac + orjson, us", spread(bare, 0))
        for client in ("venuekit", "venuekit with journal"):
            found = [statistics.median(ratios(run[way][client], run[way]["bare"])) for run in runs]
            is_judged = way == _ALONE and client == "venuekit"
            yield _against(f"signed write, {what}: {client} / bare", found, WRITE_TARGET if is_judged else None)


def decode_rows(processes: int) -> Iterable[Row]:
    """Return the rows about 500 positions."""
    runs = in_fresh_processes("positions.py", processes)
    base = [statistics.median(run["orjson"]) for run in runs]
    yield Row("500 open positions: orjson.loads, us", spread(base, 0))
    for case, target in (("venuekit", DECODE_TARGET), ("venuekit, symbolConfig decoded too", None), ("ccxt", None)):
        if case in runs[0]:
            found = [statistics.median(ratios(run[case], run["orjson"])) for run in runs]
            yield _against(f"500 open positions: {case} / orjson.loads", found, target, digits=1)
        else:
            yield Row(f"500 open positions: {case} / orjson.loads", "not installed")


def start_up_rows() -> Iterable[Row]:
    """Return the rows about fresh interpreters."""
    (figures,) = in_fresh_processes("start_up.py", 1)
    for case, times in figures.items():
        target: float | None = None
        if case in {"import venuekit", "from venuekit import *"}:
            target = IMPORT_TARGET
        elif case.startswith("venuekit "):
            target = COMMAND_TARGET
        yield _against(f"{case}, ms", times, target, digits=0)


def _against(what: str, figures: list[float], target: float | None, digits: int = 2) -> Row:
    if target is None:
        return Row(what, spread(figures, digits))
    return Row(what, spread(figures, digits), f"<= {target:g}", statistics.median(figures) <= target)


def machine() -> dict[str, Any]:
    """Return what the figures hang on."""
    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "System": f"{platform.system()} {platform.machine()}",
        "Cores": os.cpu_count(),
        "Libraries": ", ".join(versions),
    }


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table that also reads well in a terminal."""
    verdicts = {True: "met", False: "MISSED", None: ""}
    cells = [("measured", "median (least to most)", "target", "")]
    cells += [(row.what, row.figure, row.target, verdicts[row.met]) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def report(rows: list[Row], busy: float) -> str:
    """Return the text of RESULTS.md."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine().items())
    load = f"- Load average when it began: {busy:.1f}" + (
        "; other work was running, so milliseconds are too high\n" if busy > 0.5 else "\n"
    )
    return f"""# Speed

What venuekit costs beside doing it by hand. Repeat it with `make bench`, or with
`uv run --with ccxt python bench/run.py` to have ccxt's parser beside ours.

{facts}
{load}
{table(rows)}

- **Signed write**: client CPU of `set_leverage`, the whole way (checks, guard, subject, budget and its headers, clock,
  signature, verdict by fault table, typed answer), beside a bare client that only signs, sends and parses. One process,
  rounds in turns, the ratio round by round; the server is a process of its own, each on its own core where there are
  two. The budget's clock runs a thousand times faster, so that it spends and forgets as in life without waiting. With
  the journal, a line goes to a file before each write and one after it; that is how `live` runs.
- **500 open positions**: CPU of a positionRisk v3 body into values with every field, joined with symbolConfig; every
  read has its own prices, so no number is remembered from the one before. "symbolConfig decoded too" adds the other
  body, of 500 rows as well, to ours and nothing to `orjson.loads`.
- **Start**: wall time of fresh interpreters with bytecode in place: an import from before the interpreter starts until
  it is done, a command from before it starts until it has ended. `import venuekit` loads names when they are first
  asked for; `from venuekit import *` asks for all of them.
"""


def main() -> None:
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    rows: list[Row] = []
    for part in (start_up_rows(), decode_rows(3), signed_write_rows(3)):
        rows.extend(part)
    Path(RESULTS).write_text(report(rows, busy), encoding="utf-8")
    print(table(rows))
    missed = sum(row.met is False for row in rows)
    print(f"\nwritten to {RESULTS.relative_to(HERE.parent)}" + (f"; {missed} missed" if missed else ""))


if __name__ == "__main__":
    main()
