"""Late orders: those of an account that may still arrive, or whose effect its reads may not show yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import attrs

from venuekit._util.times import from_milliseconds, to_milliseconds
from venuekit.capabilities.closing import LateWrite
from venuekit.clock import OwnClock
from venuekit.endpoint import Effect
from venuekit.errors import ConfigurationError
from venuekit.pipeline.arrival import expiry_of, is_over, measure
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.resolve import operation_of
from venuekit.request_bounds import RequestExpiry
from venuekit.resolution import Call

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.journal_lines import Unresolved

#: until the reads of a venue that declares no time of its own show an order that has arrived
SHOWN_AFTER = timedelta(seconds=10)
_MILLISECOND = timedelta(milliseconds=1)
_BOUNDED = frozenset({RequestExpiry.WINDOW, RequestExpiry.EXPIRY})


async def late_orders(session: AccountSession, call: Call, symbols: Collection[str] | None) -> tuple[LateWrite, ...]:
    """
    Return the orders of these symbols, None for all, that may still arrive or that reads may not show yet.

    They are those under way or of unknown outcome in this process, and the open ones of the account's journals,
    whichever process has sent them. The time of the venue is read where only that proves that one is over.
    """
    found: list[LateWrite] = []
    known: set[str | None] = set()
    write_scopes, clock = session.owner.write_scopes, _Clock()
    for write in tuple(write_scopes.orders_out or ()):
        operation = cast("Operation[Any]", write)
        known.add(operation.journal_id)
        touched = _symbols_of(operation)
        if not _concerns(touched, symbols):
            continue
        if await clock.is_shown(operation):
            write_scopes.forget_order(write, (), None)
        else:
            found.append(_describe(operation, touched))
    entries = () if session.journal is None else session.journal.open_writes()
    late = [await _late_entry(session, entry, call, symbols, clock) for entry in entries if entry.id not in known]
    found += [one for one in late if one is not None]
    return tuple(sorted(found, key=lambda one: one.sent_at))


def read_lag(session: AccountSession) -> timedelta:
    """Return how long reads may lag behind an accepted order, as the venue declares it for lost ones."""
    proofs = (one.absence_proof for one in session.venue_session.venue.endpoints if one.effect is Effect.KEYED)
    return max((proof.after for proof in proofs if proof is not None), default=SHOWN_AFTER)


def seconds_since_accepted(session: AccountSession, symbols: Collection[str] | None) -> dict[str | None, float]:
    """
    Return how many seconds ago this process last had an order accepted that may open a position, by symbol.

    None is an order that did not name its symbol.
    """
    now, accepted = session.venue_session.clock.milliseconds(), session.owner.write_scopes.accepted_at or {}
    return {
        symbol: (now - at) / 1000 for symbol, at in accepted.items() if _concerns((symbol,) if symbol else (), symbols)
    }


async def _late_entry(
    session: AccountSession, entry: Unresolved, call: Call, symbols: Collection[str] | None, clock: _Clock
) -> LateWrite | None:
    """Return an open write of a journal, None where it is no order of these symbols or is over."""
    try:
        operation = operation_of(session, entry, call)
    except ConfigurationError:  # of a version that had this endpoint: it may be anything
        over_at = to_milliseconds(entry.fence) + SHOWN_AFTER // _MILLISECOND
        if session.venue_session.clock.milliseconds() - session.venue_session.clock.error > over_at:
            return None
        return LateWrite(
            operation=entry.operation, symbols=(), sent_at=entry.sent_at, until=entry.fence, client_id=entry.client_id
        )
    if operation.endpoint.effect is not Effect.KEYED:
        is_raw = operation.endpoint.effect is Effect.DELTA and operation.endpoint.write_scope is None
        if not is_raw:
            return None
    touched = _symbols_of(operation)
    if not _concerns(touched, symbols) or await clock.is_shown(operation):
        return None
    return _describe(operation, touched)


def _symbols_of(operation: Operation[Any]) -> tuple[str, ...]:
    """Return the symbols of an order, none where it does not name them."""
    try:
        return tuple(operation.endpoint.symbols_of(operation.parameters))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # of a raw call, or another version
        return ()


def _concerns(touched: Collection[str], symbols: Collection[str] | None) -> bool:
    return symbols is None or not touched or not set(symbols).isdisjoint(touched)


@attrs.define
class _Clock:
    """The venue's clock, measured at most once for all orders."""

    is_measured: bool | None = None

    async def is_shown(self, operation: Operation[Any]) -> bool:
        """Say whether an order can arrive no more, and has been unable to for as long as reads may lag."""
        proof, clock = operation.endpoint.absence_proof, operation.session.venue_session.clock
        after = SHOWN_AFTER if proof is None else proof.after
        if expiry_of(operation) not in _BOUNDED or isinstance(clock, OwnClock):
            return await is_over(operation, after)
        moment = (operation.open_until or operation.fence) + after // _MILLISECOND
        if clock.milliseconds() <= moment:
            return False
        if self.is_measured is None:
            self.is_measured = await measure(operation) is None
        return self.is_measured and clock.milliseconds() - clock.error > moment


def _describe(operation: Operation[Any], symbols: tuple[str, ...]) -> LateWrite:
    is_bounded = expiry_of(operation) in _BOUNDED
    until = operation.open_until or operation.fence
    return LateWrite(
        operation=operation.name,
        symbols=symbols,
        sent_at=from_milliseconds(operation.opened_at or operation.sent_at),
        until=from_milliseconds(until) if is_bounded else None,
        client_id=operation.client_id,
    )
