"""Exit statuses, and what an error looks like to whoever typed the command."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from venuekit import errors
from venuekit.cli.notes import note

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.plugins import Broken

__all__ = ["Status", "left_out", "status_of", "tell", "tell_broken", "tell_system", "tell_usage", "worst"]


class Status(enum.IntEnum):
    """Exit statuses; :func:`worst` says which of several wins."""

    DONE = 0
    ERROR = 1  #: authentication, network, a broken plugin: whatever has no status of its own
    REFUSED = 3  #: refused, conflict or skipped
    UNKNOWN = 4  #: whether something holds could not be found out
    PENDING = 5  #: there are changes to apply
    USAGE = 64  #: what was typed, or what a file says
    INTERRUPTED = 130
    UNHEARD = 141  #: whoever read standard output went away, as in ``| head``


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

_BY_ERROR: tuple[tuple[type[errors.VenuekitError], Status], ...] = (
    (errors.ConfigurationError, Status.USAGE),
    (errors.InvalidArgument, Status.USAGE),
    (errors.Conflict, Status.REFUSED),
    (errors.Fenced, Status.REFUSED),
    (errors.GuardRefused, Status.REFUSED),
    (errors.NotExecuted, Status.REFUSED),
    (errors.InvalidRequest, Status.REFUSED),
    (errors.NotFound, Status.REFUSED),
    (errors.PermissionDenied, Status.REFUSED),
    (errors.Rejected, Status.REFUSED),
)


def worst(statuses: Iterable[int]) -> Status:
    """Return the status that wins; DONE when there is none."""
    return min((Status(status) for status in statuses), key=_WORST_FIRST.index, default=Status.DONE)


def status_of(error: errors.VenuekitError) -> Status:
    """Return the exit status of an error."""
    for kind, status in _BY_ERROR:
        if isinstance(error, kind):
            return status
    if isinstance(error, errors.OperationError) and error.outcome is errors.Outcome.UNKNOWN:
        return Status.UNKNOWN
    return Status.ERROR


def tell(error: errors.VenuekitError, *, as_json: bool, advice: str | None = None, account: str | None = None) -> None:
    """
    Write an error to standard error: as text, or as one JSON object in one line.

    ``advice`` says what to do about it, in a line of its own; in JSON it ends the message, and ``retry_at`` is there
    where the error tells when it may be tried again. ``account`` is whose error
    it is, None where the error itself knows; text begins with it unless the account is named like its venue.
    """
    account = account or error.account
    whose = f"{account}: " if account and account != getattr(error, "venue", None) else ""
    if not as_json:
        click.echo(f"{click.style('error', fg='red')}: {whose}{error}", err=True)
        if advice:
            click.echo(f"what to do: {advice}", err=True)
        return
    operation = error if isinstance(error, errors.OperationError) else None
    words = (str(error),) if operation is None else (operation.message, operation.mend)
    later = {} if operation is None or operation.retry_at is None else {"retry_at": _plain(operation.retry_at)}
    _tell_json(
        error=type(error).__name__,
        account=account,
        venue=(operation and operation.venue) or None,
        operation=(operation and operation.operation) or None,
        subject=operation and operation.subject,
        code=None if operation is None else operation.code,
        message="; ".join(filter(None, (*words, advice))),
        outcome=None if operation is None else operation.outcome.value,
        **later,
    )


def tell_broken(broken: Broken, *, as_json: bool) -> None:
    """Write to standard error that an installed plugin cannot be used, and how to mend it."""
    if not as_json:
        click.echo(f"{click.style('error', fg='red')}: {broken}", err=True)
        return
    nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
    known = {"distribution": broken.distribution, "version": broken.version, "cause": broken.cause, "mend": broken.mend}
    _tell_json(error="PluginError", **nothing, message=str(broken), outcome=None, plugin=broken.name, **known)


def left_out(name: str, error: errors.UnsupportedCapability, *, as_json: bool) -> None:
    """Say on standard error that an account nobody named is left out, since its venue cannot do this."""
    whose = f"{name}: " if name != error.venue else ""
    note(f"{whose}{error}", as_json=as_json, kind="left out", account=name)


def tell_system(error: OSError, *, as_json: bool) -> None:
    """Write what the system refused, such as a full disk, to standard error."""
    message = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    if as_json:
        nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
        _tell_json(error=type(error).__name__, **nothing, message=message, outcome=None)
    else:
        click.echo(f"{click.style('error', fg='red')}: {message}", err=True)


def tell_usage(error: click.ClickException, *, as_json: bool) -> None:
    """Write what is wrong with a command line to standard error."""
    message = error.format_message()
    if as_json:
        nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
        _tell_json(error="UsageError", **nothing, message=message, outcome=errors.Outcome.NOT_SENT.value)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see: {context.command_path} --help)" if context else ""
    click.echo(f"{click.style('error', fg='red')}: {message}{hint}", err=True)


def _plain(moment: datetime) -> object:
    from venuekit.cli.rows import plain  # exports, which most commands do without

    return plain(moment)


def _tell_json(**fields: object) -> None:
    click.echo(json.dumps(fields), err=True)
