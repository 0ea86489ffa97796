"""
The event log: each event of the observers as one JSON object in one line.

Only the fields of an event are written; none of them carries a key, a signature, a URL or a body, and the words of an
error pass through the redactor once more. The lines go through the logger ``venuekit.events``.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

import attrs

from venuekit.credentials.redactor import redact
from venuekit.endpoint import Priority
from venuekit.errors import ConfigurationError, OperationError
from venuekit.pipeline.events import STORE
from venuekit.pipeline.observe import Event, EventKind

#: names the file of the event log, ``-`` for standard error
LOG_VARIABLE = "VENUEKIT_LOG"

_logger = logging.getLogger("venuekit.events")
_LEVELS = {
    EventKind.REQUEST: logging.DEBUG,
    EventKind.FAULT: logging.WARNING,
    EventKind.RETRY: logging.WARNING,
    EventKind.UNKNOWN_OUTCOME: logging.ERROR,
    EventKind.PLUGIN_FAILURE: logging.ERROR,
    EventKind.STREAM_FAULT: logging.WARNING,
    EventKind.STREAM_MESSAGE: logging.DEBUG,
    EventKind.STREAM_GAP: logging.WARNING,
    EventKind.UNWRITTEN: logging.ERROR,
}
#: the file that a command line asked for, with the words that name its source
_chosen: ContextVar[tuple[str, str] | None] = ContextVar("venuekit_event_log", default=None)


_NAMES = tuple(field.name for field in attrs.fields(Event))


class EventLog:
    """
    An observer that logs each event; one for every venue and runtime, all of which share the handler of a file.

    Args:
        target: A file, which is made for its owner alone and appended to, or ``-`` for standard error. None where the
            program has a handler of its own on the logger ``venuekit.events``: then its levels decide.
        source: The setting that names the target, for errors.

    Raises:
        ConfigurationError: the file cannot be opened.
    """

    def __init__(self, target: str | None = None, source: str = "EventLog") -> None:
        self._target = target
        if target is not None:
            _attach(self, target, source)

    def __call__(self, event: Event) -> None:
        """Log an event: requests and messages at DEBUG, faults and gaps at WARNING, the worst at ERROR, else INFO."""
        level = logging.WARNING if _is_loss(event) else _LEVELS.get(event.kind, logging.INFO)
        if _logger.isEnabledFor(level):
            fields = fields_of(event)
            _logger.log(level, "%s", _Text(fields), extra={"event": fields})

    async def aclose(self) -> None:
        """Close the file with the last runtime that writes to it."""
        if self._target is not None:
            _detach(self, self._target)
            self._target = None


def make_event_log() -> EventLog | None:
    """Return the observer that ``venuekit --log`` or ``VENUEKIT_LOG`` asks for, None where neither does."""
    target, source = _chosen.get() or (os.environ.get(LOG_VARIABLE, ""), LOG_VARIABLE)
    return EventLog(target, source) if target else None


@contextmanager
def log_to(target: str, source: str) -> Iterator[None]:
    """Have the runtimes of the block log to a target, whatever ``VENUEKIT_LOG`` says."""
    token = _chosen.set((target, source))
    try:
        yield
    finally:
        _chosen.reset(token)


def fields_of(event: Event) -> dict[str, Any]:
    """Return the fields of an event that are there, as values of JSON; an error as its class and its words."""
    fields: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(event, name)
        if value is None or (name == "serial" and not value):
            continue
        if isinstance(value, OperationError):
            fields["error"], fields["message"] = type(value).__name__, redact(str(value))
        elif isinstance(value, float):
            fields[name] = round(value, 6)
        elif isinstance(value, int):
            fields[name] = value
        elif isinstance(value, Priority):
            fields[name] = value.name.lower()
        elif isinstance(value, datetime):
            fields[name] = value.isoformat()
        else:
            fields[name] = str(value)
    return fields


def _is_loss(event: Event) -> bool:
    """Say whether the store of shared budgets is lost: this process sends nothing then, or spends its share alone."""
    return event.kind is EventKind.BUDGET and event.pool == STORE and event.is_closed is True


class _Text:
    """The message of a record: JSON, made where a handler asks for it."""

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        return json.dumps(self._fields)


class _JsonLines(logging.Formatter):
    """Writes a record of an event as one JSON object that begins with its time and level."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] | None = getattr(record, "event", None)
        if fields is None:  # of a program that logs to our logger
            fields = {"message": redact(record.getMessage())}
        return json.dumps({"time": time, "level": record.levelname.lower(), **fields})


@attrs.define
class _Sink:
    """The handler of a target, with the event logs that write to it."""

    handler: logging.Handler
    users: WeakSet[EventLog] = attrs.field(factory=WeakSet)


_sinks: dict[str, _Sink] = {}
#: level and propagation that the logger had before it had a handler of ours
_former: list[tuple[int, bool]] = []


def _attach(log: EventLog, target: str, source: str) -> None:
    """Open a target for one more event log; other handlers of the program do not get its lines."""
    sink = _sinks.get(target)
    if sink is None:
        handler = _open(target, source)
        if not _sinks:
            _former.append((_logger.level, _logger.propagate))
        sink = _sinks[target] = _Sink(handler)
        sink.handler.setFormatter(_JsonLines())
        _logger.addHandler(sink.handler)
        _logger.setLevel(logging.DEBUG)
        _logger.propagate = False
    sink.users.add(log)


def _open(target: str, source: str) -> logging.Handler:
    from logging.handlers import WatchedFileHandler

    if target == "-":
        return logging.StreamHandler()
    try:
        Path(target).touch(mode=0o600)
        return WatchedFileHandler(target, encoding="utf-8")  # follows a file that is rotated
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        words = f"{source}: the event log {target!r} cannot be written: {why}"
        raise ConfigurationError(f"{words}; name a file that this user may write, or - for standard error") from None


def _detach(log: EventLog, target: str) -> None:
    sink = _sinks[target]
    sink.users.discard(log)
    if sink.users:
        return
    del _sinks[target]
    _logger.removeHandler(sink.handler)
    sink.handler.close()
    if not _sinks:
        level, _logger.propagate = _former.pop()
        _logger.setLevel(level)
