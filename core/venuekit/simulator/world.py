"""Worlds: markets, accounts, prices, movements and disturbances for a simulation, read from a file of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from venuekit._util.texts import did_you_mean
from venuekit._util.toml_lines import key_text, named_lines, syntax_error
from venuekit.key_kinds import KeyKind
from venuekit.simulator.accounts import Money
from venuekit.simulator.commands import CLOCK, find_venue
from venuekit.simulator.fields import Field, FieldError, FieldKind, Number, exact_number, read_fields
from venuekit.simulator.markets import Market
from venuekit.simulator.movements import FundingSchedule, Movement, RandomWalk, RecordedPath, Subject
from venuekit.simulator.scripted import Scripted, ScriptedChance, read_chance, read_disturbance
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.stream_kinds import ScriptedStream

_T = TypeVar("_T")

_SUBJECT = (
    Field("base", FieldKind.TEXT, "A base asset, whose index price moves."),
    Field("venue", FieldKind.TEXT, "The venue of a symbol."),
    Field("symbol", FieldKind.TEXT, "A symbol, whose mark moves alone."),
)
_WALK = (
    *_SUBJECT,
    Field("every", FieldKind.SECONDS, "Seconds between two moves; 1 when left out."),
    Field("largest", FieldKind.NUMBER, "The largest move, as a share of the price; 0.001 when left out."),
    Field("seed", FieldKind.WHOLE, "The seed; that of the simulation when left out."),
)
_PATH = (
    *_SUBJECT,
    Field("file", FieldKind.TEXT, "A CSV file of time and price, beside the world's file.", required=True),
)
_FUNDING = (
    Field("rate", FieldKind.NUMBER, "The rate; longs pay a positive one.", required=True, minimum=-1, maximum=1),
    Field("every", FieldKind.SECONDS, "Seconds between two payments; 8 hours when left out."),
)


@attrs.frozen(kw_only=True)
class World:
    """
    The world of a simulation, for ``venuekit.simulate(world=...)``, with the parts that ``simulate`` takes.

    ``movements`` and ``script`` are named by their keys in the file, ``file`` is its path, empty without one, and
    ``lines`` are the lines of its keys; errors name all of them. ``chance`` disturbs a share of all attempts, and
    ``skew`` are the seconds that the clock of each venue is ahead. ``keys`` are the kinds of keys, by account.
    """

    prices: Mapping[str, Number] = attrs.field(factory=dict)
    markets: Mapping[str, tuple[Market, ...]] = attrs.field(factory=dict)
    accounts: Mapping[str, Money] = attrs.field(factory=dict)
    movements: Mapping[str, Movement] = attrs.field(factory=dict)
    script: Mapping[str, Scripted | ScriptedStream] = attrs.field(factory=dict)
    chance: ScriptedChance | None = None
    skew: Mapping[str, float] = attrs.field(factory=dict)
    keys: Mapping[str, KeyKind | str] = attrs.field(factory=dict)
    file: str = ""
    lines: Mapping[str, int] = attrs.field(factory=dict, repr=False)

    def play_in(self, simulation: Simulation) -> None:
        """
        Play the movements, add the disturbances, and set the clocks.

        Raises:
            FieldError: a movement or a disturbance is of a venue, symbol, asset or route that is not simulated.
        """
        for key, movement in self.movements.items():
            self.locate(partial(_play, movement, simulation), key)
        for key, scripted in self.script.items():
            self.locate(partial(scripted.add_to, simulation), key)
        if self.chance is not None:
            chance = self.chance
            self.locate(lambda: chance.add_to(simulation), "random")
        for venue_id, seconds in self.skew.items():
            self.locate(partial(find_venue, simulation, venue_id, venue_id), "skew")
            simulation.skew(seconds, venue_id)

    def locate(self, act: Callable[[], _T], key: str = "") -> _T:
        """Return the result of an act; its FieldError names the file, its line, and the key."""
        within = f"{key}." if key else ""
        return _place(lambda: _locate(act, within), self.file, self.lines) if self.file else _locate(act, within)


def _play(movement: Movement, simulation: Simulation) -> None:
    try:
        simulation.play(movement)
    except LookupError as error:
        raise FieldError(str(error)) from error


def read_world(file: Path | str) -> World:
    """
    Read a world; every file that it names is beside it.

    Raises:
        FieldError: the file cannot be read, a key is unknown, or a value cannot be used; names file, key and the
            expected value. A venue, symbol or route that no venue has is found when the simulation is made.
    """
    return _read(file, _READERS)


def read_disturbances(file: Path | str) -> World:
    """
    Read a file of disturbances: a world that has ``disturb``, ``random`` and ``skew`` alone.

    Raises:
        FieldError: as of :func:`read_world`.
    """
    return _read(file, {name: _READERS[name] for name in ("disturb", "random", "skew")})


def _read(file: Path | str, readers: Mapping[str, Callable[[object, Path], Any]]) -> World:
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text, parse_float=exact_number)
    except OSError as error:
        raise FieldError(f"expected a file of TOML; {error.strerror}", str(path)) from error
    except tomllib.TOMLDecodeError as error:
        line, problem = syntax_error(error)
        raise FieldError(f"expected TOML; {problem}", f"{path}:{line}" if line else str(path)) from error
    except (ValueError, RecursionError) as error:
        raise FieldError(f"expected TOML; {error}", str(path)) from error
    lines = named_lines(text)
    return _place(lambda: _read_tables(tables, path, readers, lines), str(path), lines)


def _read_tables(
    tables: Mapping[str, Any],
    path: Path,
    readers: Mapping[str, Callable[[object, Path], Any]],
    lines: Mapping[str, int],
) -> World:
    for key in tables:
        if key not in readers:
            others = did_you_mean(key, readers) or f"; there are {', '.join(readers)}"
            raise FieldError(f"there is no such key{others}", key_text((key,)))
    read = {key: readers[key](value, path) for key, value in tables.items()}
    movements = {key: movement for name in _MOVEMENTS for key, movement in read.pop(name, {}).items()}
    parts = {_PARTS.get(key, key): value for key, value in read.items()}
    return World(**parts, movements=movements, file=str(path), lines=lines)


def _place(act: Callable[[], _T], file: str, lines: Mapping[str, int]) -> _T:
    """Return the result of an act; its FieldError begins with the file, and the line of its field or of its table."""
    try:
        return act()
    except FieldError as error:
        line = _line_of(error.field or "", lines)
        place = file if line is None else f"{file}:{line}"
        raise FieldError(error.problem, f"{place}: {error.field}" if error.field else place) from error


def _line_of(name: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a key, else that of the first table of its array, else that of a table around it."""
    while name:
        line = lines.get(name) or lines.get(f"{name}[1]")
        if line is not None:
            return line
        name = name.rpartition(".")[0]
    return None


def _locate(act: Callable[[], _T], prefix: str) -> _T:
    try:
        return act()
    except FieldError as error:
        field = f"{prefix}{error.field}" if error.field else prefix.rstrip(".")
        raise FieldError(error.problem, field or None) from error


def _table(value: object, key: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FieldError(f"expected a table, not {value!r}", key)
    return value


def _tables(value: object, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the tables of a key that has one or several, each with its name."""
    if isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield f"{key}[{number}]", _table(one, f"{key}[{number}]")
    else:
        yield key, _table(value, key)


def _read_prices(value: object, _path: Path) -> Mapping[str, Number]:
    return _table(value, "prices")


def _read_markets(value: object, _path: Path) -> Mapping[str, tuple[Market, ...]]:
    return {
        venue_id: tuple(_read_market(f"markets.{venue_id}.{symbol}", symbol, fields) for symbol, fields in listed)
        for venue_id, markets in _table(value, "markets").items()
        for listed in (_table(markets, f"markets.{venue_id}").items(),)
    }


def _read_market(key: str, symbol: str, fields: object) -> Market:
    table = _table(fields, key)
    return _locate(lambda: Market(symbol, **table), f"{key}.")


def _read_accounts(value: object, _path: Path) -> Mapping[str, Money]:
    return {name: _table(money, f"accounts.{name}") for name, money in _table(value, "accounts").items()}


def _read_keys(value: object, _path: Path) -> Mapping[str, str]:
    return _table(value, "keys")


def _read_subject(fields: Mapping[str, Any]) -> Subject:
    """Return the base, or venue and symbol; refuses both and neither."""
    named = [name for name in ("base", "venue", "symbol") if name in fields]
    if named == ["base"]:
        return str(fields["base"])
    if named == ["venue", "symbol"]:
        return str(fields["venue"]), str(fields["symbol"])
    raise FieldError("expected either a base, or a venue and a symbol", named[0] if named else "base")


def _make_walk(table: Mapping[str, Any], _path: Path) -> Movement:
    fields = read_fields(_WALK, table)
    return RandomWalk(_read_subject(fields), **_interval(fields, "largest", "seed"))


def _make_path(table: Mapping[str, Any], path: Path) -> Movement:
    fields = read_fields(_PATH, table)
    subject = _read_subject(fields)
    try:
        return RecordedPath.read(path.parent / fields["file"], subject)
    except FieldError as error:
        raise FieldError(f"{error.field}: {error.problem}", "file") from error


def _make_funding(table: Mapping[str, Any], _path: Path) -> Movement:
    fields = read_fields(_FUNDING, table)
    return FundingSchedule(fields["rate"], **_interval(fields))


def _interval(fields: Mapping[str, Any], *others: str) -> dict[str, Any]:
    """Return the interval that is given, and other fields that are."""
    every = {"every": timedelta(seconds=fields["every"])} if "every" in fields else {}
    return {**every, **{name: fields[name] for name in others if name in fields}}


def _movements(name: str, make: Callable[[Mapping[str, Any], Path], Movement]) -> Callable[[object, Path], Any]:
    """Return the reader of the movements of a key."""

    def read(value: object, path: Path) -> dict[str, Movement]:
        return {key: _locate(partial(make, table, path), f"{key}.") for key, table in _tables(value, name)}

    return read


def _read_script(value: object, _path: Path) -> Mapping[str, Scripted | ScriptedStream]:
    return {key: _locate(partial(read_disturbance, table), f"{key}.") for key, table in _tables(value, "disturb")}


def _read_random(value: object, _path: Path) -> ScriptedChance:
    return _locate(lambda: read_chance(_table(value, "random")), "random.")


def _read_skew(value: object, _path: Path) -> Mapping[str, float]:
    clocks = _table(value, "skew")
    fields = [attrs.evolve(CLOCK, name=venue_id) for venue_id in clocks]
    return {venue_id: float(read) for venue_id, read in _locate(lambda: read_fields(fields, clocks), "skew.").items()}


_MOVEMENTS: Mapping[str, Callable[[Mapping[str, Any], Path], Movement]] = MappingProxyType(
    {"walk": _make_walk, "path": _make_path, "funding": _make_funding}
)
_READERS: Mapping[str, Callable[[object, Path], Any]] = MappingProxyType(
    {
        "prices": _read_prices,
        "markets": _read_markets,
        "accounts": _read_accounts,
        "keys": _read_keys,
        **{name: _movements(name, make) for name, make in _MOVEMENTS.items()},
        "disturb": _read_script,
        "random": _read_random,
        "skew": _read_skew,
    }
)
#: the parts of a world whose key in a file is another word
_PARTS = {"disturb": "script", "random": "chance"}
