"""Findings: the things that ``doctor`` has looked at, each well or not, with the command that mends it."""

from __future__ import annotations

import enum

import attrs

from venuekit.cli.errors import Status, status_of
from venuekit.errors import VenuekitError


class Health(enum.StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"  #: works, and should be seen to
    FAIL = "fail"  #: does not work


@attrs.frozen
class Finding:
    """
    One thing that was looked at.

    ``status`` is the exit status of a failure; ``mend`` is a command or a short sentence, None where nothing is to do.
    """

    subject: str
    check: str
    health: Health
    found: str
    mend: str | None = None
    status: Status = Status.DONE


def ok(subject: str, check: str, found: str) -> Finding:
    """Return the finding that a thing is well."""
    return Finding(subject, check, Health.OK, found)


def warn(subject: str, check: str, found: str, mend: str) -> Finding:
    """Return the finding that a thing works, and should be seen to."""
    return Finding(subject, check, Health.WARN, found, mend)


def fail(subject: str, check: str, error: VenuekitError, mend: str) -> Finding:
    """Return the finding that a thing failed with this error."""
    return Finding(subject, check, Health.FAIL, str(error), mend, status_of(error))
