"""Working off the journal: what became of the writes of a process that is gone."""

from __future__ import annotations

from venuekit import errors
from venuekit.clock import from_milliseconds
from venuekit.endpoint import Call, Effect, Endpoint
from venuekit.pipeline.journal import Unresolved
from venuekit.pipeline.line import Line
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import Options

__all__ = ["resolve"]


async def resolve(line: Line, entry: Unresolved, call: Call) -> str:
    """
    Find out about an unfinished write, close its line and say what was found.

    Raises:
        OutcomeUnknown, Conflict: nothing could be found out; the line stays open.
        ConfigurationError: the installed plugin does not know the endpoint any more.
    """
    from venuekit.pipeline.settle import look_again

    endpoint = _endpoint(line, entry)
    operation = Operation(
        line, endpoint, entry.parameters, Options(), endpoint.decode, line.wire.encode(endpoint, entry.parameters)
    )
    operation.attempts = 1
    operation.sent_at = round(entry.sent_at.timestamp() * 1000)
    operation.fence = operation.open_until = round(entry.fence.timestamp() * 1000)
    operation.journal_id = entry.id
    cause = operation.annotate(errors.OutcomeUnknown(f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"))
    try:
        await look_again(operation, cause, call, None)
    except errors.NotExecuted as error:
        operation.close(errors.Outcome.NOT_APPLIED)
        return str(error)
    operation.close(errors.Outcome.APPLIED)
    holds = "it holds" if endpoint.effect is Effect.SET else "it happened"
    on_what = f" for {operation.subject}" if operation.subject else ""
    return f"{line.place.venue.id}: {endpoint.operation}{on_what} of {from_milliseconds(operation.sent_at)}: {holds}"


def _endpoint(line: Line, entry: Unresolved) -> Endpoint[object]:
    for endpoint in line.place.venue.endpoints:
        if (endpoint.verb, endpoint.path) == (entry.verb, entry.path):
            return endpoint
    raise errors.ConfigurationError(f"{line.place.venue.id}: no endpoint {entry.verb} {entry.path} in this version")
