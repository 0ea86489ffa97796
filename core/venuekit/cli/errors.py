"""Errors on standard error: as one line of text or JSON, with advice after a failed write; and the exit statuses."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from venuekit import errors
from venuekit.cli.output import note, say_aside
from venuekit.errors import Fenced, NotExecuted, OperationError, Outcome
from venuekit.exports.rows import plain

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.plugins import Flaw


class Status(enum.IntEnum):
    """Exit statuses; :func:`worst` picks one of several."""

    DONE = 0
    ERROR = 1  #: authentication, network, a broken plugin: every error without a status of its own
    REFUSED = 3  #: refused, conflict or skipped
    UNKNOWN = 4  #: the outcome or a setting could not be determined
    PENDING = 5  #: there are changes to apply, or an alert holds
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

#: the beginning of a number, which click takes for an option
_NEGATIVE = re.compile(r"-[0-9.]")
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
    if isinstance(error, OperationError) and error.outcome is Outcome.UNKNOWN:
        return Status.UNKNOWN
    return Status.ERROR


def print_error(
    error: errors.VenuekitError, *, as_json: bool, advice: str | None = None, account: str | None = None
) -> None:
    """
    Write an error to standard error: as text, or as one JSON object in one line.

    ``advice`` is printed on a line of its own; in JSON it ends the message, and ``retry_at`` is present where the error
    has the time from which a retry is sensible. ``account`` is the failing account, None where the error itself has it;
    text begins with it unless the account is named like its venue.
    """
    account = account or error.account
    whose = f"{account}: " if account and account != getattr(error, "venue", None) else ""
    words: tuple[str | None, ...] = (str(error),)
    details: dict[str, object] = {}
    if isinstance(error, OperationError):
        words = (error.message, error.mend)
        details = {name: getattr(error, name) or None for name in ("venue", "operation")}
        details |= {"subject": error.subject, "code": error.code, "outcome": error.outcome.value}
        if error.retry_at is not None:
            details["retry_at"] = plain(error.retry_at)
    message = "; ".join(filter(None, (*words, advice)))
    _print(type(error).__name__, message, as_json=as_json, text=f"{whose}{error}", account=account, **details)
    if advice and not as_json:
        say_aside(f"what to do: {advice}")


def unread_error(account: Account, odd: errors.OddRow) -> OperationError:
    """Return the error of a row that cannot be read, where nothing may be told as done or whole without it."""
    words = f"{odd.operation} has a row that cannot be read, and it is not known about: {odd.words}"
    return account.make_error(errors.PayloadMismatch, words, subject=odd.text("symbol"), outcome=Outcome.UNKNOWN)


def rows_that_cannot_be_read(count: int) -> str:
    """Return so many rows in words."""
    return f"{count} row{'' if count == 1 else 's'} that cannot be read"


def print_flaw(flaw: Flaw, *, as_json: bool) -> None:
    """Write to standard error that an installed plugin is broken, or works with a fault, and the remedy."""
    from venuekit.plugins import Broken

    details: dict[str, Any] = {name: getattr(flaw, name) for name in ("distribution", "version", "cause", "mend")}
    details["file"], details["line"] = (flaw.place.file, flaw.place.line) if flaw.place else (None, None)
    if isinstance(flaw, Broken):
        _print("PluginError", str(flaw), as_json=as_json, plugin=flaw.name, **details)
    else:
        note(str(flaw), as_json=as_json, kind="warning", plugin=flaw.name, **details)


def note_left_out(name: str, error: errors.UnsupportedCapability, *, as_json: bool) -> None:
    """Note on standard error that an account was left out, since its venue lacks this and the account was not named."""
    whose = f"{name}: " if name != error.venue else ""
    note(f"{whose}{error}", as_json=as_json, kind="left out", account=name)


def print_system_error(error: OSError, *, as_json: bool) -> None:
    """Write an error of the operating system, such as a full disk, to standard error."""
    message = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    _print(type(error).__name__, message, as_json=as_json)


def print_usage_error(error: click.ClickException, *, as_json: bool) -> None:
    """Write an error of the command line to standard error."""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and _NEGATIVE.fullmatch(error.option_name):
        message = f"{error.option_name}: no number below 0 is taken: its direction is a word, such as add or reduce"
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see: {context.command_path} --help)" if context else ""
    _print("UsageError", message, as_json=as_json, text=f"{message}{hint}", outcome=Outcome.NOT_SENT.value)


def _print(error: str, message: str, *, as_json: bool, text: str | None = None, **details: object) -> None:
    """Write one line: ``text``, by default the message, or a JSON object with the details."""
    if as_json:
        nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
        say_aside(json.dumps({"error": error, **nothing, "message": message, "outcome": None, **details}))
    else:
        say_aside(f"{click.style('error', fg='red')}: {text or message}")


def advice(error: OperationError, *, account: str, symbol: str) -> str | None:
    """Return client id, fence and advice for an error, as far as it has them; None without any advice."""
    named = f"client id {error.client_id}" if error.client_id else None
    look = (
        f"venuekit order query {account} {symbol} --client-id {error.client_id}"
        if error.client_id
        else (f"venuekit order list {account} --symbol {symbol}")
    )
    if error.outcome is Outcome.UNKNOWN:
        fence = f"may still arrive until {plain(error.fence)}" if error.fence else "may still arrive"
        return "; ".join(filter(None, (named, f"{fence}: do not send it again before that, look: {look}")))
    if error.outcome is Outcome.APPLIED:
        return "; ".join(filter(None, (named, f"it was carried out, but its answer could not be read; look: {look}")))
    if isinstance(error, Fenced):
        when = f"after {plain(error.fence)}" if error.fence else "when that one is done"
        return f"nothing was sent; try again {when}"
    if isinstance(error, NotExecuted):
        return "; ".join(
            filter(None, (named, "it did not happen and cannot any more: send it again if it is still needed"))
        )
    return None
