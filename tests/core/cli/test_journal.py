"""``journal`` lists, filters and exports what was done, from files alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.journal_entries import line_of

from venuekit._util.times import to_milliseconds
from venuekit.cli.journal_rows import JournalRow
from venuekit.credentials import Secret
from venuekit.credentials.fields import fingerprint
from venuekit.endpoint import Effect
from venuekit.errors import Outcome
from venuekit.exports import columns_of
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_files import find_journal_days
from venuekit.pipeline.journal_lines import Ended, Unresolved
from venuekit.pipeline.key_index import KeyIndex
from venuekit_toy_perp import TOY_PERP

Call = Callable[..., Any]

MAIN, FORMER, OTHER = (fingerprint(Secret(key)) for key in ("main-key", "former-key", "other-key"))
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNTS = """
[accounts.main]
venue = "toy_perp"
environment = "live"
key = "env:TOY_KEY"
secret = "file:there-is-none"

[accounts.idle]
venue = "toy_perp"
environment = "testnet"
key = "env:NO_SUCH_KEY"
secret = "env:NO_SUCH_SECRET"
"""


@attrs.frozen
class Written:
    """Journals in the default directory of a user, and the accounts file beside."""

    directory: Path
    accounts: Path

    def journal(self, key: str, venue: str = "toy_perp") -> FileJournal:
        return FileJournal(self.directory / f"{venue}-live-{key}")


def _note(
    journal: FileJournal, sent_at: datetime, outcome: str | None = None, *, operation: str = "set_leverage", **more: Any
) -> str:
    """Write the lines of one write, and return its identity."""
    verb, path = more.pop("to", ("PUT", "/v1/leverage"))
    parameters = more.pop("parameters", {"contract": "GEMUSD", "leverage": 7})
    entry = Unresolved(
        journal.new_id(to_milliseconds(sent_at)),
        operation,
        verb,
        path,
        parameters,
        sent_at,
        sent_at + timedelta(seconds=6),
        **more,
    )
    journal.begin(line_of(entry))
    if outcome is not None:
        at = int(sent_at.timestamp() * 1000) + 250
        assert journal.end(Ended(entry.id, outcome, at, claims="transfer 7" if outcome == "applied" else None))
    return entry.id


@pytest.fixture
def written(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Three keys of one venue over three days, one of them set aside; the second was the account's former key."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TOY_KEY", "main-key")
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(ACCOUNTS)
    accounts.chmod(0o600)
    written = Written(tmp_path / "state" / "venuekit" / "journal", accounts)
    main, former, other = map(written.journal, (MAIN, FORMER, OTHER))
    _note(former, DAY - timedelta(days=2), "applied")
    (closed,) = written.directory.iterdir()
    closed.rename(closed.with_suffix(".closed"))
    terms = {"contract": "RUBYUSD", "side": "buy", "quantity": Decimal("0.10"), "limit": Decimal("1E+3")}
    ids: dict[str, Any] = {"client_id": "vk-1", "client_ids": ("vk-1",), "effect": Effect.KEYED}
    _note(main, DAY, operation="place_order", to=("POST", "/v1/orders"), parameters=terms, **ids)
    _note(other, DAY + timedelta(seconds=1), Outcome.NOT_SENT)
    _note(main, DAY + timedelta(days=1), Outcome.NOT_APPLIED, parameters={"contract": "GEMUSD", "leverage": 3})
    index = KeyIndex.beside(written.directory)
    index.link("toy_perp", "live", "account 7", MAIN)
    index.link("toy_perp", "live", "account 7", FORMER)
    (written.directory / "toy-live-0123456789ab.nonce").write_text("7")
    (written.directory / f"toy_perp-live-{MAIN}-20260230.jsonl").write_text("no day")
    for one in (main, former, other):
        one._release()
    return written


def test_every_write_with_who_what_and_how_it_ended(call: Call, written: Written) -> None:
    """All days of all keys, oldest first, from files alone; the secret's reference is not resolved."""
    called = call("journal", "--json")

    old, order, strange, new = called.rows
    assert (called.status, called.err) == (0, "")
    assert [row["account"] for row in called.rows] == ["main", "main", None, "main"]
    assert [row["key"] for row in called.rows] == [FORMER, MAIN, OTHER, MAIN]
    assert [row["outcome"] for row in called.rows] == ["applied", "open", "not_sent", "not_applied"]
    assert (old["sent_at"], old["ended_at"]) == ("2026-11-18T12:00:00.000Z", "2026-11-18T12:00:00.250Z")
    assert (old["symbol"], old["leverage"], old["claims"]) == ("GEMUSD", "7", "transfer 7")
    assert (order["operation"], order["client_id"], order["ended_at"]) == ("place_order", "vk-1", None)
    assert (order["effect"], order["fence"], order["attempts"]) == ("keyed", "2026-11-20T12:00:06.000Z", 1)
    parameters = {"contract": "RUBYUSD", "side": "buy", "quantity": "0.10", "limit": "1000"}
    assert json.loads(order["parameters"]) == parameters
    assert (strange["environment"], strange["venue"]) == ("live", "toy_perp")
    assert new["verb"] == "PUT"
    assert call("journal", "idle").out == f"no such write is in the journals of {written.directory}\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("main", [7, None, 3]),
        ("--since 2026-11-20T12:00:01Z", [7, 3]),
        ("--until 2026-11-20T12:00:01Z", [7, None]),
        ("--since 2026-11-19 --until 2026-11-21", [None, 7]),
        ("--symbol GEMUSD --outcome applied --outcome not_sent", [7, 7]),
        ("--operation place_order", [None]),
        ("--open main", [None]),
        ("--operation place_order --operation set_leverages", [None]),
        ("--symbol GEMUSD --symbol NOPE --outcome applied --outcome not_sent", [7, 7]),
        ("--operation place_oder", []),
    ],
)
def test_filters(call: Call, written: Written, words: str, found: list[int | None]) -> None:
    """Each option narrows the list; one that nothing meets gets a hint."""
    called = call("journal", "--json", *words.split())

    assert [row["leverage"] and int(row["leverage"]) for row in called.rows] == found
    assert called.status == 0
    if not found:
        assert "did you mean place_order?" in called.error["note"]


def test_a_table_says_it_in_a_line(call: Call, written: Written) -> None:
    """People see who, what, on what, when, how it ended and the parameters; a key without an account by its journal."""
    called = call("journal", "--since", "2026-11-20")

    assert called.out.split("\n")[0].split() == ["account", "operation", "symbol", "sent", "at", "outcome", "asked"]
    assert "limit=1000" in called.out
    assert "toy_perp live" in called.out
    assert OTHER in called.out


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exports(call: Call, written: Written, form: str) -> None:
    """A new file has the same rows as --json, and so has standard output; a file that exists is left as it is."""
    expected = call("journal", "main", "--json").rows
    called = call("journal", "main", f"--{form}", f"out.{form}")
    shown = call("journal", "main", f"--{form}", "-")
    again = call("journal", "main", f"--{form}", f"out.{form}")

    text = Path(f"out.{form}").read_text(encoding="utf-8")
    if form == "csv":
        written_rows: list[Any] = [*csv.DictReader(text.splitlines())]
        expected = [{name: str("" if one is None else one) for name, one in row.items()} for row in expected]
    else:
        written_rows = [json.loads(line) for line in text.splitlines()]
    assert (called.status, called.out, called.err) == (0, "", f"out.{form}: 3 writes\n")
    assert written_rows == expected
    assert shown.out == text
    assert again.status == 64
    assert "exists; name another file" in again.err
    assert sorted(path.name for path in Path.cwd().glob("out.*")) == [f"out.{form}"]
    assert call("journal", "--open", "idle", f"--{form}", "-").out.count("\n") == (form == "csv")


def test_a_line_that_cannot_be_read_is_reported(call: Call, written: Written) -> None:
    """It may hide a write, and the status says so; one that was cut off hides none, an end without a beginning does."""
    path = written.directory / f"toy_perp-live-{MAIN}-20261120.jsonl"
    with path.open("ab") as file:
        file.write(b'\n{"begin":"2026')
    cut_off = call("journal", "main", "--json")
    with path.open("ab") as file:
        file.write(b'\n{"x":1}\n{"end":"20261120-77-1-1","outcome":"applied"}\n')
    hidden = call("journal", "--until", "2026-11-21", "--json")
    elsewhere = call("journal", "--since", "2026-11-21")

    assert (cut_off.status, len(cut_off.rows)) == (0, 3)
    assert cut_off.error["unreadable"].startswith("a line of the journal cannot be read: ")
    notes = [json.loads(line)["unreadable"] for line in hidden.err.splitlines()]
    assert (hidden.status, len(hidden.rows), len(notes)) == (4, 3, 3)
    assert f"{path}:" in notes[1]
    assert "the line of its beginning is not there" in notes[2]
    assert (elsewhere.status, elsewhere.err) == (0, "")


def test_a_second_attempt_and_files_that_were_set_aside_meanwhile(call: Call, written: Written) -> None:
    """A write that was sent twice is one row; its lines count also where its day has two files."""
    journal = written.journal(MAIN)
    first = _note(journal, DAY + timedelta(days=3))
    later = DAY + timedelta(days=3, seconds=2)
    entry = Unresolved(first, "set_leverage", "PUT", "/v1/leverage", {}, later, later + timedelta(seconds=6))
    journal.begin(line_of(entry))
    journal._release()
    path = written.directory / f"toy_perp-live-{MAIN}-20261123.jsonl"
    path.rename(path.with_suffix(".closed"))
    journal.end(Ended(first, "does_not_hold", 1_795_435_210_000))
    journal._release()

    (row,) = call("journal", "--since", "2026-11-23", "--outcome", "does_not_hold", "--json").rows

    assert (row["attempts"], row["sent_at"]) == (2, "2026-11-23T12:00:00.000Z")
    assert row["fence"] == "2026-11-23T12:00:08.000Z"
    assert row["ended_at"] == "2026-11-23T12:00:10.000Z"


def test_files_that_go_while_they_are_read(written: Written) -> None:
    """One that another process sets aside meanwhile is read under its new name; one that its owner removes is gone."""
    days = [one for one in find_journal_days(written.directory) if one.name.key == MAIN]
    first, second = (one.paths[0] for one in days)
    first.rename(first.with_suffix(".closed"))
    second.unlink()

    assert [len(one.read()[0]) for one in days] == [1, 0]


def test_a_line_of_another_version(call: Call, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters that this version of the plugin does not send have no symbol, and the write is listed."""

    def symbols(parameters: Any) -> tuple[str, ...]:
        return (parameters["contracts"][0]["name"],)

    (endpoint,) = (one for one in TOY_PERP.endpoints if str(one) == "PUT /v1/leverage")
    changed = attrs.evolve(endpoint, symbols=symbols)
    monkeypatch.setattr(type(TOY_PERP), "endpoint_at", lambda *_: changed)

    rows = call("journal", "--symbol", "GEMUSD", "--operation", "set_leverage", "--json").rows

    assert [(row["symbol"], row["leverage"]) for row in rows] == [(None, "7"), (None, "7"), (None, "3")]


def test_what_is_not_there(call: Call, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue without a plugin, an endpoint of another version, a key that is not set: the writes are listed."""
    journal = written.journal(MAIN, "gone_venue")
    _note(journal, DAY + timedelta(days=5), "applied")
    journal._release()
    journal = written.journal(MAIN)
    _note(journal, DAY + timedelta(days=5), "applied", to=("PUT", "/v0/leverage"), operation="PUT /v0/leverage")
    journal._release()
    monkeypatch.delenv("TOY_KEY")
    since = ("--since", "2026-11-25", "--json")

    called = call("journal", *since, "--symbol", "GEMUSD")
    named = call("journal", "main", *since)
    assert call("journal", "main").out == ""
    written.accounts.unlink()
    without_accounts = call("journal", *since)

    assert [(row["venue"], row["account"], row["symbol"]) for row in called.rows] == [
        ("gone_venue", None, None),
        ("toy_perp", None, None),
    ]
    unnamed, unknown = (json.loads(line)["note"] for line in called.err.splitlines())
    assert "main: its writes are listed without its name" in unnamed
    assert "TOY_KEY is not set" in unnamed
    assert "symbols and amounts of gone_venue are not listed" in unknown
    assert (called.status, named.status, named.rows, named.error["account"]) == (0, 64, [], "main")
    assert "without the names of accounts: no accounts file" in without_accounts.err
    assert (without_accounts.status, len(without_accounts.rows)) == (0, 2)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("--json --csv a.csv", "--csv, --jsonl, --json and -o are forms of one list"),
        ("--open --outcome applied", "an --open write has no --outcome"),
        ("--outcome unknown", "'unknown' is none of applied, not_applied, not_sent, does_not_hold"),
        ("--since yesterdy", "'yesterdy' is not a time"),
        ("mian", "no account 'mian'; it has main, idle; did you mean main?"),
        ("--accounts none.toml", "none.toml: no such file (named by --accounts)"),
        ("--directory nowhere", "Directory 'nowhere' does not exist"),
        ("--csv nowhere/a.csv", "nowhere/a.csv: No such file or directory"),
    ],
)
def test_bad_options(call: Call, written: Written, words: str, error: str) -> None:
    """One sentence with the place, status 64."""
    called = call("journal", *words.split())

    assert called.status == 64
    assert error in called.err
    assert called.err.count("\n") == 1


def test_the_page_explains_every_column_and_its_commands_run(call: Call, written: Written) -> None:
    """docs/journal.md lists the columns of a row in any order; what it tells to type is taken."""
    page = (Path(__file__).parents[3] / "docs" / "journal.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    commands = [line.partition("#")[0].partition("|")[0].split() for line in page.splitlines() if _is_command(line)]

    assert sorted(name.strip(" `") for row in rows for name in row.split(",")) == sorted(columns_of(JournalRow))
    assert len(commands) > 4
    assert [call(*words[1:]).status for words in commands] == [0] * len(commands)


def _is_command(line: str) -> bool:
    return line.startswith("venuekit journal")


def test_a_damaged_index_is_warned_of(call: Call, written: Written) -> None:
    """The journals of former keys may be missing then; the rest is listed."""
    with (written.directory / "accounts.index").open("a") as file:
        file.write("\n{\n")

    called = call("journal", "main", "--json")

    assert (called.status, len(called.rows)) == (0, 3)
    assert "accounts.index has a line that cannot be read" in called.error["warning"]


def test_another_directory(call: Call, tmp_path: Path) -> None:
    """The directory can be that of Runtime(journal=...); an empty one has no writes."""
    (tmp_path / "own").mkdir()

    called = call("journal", "--directory", "own")

    assert (called.status, called.out) == (0, "no such write is in the journals of own\n")
