"""Event rows: the changes of accounts as flat objects of declared fields, for JSON, and as one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from venuekit.capabilities import (
    BalanceUpdate,
    FillUpdate,
    FundingPayment,
    Gap,
    MarginCall,
    OrderUpdate,
    PositionUpdate,
    SessionExpiry,
    SettingsUpdate,
    StreamEvent,
    UnknownEvent,
)
from venuekit.cli.tables import cell_text
from venuekit.cli.watch.summary import AccountSummary
from venuekit.credentials.redactor import redact
from venuekit.exports.rows import Row, plain, row_of
from venuekit.live import ViewChange

#: fields of nested values that the event itself has, or that say nothing about the account
_LEFT_OUT = frozenset({"received_at", "as_of", "message", "origin", "sequence", "time", "body"})


def _of_margin_call(event: MarginCall) -> Row:
    symbols = " ".join(position.symbol for position in event.positions)
    return {"symbols": symbols, "cross_wallet": event.cross_wallet}


def _of_unknown(event: UnknownEvent) -> Row:
    """Return the venue's word and the size: no body, since nothing declares its fields."""
    return {"venue_kind": event.kind, "bytes": len(event.body)}


#: class of event to the word for it, and to its own fields
_KINDS: Mapping[type[StreamEvent], tuple[str, Callable[[Any], Row]]] = {
    BalanceUpdate: ("balance", lambda event: {**row_of(event.balance), "change": event.change, "reason": event.reason}),
    PositionUpdate: ("position", lambda event: {**row_of(event.position), "reason": event.reason}),
    OrderUpdate: ("order", lambda event: {**row_of(event.order), "change": event.change}),
    FillUpdate: ("fill", lambda event: {**row_of(event.fill), "is_preliminary": event.is_preliminary}),
    MarginCall: ("margin_call", _of_margin_call),
    SettingsUpdate: ("settings", row_of),
    FundingPayment: ("funding", row_of),
    SessionExpiry: ("session_expiry", row_of),
    Gap: ("gap", row_of),
    UnknownEvent: ("unknown", _of_unknown),
}


def event_row(account: str, venue: str, change: ViewChange) -> Row:
    """
    Return a change as one flat object: account, venue, kind, times, and the declared fields that the event gives.

    A change of the status alone is of kind ``status``. Texts of venues are redacted; the messages themselves are not in
    it.
    """
    event = change.event
    if event is None:
        status = change.status
        row: Row = {"phase": status.phase, "reason": status.reason}
        first = {"account": account, "venue": venue, "kind": "status", "received_at": status.since}
    else:
        kind, fields_of = _KINDS[type(event)]
        fields = fields_of(event).items()
        row = {f"{kind}_kind" if name == "kind" else name: value for name, value in fields if name not in _LEFT_OUT}
        first = {"account": account, "venue": venue, "kind": kind, "time": event.time}
        first |= {"received_at": event.received_at, "origin": event.origin}
    return {name: _shown(value) for name, value in {**first, **row}.items() if value is not None}


def status_row(summary: AccountSummary, received_at: Any) -> Row:
    """Return the state of an account that is not open as an object of kind ``status``."""
    first = {"account": summary.name, "venue": summary.venue, "kind": "status", "received_at": received_at}
    row = {**first, "phase": summary.state, "reason": summary.reason}
    if summary.retry_in is not None:
        row["retry_in"] = f"{summary.retry_in:.1f}"
    return {name: _shown(value) for name, value in row.items() if value is not None}


def _shown(value: Any) -> str | int | None:
    text = plain(value)
    return redact(text) if isinstance(text, str) else text


def event_text(account: str, venue: str, change: ViewChange) -> str:
    """Return a change as one line for people: time, account, kind, and its fields."""
    row = dict(event_row(account, venue, change))
    moment = change.status.since if change.event is None else change.event.received_at
    for name in ("account", "venue", "received_at", "time", "origin", "updated_at"):
        row.pop(name, None)
    kind = row.pop("kind")
    words = " ".join(f"{name}={cell_text(value)}" for name, value in row.items())
    return f"{moment:%H:%M:%S} {account} {kind} {words}"
