"""Rows for other programs: one line each when piped, and as CSV or TSV; every field with ``-o``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.cli.terminal import Terminal

from venuekit.cli.row_forms import RowForm, text_of

Call = Callable[..., Any]
#: texts that CSV must quote, and TSV must flatten
_TEXTS = st.text(st.sampled_from('ab,"\t\n '), max_size=8)


def test_a_piped_row_is_one_line(call: Call) -> None:
    """``grep`` finds a path with everything that stands beside it, however long the row is."""
    rows = call("endpoints", "toy_swap", "--json").rows

    lines = call("endpoints", "toy_swap").out.splitlines()[2:]

    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        assert line.split()[:2] == [row["verb"], row["path"]]
        assert line.endswith(row["method"] or "-")


@pytest.mark.parametrize("form", [RowForm.CSV, RowForm.TSV])
def test_a_form_has_the_rows_of_json(call: Call, served: Any, form: RowForm) -> None:
    """The same fields and the same texts, with every digit; what JSON has as null is empty."""
    words = ("balances", "--accounts", served.accounts)
    (expected,) = call(*words, "--json").rows

    called = call(*words, "-o", form)

    dialect = csv.excel if form is RowForm.CSV else csv.excel_tab
    (row,) = csv.DictReader(io.StringIO(called.out), dialect=dialect)
    moments = {"as_of", "received_at", "updated_at"}
    assert {name: text for name, text in row.items() if name not in moments} == {
        name: "" if value is None else str(value) for name, value in expected.items() if name not in moments
    }
    assert "9996.00000000" in called.out


@given(st.lists(st.fixed_dictionaries({"a": _TEXTS, "b": _TEXTS}), min_size=1, max_size=4))
def test_csv_is_read_back(rows: list[dict[str, str]]) -> None:
    """Whatever stands in a text, another program reads the same one."""
    found = list(csv.DictReader(io.StringIO(text_of(rows, RowForm.CSV, None), newline="")))

    assert found == rows


@given(st.lists(st.fixed_dictionaries({"a": _TEXTS, "b": _TEXTS}), min_size=1, max_size=4))
def test_tsv_has_a_line_and_a_tab_for_each_row(rows: list[dict[str, str]]) -> None:
    """No text breaks a row or moves a column."""
    lines = text_of(rows, RowForm.TSV, None).split("\n")

    assert [line.count("\t") for line in lines] == [1] * (len(rows) + 1)


def test_without_rows_the_heading_stands_alone(call: Call, served: Any) -> None:
    """A program that reads columns finds them."""
    called = call("positions", "--symbol", "GEMUSD", "--accounts", served.accounts, "-o", "csv")

    assert called.status == 0
    assert called.out.splitlines()[0].startswith("account,")
    assert len(called.out.splitlines()) == 1


def test_wide_has_every_field_and_is_never_narrowed(served: Any, command: list[str], tmp_path: Path) -> None:
    """In a terminal of 40 columns no column is left out."""
    words = [*command, "balances", "--accounts", str(served.accounts), "-o", "wide"]
    with Terminal(words, tmp_path, {}, columns=40) as terminal:
        assert terminal.wait_for_end() == 0
        written = click.unstyle(terminal.written.decode())

    assert "left out" not in written
    assert len(written.splitlines()[0].split("  ")) > 10


def test_two_forms_are_refused(call: Call, served: Any) -> None:
    """One sentence names both."""
    called = call("venues", "-o", "csv", "--json")

    assert called.status == 64
    assert "--json and -o csv are two forms of the same rows" in called.err


def test_an_account_that_cannot_be_read_is_a_row(call: Call, served: Any) -> None:
    """Its word is in a column of its own, so that it is not taken for one without any."""
    served.accounts.write_text(
        served.accounts.read_text().replace("rest = ", 'rest = "http://127.0.0.1:9/toy_perp" # ')
    )

    called = call("positions", "--accounts", served.accounts, "-o", "csv")

    (row,) = csv.DictReader(io.StringIO(called.out))
    assert (called.status, row["account"], row["status"]) == (1, "toy_perp", "unreadable")
