"""
Every benchmark, a table, and bench/RESULTS.md.

    make bench                                            all of it, about ten minutes
    uv run --with ccxt python bench/run.py --peers        the same with ccxt and python-binance beside ours

Best on a machine that does nothing else: ratios bear other work, milliseconds do not.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import house
from measure import HERE, Row, in_fresh_processes, in_own_environment, ratios, spread
from report import report, table

RESULTS = HERE / "RESULTS.md"
PEERS = ("ccxt", "python-binance")

WRITE_TARGET, IMPORT_TARGET, COMMAND_TARGET, DEMO_TARGET, DECODE_TARGET = 1.15, 130, 200, 10_000, 8.0
ALL_OPEN_TARGET, FEW_OPEN_TARGET = 6.0, 1.35
#: MiB of 10,000 accounts that are only held, and that have written once each
ACCOUNTS_TARGET, WRITTEN_TARGET = 15, 20
WALK_MEMORY_TARGET, WALK_SHARE_TARGET = 60, 60
#: by the way of position_reads.py: its words and its target
_READS = {
    "open": ("500 open USD-M positions with symbolConfig", 2.5),
    "some": ("20 of 500 open USD-M positions with symbolConfig", 1.3),
    "ten": ("10 USD-M positions, symbolConfig of 500", 1.4),
    "bybit": ("200 Bybit positions", 3.0),
    "coin": ("COIN-M account, 150 symbols and 50 assets", 1.8),
}
FILE_TARGET, GROWTH_TARGET = 2.0, 2.0
JOURNAL_TARGET, ORDER_TARGET, SOCKET_ORDER_TARGET, RATE_TARGET = 1.35, 1.35, 0.8, 0.87
STREAM_TARGET, STREAM_MEMORY_TARGET = 1.5, 1
#: microseconds
EVENT_TARGET, VIEW_TARGET = 15, 40
LINES_TARGET, BUDGET_TARGET, SHARED_BUDGET_TARGET = 15, 3, 60
#: by the way of signed_write.py: its words, and the targets of our clients
_WRITES: dict[str, tuple[str, dict[str, float]]] = {
    "one_by_one": ("one at a time", {"venuekit": WRITE_TARGET, "venuekit with journal": JOURNAL_TARGET}),
    "16_at_once": ("16 at once, 16 symbols", {"venuekit": WRITE_TARGET, "venuekit with journal": JOURNAL_TARGET}),
    "64_at_once": ("64 at once, 64 symbols", {"venuekit": WRITE_TARGET, "venuekit with journal": JOURNAL_TARGET}),
    "place_order": (
        "place_order on USD-M",
        {"venuekit": ORDER_TARGET, "venuekit over the WebSocket API": SOCKET_ORDER_TARGET},
    ),
    "place_order_16_at_once": ("place_order on USD-M, 16 at once, 16 symbols", {}),
}
#: product lines when the house began to be measured, with the capabilities of today
FIRST_LINES = 49_537


def signed_write_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a signed write: medians over the rounds of a process, then over processes."""
    for loop in ("asyncio", "uvloop"):
        runs = in_fresh_processes("signed_write.py", processes, loop)
        for way, (what, targets) in _WRITES.items():
            about = f"signed write, {what}" + ("" if loop == "asyncio" else f", {loop}")
            cpu = [run["cpu"][way] for run in runs]
            yield _base(f"{about}: bare aiohttp + hmac + orjson", cpu, "bare")
            for client in (name for name in cpu[0] if name != "bare"):
                target = targets.get(client) if loop == "asyncio" else None
                yield _against(f"{about}: {client} / bare", _ratios(cpu, client, "bare"), target)
        rates = _ratios([run["seconds"]["64_at_once"] for run in runs], "bare", "venuekit")
        met = statistics.median(rates) >= RATE_TARGET
        yield Row(f"writes per second at 64 at once, {loop}: venuekit / bare", spread(rates), f">= {RATE_TARGET}", met)


def journal_rows(processes: int) -> Iterable[Row]:
    """Return the rows about the two lines of a write."""
    runs = in_fresh_processes("journal.py", processes)
    for kind in ("setting", "order"):
        figures = [statistics.median(run[kind]) for run in runs]
        yield _against(f"the journal of a write ({kind}), us", figures, LINES_TARGET, 1)


def stream_rows(processes: int) -> Iterable[Row]:
    """Return the rows about an event of a user stream, and about the memory that many of them take."""
    runs = in_fresh_processes("streams.py", processes)
    about = "an event of a user stream"
    yield _base(f"{about}: bare aiohttp + orjson", runs, "bare")
    yield _against(f"{about}: a session that parses by orjson / bare", _ratios(runs, "session", "bare"), STREAM_TARGET)
    yield _against(f"{about}: venuekit, events of USD-M / bare", _ratios(runs, "venuekit", "bare"), STREAM_TARGET)
    grown = [run["all"] - run["first"] for run in in_fresh_processes("streams.py", 1, "memory")]
    about = "100,000 more events of a user stream over a socket: growth of the process, MiB"
    yield _against(about, grown, STREAM_MEMORY_TARGET, 1)
    grown = [run["all"] - run["first"] for run in in_fresh_processes("stream_memory.py", 1)]
    about = "900,000 more messages, from their bytes to the view: growth of the process, MiB"
    yield _against(about, grown, STREAM_MEMORY_TARGET, 1)


def signing_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a signature by each kind of key."""
    runs = in_fresh_processes("signing.py", processes)
    words = {"hmac": "HMAC-SHA256", "rsa": "RSA of 2048 bits", "ed25519": "Ed25519"}
    for kind, name in words.items():
        figures = [statistics.median(run[kind]["signing"]) for run in runs]
        yield _against(f"a signature by {name}, us", figures, None, 1)
    figures = [statistics.median(run["rsa"]["reading"]) for run in runs]
    yield _against("opening an account with an RSA key of 2048 bits: its check, ms", figures, None, 1)


def decode_rows(processes: int) -> Iterable[Row]:
    """Return the rows about 500 positions and 1,000 orders."""
    runs = in_fresh_processes("positions.py", processes)
    yield _base("500 open positions: orjson.loads", runs, "orjson")
    for case, target in (("venuekit", DECODE_TARGET), ("venuekit, symbolConfig decoded too", None), ("ccxt", None)):
        what = f"500 open positions: {case} / orjson.loads"
        if case in runs[0]:
            yield _against(what, _ratios(runs, case, "orjson"), target, digits=1)
        else:
            yield Row(what, "not installed")
    runs = in_fresh_processes("orders.py", processes)
    yield _base("1,000 orders: orjson.loads", runs, "orjson")
    yield _against("1,000 orders: venuekit / orjson.loads", _ratios(runs, "venuekit", "orjson"), DECODE_TARGET, 1)


def live_view_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a message of a user stream, from its bytes to a live view that has applied it."""
    runs = in_fresh_processes("live_views.py", processes)
    figures = [statistics.median(run["5"]) for run in runs]
    yield _against(
        "a USD-M change of one asset and one position, to the view of 5 symbols, us", figures, VIEW_TARGET, 1
    )
    yield _against("the same: a view of 500 symbols / of 5", _ratios(runs, "500", "5"), 1.1)


def event_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a message of a user stream, from its bytes to its events."""
    runs = in_fresh_processes("stream_events.py", processes)
    for message, words, target in (
        ("account", "a USD-M change of one asset and one position", EVENT_TARGET),
        ("fill", "a USD-M order and its fill", None),
        ("position", "a Bybit position", None),
    ):
        figures = [statistics.median(run[message]["venuekit"]) for run in runs]
        yield _against(f"events of {words}, us", figures, target, 1)


def account_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a COIN-M account read over a socket."""
    runs = in_fresh_processes("account_read.py", processes)
    for way, what, target in (("all", "all 500", ALL_OPEN_TARGET), ("few", "20 of 500", FEW_OPEN_TARGET)):
        yield _base(f"account read, {what} open: bare aiohttp + orjson", [run[way] for run in runs], "bare")
        found = _ratios([run[way] for run in runs], "venuekit", "bare")
        yield _against(f"account read, {what} open: venuekit / bare", found, target)


def position_rows(processes: int) -> Iterable[Row]:
    """Return the rows about reads of positions over a socket."""
    runs = in_fresh_processes("position_reads.py", processes)
    for way, (what, target) in _READS.items():
        yield _base(f"{what}: bare aiohttp + orjson", [run[way] for run in runs], "bare")
        yield _against(f"{what}: venuekit / bare", _ratios([run[way] for run in runs], "venuekit", "bare"), target)


def memory_rows() -> Iterable[Row]:
    """Return the rows about many accounts in one process."""
    (figures,) = in_fresh_processes("accounts.py", 1)
    yield _against("10,000 accounts, MiB", [figures["MiB"]], ACCOUNTS_TARGET, 1)
    yield Row("10,000 accounts: KiB each", f"{figures['KiB per account']:.2f}")
    written = [figures["MiB after a write each"]]
    yield _against("10,000 accounts, after a signed write each, MiB", written, WRITTEN_TARGET, 1)
    yield Row("10,000 accounts: opening one, us", f"{figures['us']:.0f}")
    yield _against("10,000 accounts: requests to open all but the first", [figures["requests"]], 0, 0)


def budget_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a request that pays into pools of this process."""
    runs = in_fresh_processes("budget.py", processes)
    for case, kind in (("free", "no request waits"), ("line", "100 requests wait for another pool")):
        figures = [statistics.median(run[case]) for run in runs]
        yield _against(
            f"budget, 3 pools and their headers ({kind}), us", figures, BUDGET_TARGET if case == "free" else None
        )


def shared_budget_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a payment into pools that processes share."""
    runs = in_fresh_processes("shared_budget.py", processes)
    what = "shared budget, 3 pools on a real server"
    yield _against(f"{what}: client CPU a payment, us", [run["median"] for run in runs], SHARED_BUDGET_TARGET, 0)
    yield _against(f"{what}: round trips a payment", [run["round trips"] for run in runs], 1, 2)
    yield Row(f"{what}: CPU of the server, us", spread([run["server"] for run in runs], 0))


def file_rows() -> Iterable[Row]:
    """Return the rows about large files."""
    (figures,) = in_fresh_processes("files.py", 1)
    for what in ("accounts", "target"):
        yield _against(f"{what} file of 10,000 entries, s", [figures[what]], FILE_TARGET, 2)
        growth = [figures[f"{what}_growth"]]
        yield _against(f"{what} file: an entry of 10,000 / of 1,000", growth, GROWTH_TARGET, 2)


def history_rows(processes: int) -> Iterable[Row]:
    """Return the rows about a long walk."""
    runs = in_fresh_processes("history.py", processes)
    yield _against("100,000 income rows: most MiB of the process", [run["MiB"] for run in runs], WALK_MEMORY_TARGET, 0)
    yield Row("100,000 income rows: MiB added by walking", spread([run["MiB added"] for run in runs], 1))
    walks = [statistics.median(run["venuekit"]) * 10 for run in runs]
    yield Row("100,000 income rows: venuekit, us per row", spread(walks))
    shares = [100 / ratio for ratio in _ratios(runs, "venuekit", "typed")]
    met = statistics.median(shares) >= WALK_SHARE_TARGET
    what = "100,000 income rows: aiohttp and JSON to values / venuekit, %"
    yield Row(what, spread(shares, 0), f">= {WALK_SHARE_TARGET}", met)
    untyped = [100 / ratio for ratio in _ratios(runs, "venuekit", "untyped")]
    yield Row("100,000 income rows: bare aiohttp + orjson, untyped / venuekit, %", spread(untyped, 0))


def start_up_rows() -> Iterable[Row]:
    """Return the rows about fresh interpreters."""
    (figures,) = in_fresh_processes("start_up.py", 1)
    for case, times in figures.items():
        target: float | None = None
        if case in {"import venuekit", "from venuekit import *"}:
            target = IMPORT_TARGET
        elif case.startswith("venuekit "):
            target = DEMO_TARGET if case == "venuekit demo" else COMMAND_TARGET
        yield _against(f"{case}, ms", times, target, digits=0)


def peer_rows(wanted: bool) -> Iterable[Row]:
    """Return the rows about other clients, each in an environment of its own."""
    for peer in PEERS:
        what = f"signed write, one at a time: {peer} / bare"
        if not wanted:
            yield Row(what, "not asked for: --peers")
            continue
        figures, why_not = in_own_environment("peers.py", peer, with_packages=(peer, "aiohttp", "orjson", "attrs"))
        if figures is None:
            yield Row(what, f"not measured: {why_not}")
            continue
        yield _against(f"{what} ({figures['version']})", ratios(figures["peer"], figures["bare"]), None)


def house_rows() -> Iterable[Row]:
    """Return the rows about the sources: how much of them there is, and how they read."""
    counted = house.figures()
    (traced,) = in_fresh_processes("traced.py", 1)
    bybit = counted["lines per venue"]["bybit_inverse"]["client"]
    for what, value, most, goal in (
        ("product lines / those at first, 49,537", counted["lines"] / FIRST_LINES, 0.86, 0.77),
        ("client lines of a new family (Bybit's)", bybit, 3600, 2800),
        ("one more GET capability: product files touched", len(counted["files of a GET capability"]), 12, 8),
        ("files under 50 lines", counted["files under 50 lines"], 30, None),
        ('"what" clauses per 1,000 words of docstrings and comments', counted["what per 1,000 words"], 2, 1),
        ("other banned words per 1,000", counted["other banned words per 1,000"], None, None),
        ("functions named by a participle, %", counted["functions named by a participle, %"], 2, 1),
        ("class names defined twice in core", len(counted["classes named twice in core"]), 0, None),
        ("files a set_leverage passes (traced)", len(traced), 14, 10),
    ):
        target = "" if most is None else f"<= {most:g}" + ("" if goal is None else f" (goal {goal:g})")
        shown = f"{value:.2f}" if isinstance(value, float) else f"{value:,}"
        yield Row(what, shown, target, None if most is None else value <= most)
    for venue, lines in counted["lines per venue"].items():
        yield Row(f"lines of {venue}: client, simulated venue", f"{lines['client']:,}, {lines['simulated']:,}")


def _base(what: str, runs: Sequence[Mapping[str, Any]], case: str) -> Row:
    return Row(f"{what}, us", spread([statistics.median(run[case]) for run in runs], 0))


def _ratios(runs: Sequence[Mapping[str, Any]], ours: str, theirs: str) -> list[float]:
    return [statistics.median(ratios(run[ours], run[theirs])) for run in runs]


def _against(what: str, figures: list[float], target: float | None, digits: int = 2) -> Row:
    if target is None:
        return Row(what, spread(figures, digits))
    return Row(what, spread(figures, digits), f"<= {target:g}", statistics.median(figures) <= target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure speed and size; write bench/RESULTS.md.")
    parser.add_argument("--peers", action="store_true", help="measure ccxt and python-binance too; downloads them")
    wants_peers = parser.parse_args().peers
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    rows: list[Row] = []
    for part in (
        start_up_rows(),
        decode_rows(3),
        event_rows(3),
        live_view_rows(3),
        account_rows(3),
        position_rows(3),
        signed_write_rows(3),
        journal_rows(3),
        stream_rows(2),
        signing_rows(2),
        peer_rows(wants_peers),
        memory_rows(),
        budget_rows(3),
        shared_budget_rows(3),
        file_rows(),
        history_rows(3),
    ):
        rows.extend(part)
    sources = [*house_rows()]
    Path(RESULTS).write_text(report(rows, sources, busy), encoding="utf-8")
    print(table(rows), table(sources), sep="\n\n")
    missed = sum(row.met is False for row in [*rows, *sources])
    print(f"\nwritten to {RESULTS.relative_to(HERE.parent)}" + (f"; {missed} missed" if missed else ""))


if __name__ == "__main__":
    main()
