"""``doctor``: the accounts file, plugins, budgets, journals and accounts, each with the command that mends it."""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts import entries
from venuekit.cli.commands import State, accounts_command, state_of
from venuekit.cli.doctor_account import examine
from venuekit.cli.errors import Status, worst
from venuekit.cli.findings import Finding, Health, fail, ok, warn
from venuekit.cli.output import print_rows
from venuekit.cli.tables import terminal_width
from venuekit.cli.whole_numbers import fill
from venuekit.errors import AccountsFileError, VenuekitError
from venuekit.exports.rows import row_of
from venuekit.owners import state_directory
from venuekit.plugins import HOW_TO_INSTALL, Plugins, PluginState

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry

_COLOURS = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}


@accounts_command("doctor", accounts="any", short_help="Find out why something does not work.")
async def doctor_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """
    Look at the accounts file, plugins, budgets and journals, and at each ACCOUNT; all accounts when none is named.

    Of an account: references (the lengths of their texts alone), the host, the clock, the key's rights and end, and
    writes of unknown outcome. Nothing is changed. Each line is ok, warn or fail, the latter two with the command that
    mends it; the exit status is 0 without a failure, else that of the worst error.
    """
    from venuekit import Runtime, fan_out

    state = state_of(context)
    findings = [*_plugins(state.plugins), *[one async for one in _budgets(state.plugins)], *_journals()]
    chosen: list[AccountEntry] = []
    try:
        chosen = entries(state, accounts)
        mode = f"{state.accounts.path.stat().st_mode & 0o777:04o}"
        findings.insert(0, ok("accounts file", "file", f"{state.accounts.path}, mode {mode}, {len(chosen)} accounts"))
    except AccountsFileError as error:
        findings.insert(0, fail("accounts file", "file", error, _mend_file(state)))
    async with Runtime(plugins=state.plugins) as runtime:
        given = state.accounts_words
        examined = await fan_out({one.name: one for one in chosen}, lambda entry: examine(entry, runtime, given))
    examined.raise_first()
    findings += [one for of_account in examined.values.values() for one in of_account]
    if as_json:
        print_rows([row_of(one) for one in findings], None, as_json=True)
    else:
        click.echo("\n".join(_lines(findings)))
    return worst([Status.DONE, *(one.status for one in findings if one.health is Health.FAIL)])


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield each finding, wrapped in a terminal, and below it the line that mends it, unbroken, to be copied."""
    wide = max(len(one.subject) for one in findings)
    for one in findings:
        mark = one.health.value.ljust(4)
        line = f"{mark}  {one.subject.ljust(wide)}  {one.check}: {one.found}"
        if terminal_width():
            line = fill(line, terminal_width(), later=" " * 6)
        yield click.style(mark, fg=_COLOURS[one.health]) + line.removeprefix(mark)
        if one.mend is not None:
            yield f"      {' ' * wide}  mend: {one.mend}"


def _mend_file(state: State) -> str:
    """Return the command that mends a file that is not there, is open to others, or is wrong."""
    from venuekit.credentials.accounts_file import find_accounts_file

    try:
        path = find_accounts_file(state.accounts_path)
        is_open = path.stat().st_mode & 0o077
    except (AccountsFileError, OSError):
        return f"venuekit accounts add NAME --venue ID --environment live{state.accounts_words}"
    if is_open:
        return f"chmod 600 {shlex.quote(str(path))}"
    return f"correct {path}, then: venuekit accounts{state.accounts_words}"


def _plugins(plugins: Plugins) -> Iterator[Finding]:
    installed = plugins.list_installed()
    for one in installed:
        seconds = "" if one.seconds is None else f", loaded in {one.seconds * 1000:.0f} ms"
        version = " and ".join(f"{origin.distribution} {origin.version}" for origin in one.origins)
        if one.state is PluginState.READY:
            yield ok(one.name, "plugin", f"{version}{seconds}")
        else:
            health = Health.FAIL if one.state is PluginState.BROKEN else Health.WARN
            found = f"{version}: {one.problem or one.state}"
            status = Status.ERROR if health is Health.FAIL else Status.DONE
            yield Finding(one.name, "plugin", health, found, "venuekit plugins", status)
    if not installed:
        yield warn("plugins", "plugin", "no plugin is installed, so there is no venue", HOW_TO_INSTALL)


async def _budgets(plugins: Plugins) -> AsyncIterator[Finding]:
    try:
        store = plugins.make_budget_store()
    except VenuekitError as error:
        yield fail("budgets", "budget", error, "set VENUEKIT_BUDGET to a URL such as redis://HOST:6379/0, or unset it")
        return
    if store is None:
        yield ok("budgets", "budget", "each process has pools of its own (VENUEKIT_BUDGET names no store)")
        return
    try:
        pools = await store.states()
        yield ok("budgets", "budget", f"shared, {len(pools)} pools in use")
    except VenuekitError as error:
        yield fail("budgets", "budget", error, "venuekit budget")
    finally:
        await store.aclose()


def _journals() -> Iterator[Finding]:
    directory = state_directory()
    existing = next(one for one in (directory, *directory.parents) if one.exists())
    if os.access(existing, os.W_OK | os.X_OK):
        yield ok("journal", "journal", str(directory) if existing == directory else f"{directory}, not made yet")
    else:
        error = VenuekitError(f"{existing}: this user cannot write here, so no live account can be opened")
        yield fail("journal", "journal", error, f"chmod u+rwx {existing}")
