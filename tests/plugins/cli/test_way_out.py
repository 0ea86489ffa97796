"""The commands for the hour of need: ``close``, ``panic``, ``margin`` and ``order cancel --all``, over real sockets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.cli.called import Call

from venuekit.plugins import make_plugins
from venuekit.simulator import DropBefore, Reject, Simulation
from venuekit.simulator.ledger import Reason

PLUGINS = make_plugins()
#: a symbol of each venue with a position of the scenario, and a price far above the market
VENUES = {
    "binance_usdm": ("BTCUSDT", "200000"),
    "binance_coinm": ("BTCUSD_PERP", "200000"),
    "bybit_inverse": ("BTCUSD", "200000"),
}
every_venue = pytest.mark.parametrize("venue", VENUES)
LIVE = """
[accounts.real]
venue = "binance_usdm"
environment = "live"
key = "env:KEY"
secret = "env:SECRET"
"""


@pytest.fixture
def simulation(simulation: Simulation, tmp_path: Path) -> Simulation:
    """The simulated venues, and an account that is live in their accounts file, too."""
    file = tmp_path / "accounts.toml"
    file.write_text(file.read_text() + LIVE)
    return simulation


def _quantity(simulation: Simulation, venue: str) -> Decimal:
    symbol, _ = VENUES[venue]
    ledger = simulation.ledger_of(venue)
    return sum((one.quantity for one in ledger.positions() if one.symbol == symbol), Decimal(0))


def _place(simulation: Simulation, venue: str) -> Any:
    """Return the endpoint by which orders are placed."""
    from venuekit.capabilities import OrderControl

    return next(
        one for one in PLUGINS.venue(venue).endpoints if OrderControl.place_order in one.serves and one.is_write
    )


@every_venue
def test_close(simulation: Simulation, call: Call, venue: str) -> None:
    """A part, then all: each leg is shown with what was closed and what is left."""
    symbol, _ = VENUES[venue]
    held = _quantity(simulation, venue)

    part = call("close", venue, symbol, "--percent", "50", "--json")
    assert abs(_quantity(simulation, venue)) >= abs(held) / 2
    rest = call("close", venue, symbol)
    again = call("close", venue, symbol)

    assert part.status == 0, part
    (row,) = part.rows
    assert (row["account"], row["venue"], row["symbol"], Decimal(row["held"])) == (venue, venue, symbol, held)
    assert 0 < Decimal(row["closed"]) <= abs(held) / 2
    assert abs(Decimal(row["left"])) == abs(held) - Decimal(row["closed"])
    assert (rest.status, rest.err) == (0, "")
    assert symbol in rest.out
    assert _quantity(simulation, venue) == 0
    assert (again.status, again.out) == (0, f"{venue}: no position is open\n")


@every_venue
def test_a_part_that_is_less_than_a_step_is_left_and_said(simulation: Simulation, call: Call, venue: str) -> None:
    """The leg is a row of which nothing is closed, the status is 3, and no order is sent."""
    symbol, _ = VENUES[venue]
    held = _quantity(simulation, venue)

    called = call("close", venue, symbol, "--percent", "0.0000001", "--json")
    shown = call("close", venue, "--all", "--percent", "0.0000001")

    assert (called.status, shown.status) == (3, 3)
    (row,) = called.rows
    assert (row["symbol"], Decimal(row["held"]), Decimal(row["closed"])) == (symbol, held, 0)
    assert Decimal(row["left"]) == held
    assert row["why_left"] == "0.0000001 % of it is less than a step of the contract"
    assert "no position is open" not in shown.out
    assert _quantity(simulation, venue) == held


@every_venue
@pytest.mark.parametrize("more", [(), ("--close",)])
def test_a_wrong_symbol_keeps_no_other_from_panic(
    simulation: Simulation, call: Call, venue: str, more: tuple[str, ...]
) -> None:
    """The other one is cleared, and closed with ``--close``; the result says which is done, and the status is 3."""
    symbol, _ = VENUES[venue]

    called = call("panic", venue, "--symbol", symbol, "--symbol", "NOPE", *more)

    assert called.status == 3, called
    assert called.out.splitlines()[-1].startswith(f"{venue}: {'flat' if more else 'nothing left'}")
    assert called.out.endswith("; the venue refuses NOPE\n")
    assert called.err.count("NOPE") >= 1
    assert simulation.ledger_of(venue).open_orders(symbol) == ()
    assert (_quantity(simulation, venue) == 0) is bool(more)


@every_venue
def test_close_at_a_limit(simulation: Simulation, call: Call, venue: str) -> None:
    """The order rests and can only reduce; that is what was asked for, and the status is 0."""
    symbol, price = VENUES[venue]

    called = call("close", venue, symbol, "--limit", price, "--json")

    assert called.status == 0, called
    orders = simulation.ledger_of(venue).open_orders(symbol)
    assert any(one.only_closes and one.price == Decimal(price) for one in orders)
    assert "rests at its price" in called.rows[0]["why_left"]


@every_venue
def test_close_everything(simulation: Simulation, call: Call, venue: str) -> None:
    """Every position of the account is closed by one command; with --cancel no order is left either."""
    called = call("close", venue, "--all", "--json")
    flat = call("close", venue, "--all", "--cancel", "--json")

    assert called.status == 0, called
    assert all(Decimal(row["left"]) == 0 for row in called.rows)
    assert flat.status == 0, flat
    assert simulation.ledger_of(venue).positions(venue=venue) == ()
    assert simulation.ledger_of(venue).open_orders() == ()


def test_a_close_that_is_refused(simulation: Simulation, call: Call) -> None:
    """The venue's words are shown, the position is left, and the status is 3."""
    simulation.disturb("binance_usdm", _place(simulation, "binance_usdm"), Reject(Reason.INSUFFICIENT_MARGIN), times=9)

    called = call("close", "binance_usdm", "BTCUSDT", "--json")

    assert called.status == 3
    assert "-2019" in called.rows[0]["why_left"]
    assert Decimal(called.rows[0]["left"]) == Decimal(called.rows[0]["held"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["close", "binance_usdm"], "name the symbol, or say --all"),
        (["close", "binance_usdm", "BTCUSDT", "--all"], "name the symbol, or say --all"),
        (["close", "binance_usdm", "BTCUSDT", "--percent", "0"], "--percent is above 0"),
        (["close", "binance_usdm", "BTCUSDT", "--percent", "101"], "--percent is above 0"),
        (["close", "binance_usdm", "--all", "--limit", "5"], "about one symbol"),
        (["close", "binance_usdm", "BTCUSDT", "--cancel", "--percent", "5"], "--cancel closes all"),
        (["panic"], "name accounts, or say --all"),
        (["panic", "binance_usdm", "--all"], "name accounts, or say --all"),
        (["margin", "binance_usdm", "BTCUSDT", "double", "5"], "add"),
        (["order", "cancel", "binance_usdm", "--id", "7"], "name the symbol of the order"),
        (["order", "cancel", "binance_usdm", "--id", "7", "--all"], "not both"),
    ],
)
def test_mistakes(simulation: Simulation, call: Call, words: list[str], said: str) -> None:
    """A command that is not clear sends nothing, and the status is 64."""
    called = call(*words)

    assert (called.status, called.out) == (64, "")
    assert said in called.err


@pytest.mark.parametrize(
    "words",
    [
        ["close", "real", "BTCUSDT"],
        ["close", "real", "--all"],
        ["panic", "real"],
        ["panic", "--all", "--close"],
        ["margin", "real", "BTCUSDT", "add", "5"],
        ["order", "cancel", "real", "--all"],
        ["order", "cancel", "real", "BTCUSDT", "--all"],
    ],
)
def test_live_is_asked_about(simulation: Simulation, call: Call, words: list[str]) -> None:
    """Without a terminal a live account needs --yes, and nothing is sent."""
    called = call(*words)

    assert (called.status, called.out) == (64, "")
    assert "real: live; --yes is required" in called.err
    assert not any(one.verb in {"POST", "DELETE"} for one in simulation.requests)


@every_venue
def test_panic_closes(simulation: Simulation, call: Call, venue: str) -> None:
    """--dry-run shows what would end and sends reads alone; --close ends it, and says flat."""
    held = [one.symbol for one in simulation.ledger_of(venue).positions(venue=venue)]

    shown = call("panic", venue, "--close", "--dry-run", "--json")
    assert not any(one.verb in {"POST", "DELETE"} for one in simulation.requests)
    ended = call("panic", venue, "--close", "--json")
    again = call("panic", venue, "--close", "--dry-run")

    assert shown.status == 5
    assert [row["symbol"] for row in shown.rows if row["kind"] == "position"] == held
    assert ended.status == 0, ended
    assert sorted(row["symbol"] for row in ended.rows) == sorted(held)
    assert ended.notes[-1] == {"note": f"{venue}: flat", "account": venue, "left": 0, "flat": True}
    assert simulation.ledger_of(venue).positions(venue=venue) == ()
    assert (again.status, again.out) == (0, f"{venue}: 0 orders would be cancelled, 0 positions closed\n")


def test_panic_of_one_symbol(simulation: Simulation, call: Call) -> None:
    """Orders and positions of other symbols stay."""
    ledger = simulation.ledger_of("binance_usdm")
    place = ("order", "place", "binance_usdm")
    assert call(*place, "ETHUSDT", "buy", "0.1", "--price", "2000").status == 0
    assert call("close", "binance_usdm", "BTCUSDT", "--limit", "200000").status == 0
    before = len(ledger.open_orders("BTCUSDT"))
    assert before

    called = call("panic", "binance_usdm", "--symbol", "ETHUSDT")

    assert (called.status, called.out) == (0, "binance_usdm: nothing left\n")
    assert ledger.open_orders("ETHUSDT") == ()
    assert len(ledger.open_orders("BTCUSDT")) == before
    assert call("panic", "binance_usdm", "--symbol", "ETHUSDT", "--close").status == 0
    assert _quantity(simulation, "binance_usdm") != 0


def _allow(tmp_path: Path, symbols: str) -> None:
    """Have the accounts file allow these symbols alone."""
    file = tmp_path / "accounts.toml"
    table = "[accounts.binance_usdm]\n"
    file.write_text(file.read_text().replace(table, f"{table}symbols = {symbols}\n"))


def test_an_account_whose_guard_allows_no_symbol(simulation: Simulation, call: Call, tmp_path: Path) -> None:
    """Nothing may be looked at, so nothing is called flat: the status is not 0, and the guard is named."""
    _allow(tmp_path, "[]")

    shown = call("panic", "binance_usdm", "--close", "--dry-run")
    panic = call("panic", "binance_usdm", "--close")
    as_json = call("panic", "binance_usdm", "--close", "--json")
    close = call("close", "binance_usdm", "--all", "--cancel")

    assert shown.out == ("binance_usdm: 0 orders would be cancelled, 0 positions closed (the guard allows no symbol)\n")
    assert (panic.status, close.status) == (4, 3)
    assert "flat" not in panic.out
    assert "no position is open" not in close.out
    assert all("it allows no symbol" in called.err for called in (panic, close))
    assert "flat" not in as_json.notes[-1]
    assert _quantity(simulation, "binance_usdm") != 0


def test_an_account_whose_guard_allows_some_symbols(simulation: Simulation, call: Call, tmp_path: Path) -> None:
    """All are those that it allows, and every result names them: the position of another symbol is left."""
    place = ("order", "place", "binance_usdm", "ETHUSDT", "buy", "0.1", "--price", "2000")
    assert call(*place).status == 0
    _allow(tmp_path, '["ETHUSDT"]')
    limits = "(the guard allows only ETHUSDT)"

    shown = call("panic", "binance_usdm", "--close", "--dry-run")
    cancelled = call("panic", "binance_usdm")
    panic = call("panic", "binance_usdm", "--close", "--json")
    close = call("close", "binance_usdm", "--all", "--cancel")
    assert call(*place[:-2], "--type", "market").status == 0
    closed = call("close", "binance_usdm", "--all", "--cancel")

    assert shown.status == 5
    assert shown.out.endswith(f"binance_usdm: 1 order would be cancelled, 0 positions closed {limits}\n")
    assert (cancelled.status, cancelled.out) == (0, f"binance_usdm: nothing left {limits}\n")
    (note,) = panic.notes
    assert note["note"] == f"binance_usdm: flat {limits}"
    assert (note["flat"], note["limits"]) == (True, "the guard allows only ETHUSDT")
    assert (close.status, close.out) == (0, f"binance_usdm: no position is open {limits}\n")
    assert closed.status == 0
    assert closed.err == "binance_usdm: the guard allows only ETHUSDT\n"
    assert _quantity(simulation, "binance_usdm") != 0


def test_panic_that_cannot_close(simulation: Simulation, call: Call) -> None:
    """Where closing orders are refused the report says what is left, and the status is 3."""
    simulation.disturb("binance_usdm", _place(simulation, "binance_usdm"), Reject(Reason.INSUFFICIENT_MARGIN), times=30)

    called = call("panic", "binance_usdm", "--close")

    assert called.status == 3
    assert "binance_usdm: not flat: BTCUSDT" in called.out
    assert "-2019" in called.err


def test_panic_where_positions_cannot_be_closed(simulation: Simulation, call: Call) -> None:
    """An account that closes no positions has its orders cancelled, and says that it could not close."""
    called = call("panic", "toy_chain", "--close")

    assert called.status == 4
    assert "PositionCloseControl is not supported" in called.err


def test_margin(simulation: Simulation, call: Call) -> None:
    """Margin is added to an isolated position and taken back, and the movement is shown."""
    symbol = "BTCUSDT"
    assert call("leverage", "binance_usdm", symbol, "--json").status == 0

    added = call("margin", "binance_usdm", symbol, "add", "5", "--json")
    reduced = call("margin", "binance_usdm", symbol, "reduce", "2", "--json")
    refused = call("margin", "binance_usdm", symbol, "reduce", "0")

    assert [Decimal(one.rows[0]["amount"]) for one in (added, reduced)] == [5, -2]
    assert (added.rows[0]["account"], added.rows[0]["symbol"]) == ("binance_usdm", symbol)
    assert refused.status == 64


def test_margin_of_a_flat_position(simulation: Simulation, call: Call) -> None:
    """A flat position has no margin: the venue refuses, and the status is 3."""
    called = call("margin", "binance_usdm", "ETHUSDT", "add", "5", "--json")

    assert called.status == 3
    assert called.notes[0]["operation"] == "add_margin"


@every_venue
def test_cancel_all(simulation: Simulation, call: Call, venue: str) -> None:
    """Every order of a symbol, then of the account, ends; a lost answer is settled."""
    symbol, price = VENUES[venue]
    ledger = simulation.ledger_of(venue)
    assert call("close", venue, symbol, "--limit", price).status == 0
    assert ledger.open_orders(symbol)

    one = call("order", "cancel", venue, symbol, "--all")
    assert ledger.open_orders(symbol) == ()
    assert call("close", venue, symbol, "--limit", price).status == 0
    cancel_all = next(
        one for one in PLUGINS.venue(venue).endpoints if one.is_write and "cancel_all_orders" in str(one.serves)
    )
    simulation.disturb(venue, cancel_all, DropBefore())
    every = call("order", "cancel", venue, "--all", "--json")

    assert (one.status, one.out) == (0, f"{venue}: nothing left\n")
    assert (every.status, every.rows) == (0, [])
    assert ledger.open_orders(symbol) == ()
