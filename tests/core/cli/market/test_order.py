"""``order``: place, amend, cancel and show orders; what is doubtful is told with what to do."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Order
from venuekit.errors import Fenced, InvalidArgument, NotExecuted, Outcome, OutcomeUnknown, PayloadMismatch, Rejected

Call = Callable[..., Any]

NAMES = ["account", "venue", *(field.name for field in attrs.fields(Order) if field.name != "raw")]
WAIT = "do not send it again before that"
LOOK = "look: venuekit order query main TOYUSD --client-id mine"
FENCE = datetime(2026, 11, 20, 12, 0, 6, tzinfo=UTC)


class _Terminal(io.StringIO):
    """Somebody who types an answer."""

    def isatty(self) -> bool:
        return True


def _place(call: Call, *more: str, account: str = "main") -> Any:
    return call("order", "place", account, "TOYUSD", "buy", "10", "--price", "99.50", *more, "--json")


def test_placing(call: Call, market: Any) -> None:
    """A price makes a limit order; the row has every field, account and venue first, numbers as they were typed."""
    called = _place(call, "--client-id", "mine", "--time-in-force", "post-only", "--reduce-only")

    (row,) = called.rows
    assert (called.status, called.err) == (0, "")
    assert list(row) == NAMES
    assert (row["account"], row["venue"], row["client_id"]) == ("main", "toy_market", "mine")
    assert (row["type"], row["side"], row["quantity"], row["price"]) == ("limit", "buy", "10", "99.50")
    assert (row["time_in_force"], row["reduce_only"], row["status"]) == ("post_only", True, "open")


def test_a_market_order_and_a_conditional_one(call: Call, market: Any) -> None:
    """Without a price it is a market order; a trigger needs a type, which says which way it works."""
    (plain,) = call("order", "place", "main", "TOYUSD", "SELL", "0.001", "--position-side", "short", "--json").rows
    words = ("order", "place", "main", "TOYUSD", "sell", "5", "--trigger", "80")
    untyped = call(*words)
    (stop,) = call(*words, "--type", "stop-market", "--json").rows

    assert (plain["type"], plain["side"], plain["quantity"]) == ("market", "sell", "0.001")
    assert plain["position_side"] == "short"
    assert (untyped.status, untyped.out) == (64, "")
    assert "needs a --type, such as stop_market" in untyped.err
    assert (stop["type"], stop["kind"], stop["trigger_price"]) == ("stop_market", "conditional", "80")
    assert len(market.module.BOOK) == 2


def test_testing(call: Call, market: Any) -> None:
    """``--test`` has the order checked and places nothing; nobody is asked, not even on a live account."""
    words = ("order", "place", "real", "TOYUSD", "buy", "10", "--price", "99.50", "--test")
    called = call(*words)
    (row,) = call(*words, "--json").rows

    assert (called.status, called.out) == (0, "the venue would accept the order; nothing was placed\n")
    assert (row["account"], row["symbol"], row["price"]) == ("real", "TOYUSD", "99.50")
    assert [request.quantity for request in market.module.TESTED] == [Decimal(10), Decimal(10)]
    assert market.module.BOOK == {}


def test_looking(call: Call, market: Any) -> None:
    """An order is found by either id, and listed while it is open; a table never breaks an id."""
    (placed,) = _place(call, "--client-id", "mine").rows
    call("order", "place", "other", "GEMUSD", "sell", "7", "--trigger", "80", "--type", "stop_market", "--reduce-only")

    by_id = call("order", "query", "main", "TOYUSD", "--id", placed["id"], "--json").rows
    by_client_id = call("order", "query", "main", "TOYUSD", "--client-id", "mine", "--json").rows
    record = call("order", "query", "main", "TOYUSD", "--client-id", "mine").out
    listed = call("order", "list")

    assert by_id == by_client_id == [placed]
    assert placed["id"] in record
    assert (listed.status, listed.err) == (0, "")
    assert placed["id"] in listed.out
    assert all(words in listed.out for words in ("buy 10 limit", "at 99.5", "client id", "mine"))
    assert all(words in listed.out for words in ("sell 7", "stop_market", "from 80", "reduce only"))
    rows = call("order", "list", "other", "--json").rows
    assert [list(row) for row in rows] == [NAMES]
    assert call("order", "list", "main", "--symbol", "GEMUSD").out == "no open orders\n"


def test_amending_and_cancelling(call: Call, market: Any) -> None:
    """What is not given stays; cancelling gives the final state; neither works on an order that is not there."""
    _place(call, "--client-id", "mine")
    words = ("main", "TOYUSD", "--client-id", "mine", "--json")

    (amended,) = call("order", "amend", *words, "--price", "98").rows
    (canceled,) = call("order", "cancel", *words).rows
    late = call("order", "amend", *words, "--quantity", "3")

    assert (amended["quantity"], amended["price"]) == ("10", "98")
    assert canceled["status"] == "canceled"
    assert (late.status, late.error["error"], late.error["code"]) == (3, "NotFound", 2010)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["place", "main", "TOYUSD", "by", "10"], "'by' is none of buy, sell; did you mean buy?"),
        (["place", "main", "TOYUSD", "buy", "ten"], "'ten' is not a number"),
        (["place", "main", "TOYUSD", "buy", "nan"], "'nan' is not a number"),
        (["place", "main", "TOYUSD", "buy", "1", "--type", "limt"], "did you mean limit?"),
        (["query", "main", "TOYUSD"], "by either --id or --client-id"),
        (["cancel", "main", "TOYUSD", "--id", "1", "--client-id", "2"], "by either --id or --client-id"),
        (["amend", "main", "TOYUSD", "--id", "1"], "a new --quantity, a new --price, or both"),
        (["plaice"], "did you mean place?"),
        (["list", "man"], "no account 'man'"),
    ],
)
def test_mistakes(call: Call, market: Any, words: list[str], message: str) -> None:
    """A mistake is one line and status 64, and nothing is placed."""
    called = call("order", *words)

    assert (called.status, called.out) == (64, "")
    assert message in called.err
    assert called.err.count("\n") == 1
    assert market.module.BOOK == {}


def _error(kind: type[Any], **details: Any) -> Any:
    return kind("no answer came", venue="toy_market", operation="place_order", subject="TOYUSD", **details)


@pytest.mark.parametrize(
    ("error", "status", "advice"),
    [
        (
            _error(OutcomeUnknown, client_id="mine", fence=FENCE),
            4,
            f"client id mine; may still arrive until 2026-11-20T12:00:06.000Z: {WAIT}, {LOOK}",
        ),
        (
            _error(NotExecuted, client_id="mine", fence=FENCE),
            3,
            "client id mine; it did not happen and cannot any more: send it again if it is still needed",
        ),
        (
            _error(PayloadMismatch, client_id="mine", outcome=Outcome.APPLIED),
            1,
            f"client id mine; it was carried out, but its answer could not be read; {LOOK}",
        ),
        (
            _error(OutcomeUnknown),
            4,
            "may still arrive: do not send it again before that, look: venuekit order list main --symbol TOYUSD",
        ),
        (_error(Fenced, fence=FENCE), 3, "nothing was sent; try again after 2026-11-20T12:00:06.000Z"),
        (_error(Fenced), 3, "nothing was sent; try again when that one is done"),
        (_error(Rejected, code=2008, client_id="mine"), 3, None),
        (_error(InvalidArgument), 64, None),
    ],
)
def test_a_doubtful_order(call: Call, market: Any, error: Any, status: int, advice: str | None) -> None:
    """The error says client id, until when it may arrive, and what to do; with ``--json`` its shape is as always."""
    market.module.FAILURES["toy_market", "place_order"] = error
    words = ("order", "place", "main", "TOYUSD", "buy", "10")

    told, as_json = call(*words), call(*words, "--json")

    assert (told.status, as_json.status) == (status, status)
    assert (told.out, as_json.out) == ("", "")
    assert told.err == f"error: main: {error}\n" + (f"what to do: {advice}\n" if advice else "")
    names = ["error", "account", "venue", "operation", "subject", "code", "message", "outcome"]
    assert list(as_json.error) == names
    assert as_json.error["account"] == "main"
    assert as_json.error["message"] == "; ".join(filter(None, ("no answer came", advice)))
    assert as_json.error["outcome"] == error.outcome


WRITES = [
    ["place", "real", "TOYUSD", "buy", "10", "--client-id", "new"],
    ["amend", "real", "TOYUSD", "--client-id", "mine", "--price", "98"],
    ["cancel", "real", "TOYUSD", "--client-id", "mine"],
]


@pytest.mark.parametrize("words", WRITES, ids=lambda words: words[0])
def test_live_is_asked_about(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Where nobody can be asked it is 64; a no changes nothing and is 5; a yes, or ``--yes``, does it."""
    _place(call, "--client-id", "mine")
    before = dict(market.module.BOOK)

    alone = call("order", *words)
    monkeypatch.setattr("sys.stdin", _Terminal("n\n"))
    declined = call("order", *words)
    assert market.module.BOOK == before
    monkeypatch.setattr("sys.stdin", _Terminal("y\n"))
    agreed = call("order", *words, "--json")
    assert market.module.BOOK != before
    market.module.BOOK.clear()
    market.module.BOOK.update(before)
    said = call("order", *words, "--yes", "--json")

    assert (alone.status, declined.status, agreed.status, said.status) == (64, 5, 0, 0)
    assert "--yes is required" in alone.err
    assert "on live (real)?" in declined.err
    assert "nothing was changed" in declined.err
    assert said.err == ""
