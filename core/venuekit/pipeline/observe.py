"""Last station: observers see every step, and can change nothing."""

from __future__ import annotations

import enum
import itertools
import logging
import traceback
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import attrs

from venuekit.capabilities import GapReason
from venuekit.credentials.redactor import redact_error
from venuekit.endpoint import Effect, EndpointName, Priority
from venuekit.errors import OperationError, Outcome

_log = logging.getLogger("venuekit.observe")


class EventKind(enum.StrEnum):
    """A kind of step."""

    REQUEST = "request"  #: an attempt is about to leave
    ANSWER = "answer"  #: it was answered, and the answer could be used
    FAULT = "fault"  #: it was not, or it could not leave
    RETRY = "retry"  #: another attempt follows
    WAIT = "wait"  #: the operation waits
    RESOLUTION = "resolution"  #: the outcome of a write whose answer was lost or doubtful was found out
    UNKNOWN_OUTCOME = "unknown_outcome"  #: it could not be found out
    END = "end"  #: the operation is over, however it ended
    CLOCK = "clock"  #: the venue's clock was measured
    BUDGET = (
        "budget"  #: a pool was counted by the venue, was closed or is open again; shared ones were lost or are back
    )
    PLUGIN_FAILURE = "plugin_failure"  #: an observer or a hook of a plugin has raised
    STREAM_OPEN = "stream_open"  #: a connection of a user stream is open, and subscribed
    STREAM_FAULT = "stream_fault"  #: it could not be opened; the next attempt follows, or the reader gets the error
    STREAM_MESSAGE = "stream_message"  #: it brought events
    STREAM_GAP = "stream_gap"  #: events of a user stream may be missing
    UNWRITTEN = "unwritten"  #: a line of the journal could not be written and is kept in memory


class WaitReason(enum.StrEnum):
    """The reason for which an operation waits."""

    BUDGET = "budget"  #: a pool is spent or closed
    RETRY = "retry"  #: the pause before another attempt
    FENCE = "fence"  #: an earlier write of the same thing may still arrive
    TURN = "turn"  #: an earlier write of the same thing is under way; reported when the wait is over
    OUTCOME = "outcome"  #: a lost request of the operation itself may still arrive, or is looked for again


@attrs.frozen
class Event:
    """
    One thing that happened, most often to one operation; fields that do not belong to its kind are None.

    Nothing here carries a key, a signature, a URL, a header or a body.

    Attributes:
        kind: The kind of step; ``docs/observers.md`` has the fields of each.
        venue, environment: Id of the venue, and ``live``, ``testnet``, ``demo`` or ``sim``.
        operation: Capability method, or verb and path for a raw call; ``sync_clock`` for a measurement, ``connect``
            for a plugin that broke before there was an operation, ``events`` for a user stream.
        subject: A symbol, None for the account.
        attempt: Number of the last attempt, from 1; 0 before the first one left. Of a user stream, its connection; of
            one that could not be opened, the one that it would have been.
        seconds: How long an answer, a wait or the whole operation took; of a wait that begins, how long it may last.
        error: The error of a fault, or the one that the caller gets.
        account: The name the opener gave the account (``connect(name=...)``), None without one.
        serial: The same for all events of one operation, and for no other of this process; 0 where there is none.
        host: Host, and port if there is one, that the endpoint is reached at.
        endpoint: Verb, documented path and action; never the path as it was sent.
        effect, priority: The effect of the operation, and its rank in the budget.
        weight: The weight of the request.
        outcome: The known effect.
        status, code: HTTP status and the venue's own code; None where no answer gave one.
        age: Seconds from the time that an answer gives until it was here, by the venue's clock as it is known here.
        reason: The reason for a wait.
        pool: Name of a limit, of a wait for several their names; ``used`` of ``amount`` are spent by the venue's count.
        is_closed: Whether the pool was closed (True) or is open again (False).
        closed_until: When a closed pool opens.
        offset: By how many seconds the venue's clock is ahead of ours; ``uncertainty`` is its error either way.
        plugin: The plugin or function that failed, and where; its words are not repeated.
        gap: The reason for which events of a user stream may be missing.
    """

    kind: EventKind
    venue: str
    operation: str
    subject: str | None
    attempt: int
    seconds: float | None = None
    error: OperationError | None = None
    environment: str | None = None
    account: str | None = None
    serial: int = 0
    host: str | None = None
    endpoint: EndpointName | None = None
    effect: Effect | None = None
    priority: Priority | None = None
    weight: int | None = None
    outcome: Outcome | None = None
    status: int | None = None
    code: int | str | None = None
    age: float | None = None
    reason: WaitReason | None = None
    pool: str | None = None
    used: int | None = None
    amount: int | None = None
    is_closed: bool | None = None
    closed_until: datetime | None = None
    offset: float | None = None
    uncertainty: float | None = None
    plugin: str | None = None
    gap: GapReason | None = None


class Observer(Protocol):
    """Sees every operation on a venue."""

    def __call__(self, event: Event) -> None:
        """Take note; quickly, since it is called between sending and answering."""


#: of operations that are observed
SERIALS = itertools.count(1)


def notify(observers: Iterable[Observer], event: Event) -> None:
    """Notify every observer; one that raises is logged by its line and reported to the others, and changes nothing."""
    failures = _call(observers, event)
    if not failures or event.kind is EventKind.PLUGIN_FAILURE:
        return
    for failed, plugin in failures:
        others = (one for one in observers if one is not failed)
        subject = event.venue, event.operation, event.subject, event.attempt
        report = Event(EventKind.PLUGIN_FAILURE, *subject, environment=event.environment, plugin=plugin)
        _call(others, attrs.evolve(report, account=event.account, serial=event.serial))


def _whatever() -> tuple[type[BaseException], ...]:
    """Return the errors that an observer may raise without an effect; asyncio is loaded here, not by declarations."""
    from asyncio import CancelledError

    return (Exception, SystemExit, CancelledError)


def _call(observers: Iterable[Observer], event: Event) -> list[tuple[Observer, str]]:
    """Call observers; return those that raised, each with its own name and line."""
    failures: list[tuple[Observer, str]] = []
    for observer in observers:
        try:
            observer(event)
        except _whatever() as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.filename}:{frame.lineno}"
            words = "an observer failed on %s of %s: %s (%s); mend it, or disable its plugin"
            _log.error(words, event.operation, event.venue, _words_of(error), place)
            _log.debug("its traceback", exc_info=error)
            failures.append((observer, f"observer {frame.name}: {type(error).__name__} ({place})"))
    return failures


def _words_of(error: BaseException) -> str:
    try:
        return redact_error(error)
    except Exception:  # noqa: BLE001 - a stranger's error may fail to say what it is
        return type(error).__name__
