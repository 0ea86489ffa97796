"""What must not be named where, and how long a module may be."""

from __future__ import annotations

import re
import urllib.parse
from importlib.metadata import entry_points
from pathlib import Path

from venuekit._util.texts import HIDDEN
from venuekit.credentials.redactor import redact

#: exchanges and their interfaces, installed or not
EXCHANGES = [
    "aster",
    "binance",
    "bingx",
    "bitfinex",
    "bitget",
    "bitmart",
    "bitmex",
    "bitstamp",
    "bybit",
    "cboe",
    "coinbase",
    "coinex",
    "coinm",
    "cryptocom",
    "dapi",
    "deribit",
    "dydx",
    "fapi",
    "ftx",
    "gateio",
    "gemini",
    "htx",
    "huobi",
    "hyperliquid",
    "kraken",
    "kucoin",
    "mexc",
    "okex",
    "okx",
    "paradex",
    "phemex",
    "poloniex",
    "upbit",
    "usdm",
    "woox",
]
LONGEST = 450


def test_core_names_no_exchange(root: Path, plugin_venues: dict[str, str]) -> None:
    """Neither code nor comments of the framework know a venue: what differs is data of its plugin."""
    # words of ids that no exchange has to itself
    common = {"inverse", "v1"}
    parts = {part for venue_id in plugin_venues for part in (venue_id, *venue_id.split("_"))} - common
    words = "|".join(sorted({*EXCHANGES, *parts}))
    pattern = re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")

    named = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sorted((root / "core").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").lower().splitlines(), 1)
        if pattern.search(line)
    ]

    assert len(words.split("|")) > len(EXCHANGES)
    assert named == []


def test_entry_points_are_exactly_the_venues_of_this_repository(plugin_venues: dict[str, str]) -> None:
    """What is installed are the distributions of ``plugins/`` and the toy venues, each announced once."""
    installed = {point.name: point.value for point in entry_points(group="venuekit.venues")}

    toys = {f"toy_{name}": f"venuekit_toy_{name}" for name in ("perp", "chain", "swap")}
    assert {**plugin_venues, **toys} == installed
    assert len(installed) == len(entry_points(group="venuekit.venues"))


def test_no_module_is_long(root: Path, files: tuple[Path, ...]) -> None:
    """A module that grows beyond 450 lines holds two nouns and wants to be two."""
    lengths = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if path.suffix == ".py"
    }

    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > LONGEST and "/tests/" not in f"/{name}"} == {}


def test_no_file_names_a_machine_or_a_registry(root: Path, files: tuple[Path, ...]) -> None:
    """No absolute path of whoever wrote it, and no package registry but in the lock file, which must name one."""
    homes = re.compile(r"(?<![\w.~/])/(?:home|Users|root|work|mnt|private/(?:etc|tmp|var))/\w")
    registries = re.compile(r"(?:pypi|pythonhosted|npmjs|crates|anaconda)" + r"\.(?:org|com|io)")

    named = [
        f"{path.relative_to(root)}: {found[0]}"
        for path in files
        for pattern in (homes, registries)
        if (found := pattern.search(path.read_text(encoding="utf-8", errors="replace"))) and path.name != "uv.lock"
    ]

    assert named == []


def test_recorded_bodies_hold_no_secret(root: Path) -> None:
    """What was recorded holds nothing that looks like a key or signature; the redactor would leave all of it alone."""
    bodies = sorted(root.glob("plugins/*/tests/recorded/**/*.json"))

    assert len(bodies) > 20
    assert [str(path.relative_to(root)) for path in bodies if HIDDEN in _redacted(path)] == []


def _redacted(path: Path) -> str:
    """Return a body after the redactor, word by word: escaped JSON within JSON and cursors are long, not secret."""
    text = urllib.parse.unquote(path.read_text(encoding="utf-8"))
    return " ".join(redact(word) for word in re.findall(r"[A-Za-z0-9+/=]{40,}", text))


def test_nothing_is_left_for_later(root: Path, files: tuple[Path, ...]) -> None:
    """No stub, no note to do it later, no swallowed error."""
    marks = re.compile(r"\b(?:" + "TO" + "DO|FIX" + r"ME)\b|NotImplemented" + r"Error|except Exception:\s+pass")

    assert [
        f"{path.relative_to(root)}: {found[0]}"
        for path in files
        if path.suffix == ".py" and (found := marks.search(path.read_text(encoding="utf-8")))
    ] == []
