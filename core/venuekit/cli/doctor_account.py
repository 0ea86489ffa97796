"""Findings of ``doctor`` about one account: references, host, clock, key, unresolved writes; nothing is changed."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from venuekit.capabilities import ApiKey, ApiKeyReader, BalanceReader
from venuekit.cli.accounts import open_for_reading
from venuekit.cli.findings import Finding, fail, ok, warn
from venuekit.clock import SystemClock
from venuekit.errors import AuthenticationFailed, OperationError, TransportError, VenuekitError
from venuekit.exports.rows import plain
from venuekit.venue import EnvironmentName

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.runtime import Runtime
    from venuekit.venue import Venue

#: milliseconds by which the machine's clock may be off before it is worth a word; requests carry the venue's time
_CLOCK_OFF = 1000
#: how long before its end a key is warned of
_KEY_ENDS = timedelta(days=14)


async def examine(entry: AccountEntry, runtime: Runtime, given: str = "") -> list[Finding]:
    """
    Return the findings about an account, up to the first failure that keeps it from being opened.

    ``given`` is the option that names the accounts file, for the commands that mend; empty where none was given.
    """
    return [finding async for finding in _examine(entry, runtime, given)]


async def _examine(entry: AccountEntry, runtime: Runtime, given: str) -> AsyncIterator[Finding]:
    from venuekit.credentials.accounts_file import check_fitting, read_credentials

    name, plugins = entry.name, runtime.plugins
    try:
        venue = await plugins.load(entry.venue)
        credentials = await read_credentials(entry, venue, plugins)
        signs_elsewhere = plugins.is_answered("venuekit_make_signer")
        check_fitting(entry, venue, credentials, signs_elsewhere=signs_elsewhere)
    except VenuekitError as error:
        yield fail(name, "references", error, f"venuekit accounts check {name} --offline{given}")
        return
    lengths = {"key": credentials.key, "secret": credentials.secret, **credentials.fields}
    found = ", ".join(f"{field} of {len(secret.reveal())} characters" for field, secret in lengths.items())
    yield ok(name, "references", found)
    try:
        async with open_for_reading(entry, runtime) as account:
            if account.support(BalanceReader):  # a signed read: some accounts open without any
                await BalanceReader.of(account).get_balances()
            yield ok(name, "host", f"{_host(entry, venue)} answers, and takes the key")
            of_key = await _key(name, account, given)
            for finding in [_clock(name, account, given), *of_key, *_writes(name, account, given)]:
                yield finding
    except VenuekitError as error:
        yield fail(name, "host", error, mend_host(entry, error, given))


def mend_host(entry: AccountEntry, error: VenuekitError, given: str) -> str:
    """Return the mend of an account that does not open: of its simulator, of its key, or of the way to its host."""
    is_refused = isinstance(error, AuthenticationFailed)
    if entry.environment is EnvironmentName.SIM and (is_refused or isinstance(error, TransportError)):
        from venuekit.simulator.serve import is_written_here

        if is_written_here(Path(entry.source)):
            return f"venuekit sim --write-accounts {shlex.quote(entry.source)}"
        return f"venuekit sim, and its URL and keys into {entry.place()}"
    if is_refused:
        return f"renew the key at the venue, or change the references of {entry.place()}"
    return f"venuekit accounts check {entry.name}{given}"


def _host(entry: AccountEntry, venue: Venue[Any]) -> str:
    rest = entry.rest or next(one.rest for one in venue.environments if one.name is entry.environment)
    return urlsplit(rest).netloc


def _clock(name: str, account: Account, given: str) -> Finding:
    clock = account.venue_clock
    if account.venue.server_time is None:
        return ok(name, "clock", "the venue has no time of its own")
    if not clock.synced:
        return warn(name, "clock", "the venue's time could not be read", f"venuekit doctor {name}{given}")
    offset = SystemClock().milliseconds() - clock.milliseconds()
    found = f"this machine is {abs(offset)} ms {'ahead of' if offset > 0 else 'behind'} the venue"
    if abs(offset) <= _CLOCK_OFF:
        return ok(name, "clock", found)
    return warn(name, "clock", found, "timedatectl set-ntp true")


async def _key(name: str, account: Account, given: str) -> list[Finding]:
    if not account.support(ApiKeyReader):
        return [ok(name, "key", "the venue does not tell the rights of a key")]
    try:
        key = await ApiKeyReader.of(account).get_api_key()
    except OperationError as error:
        return [fail(name, "key", error, f"venuekit key {name}{given}")]
    return list(_rights(name, account, key))


def _rights(name: str, account: Account, key: ApiKey) -> Iterator[Finding]:
    rights = "may only read" if key.read_only else "may trade"
    if key.may_withdraw:
        yield warn(name, "key", "may withdraw, which venuekit never does", "take this right from the key at the venue")
    else:
        yield ok(name, "key", f"{rights}, from {', '.join(key.ips) or 'anywhere'}")
    if key.expires_at is None:
        return
    found = f"ends at {plain(key.expires_at)}"
    if key.expires_at - account.now() > _KEY_ENDS:
        yield ok(name, "key's end", found)
    else:
        yield warn(name, "key's end", found, "make a new key at the venue")


def _writes(name: str, account: Account, given: str) -> Iterator[Finding]:
    unresolved, unreadable = account.unresolved, account.unreadable
    if unresolved:
        yield warn(name, "journal", f"{len(unresolved)} writes of unknown outcome", f"venuekit resolve {name}{given}")
    if unreadable:
        yield warn(name, "journal", f"{len(unreadable)} lines cannot be read", f"venuekit journal {name}{given}")
    if not unresolved and not unreadable:
        yield ok(name, "journal", "every write has its outcome")
