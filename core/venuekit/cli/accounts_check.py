"""The check of accounts: their file, references and keys, and whether they open; no key is ever shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit.capabilities import BalanceReader
from venuekit.cli.accounts import MAX_WAIT, entries, expected_errors
from venuekit.cli.commands import accounts_command, state_of
from venuekit.cli.errors import Status, print_error, status_of, worst
from venuekit.cli.output import print_rows
from venuekit.cli.tables import columns
from venuekit.credentials import HmacSigner, redact
from venuekit.exports.rows import Row
from venuekit.key_kinds import KeyKind

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.runtime import Runtime

_NO, _YES = "no", "yes"


@accounts_command("check", accounts="any")
@click.option("--offline", is_flag=True, help="Send nothing: do not open the accounts.")
async def check_command(context: click.Context, accounts: Sequence[str], as_json: bool, offline: bool) -> int:
    """
    Check each ACCOUNT, all when none is named, and show the kind of its key, never the key.

    The file must be its owner's alone, its references must lead to a key and a secret, the secret must be of a kind
    that the venue takes, and the account must open and answer a signed read. Nothing is changed. A failing account is
    reported, the others are checked.
    """
    from venuekit import Runtime, fan_out

    state = state_of(context)
    checks = {entry.name: _Check(entry, is_offline=offline) for entry in entries(state, accounts)}
    async with Runtime(plugins=state.plugins) as runtime:
        failed = expected_errors(await fan_out(checks, lambda check: check.run(runtime)))
    for name, error in failed.items():
        print_error(error, as_json=as_json, account=name)
    if checks or as_json:
        shown = columns("account venue environment references key held_by taken opens")
        print_rows([check.row() for check in checks.values()], shown, as_json=as_json)
    else:
        click.echo("no accounts")
    return worst([Status.DONE, *map(status_of, failed.values())])


@attrs.define
class _Check:
    """The check of one account; a step that was not reached is None."""

    entry: AccountEntry
    is_offline: bool
    references: str | None = None
    key: str | None = None
    held_by: str | None = None
    taken: str | None = None
    opens: str | None = None

    def row(self) -> Row:
        own: dict[str, Any] = attrs.asdict(self, filter=attrs.filters.exclude("entry", "is_offline"))
        return {"account": self.entry.name, "venue": self.entry.venue, "environment": self.entry.environment, **own}

    async def run(self, runtime: Runtime) -> None:
        """Take every step until one fails; raises its error."""
        from venuekit.credentials.accounts_file import check_fitting, read_credentials

        plugins = runtime.plugins
        venue = await plugins.load(self.entry.venue)
        self.references = _NO
        credentials = await read_credentials(self.entry, venue, plugins)
        self.references, self.taken = _YES, _NO
        plugin, signer = plugins.find_signer(venue, credentials)
        self.held_by = "venuekit" if plugin is None else f"plugin {plugin}"
        if signer is None and venue.make_signer is None:
            self.key = _describe(credentials.read_key() or HmacSigner)
        check_fitting(self.entry, venue, credentials, signs_elsewhere=signer is not None)
        if self.key is None:
            self.key = await _describe_own(signer or plugins.make_signer(venue, credentials))
        self.taken = _YES
        if not self.is_offline:
            self.opens = _NO
            account = await runtime.open(venue, credentials, read_only=True, transport=self.entry.transport)
            if account.support(BalanceReader):  # a signed read: some accounts open without any
                await BalanceReader.of(account.with_options(max_wait=MAX_WAIT)).get_balances()
            self.opens = _YES


async def _describe_own(signer: object) -> str:
    """Return the kind of the key of a signer of a plugin or of the venue, which is closed."""
    if hasattr(signer, "aclose"):
        await signer.aclose()
    return _describe(signer) or "a kind of its own"


def _describe(signer: object) -> str | None:
    """Return the kind that a signer, or a private key, says it has: ``RSA 2048``; None where it says none."""
    kind = getattr(signer, "kind", None)
    if kind is KeyKind.RSA:
        return f"{kind.label} {getattr(signer, 'bits', '')}".rstrip()
    if isinstance(kind, KeyKind):
        return kind.label
    return None if kind is None else redact(str(kind))
