"""Events for the observers of a venue, made of an operation, of the venue's clock and of broken plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from venuekit.endpoint import Effect
from venuekit.errors import OperationError, Outcome
from venuekit.pipeline.observe import SERIALS, Event, EventKind, WaitReason, notify

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit._broken import Broken
    from venuekit.message import HttpResponse
    from venuekit.pipeline.account_session import AccountSession, VenueSession
    from venuekit.pipeline.budget import Budget, Pools
    from venuekit.pipeline.operation import Operation
    from venuekit.venue import Limit

#: in place of an operation, in the event of a measured clock, and of a plugin that broke before there was one
SYNC_CLOCK, CONNECT = "sync_clock", "connect"
#: in place of an operation, in the event of a call on many accounts whose next one has to wait
FAN_OUT = "fan_out"
#: the operation of a user stream
EVENTS = "events"
#: in place of a pool, in the event of a store of shared budgets that is lost
STORE = "shared budgets"


def notify_of(
    operation: Operation[Any], kind: EventKind, *, error: OperationError | None = None, **details: Any
) -> None:
    """Notify observers of a step of an operation, if there are any; ``details`` are the fields of its kind."""
    session, endpoint = operation.session, operation.endpoint
    venue_session = session.venue_session
    if not venue_session.observers:
        return
    operation.serial = operation.serial or next(SERIALS)
    if error is not None:
        details = {"outcome": error.outcome, "status": error.status, "code": error.code, **details}
    event = Event(
        kind,
        venue_session.venue.id,
        operation.name,
        operation.subject,
        operation.attempts,
        error=error,
        environment=venue_session.environment.name,
        account=session.name,
        serial=operation.serial,
        host=venue_session.environment.host_of(endpoint.host),
        endpoint=endpoint.name,
        effect=endpoint.effect,
        priority=operation.priority,
        **details,
    )
    notify(venue_session.observers, event)


def notify_of_request(operation: Operation[Any], costs: Pools) -> None:
    """Notify observers that an attempt leaves, and of the pools that are open again."""
    shut, now = operation.session.venue_session.shut, operation.session.clock.monotonic()
    for limit, pool, _ in costs if shut else ():
        if id(pool) in shut and not pool.seconds_closed(now):
            shut.remove(id(pool))
            notify_of(operation, EventKind.BUDGET, pool=limit.name, amount=limit.amount, is_closed=False)
    notify_of(operation, EventKind.REQUEST, weight=operation.endpoint.cost(operation.parameters))
    operation.left_at = now


def notify_of_answer(operation: Operation[Any], response: HttpResponse) -> None:
    """Notify observers that an attempt was answered."""
    took = operation.session.clock.monotonic() - operation.left_at
    age = _age_of(operation, response)
    notify_of(operation, EventKind.ANSWER, seconds=took, status=response.status, age=age)


def notify_of_fault(operation: Operation[Any], error: OperationError) -> None:
    """Notify observers that an attempt failed, after how long if it had left."""
    took = operation.session.clock.monotonic() - operation.left_at if operation.left_at else None
    operation.left_at = 0.0
    notify_of(operation, EventKind.FAULT, seconds=took, error=error)


def notify_of_closing(
    operation: Operation[Any], closed: Sequence[tuple[Limit, Budget]], until: datetime | None
) -> None:
    """Notify observers of the pools that were closed; they open with the first request that leaves after it."""
    for limit, pool in closed:
        operation.session.venue_session.shut.add(id(pool))
        details: dict[str, Any] = {"amount": limit.amount, "is_closed": True, "closed_until": until}
        notify_of(operation, EventKind.BUDGET, pool=limit.name, **details)


def notify_of_store(operation: Operation[Any], *, is_lost: bool) -> None:
    """Notify observers that the store of shared budgets is lost, or is back, once each."""
    session = operation.session.venue_session
    if is_lost != (id(session.shared) in session.shut):
        session.shut ^= {id(session.shared)}
        notify_of(operation, EventKind.BUDGET, pool=STORE, is_closed=is_lost)


def notify_of_resolution(operation: Operation[Any], outcome: Outcome) -> None:
    """Notify observers that the outcome of a write was found out."""
    notify_of(operation, EventKind.RESOLUTION, outcome=outcome)


def notify_of_end(operation: Operation[Any], seconds: float, error: BaseException | None = None) -> None:
    """Notify observers that an operation is over, after so many seconds; ``error`` is None where it succeeded."""
    if isinstance(error, OperationError):
        notify_of(operation, EventKind.END, seconds=seconds, error=error)
        return
    outcome = Outcome.APPLIED if error is None else _outcome_of(operation)
    notify_of(operation, EventKind.END, seconds=seconds, outcome=outcome)


def _outcome_of(operation: Operation[Any]) -> Outcome:
    """Return the known effect of an operation that was cancelled, or failed by an error of another source."""
    if not operation.attempts:
        return Outcome.NOT_SENT
    is_open = operation.open_until or (operation.in_flight and operation.endpoint.effect is not Effect.READ)
    return Outcome.UNKNOWN if is_open else Outcome.NOT_APPLIED


def notify_of_clock(session: VenueSession) -> None:
    """Notify observers by how much the venue's clock is ahead of ours, and how well that is known."""
    clock = session.clock
    offset = (clock.milliseconds() - clock.clock.milliseconds()) / 1000
    place: dict[str, Any] = {"environment": session.environment.name, "host": session.environment.host_of()}
    subject = session.venue.id, SYNC_CLOCK, None, 0
    event = Event(EventKind.CLOCK, *subject, **place, offset=offset, uncertainty=clock.error / 1000)
    notify(session.observers, event)


def notify_of_stream(session: AccountSession, kind: EventKind, connection: int, **details: Any) -> None:
    """Notify observers of a user stream; ``details`` are the fields of the kind."""
    shared = session.venue_session
    if shared.observers:
        place: dict[str, Any] = {"environment": shared.environment.name, "account": session.name}
        notify(shared.observers, Event(kind, shared.venue.id, EVENTS, None, connection, **place, **details))


def notify_of_pace(session: AccountSession, seconds: float) -> None:
    """Notify observers that the next call on many accounts waits until the pools of its address can pay for it."""
    shared = session.venue_session
    if shared.observers:
        place: dict[str, Any] = {"environment": shared.environment.name, "account": session.name}
        details: dict[str, Any] = {"seconds": seconds, "reason": WaitReason.BUDGET}
        notify(shared.observers, Event(EventKind.WAIT, shared.venue.id, FAN_OUT, None, 0, **place, **details))


def notify_of_broken(session: VenueSession, broken: Sequence[Broken]) -> None:
    """Notify observers of plugins that have broken since the last time, by name and the line to blame."""
    new, session.reported = broken[session.reported :], len(broken)
    for one in new:
        plugin = f"plugin {one.name} of {one.distribution} {one.version}{f' ({one.place})' if one.place else ''}"
        subject = session.venue.id, CONNECT, None, 0
        event = Event(EventKind.PLUGIN_FAILURE, *subject, environment=session.environment.name, plugin=plugin)
        notify(session.observers, event)


def _age_of(operation: Operation[Any], response: HttpResponse) -> float | None:
    """Return the seconds since the time that an answer gives, by the venue's clock; None where it gives none."""
    venue_session = operation.session.venue_session
    read = venue_session.venue.answered_at
    try:
        given_at = None if read is None else read(response)
    except Exception:  # noqa: BLE001 - it is read for observers alone, and must not change the outcome
        return None
    return None if given_at is None else (venue_session.clock.milliseconds() - given_at) / 1000
