"""Errors on standard error: as one line of text or JSON, with advice after a failed write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from venuekit import errors
from venuekit.cli.output import note
from venuekit.cli.status import Status, status_of
from venuekit.errors import Fenced, NotExecuted, OperationError, Outcome
from venuekit.exports.rows import plain

if TYPE_CHECKING:
    from venuekit.plugins import Broken


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
    if not as_json:
        click.echo(f"{click.style('error', fg='red')}: {whose}{error}", err=True)
        if advice:
            click.echo(f"what to do: {advice}", err=True)
        return
    operation = error if isinstance(error, errors.OperationError) else None
    words = (str(error),) if operation is None else (operation.message, operation.mend)
    later = {} if operation is None or operation.retry_at is None else {"retry_at": plain(operation.retry_at)}
    _print_json(
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


def print_broken_plugin(broken: Broken, *, as_json: bool) -> None:
    """Write to standard error that an installed plugin cannot be used, and the remedy."""
    if not as_json:
        click.echo(f"{click.style('error', fg='red')}: {broken}", err=True)
        return
    nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
    details = {
        "distribution": broken.distribution,
        "version": broken.version,
        "cause": broken.cause,
        "mend": broken.mend,
    }
    _print_json(error="PluginError", **nothing, message=str(broken), outcome=None, plugin=broken.name, **details)


def note_left_out(name: str, error: errors.UnsupportedCapability, *, as_json: bool) -> None:
    """Note on standard error that an account was left out, since its venue lacks this and the account was not named."""
    whose = f"{name}: " if name != error.venue else ""
    note(f"{whose}{error}", as_json=as_json, kind="left out", account=name)


def print_system_error(error: OSError, *, as_json: bool) -> None:
    """Write an error of the operating system, such as a full disk, to standard error."""
    message = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    if as_json:
        nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
        _print_json(error=type(error).__name__, **nothing, message=message, outcome=None)
    else:
        click.echo(f"{click.style('error', fg='red')}: {message}", err=True)


def print_usage_error(error: click.ClickException, *, as_json: bool) -> None:
    """Write an error of the command line to standard error."""
    message = error.format_message()
    if as_json:
        nothing = dict.fromkeys(("account", "venue", "operation", "subject", "code"))
        _print_json(error="UsageError", **nothing, message=message, outcome=errors.Outcome.NOT_SENT.value)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see: {context.command_path} --help)" if context else ""
    click.echo(f"{click.style('error', fg='red')}: {message}{hint}", err=True)


def _print_json(**fields: object) -> None:
    click.echo(json.dumps(fields), err=True)


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


class Ending:
    """The result of a block: its exit status."""

    def __init__(self) -> None:
        self.status = Status.DONE


@contextmanager
def print_errors_with_advice(account: str, symbol: str, *, as_json: bool) -> Iterator[Ending]:
    """Print an error of the block with advice, and set its exit status."""
    ending = Ending()
    try:
        yield ending
    except OperationError as error:
        text = advice(error, account=account, symbol=symbol)
        print_error(error, as_json=as_json, advice=text)
        ending.status = status_of(error)
