from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journal_entries import line_of

import venuekit
from venuekit import errors
from venuekit._util.times import to_milliseconds
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Ended, Unresolved
from venuekit.simulator import Delay, DropAfter, DropBefore, SecondActor
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime


@pytest.fixture
async def journaled(clock: Any, tmp_path: Path) -> AsyncIterator[tuple[Any, Any, Path]]:
    """A simulated toy venue, an account of it that keeps a journal, and the journal's directory."""
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        yield sim, account, tmp_path


def lines(directory: Path) -> list[dict[str, Any]]:
    (path,) = directory.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().split()]


async def test_a_write_is_noted_before_it_leaves_and_closed_after(journaled: Any) -> None:
    """Two lines per write: what was about to be sent and until when it may arrive, then how it ended."""
    _, account, directory = journaled

    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    begin, end = lines(directory)
    assert ("PUT", "/v1/leverage", {"contract": "GEMUSD", "leverage": 7}) == (
        begin["verb"],
        begin["path"],
        begin["parameters"],
    )
    assert begin["fence"] == begin["sent_at"] + 6000
    assert {"end": begin["begin"], "outcome": "applied"} == {name: end[name] for name in ("end", "outcome")}
    assert end["at"] >= begin["sent_at"]
    assert () == account.unresolved


async def test_the_line_stands_in_the_file_when_the_first_byte_leaves(journaled: Any) -> None:
    """At the moment a write arrives at the venue, its line can already be read."""
    sim, account, directory = journaled
    seen: list[int] = []
    sim.disturb("toy_perp", TOY.SET_LEVERAGE, SecondActor(lambda _: seen.append(len(lines(directory)))))

    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert [1] == seen


async def test_a_refused_write_is_closed_as_not_applied(journaled: Any) -> None:
    """What the venue refused is not left open."""
    _, account, directory = journaled

    with pytest.raises(errors.VenueError):
        await account.call(TOY.SET_LEVERAGE, contract="NOSUCH", leverage=7)

    assert "not_applied" == lines(directory)[-1]["outcome"]


async def test_reads_are_not_noted(journaled: Any) -> None:
    """The journal is about what changes something."""
    _, account, directory = journaled

    await account.call(TOY.POSITIONS)

    assert [] == list(directory.glob("*.jsonl"))


async def test_only_the_owner_can_read_it_and_no_secret_stands_in_it(journaled: Any) -> None:
    """The file is private, and neither key, secret nor signature are written into it."""
    sim, account, directory = journaled

    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    (path,) = directory.glob("*.jsonl")
    assert 0o600 == path.stat().st_mode & 0o777
    signature = sim.requests[-1].request.query_parameters["signature"]
    for hidden in (sim.key, sim.secret, signature):
        assert hidden not in path.read_text() + path.name


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [
        (TOY.SET_LEVERAGE, {"contract": "GEMUSD", "leverage": 7}),
        (TOY.ADD_COLLATERAL, {"contract": "TOYUSD", "amount": 5}),
    ],
)
@pytest.mark.parametrize("applied", [True, False])
async def test_a_killed_process_forgets_nothing(
    journaled: Any, clock: Any, endpoint: Any, parameters: dict[str, Any], applied: bool
) -> None:
    """What a process left unfinished is found by the next one, which reads what became of it and closes the line."""
    sim, account, directory = journaled
    sim.disturb("toy_perp", endpoint, DropAfter() if applied else DropBefore())
    for read in (TOY.SETTINGS, TOY.COLLATERAL_HISTORY):
        sim.disturb("toy_perp", read, Delay(before=5))
    with pytest.raises(errors.OutcomeUnknown):
        await account.with_options(deadline=1).call(endpoint, **parameters)
    sim.script.clear()
    await clock.sleep(30)

    async with (
        venuekit.Runtime(clock=clock, journal=directory) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as next_account,
    ):
        (entry,) = next_account.unresolved
        found = await next_account.resolve(entry)

        assert ("not executed" not in found and "does not hold" not in found) is applied
        assert () == next_account.unresolved


async def test_a_line_cut_off_by_a_crash_does_not_hide_the_others(journaled: Any) -> None:
    """A torn last line is skipped; the open line before it is still found."""
    sim, account, directory = journaled
    sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    (path,) = directory.glob("*.jsonl")

    with path.open("a") as file:
        file.write('{"begin":"torn')

    assert 1 == len(account.unresolved)


def test_a_day_with_nothing_open_is_laid_aside_and_every_open_line_stays(tmp_path: Path) -> None:
    """Of older days only those with an open write are read again; the last two days always are."""
    journal = FileJournal(tmp_path / "acme-live-1")
    days = [datetime(2026, 11, day, 23, 59, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
    written = [_noted(journal, day) for day in days]
    for number in (0, 2, 3, 4):
        journal.end(Ended(written[number], "applied"))

    assert [written[1]] == [entry.id for entry in journal.open_writes()]
    assert {"20261101": ".closed", "20261102": ".jsonl", "20261103": ".closed", "20261104": ".jsonl"} == {
        path.stem[-8:]: path.suffix for path in tmp_path.iterdir() if path.stem[-8:] != "20261105"
    }
    journal.end(Ended(written[1], "unknown to be closed by hand"))
    assert () == journal.open_writes()
    assert 3 == len(list(tmp_path.glob("*.closed")))


def test_a_file_that_is_taken_away_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as the last look at its path holds, lines go where the file went; a closing line always does."""
    now = 0.0
    monkeypatch.setattr("venuekit.pipeline.journal.time.monotonic", lambda: now)
    journal, moment = FileJournal(tmp_path / "acme-live-1"), datetime(2026, 11, 28, 12, tzinfo=UTC)
    opened = [_noted(journal, moment)]
    path, moved = Path(journal._path), tmp_path / "moved"
    path.rename(moved)

    now = 0.049
    opened.append(_noted(journal, moment))
    assert not path.exists()
    now = 0.05
    journal.end(Ended(opened[0], "applied"))
    opened.append(_noted(journal, moment))

    def named(file: Path) -> list[str]:
        return [line.get("begin") or line["end"] for line in map(json.loads, file.read_text().split())]

    assert [opened[0], opened[1], opened[0]] == named(moved)
    assert [opened[2]] == named(path)


def test_another_account_s_files_are_left_alone(tmp_path: Path) -> None:
    """Journals of several accounts share a directory."""
    ours, theirs = FileJournal(tmp_path / "acme-live-1"), FileJournal(tmp_path / "acme-live-12")
    theirs_open = _noted(theirs, datetime(2026, 11, 1, tzinfo=UTC))

    assert () == ours.open_writes()
    assert [theirs_open] == [entry.id for entry in theirs.open_writes()]


def _noted(journal: FileJournal, moment: datetime) -> str:
    entry_id = journal.new_id(to_milliseconds(moment))
    entry = Unresolved(entry_id, "set_leverage", "PUT", "/v1/leverage", {"leverage": Decimal(7)}, moment, moment)
    journal.begin(line_of(entry))
    return entry_id


def days_of(journal: FileJournal, *days: int) -> list[str]:
    """Write a line that is closed into the file of each day, and return their ids."""
    ids = []
    for day in days:
        moment = datetime(2025, 6, day, 12, tzinfo=UTC)
        ids.append(journal.new_id(to_milliseconds(moment)))
        journal.begin(line_of(Unresolved(ids[-1], "set_leverage", "PUT", "/v1/leverage", {}, moment, moment)))
        journal.end(Ended(ids[-1], "applied"))
    return ids


def test_a_day_is_never_renamed_over_what_was_kept_of_it(tmp_path: Path) -> None:
    """A second closing line for a day that has been set aside does not replace what is kept of that day."""
    journal = FileJournal(tmp_path / "account")
    first, *_ = days_of(journal, 1, 2, 3)
    journal.open_writes()
    kept = (tmp_path / "account-20250601.closed").read_bytes()

    journal.end(Ended(first, "applied"))
    journal.open_writes()

    assert kept == (tmp_path / "account-20250601.closed").read_bytes()


@pytest.mark.parametrize("name", ["open", "rename"])
def test_another_process_may_set_a_day_aside_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A file that another process renames between finding and reading or renaming it is no error."""
    journal = FileJournal(tmp_path / "account")
    days_of(journal, 1, 2, 3)
    genuine = getattr(Path, name)

    def beaten(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name == "account-20250601.jsonl" and path.exists():
            path.replace(path.with_suffix(".closed"))
        return genuine(path, *args, **kwargs)

    monkeypatch.setattr(Path, name, beaten)
    assert () == journal.open_writes()
    assert (tmp_path / "account-20250601.closed").exists()


async def test_thousands_of_journals_have_few_files_open(tmp_path: Path) -> None:
    """A process may open some hundred files: the one that was opened first is closed, and opened anew to be written."""
    open_files: dict[FileJournal, None] = {}
    journals = [FileJournal(tmp_path / f"toy_perp-live-{number}", open_files=open_files) for number in range(130)]
    moment = datetime(2026, 11, 1, tzinfo=UTC)

    noted = [_noted(journal, moment) for journal in journals]

    assert journals[2:] == [*open_files]
    journals[0].catch_up(to_milliseconds(moment))
    assert journals[0].end(Ended(noted[0], "applied"))
    assert journals[3:] + journals[:1] == [*open_files]
    assert [0, 1] == [len(journal.open_writes()) for journal in journals[:2]]
    for journal in journals:
        await journal.aclose()
    assert not open_files
