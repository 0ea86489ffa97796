"""``record``: keep a venue's answers for tests, and report how they differ from the recorded ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from venuekit.accounts import open_entry
from venuekit.cli.commands import accounts_option, json_option, state_of
from venuekit.cli.errors import Status
from venuekit.cli.output import print_rows
from venuekit.cli.tables import columns
from venuekit.venue import EnvironmentName

if TYPE_CHECKING:
    from venuekit.cli.commands import State
    from venuekit.cli.wait_notes import WaitNotes
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.exports.rows import Row
    from venuekit.testing import Recorded
    from venuekit.testing.recorder import Recording
    from venuekit.venue import Venue


@click.command("record", short_help="Record the answers of a venue for tests.")
@click.argument("name", metavar="VENUE|ACCOUNT")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The recorded answers.  [default: those beside the plugin's package, else tests/recorded]",
)
@click.option("--symbol", metavar="S", help="The symbol to ask for.  [default: a recorded or listed one]")
@click.option("--writes", is_flag=True, help="Also send the writes that are recorded; never to a live account.")
@click.option("--update", is_flag=True, help="Write the answers that differ into the files that there are.")
@click.option("--yes", is_flag=True, help="Read from a live account.")
@json_option
@accounts_option
@click.pass_context
async def record_command(
    context: click.Context,
    *,
    name: str,
    out: Path | None,
    symbol: str | None,
    writes: bool,
    update: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """
    Ask every endpoint, and keep the answers as recorded answers, one file for each endpoint.

    ACCOUNT is one of the accounts file, best of a testnet: it is only read, unless --writes is given. VENUE is asked
    through the simulated venue that its plugin brings, by reads and writes. Keys, ids, accounts and addresses are
    replaced by made-up ones before anything is written.

    Endpoints that have a recorded answer already are compared with it: fields that are new, missing or of another type,
    words that were never seen, another status. The status is 3 if anything differs, and no file is changed without
    --update, which leaves its source and its expected values as they are.
    """
    from venuekit.testing.recorded import find_recorded, load_recorded

    state = state_of(context)
    entry = _find_account(state, name)
    if entry is not None and entry.environment is EnvironmentName.LIVE:
        _check_live(context, name, writes=writes, yes=yes)
    venue = await state.plugins.load(name if entry is None else entry.venue)
    beside = find_recorded(venue)
    recorded = load_recorded(out or (beside if beside.is_dir() else Path("tests", "recorded")))
    if entry is None:
        from venuekit.testing.staged_recorder import record_simulated

        recordings = await record_simulated(venue, recorded)
    else:
        recordings = await _record_account(entry, venue, recorded, state.wait_notes, symbol=symbol, writes=writes)
    rows = [row for recording in recordings for row in _keep(recording, recorded, update=update)]
    _report(rows, recorded.directory, as_json=as_json)
    return Status.REFUSED if any(row["result"] == "drift" for row in rows) else Status.DONE


def _find_account(state: State, name: str) -> AccountEntry | None:
    """Return the account of this name, None where the accounts file has none, or there is no such file."""
    from venuekit.credentials.accounts_file import find_accounts_file
    from venuekit.errors import AccountsFileError

    try:
        find_accounts_file(state.accounts_path)
    except AccountsFileError:
        if state.accounts_path is not None:
            raise
        return None
    return state.accounts.entries.get(name)


def _check_live(context: click.Context, name: str, *, writes: bool, yes: bool) -> None:
    if writes:
        raise click.UsageError(f"{name}: live; writes are recorded from a testnet or a simulated venue", context)
    if not yes:
        raise click.UsageError(f"{name}: live; --yes is required to read from it. Nothing was sent", context)


async def _record_account(
    entry: AccountEntry,
    venue: Venue[Any],
    recorded: Recorded,
    wait_notes: WaitNotes,
    *,
    symbol: str | None,
    writes: bool,
) -> list[Recording]:
    from venuekit import Runtime
    from venuekit.endpoint import Effect
    from venuekit.testing.fake import plugins_with
    from venuekit.testing.recorder import Recorder, Tape

    tape = Tape(venue)
    endpoints = [one for one in venue.endpoints if writes or one.effect is Effect.READ]
    async with (
        Runtime(plugins=plugins_with(tape, wait_notes)) as runtime,
        open_entry(entry, runtime, read_only=not writes) as account,
    ):
        recorder = Recorder(account, tape, recorded, symbol=symbol)
        await recorder.ask_all(endpoints)
        # while the account is open, since its key and secret are known as long as they are in use
        return recorder.recordings(endpoints, f"recorded from {entry.environment}")


def _keep(recording: Recording, recorded: Recorded, *, update: bool) -> Iterator[Row]:
    """Write an answer if it is a new one, or a wanted newer one, and yield what became of it, a row a difference."""
    from venuekit.testing.drift import find_drift
    from venuekit.testing.recorded_files import write_recorded

    former, answer = recorded.of(recording.endpoint), recording.case
    name = former[0].name if former and former[0].is_success else answer.name if answer is not None else None
    row: dict[str, Any] = {"endpoint": str(recording.endpoint), "file": name and f"{name}.json", "result": "left out"}
    row |= {**dict.fromkeys(("difference", "field", "before", "after")), "reason": recording.reason}
    if answer is None:
        yield row
        return
    drift = find_drift(former, answer, others=recorded)
    is_new = name not in {case.name for case in recorded}
    if answer.is_success and (is_new or (drift and update)):
        write_recorded(answer, recorded.directory / f"{name}.json")
    if not drift:
        result = "refused" if not answer.is_success else "written" if is_new else "unchanged"
        yield {**row, "result": result}
    for one in drift:
        change = {"difference": one.kind.value, "field": one.field or None, "before": one.before, "after": one.after}
        is_written = update and answer.is_success
        yield {**row, **change, "result": "updated" if is_written else "drift", "reason": recording.reason or str(one)}


def _report(rows: Sequence[Row], directory: Path, *, as_json: bool) -> None:
    """Print all rows as JSON; for a person those that need a look, and the number of the others."""
    if as_json:
        print_rows(rows, None, as_json=True)
        return
    shown = [row for row in rows if row["result"] not in {"written", "unchanged"}]
    if shown:
        print_rows(shown, columns("result endpoint file reason"), as_json=False)
    counts = Counter(row["result"] for row in rows)
    click.echo(f"{', '.join(f'{count} {result}' for result, count in sorted(counts.items()))} in {directory}")
