"""Exit statuses, and the mapping of errors to them."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from venuekit import errors


class Status(enum.IntEnum):
    """Exit statuses; :func:`worst` picks one of several."""

    DONE = 0
    ERROR = 1  #: authentication, network, a broken plugin: every error without a status of its own
    REFUSED = 3  #: refused, conflict or skipped
    UNKNOWN = 4  #: the outcome or a setting could not be determined
    PENDING = 5  #: there are changes to apply
    USAGE = 64  #: an error in the command line or in a file
    INTERRUPTED = 130
    UNHEARD = 141  #: the reader of standard output closed it, as in ``| head``


_WORST_FIRST = (
    Status.UNHEARD,
    Status.INTERRUPTED,
    Status.USAGE,
    Status.ERROR,
    Status.UNKNOWN,
    Status.REFUSED,
    Status.PENDING,
    Status.DONE,
)

_USAGE = (errors.ConfigurationError, errors.InvalidArgument)
_REFUSED = (
    errors.Conflict,
    errors.Fenced,
    errors.GuardRefused,
    errors.NotExecuted,
    errors.InvalidRequest,
    errors.NotFound,
    errors.PermissionDenied,
    errors.Rejected,
)


def worst(statuses: Iterable[int]) -> Status:
    """Return the most severe status; DONE without any."""
    return min((Status(status) for status in statuses), key=_WORST_FIRST.index, default=Status.DONE)


def status_of(error: errors.VenuekitError) -> Status:
    """Return the exit status of an error."""
    if isinstance(error, _USAGE):
        return Status.USAGE
    if isinstance(error, _REFUSED):
        return Status.REFUSED
    if isinstance(error, errors.OperationError) and error.outcome is errors.Outcome.UNKNOWN:
        return Status.UNKNOWN
    return Status.ERROR
