"""Last station: observers see every step, and can change nothing."""

from __future__ import annotations

import enum
import logging
import traceback
from collections.abc import Iterable
from typing import Protocol

import attrs

from venuekit.errors import OperationError

_log = logging.getLogger("venuekit.observe")


class EventKind(enum.StrEnum):
    """A kind of step."""

    REQUEST = "request"
    ANSWER = "answer"
    WAIT = "wait"
    RETRY = "retry"
    FAULT = "fault"
    UNKNOWN_OUTCOME = "unknown_outcome"
    UNWRITTEN = "unwritten"  #: a line of the journal could not be written and is kept in memory


@attrs.frozen
class Event:
    """
    One thing that happened to one operation.

    ``attempt`` counts from 1; ``seconds`` is how long an answer took or how long is waited; ``error`` is what a fault
    or unknown outcome will be reported as. Nothing here carries a key, a signature or a body.
    """

    kind: EventKind
    venue: str
    operation: str
    subject: str | None
    attempt: int
    seconds: float | None = None
    error: OperationError | None = None


class Observer(Protocol):
    """Sees every operation on a venue."""

    def __call__(self, event: Event) -> None:
        """Take note; quickly, since it is called between sending and answering."""


def notify(observers: Iterable[Observer], event: Event) -> None:
    """Notify every observer; one that raises is logged by its line, and changes nothing."""
    for observer in observers:
        try:
            observer(event)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's observer raises must not change an outcome
            frame = traceback.extract_tb(error.__traceback__)[-1]
            words = "an observer failed on %s of %s: %s: %s (%s:%s); mend it, or disable its plugin"
            kind = type(error).__name__
            _log.error(words, event.operation, event.venue, kind, error, frame.filename, frame.lineno)
            _log.debug("its traceback", exc_info=error)
