"""``history``, ``order`` and ``panic`` against every installed venue that has them, over real sockets."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from tests.plugins.arrivals import writes_of
from tests.plugins.cli.called import Call

from venuekit.capabilities import (
    CandleReader,
    Capability,
    ClosedPnlReader,
    ConversionReader,
    FillReader,
    FundingRateReader,
    IncomeReader,
    LeverageBehaviour,
    LeverageScope,
    OrderAmendControl,
    OrderBehaviour,
    OrderControl,
    OrderReader,
    WithdrawalReader,
)
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.venue import venue_support

PLUGINS = make_plugins()
VENUES = [PLUGINS.venue(venue_id) for venue_id in PLUGINS.venue_ids()]
HISTORIES: dict[str, type[Capability]] = {
    "candles": CandleReader,
    "conversions": ConversionReader,
    "funding": FundingRateReader,
    "income": IncomeReader,
    "orders": OrderReader,
    "pnl": ClosedPnlReader,
    "fills": FillReader,
    "withdrawals": WithdrawalReader,
}
#: the operations of opening an account
_OPENING = frozenset({"get_account", "get_identity"})


def _able(*capabilities: type[Capability]) -> list[str]:
    return [venue.id for venue in VENUES if all(venue_support(venue, one) for one in capabilities)]


def _held(simulation: Simulation, venue_id: str) -> str:
    symbol = simulation.scenario(venue_id).held
    assert symbol is not None
    return symbol


def _resting(call: Call, venue_id: str, symbol: str) -> list[str]:
    """Return an order that rests: a tenth below the mark price, small, and large enough for the venue."""
    (instrument,) = call("instruments", venue_id, symbol, "--json").rows
    position = next(row for row in call("positions", venue_id, "--json").rows if row["symbol"] == symbol)
    tick = Decimal(instrument["price_tick"])
    price = Decimal(position["mark_price"]) * 9 / 10 // tick * tick
    smallest = Decimal(instrument["min_quantity"] or instrument["quantity_step"])
    step, least = Decimal(instrument["quantity_step"] or smallest), Decimal(instrument["min_notional"] or 0)
    quantity = 10 * smallest if instrument["is_inverse"] else max(smallest, (least / price // step + 1) * step)
    side = [] if position["side"] == "both" else ["--position-side", position["side"]]
    return ["order", "place", venue_id, symbol, "buy", f"{quantity:f}", "--price", f"{price:f}", *side]


@pytest.mark.parametrize(
    ("venue_id", "what"), [(venue_id, what) for what, kind in HISTORIES.items() for venue_id in _able(kind)]
)
def test_histories(simulation: Simulation, call: Call, venue_id: str, what: str) -> None:
    """Each history is downloaded with account and venue in every row, and a second run adds no row again."""
    of_symbols = {"orders", "fills", "candles", "funding"}
    symbol = ["--symbol", _held(simulation, venue_id)] if what in of_symbols else []
    if what == "candles":
        symbol += ["--interval", "1w"]
    words = ("history", what, venue_id, *symbol, "--output", "out.jsonl")

    first = call(*words)
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    second = call(*words)

    assert (first.status, second.status) == (0, 0)
    assert {(row["account"], row["venue"]) for row in rows} <= {(venue_id, venue_id)}
    assert f"out.jsonl: 0 rows added, {len(rows)} in all" in second.err
    if what in {"income", "fills", "candles"}:
        assert rows


@pytest.mark.parametrize("venue_id", _able(OrderControl, OrderAmendControl))
def test_an_order_from_end_to_end(simulation: Simulation, call: Call, venue_id: str) -> None:
    """Placed, listed, queried, amended and cancelled; cancelling it again still gives its final state."""
    symbol = _held(simulation, venue_id)
    place = _resting(call, venue_id, symbol)
    named = (venue_id, symbol, "--client-id", "mine-1", "--json")

    (placed,) = call(*place, "--client-id", "mine-1", "--json").rows
    (listed,) = call("order", "list", venue_id, "--json").rows
    (found,) = call("order", "query", *named).rows
    price = Decimal(found["price"]) - Decimal(call("instruments", venue_id, symbol, "--json").rows[0]["price_tick"])
    assert call("order", "amend", *named, "--price", f"{price:f}").status == 0
    (amended,) = call("order", "query", *named).rows
    canceled = [call("order", "cancel", *named).rows[0] for _ in range(2)]

    assert placed["client_id"] == listed["client_id"] == found["client_id"] == "mine-1"
    assert found["status"] == "open"
    assert Decimal(amended["price"]) == price
    assert [row["status"] for row in canceled] == ["canceled", "canceled"]
    assert call("order", "list", venue_id, "--json").rows == []


@pytest.mark.parametrize("venue_id", _able(OrderControl))
def test_mistakes_are_not_sent(simulation: Simulation, call: Call, venue_id: str) -> None:
    """A quantity of nothing is refused before it is sent; an order that nobody placed is the venue's error."""
    symbol = _held(simulation, venue_id)

    for quantity in ("0", "0.000000000001"):
        called = call("order", "place", venue_id, symbol, "buy", quantity, "--json")
        assert (called.status, json.loads(called.err)["outcome"]) == (64, "not_sent")
    unknown = call("order", "query", venue_id, symbol, "--client-id", "nobody-s", "--json")

    assert (unknown.status, json.loads(unknown.err)["error"]) == (3, "NotFound")
    assert writes_of(simulation, PLUGINS) == []


def test_panic(simulation: Simulation, call: Call) -> None:
    """Everything on every venue is cancelled by one command, and nothing is left."""
    able = _able(OrderControl)
    assert able
    for venue_id in able:
        assert call(*_resting(call, venue_id, _held(simulation, venue_id))).status == 0
    assert {row["venue"] for row in call("order", "list", *able, "--json").rows} == set(able)

    called = call("panic", *able)

    assert (called.status, called.err) == (0, "")
    assert called.out == "".join(f"{venue_id}: nothing left\n" for venue_id in able)
    assert call("order", "list", *able, "--json").rows == []


@pytest.mark.parametrize("venue_id", _able(OrderControl))
@pytest.mark.parametrize("status", [403, 418, 429])
def test_panic_gets_past_a_firewall(simulation: Simulation, call: Call, venue_id: str, status: int) -> None:
    """A page in place of the first answer is waited for, and nothing is left."""
    assert call(*_resting(call, venue_id, _held(simulation, venue_id))).status == 0
    cancel_all = next(
        one
        for one in PLUGINS.venue(venue_id).endpoints
        if OrderControl.cancel_all_orders in one.serves and one.is_write
    )
    page = attrs.evolve(CannedAnswer.html(status), headers={"Retry-After": "1"})
    simulation.disturb(venue_id, cancel_all, page)

    called = call("panic", venue_id)

    assert (called.status, called.out) == (0, f"{venue_id}: nothing left\n")
    assert simulation.ledger_of(venue_id).open_orders() == ()


@pytest.mark.parametrize(
    "venue_id", [one for one in _able(OrderControl) if PLUGINS.venue(one).behaviour(OrderBehaviour).decides_later]
)
def test_panic_catches_what_is_decided_late(simulation: Simulation, call: Call, venue_id: str) -> None:
    """An order that was accepted just before, and that no list shows yet, does not outlive the panic."""
    order = _resting(call, venue_id, _held(simulation, venue_id))
    ledger = simulation.ledger_of(venue_id)
    ledger.set_decision_delay(timedelta(seconds=0.5))
    placed = call(*order, "--json")

    panicked = call("panic", venue_id)

    assert placed.rows[0]["status"] == "pending"
    assert (panicked.status, panicked.out) == (0, f"{venue_id}: nothing left\n")
    assert ledger.order(placed.rows[0]["id"]).status.value == "canceled"


def _asked(venue_id: str, symbol: str, place: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return commands about an account, each behind the name of the operation that it asks for."""
    Path("target.toml").write_text(f"[accounts.{venue_id}.symbols.{symbol}]\nleverage = 3\n")
    by_side = LeverageScope.SIDE in PLUGINS.venue(venue_id).behaviour(LeverageBehaviour).scope
    return [
        ("get_settings", ("plan", "target.toml")),
        ("get_settings", ("apply", "target.toml")),
        ("get_balances", ("balances", venue_id)),
        ("get_positions", ("positions", venue_id)),
        ("get_open_orders", ("order", "list", venue_id)),
        ("get_order", ("order", "query", venue_id, symbol, "--client-id", "mine")),
        ("place_order", tuple(place)),
        ("cancel_order", ("order", "cancel", venue_id, symbol, "--client-id", "mine")),
        ("set_leverage", ("leverage", venue_id, symbol, "3", *(["--side", "long"] if by_side else []))),
    ]


def _spoil_secret(venue_id: str) -> None:
    account = tomllib.loads(Path("accounts.toml").read_text())["accounts"][venue_id]
    Path(account["secret"].removeprefix("file:")).write_text("wrong" * 8)


@pytest.mark.parametrize("venue_id", [one for one in _able(OrderControl) if not PLUGINS.venue(one).secret_check])
def test_errors_name_what_was_asked_for(simulation: Simulation, call: Call, venue_id: str) -> None:
    """With a wrong secret a command fails under the name of what it asked for, unless opening the account fails."""
    symbol = _held(simulation, venue_id)
    place = _resting(call, venue_id, symbol)
    _spoil_secret(venue_id)

    for operation, words in _asked(venue_id, symbol, place):
        called = call(*words, "--json")
        error = json.loads(called.err)
        assert (called.status, error["error"]) == (1, "AuthenticationFailed"), words
        assert error["venue"] == venue_id
        assert error["operation"] in {operation, *_OPENING}, words
    panicked = [json.loads(line) for line in call("panic", venue_id, "--json").err.splitlines()]
    assert {one["operation"] for one in panicked[:-1]} <= {"cancel_all_orders", "get_open_orders", *_OPENING}
    assert panicked[-1]["left"] is None


@pytest.mark.parametrize("venue_id", [one for one in _able(OrderControl) if PLUGINS.venue(one).secret_check])
def test_a_secret_without_the_form_of_one(simulation: Simulation, call: Call, venue_id: str) -> None:
    """Where secrets have a form, a command with another text says so, with the place in the file, and sends nothing."""
    symbol = _held(simulation, venue_id)
    place = _resting(call, venue_id, symbol)
    _spoil_secret(venue_id)
    arrived = len(simulation.requests)

    for _, words in [*_asked(venue_id, symbol, place), ("cancel_all_orders", ("panic", venue_id))]:
        called = call(*words, "--json")
        error = json.loads(called.err.splitlines()[0])
        assert (called.status, error["error"], error["account"]) == (64, "CredentialsError", venue_id), words
        assert re.match(rf"accounts\.toml:\d+: accounts\.{venue_id}\.secret: ", error["message"]), words
        assert "wrong" not in called.err
    assert len(simulation.requests) == arrived
