"""Notes of a write, before it leaves and after it ended: in the journal, and among the client ids in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venuekit import errors
from venuekit._util.texts import warn, without
from venuekit.clock import clock_error
from venuekit.endpoint import Effect
from venuekit.errors import Outcome
from venuekit.order_scope import MadeId
from venuekit.pipeline.events import notify_of
from venuekit.pipeline.journal_lines import Begun, Ended, plain_parameters
from venuekit.pipeline.observe import EventKind

if TYPE_CHECKING:
    from venuekit.pipeline.journal import FileJournal
    from venuekit.pipeline.operation import Operation


_NO_ACTION: dict[str, str] = {}
#: effects of writes that may open a position
_OPENING = frozenset({Effect.KEYED, Effect.DELTA})
_EVERY = (None,)


def use_client_ids(operation: Operation[Any]) -> None:
    """
    Remember that the client ids of a write go out; refuse those that went out just now.

    Raises:
        InvalidArgument: the order of an earlier write could be taken for the one of this write.
    """
    session, now = operation.session, operation.sent_at
    recent = session.owner.write_scopes.recent
    if not operation.client_ids:  # a later attempt of the same write meets its own
        ids = tuple(operation.endpoint.client_ids_of(operation.parameters))
        made = frozenset(one for one in ids if type(one) is MadeId)  # no other write has any of these
        if session.journal is not None and len(made) < len(ids):
            session.journal.catch_up(now)
        for one in ids:
            latest = recent.latest(one)
            if latest and latest + 2 * clock_error(session.venue_session.clock) >= now:
                words = f"the client id {one!r} went out just now, and its order could be taken for this one"
                raise operation.annotate(errors.InvalidArgument(f"{words}: use another id, or none"))
        operation.client_ids, operation.made = ids, made
    recent.note(operation.client_ids, operation.fence)


def record_attempt(operation: Operation[Any], journal: FileJournal) -> None:
    """
    Put an attempt into the journal; a later attempt of the same write replaces the line before it.

    Raises:
        NeverSent: the line cannot be written, and the write can do more than cancel or reduce.
    """
    endpoint, sent_at, ids, made = operation.endpoint, operation.sent_at, operation.client_ids, operation.made
    verb, path, action = endpoint.name
    begun = Begun(  # by position: names would take half as long again
        operation.journal_id or journal.new_id(sent_at),
        operation.name,
        verb,
        path,
        plain_parameters(without(endpoint.secret, operation.parameters)),
        sent_at,
        operation.fence,
        endpoint.effect,
        operation.client_id,
        ids if len(ids) > 1 else (),
        tuple(sorted(made)) if made else (),
        operation.number,
        dict(action) if action else _NO_ACTION,
    )
    try:
        journal.begin(begun, is_again=operation.journal_id is not None)
    except OSError as error:
        if not _reduces(operation):
            words = f"the journal cannot be written ({error}): until then only cancels and reducing orders are sent"
            raise operation.annotate(errors.NeverSent(words)) from error
        journal.keep(begun)
        _warn_unwritten(operation, "is sent all the same, since it can only cancel or reduce")
    operation.journal_id = begun.id


def record_outcome(operation: Operation[Any], outcome: Outcome, claims: str | None) -> None:
    """Close a line, and say how long an order of its client ids may have come into being."""
    session = operation.session
    now = session.venue_session.clock.milliseconds()
    if operation.endpoint.effect in _OPENING:
        symbols = operation.endpoint.symbols_of(operation.parameters) or _EVERY
        opens = operation.endpoint.effect is Effect.KEYED and not _reduces(operation)
        is_accepted = opens and outcome is Outcome.APPLIED
        session.owner.write_scopes.forget_order(operation, symbols, now if is_accepted else None)
    if operation.client_ids:
        if outcome is Outcome.APPLIED:
            session.owner.write_scopes.recent.note(operation.client_ids, now)
        else:
            session.owner.write_scopes.recent.forget(operation.client_ids)
    if operation.journal_id is None or session.journal is None:
        return
    late_until = None
    if operation.fences:
        fence = max(one.until for one in operation.fences)
        may_arrive = fence + clock_error(session.venue_session.clock) >= now
        late_until = fence if may_arrive else None
    # a full disk does not undo an executed write
    if not session.journal.end(Ended(operation.journal_id, outcome, now, claims, late_until)):
        _warn_unwritten(operation, f"ended ({outcome})")


def _reduces(operation: Operation[Any]) -> bool:
    """Say whether a write does nothing but cancel orders or make a position smaller."""
    reduces = operation.endpoint.reduces
    try:
        return reduces is not None and reduces(operation.parameters)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # the contents of a list are not documented
        return False


def _warn_unwritten(operation: Operation[Any], what: str) -> None:
    """Warn of a line that the journal could not write, and that is kept until it can."""
    session, on_what = operation.session, f" for {operation.subject}" if operation.subject else ""
    who = f"{session.venue_session.venue.id}: the journal cannot be written: {operation.name}{on_what}"
    lost = 0 if session.journal is None else session.journal.lost_lines()
    kept = "its line is kept in memory until it can be written"
    warn(f"{who} {what}; {f'its line is lost, and {lost} in all: too many are kept in memory' if lost else kept}")
    notify_of(operation, EventKind.UNWRITTEN)
