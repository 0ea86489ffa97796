"""``resolve`` works off what a killed process left in the journal."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journal_entries import line_of

import venuekit
from venuekit import Runtime
from venuekit._util.times import to_milliseconds
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Unresolved

Call = Callable[..., Any]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep journals also for the simulator, in a directory of the test."""
    monkeypatch.setattr(venuekit, "Runtime", functools.partial(Runtime, journal=tmp_path / "journal"))
    return tmp_path / "journal"


def test_nothing_open(call: Call, served: Any) -> None:
    """Without open lines it says so and succeeds."""
    called = call("resolve", "--accounts", served.accounts)

    assert (called.status, called.out) == (0, "nothing is open\n")
    assert call("resolve", "--accounts", served.accounts, "--json").rows == []


@pytest.mark.parametrize(("leverage", "found"), [(7, "it holds"), (3, "does not hold, 7 does")])
def test_a_line_that_was_left_open(call: Call, fresh: Any, journal: Path, leverage: int, found: str) -> None:
    """Past its fence, what holds is told from what never will; neither is sent again, and both are closed."""
    place = ("--accounts", fresh.accounts, "--json")
    assert call("leverage", "toy_perp", "GEMUSD", "7", *place).status == 0
    (path,) = journal.iterdir()
    sent = datetime.now(UTC) - timedelta(minutes=5)
    left_behind = FileJournal(path.with_name(path.stem[: -len("-20261120")]))
    entry = Unresolved(
        id=left_behind.new_id(to_milliseconds(sent)),
        operation="set_leverage",
        verb="PUT",
        path="/v1/leverage",
        parameters={"contract": "GEMUSD", "leverage": leverage},
        sent_at=sent,
        fence=sent + timedelta(seconds=6),
    )
    left_behind.begin(line_of(entry))

    called = call("resolve", *place)

    (row,) = called.rows
    assert (row["account"], row["venue"], row["operation"]) == ("toy_perp", "toy_perp", "set_leverage")
    assert (called.status, row["state"]) == (0, "resolved")
    assert found in row["message"]
    assert call("resolve", *place).rows == []
    assert call("leverage", "toy_perp", "GEMUSD", *place).rows[0]["long"] == "7"


def test_a_line_that_cannot_be_read_is_told(call: Call, fresh: Any, journal: Path) -> None:
    """It may hide a write: what that became stays unknown, and the line is named; one that was cut off hides none."""
    place = ("--accounts", fresh.accounts)
    assert call("leverage", "toy_perp", "GEMUSD", "7", *place).status == 0
    (path,) = journal.iterdir()
    with path.open("ab") as file:
        file.write(b'\n{"begin":"2026\n')
    cut_off = call("resolve", *place)
    with path.open("ab") as file:
        file.write(b'\n{"x":1}\n')
    hidden = call("resolve", *place, "--json")

    assert (cut_off.status, cut_off.out) == (0, "nothing is open\n")
    assert f"{path}:" in cut_off.err
    (row,) = hidden.rows
    assert (hidden.status, row["account"], row["state"]) == (4, "toy_perp", "unreadable")
    assert f"{path}:" in row["message"]


def test_writes_of_unknown_outcome_are_in_the_overview(call: Call, fresh: Any, journal: Path) -> None:
    """Those that the journal left open, and each line that cannot be read and may hide one."""
    place = ("--accounts", fresh.accounts, "--json")
    assert call("leverage", "toy_perp", "GEMUSD", "7", *place).status == 0
    (path,) = journal.iterdir()
    left_behind = FileJournal(path.with_name(path.stem[: -len("-20261120")]))
    sent = datetime.now(UTC)
    entry = Unresolved(
        id=left_behind.new_id(to_milliseconds(sent)),
        operation="set_leverage",
        verb="PUT",
        path="/v1/leverage",
        parameters={"contract": "GEMUSD", "leverage": 7},
        sent_at=sent,
        fence=sent + timedelta(seconds=6),
    )
    left_behind.begin(line_of(entry))
    with path.open("ab") as file:
        file.write(b"{broken}\n")

    called = call("overview", "toy_perp", *place, "--alert", "unresolved>1")

    assert (called.status, called.rows[0]["unresolved"]) == (5, 2)
