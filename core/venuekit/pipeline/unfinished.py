"""The journal's unfinished writes: their outcome, after the process that sent them is gone."""

from __future__ import annotations

from venuekit import errors
from venuekit._util.called import run_as
from venuekit.clock import from_milliseconds
from venuekit.endpoint import Effect, Endpoint
from venuekit.pipeline.account_session import AccountSession
from venuekit.pipeline.journal_lines import Ended, Unresolved
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.pipeline.options import Options
from venuekit.resolution import Call


async def resolve(session: AccountSession, entry: Unresolved, call: Call) -> str:
    """
    Resolve an unfinished write, close its line and return its outcome in words.

    Raises:
        OutcomeUnknown, Conflict: nothing could be found out; the line stays open.
        ConfigurationError: the installed plugin does not know the endpoint any more.
    """
    with run_as((entry.operation,)):
        return await _resolve(session, _endpoint(session, entry), entry, call)


async def _resolve(session: AccountSession, endpoint: Endpoint[object], entry: Unresolved, call: Call) -> str:
    from venuekit.pipeline.measuring import wait_until_past
    from venuekit.pipeline.resolve import look_again, read_now

    try:
        session.wire.encode(endpoint, entry.parameters)
        endpoint.client_ids_of(entry.parameters)
        endpoint.symbols_of(entry.parameters)
    except ValueError as error:
        raise errors.ConfigurationError(
            f"{session.venue_session.venue.id}: {error}, as this version declares it"
        ) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError):
        words = f"{endpoint} was not sent like this: the contents of a list are not those this version sends"
        raise errors.ConfigurationError(f"{session.venue_session.venue.id}: {words}") from None
    record = OperationRecord(session, endpoint, entry.parameters, Options(), call)
    record.attempts = 1
    record.sent_at = round(entry.sent_at.timestamp() * 1000)
    record.fence = record.open_until = round(entry.fence.timestamp() * 1000)
    record.journal_id = entry.id
    record.made = entry.made
    cause = record.annotate(errors.OutcomeUnknown(f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"))
    clock = session.venue_session.clock
    if endpoint.effect is Effect.SET and clock.milliseconds() > record.open_until:
        if (why := await wait_until_past(record, record.open_until)) is not None:
            raise record.annotate(errors.OutcomeUnknown(f"{cause.message}; {why}"))
        reading = await read_now(record, cause)
        if not reading.holds:  # it may have held until a later write; certain is only that it does not now
            if session.journal is not None:
                session.journal.end(Ended(entry.id, "does_not_hold", clock.milliseconds()))
            return f"{_what(record)}: does not hold, {reading.value} does; it cannot arrive any more"
        record.close(errors.Outcome.APPLIED)
        return f"{_what(record)}: it holds"
    try:
        await look_again(record, cause)
    except errors.NotExecuted as error:
        record.close(errors.Outcome.NOT_APPLIED)
        return str(error)
    record.close(errors.Outcome.APPLIED, record.claims)
    return f"{_what(record)}: {'it holds' if endpoint.effect is Effect.SET else 'it happened'}"


def _what(record: OperationRecord[object]) -> str:
    on_what = f" for {record.subject}" if record.subject else ""
    venue, when = record.session.venue_session.venue.id, from_milliseconds(record.sent_at)
    return f"{venue}: {record.name}{on_what} of {when}"


def _endpoint(session: AccountSession, entry: Unresolved) -> Endpoint[object]:
    for endpoint in session.venue_session.venue.endpoints:
        if (endpoint.verb, endpoint.path) == (entry.verb, entry.path):
            return endpoint
    raise errors.ConfigurationError(
        f"{session.venue_session.venue.id}: no endpoint {entry.verb} {entry.path} in this version"
    )
