"""Notes of a write, before it leaves and after it ended: in the journal, and among the client ids in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venuekit import errors
from venuekit._util.texts import warn, without
from venuekit.clock import clock_error, from_milliseconds
from venuekit.errors import Outcome
from venuekit.ids import MadeId
from venuekit.pipeline.journal_lines import Ended, Unresolved
from venuekit.pipeline.observe import EventKind

if TYPE_CHECKING:
    from venuekit.pipeline.journal import FileJournal
    from venuekit.pipeline.operation_record import OperationRecord


def use_client_ids(record: OperationRecord[Any]) -> None:
    """
    Remember that the client ids of a write go out; refuse those that went out just now.

    Raises:
        InvalidArgument: the order of an earlier write could be taken for the one of this write.
    """
    session, now = record.session, record.sent_at
    recent = session.write_scopes.recent
    if not record.client_ids:  # a later attempt of the same write meets its own
        ids = tuple(record.endpoint.client_ids_of(record.parameters))
        if session.journal is not None:
            session.journal.catch_up(from_milliseconds(now))
        for one in ids:
            latest = recent.latest(one)
            if latest and latest + 2 * clock_error(session.venue_session.clock) >= now:
                words = f"the client id {one!r} went out just now, and its order could be taken for this one"
                raise record.annotate(errors.InvalidArgument(f"{words}: use another id, or none"))
        record.client_ids = ids
        record.made = frozenset(one for one in ids if type(one) is MadeId)
    recent.note(record.client_ids, record.fence)


def record_attempt(record: OperationRecord[Any], journal: FileJournal) -> None:
    """
    Put an attempt into the journal; a later attempt of the same write replaces the line before it.

    Raises:
        NeverSent: the line cannot be written, and the write can do more than cancel or reduce.
    """
    endpoint, sent_at = record.endpoint, from_milliseconds(record.sent_at)
    entry = Unresolved(
        id=record.journal_id or journal.new_id(sent_at),
        operation=record.name,
        verb=endpoint.verb,
        path=endpoint.path,
        parameters=without(endpoint.secret, record.parameters),
        sent_at=sent_at,
        fence=from_milliseconds(record.fence),
        client_id=record.client_id,
        effect=endpoint.effect,
        client_ids=record.client_ids,
        made=record.made,
    )
    try:
        journal.begin(entry)
    except OSError as error:
        if not _reduces(record):
            words = f"the journal cannot be written ({error}): until then only cancels and reducing orders are sent"
            raise record.annotate(errors.NeverSent(words)) from error
        journal.keep(entry)
        _warn_unwritten(record, "is sent all the same, since it can only cancel or reduce")
    record.journal_id = entry.id


def record_outcome(record: OperationRecord[Any], outcome: Outcome, claims: str | None) -> None:
    """Close a line, and say how long an order of its client ids may have come into being."""
    session = record.session
    now = session.venue_session.clock.milliseconds()
    if record.client_ids:
        if outcome is Outcome.APPLIED:
            session.write_scopes.recent.note(record.client_ids, now)
        else:
            session.write_scopes.recent.forget(record.client_ids)
    if record.journal_id is None or session.journal is None:
        return
    # a full disk does not undo an executed write
    if not session.journal.end(Ended(record.journal_id, outcome, now, claims)):
        _warn_unwritten(record, f"ended ({outcome})")


def _reduces(record: OperationRecord[Any]) -> bool:
    """Say whether a write does nothing but cancel orders or make a position smaller."""
    reduces = record.endpoint.reduces
    try:
        return reduces is not None and reduces(record.parameters)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # the contents of a list are not documented
        return False


def _warn_unwritten(record: OperationRecord[Any], what: str) -> None:
    """Warn of a line that the journal could not write, and that is kept until it can."""
    session, on_what = record.session, f" for {record.subject}" if record.subject else ""
    who = f"{session.venue_session.venue.id}: the journal cannot be written: {record.name}{on_what}"
    lost = 0 if session.journal is None else session.journal.lost_lines()
    kept = "its line is kept in memory until it can be written"
    warn(f"{who} {what}; {f'its line is lost, and {lost} in all: too many are kept in memory' if lost else kept}")
    if session.venue_session.observers:
        record.notify(EventKind.UNWRITTEN)
