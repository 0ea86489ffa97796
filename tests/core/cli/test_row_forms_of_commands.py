"""``-o`` on ``overview``, ``journal``, ``plan`` and ``apply``: the rows of their JSON, and one form alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from tests.core.cli.terminal import Terminal

from venuekit.cli.row_forms import RowForm

Call = Callable[..., Any]

TARGET = """\
[accounts.toy_perp]
venue = "toy_perp"

[accounts.toy_perp.symbols.GEMUSD]
leverage = 15
"""
FORMS = [RowForm.CSV, RowForm.TSV]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A target that changes one setting."""
    path = tmp_path / "settings.toml"
    path.write_text(TARGET, encoding="utf-8")
    return path


@pytest.fixture
def words(fresh: Any, target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], list[Any]]:
    """The words of a call of each command: one that has rows."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def words(command: str) -> list[Any]:
        more = [target] if command in {"plan", "apply"} else []
        return [command, *more, "--accounts", fresh.accounts]

    return words


def _rows(text: str, form: RowForm) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), dialect=csv.excel if form is RowForm.CSV else csv.excel_tab))


def _texts(rows: Any) -> list[dict[str, str]]:
    """Return rows of JSON as the cells of CSV."""
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["overview", "plan"])
def test_a_form_has_the_rows_of_json(call: Call, words: Any, command: str, form: RowForm) -> None:
    """The same fields in the same order, the same texts, and the same status."""
    expected, called = call(*words(command), "--json"), call(*words(command), "-o", form)

    rows = _rows(called.out, form)
    assert rows == _texts(expected.rows)
    assert [list(row) for row in rows] == [list(row) for row in expected.rows]
    assert rows
    assert called.status == expected.status


@pytest.mark.parametrize("form", FORMS)
def test_a_report_has_a_row_for_each_setting(call: Call, words: Any, form: RowForm) -> None:
    """Its text of the limits of the check is on standard error; the second run has the same rows in JSON."""
    first, second = call(*words("apply"), "-o", form), call(*words("apply"), "--json")

    (row,) = _rows(first.out, form)
    assert (first.status, row["setting"], row["present"], row["status"]) == (0, "leverage", "10", "changed")
    assert "each setting was read right before it was written" in first.err
    assert list(row) == list(second.rows[0])


@pytest.mark.parametrize("command", ["plan", "overview", "journal"])
def test_without_rows_the_heading_is_that_of_rows(call: Call, words: Any, target: Path, command: str) -> None:
    """A program that reads columns finds the same ones."""
    if command == "plan":
        with_rows = call(*words(command), "-o", "tsv").out
        target.write_text(TARGET.replace("15", "10"), encoding="utf-8")
    elif command == "overview":
        with_rows = call(*words(command), "-o", "tsv").out
        Path("none.toml").write_text("[accounts]\n", encoding="utf-8")
        Path("none.toml").chmod(0o600)
    else:
        with_rows = "account\tvenue\tenvironment\tkey\toperation"

    called = call(*([command, "--accounts", "none.toml"] if command == "overview" else words(command)), "-o", "tsv")

    assert (called.status, called.out.count("\n")) == (0, 1)
    assert called.out.startswith(with_rows.partition("\n")[0])


@pytest.mark.parametrize("command", ["overview", "journal", "plan", "apply"])
def test_two_forms_are_refused_before_anything_is_changed(call: Call, words: Any, command: str) -> None:
    """In either order of the options."""
    for both in (("--json", "-o", "csv"), ("-o", "csv", "--json")):
        called = call(*words(command), *both)

        assert (called.status, called.out) == (64, "")
        assert "--json and -o csv are two forms of the same rows" in called.err
    assert call(*words("plan")).status == 5


def test_a_form_and_a_file_are_refused(call: Call, words: Any) -> None:
    """The journal has files of its own."""
    called = call(*words("journal"), "-o", "csv", "--jsonl", "out.jsonl")

    assert called.status == 64
    assert "--csv, --jsonl, --json and -o are forms of one list" in called.err


@pytest.mark.parametrize("command", ["overview", "plan"])
@pytest.mark.parametrize("form", FORMS)
def test_rounds_are_refused(call: Call, words: Any, command: str, form: RowForm) -> None:
    """A second heading in the middle would be a row."""
    called = call(*words(command), "--watch", "5", "-o", form)

    assert (called.status, called.out) == (64, "")
    assert f"-o {form} has no place for a second round: --watch goes with --json" in called.err


@pytest.mark.parametrize("program", ["overview", "plan", "apply"])
def test_wide_is_never_narrowed(words: Any, program: str, command: list[str], tmp_path: Path) -> None:
    """In a terminal of 40 columns the first line of the table has every field."""
    with Terminal([*command, *map(str, words(program)), "-o", "wide"], tmp_path, {}, columns=40) as terminal:
        terminal.wait_for_end()
        written = click.unstyle(terminal.written.decode())

    heads = [line.split() for line in written.splitlines() if line.startswith("account ")]
    assert len(heads) == 1
    assert {"account", "venue", "status"} <= set(heads[0])
    assert "left out" not in written


def test_an_unreadable_account_has_every_field(call: Call, words: Any, fresh: Any) -> None:
    """In the middle of other rows it moves no column, and its error is the last one."""
    text = fresh.accounts.read_text(encoding="utf-8")
    lost = text.replace("[accounts.toy_perp]", "[accounts.lost]").replace(
        'rest = "http://127.0.0.1:', 'rest = "http://127.0.0.1:9/'
    )
    fresh.accounts.write_text(f"{lost}\n{text}", encoding="utf-8")

    called = call(*words("overview"), "-o", "csv")
    rows = _rows(called.out, RowForm.CSV)

    assert called.status == 1
    assert [row["status"] for row in rows] == ["unreadable", "ok"]
    assert list(rows[0]) == list(json.loads(call(*words("overview"), "--json").out)[1])
    assert rows[0]["message"]
