"""``panic``: everything is cancelled on all accounts at once, and what is left is told."""

from __future__ import annotations

import asyncio
import functools
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journal_entries import line_of

import venuekit
from venuekit import Runtime
from venuekit._util.times import to_milliseconds
from venuekit.errors import AnswerLost, AuthenticationFailed, GuardRefused, OperationError, PermissionDenied
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Unresolved

Call = Callable[..., Any]


def _fill_books(call: Call) -> None:
    """Put a plain and a conditional order into both books."""
    for account in ("main", "other"):
        place = ("order", "place", account, "TOYUSD", "sell", "7", "--client-id")
        assert call(*place, f"{account}-plain", "--price", "120").status == 0
        assert call(*place, f"{account}-stop", "--type", "stop_market", "--trigger", "80").status == 0


def _open(call: Call) -> list[str]:
    return [row["client_id"] for row in call("order", "list", "main", "other", "--json").rows]


def test_nothing_is_left(call: Call, market: Any) -> None:
    """Both books of all named accounts are empty afterwards, the status is 0, and others are not touched."""
    _fill_books(call)

    first = call("panic", "main")
    assert _open(call) == ["other-plain", "other-stop"]
    second = call("panic", "main", "other", "--json")

    assert (first.status, first.out, first.err) == (0, "main: nothing left\n", "")
    assert (second.status, second.rows) == (0, [])
    assert [json.loads(line) for line in second.err.splitlines()] == [
        {"note": f"{name}: nothing left", "account": name, "left": 0} for name in ("main", "other")
    ]
    assert _open(call) == []


def test_what_is_left_is_told(call: Call, market: Any) -> None:
    """Orders that stay are shown, as a table and as JSON, and the status is 3."""
    _fill_books(call)
    market.module.STUBBORN.add("main-stop")

    told = call("panic", "main", "other")
    as_json = call("panic", "main", "other", "--json")

    assert (told.status, as_json.status) == (3, 3)
    assert told.out.endswith("main: 1 left\nother: nothing left\n")
    (row,) = as_json.rows
    assert list(row)[:2] == ["account", "venue"]
    assert (row["account"], row["client_id"], row["kind"]) == ("main", "main-stop", "conditional")
    assert "order" not in row


def test_all_accounts_at_once(call: Call, market: Any) -> None:
    """No account waits for another one to be done: each begins before any has ended."""
    _fill_books(call)
    both = asyncio.Barrier(2)

    async def meet() -> None:
        async with asyncio.timeout(20):
            await both.wait()

    market.module.ARRIVED.append(meet)

    assert call("panic", "main", "other").status == 0
    market.module.ARRIVED.clear()
    assert _open(call) == []


def test_one_that_fails_does_not_stop_the_others(call: Call, market: Any) -> None:
    """The error is told, the others are cleared; what is left where it failed is read, and counts."""
    _fill_books(call)
    refused = PermissionDenied("this key may only read", venue="toy_market", operation="cancel_all_orders", code=1003)
    market.module.FAILURES["toy_market", "cancel_all_orders"] = refused

    called = call("panic", "main", "other")

    assert called.status == 3
    assert called.err == f"error: main: {refused}\n"
    assert called.out.endswith("main: 2 left\nother: nothing left\n")
    assert _open(call) == ["main-plain", "main-stop"]


@pytest.mark.parametrize(
    "error", [AuthenticationFailed("no key to cancel"), GuardRefused("read-only"), PermissionDenied("may only read")]
)
def test_an_account_that_may_only_read(call: Call, market: Any, error: OperationError) -> None:
    """Where nothing is open and nothing may be cancelled that is what is said, and nothing is left."""
    market.module.FAILURES["toy_market", "cancel_all_orders"] = error

    called, as_json = call("panic", "main"), call("panic", "main", "--json")

    assert (called.status, called.out) == (as_json.status, "main: nothing left\n") == (0, "main: nothing left\n")
    assert called.err == f"main: no order is open; it may not cancel any: {error}\n"
    told, summary = map(json.loads, as_json.err.splitlines())
    assert told == {"note": called.err.rstrip(), "account": "main"}
    assert summary["left"] == 0


def test_an_order_that_cannot_be_read_may_be_left(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing may be cancelled and nothing else is open, that is not told as nothing left."""
    market.module.FAILURES["toy_market", "cancel_all_orders"] = PermissionDenied("may only read")
    account = market.module.ToyMarketAccount
    read = account.get_open_orders

    async def odd(self: Any, **which: Any) -> Any:
        self.warn_of(self.venue.endpoints[0], "orders[1].price: missing")
        return await read(self, **which)

    monkeypatch.setattr(account, "get_open_orders", odd)
    called = call("panic", "main")

    assert called.status == 4
    assert "orders[1].price: missing" in called.err
    assert "nothing left" not in called.out


def test_unknown_what_is_left(call: Call, market: Any) -> None:
    """Where nothing can be read, or nothing is seen after a failure, it is not known, and the status is 4."""
    _fill_books(call)
    lost = AnswerLost("nothing came back", venue="toy_market", operation="cancel_all_orders")
    market.module.FAILURES["toy_market", "cancel_all_orders"] = lost
    market.module.FAILURES["toy_market", "get_open_orders"] = lost
    unreadable = call("panic", "main", "other", "--json")
    market.module.FAILURES.pop(("toy_market", "get_open_orders"))
    market.module.BOOK.clear()
    unseen = call("panic", "main")

    assert (unreadable.status, unreadable.rows, unreadable.err.count("AnswerLost")) == (4, [], 2)
    assert (unseen.status, unseen.out) == (4, "main: remaining orders unknown\n")


def test_an_account_that_cannot_be_opened(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing secret is an error of the file, 64, and the other account is cleared all the same."""
    _fill_books(call)
    monkeypatch.delenv("TOY_OTHER_KEY")

    called = call("panic", "main", "other")

    assert called.status == 64
    assert "TOY_OTHER_KEY" in called.err
    assert called.out == "main: nothing left\nother: remaining orders unknown\n"


def test_a_bug_of_one_plugin_does_not_stop_the_others(
    call: Call, market: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong on one account, the others are cleared and told of before it is raised."""
    _fill_books(call)
    market.module.FAILURES["toy_market", "cancel_all_orders"] = KeyError("nobody thought of this")

    with pytest.raises(KeyError, match="nobody thought of this"):
        call("panic", "main", "other")

    assert capsys.readouterr().out == "main: remaining orders unknown\nother: nothing left\n"
    assert _open(call) == ["main-plain", "main-stop"]


def test_errors_name_their_account(call: Call, market: Any) -> None:
    """As JSON too it can be told which of the accounts is unknown."""
    lost = AnswerLost("nothing came back", venue="toy_market", operation="cancel_all_orders")
    market.module.FAILURES["toy_market", "cancel_all_orders"] = lost

    called = call("panic", "main", "other", "--json")

    assert (called.status, called.rows) == (4, [])
    error, *summary = map(json.loads, called.err.splitlines())
    assert (error["account"], error["message"]) == ("main", "nothing came back")
    assert error["operation"] == "cancel_all_orders"
    assert [(one["account"], one["left"]) for one in summary] == [("main", None), ("other", 0)]


@pytest.mark.parametrize("words", [[], ["man"], ["main", "man"]])
def test_mistakes(call: Call, market: Any, words: list[str]) -> None:
    """Without an account, or with one that is not there, nothing is cancelled and the status is 64."""
    _fill_books(call)

    called = call("panic", *words)

    assert (called.status, called.out) == (64, "")
    assert len(_open(call)) == 4


def test_a_venue_without_orders(call: Call, served: Any) -> None:
    """Where orders cannot be cancelled it is not known what is left."""
    called = call("panic", "toy_perp", "--accounts", served.accounts)

    assert (called.status, called.out) == (4, "toy_perp: remaining orders unknown\n")
    assert "OrderControl is not supported" in called.err


def test_an_order_that_may_still_arrive(
    call: Call, market: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An order of which the journal does not know the end keeps it unknown until its fence, not after it."""
    with_journal = functools.partial(Runtime, journal=tmp_path / "journal")
    monkeypatch.setattr(venuekit, "Runtime", with_journal)
    assert call("leverage", "main", "NOSUCH", "9").status == 1  # the simulation does not know the key
    assert call("panic", "main").status == 0
    (path,) = (tmp_path / "journal").iterdir()
    journal = FileJournal(path.with_name(path.stem[: -len("-20261120")]))
    now = datetime.now(UTC)
    begun: dict[str, Any] = {
        "operation": "place_order",
        "verb": "POST",
        "path": "/v1/orders",
        "parameters": {},
        "sent_at": now,
    }
    moment = to_milliseconds(now)
    past, future = (now + timedelta(hours=hours) for hours in (-1, 1))

    journal.begin(line_of(Unresolved(id=journal.new_id(moment), fence=past, client_id="gone", **begun)))
    gone = call("panic", "main")
    journal.begin(line_of(Unresolved(id=journal.new_id(moment), fence=future, client_id="under-way", **begun)))
    under_way = call("panic", "main")

    assert (gone.status, gone.err) == (0, "")
    assert (under_way.status, under_way.out) == (4, "main: remaining orders unknown\n")
    assert "main: an order (client id under-way) may still arrive until " in under_way.err
    note, summary = map(json.loads, call("panic", "main", "--json").err.splitlines())
    assert (note["account"], note["note"]) == ("main", under_way.err.rstrip())
    assert (summary["account"], summary["left"]) == ("main", None)


class _Terminal(io.StringIO):
    """Somebody who types an answer."""

    def isatty(self) -> bool:
        return True


def test_live_is_asked_about(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a live account among them nothing at all is cancelled before somebody agreed."""
    _fill_books(call)

    alone = call("panic", "other", "real")
    monkeypatch.setattr("sys.stdin", _Terminal("n\n"))
    declined = call("panic", "other", "real")
    assert len(_open(call)) == 4
    agreed = call("panic", "other", "real", "--yes")

    assert (alone.status, declined.status, agreed.status) == (64, 5, 0)
    assert "real: live; --yes is required" in alone.err
    assert "Cancel every order on live (real)?" in declined.err
    assert _open(call) == []
