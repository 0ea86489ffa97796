"""``plan`` and ``apply`` from a file to the venue and back."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

TARGET = """\
[accounts.toy_perp]
venue = "toy_perp"

[accounts.toy_perp.symbols.GEMUSD]
margin_type = "isolated"
leverage = 15
"""
LIVE = """\
[accounts.toy_perp]
venue = "toy_perp"
environment = "live"
key = "env:VENUEKIT_TEST_NOT_SET"
secret = "env:VENUEKIT_TEST_NOT_SET"
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A target that can be applied and changes two settings."""
    path = tmp_path / "settings.toml"
    path.write_text(TARGET)
    return path


def test_plan_apply_and_apply_again(call: Call, fresh: Any, target: Path) -> None:
    """Pending is 5, done is 0, nothing left to do is 0; the rows say what happened to every setting."""
    place = (target, "--accounts", fresh.accounts, "--json")

    planned = call("plan", *place)
    applied = call("apply", *place)
    again = call("apply", *place)
    checked = call("plan", *place, "--all")
    drift = call("plan", *place)

    assert (drift.status, drift.rows) == (0, [])
    assert [one.status for one in (planned, applied, again, checked)] == [5, 0, 0, 0]
    settings = [(row["account"], row["symbol"], row["setting"]) for row in planned.rows]
    assert settings == [("toy_perp", "GEMUSD", "margin_type"), ("toy_perp", "GEMUSD", "leverage")]
    assert [(row["present"], row["target"]) for row in planned.rows] == [("cross", "isolated"), ("10", "15")]
    assert {row["status"] for row in planned.rows} == {"pending"}
    assert {row["status"] for row in applied.rows} == {"changed"}
    assert {row["status"] for row in again.rows} == {"unchanged"}
    assert {row["status"] for row in checked.rows} == {"unchanged"}
    assert [list(row)[:2] for row in planned.rows + applied.rows] == [["account", "venue"]] * 4


def test_the_settings_that_hold_are_a_target(call: Call, fresh: Any, target: Path) -> None:
    """The file plans to nothing; as JSON it is one flat object for each setting."""
    place = ("--accounts", fresh.accounts)
    written = call("export", "--symbol", "GEMUSD", *place)
    target.write_text(written.out)
    assert (written.status, call("plan", target, *place).status) == (0, 0)

    rows = call("export", "toy_perp", "--symbol", "GEMUSD", *place, "--json").rows
    names = {"account": "toy_perp", "venue": "toy_perp", "margin_type": None, "side": None}
    assert {**names, "symbol": "GEMUSD", "setting": "leverage", "value": "10"} in rows
    whole = call("export", "--symbol", "*", "-o", target.with_name("whole.toml"), *place)
    again = call("export", "--symbol", "*", "-o", target.with_name("whole.toml"), *place)
    assert (whole.status, whole.out, again.status) == (0, "", 64)
    assert "whole.toml exists, and is not overwritten" in again.err
    assert "GEMUSD" in target.with_name("whole.toml").read_text()
    assert call("plan", target.with_name("whole.toml"), *place, "--json").rows == []
    unknown = call("export", "--symbol", "NOPE", *place)
    assert (unknown.status, unknown.out) == (64, "")


def test_the_texts(call: Call, fresh: Any, target: Path) -> None:
    """As text, plan and report name every setting and sum up."""
    place = (target, "--accounts", fresh.accounts)

    planned = call("plan", *place)
    applied = call("apply", *place)

    for called, word in ((planned, "2 pending"), (applied, "2 changed")):
        assert word in called.out
        assert "GEMUSD" in called.out
        assert "\x1b" not in called.out


def test_a_refusal_is_predicted_and_nothing_of_it_sent(call: Call, fresh: Any, target: Path) -> None:
    """A step the venue would refuse is 3 in the plan, with the reason, and 3 when applied; the rest is done."""
    target.write_text(f"{TARGET}\n[accounts.toy_perp.symbols.TOYUSD]\nleverage = 5\n")
    place = (target, "--accounts", fresh.accounts, "--json")

    planned = call("plan", *place)
    applied = call("apply", *place)

    assert (planned.status, applied.status) == (3, 3)
    refused = {row["symbol"]: row for row in planned.rows}["TOYUSD"]
    assert refused["status"] == "refused"
    assert "isolated position" in refused["reason"]
    assert {(row["symbol"], row["status"]) for row in applied.rows} == {("GEMUSD", "changed"), ("TOYUSD", "refused")}
    assert "toy_perp TOYUSD leverage (settings.toml:" in call("plan", *place[:-1]).out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("leverage", "leverge", ":6: accounts.toy_perp.symbols.GEMUSD.leverge: unknown key; did you mean leverage"),
        ("leverage = 15", 'leverage = "ten"', ":6: accounts.toy_perp.symbols.GEMUSD.leverage: "),
        ('"isolated"', '"Isolated"', ":5: accounts.toy_perp.symbols.GEMUSD.margin_type: "),
        ("[accounts.toy_perp]", "[accounts.toy_prep]", ": accounts.toy_prep"),
        ("leverage = 15", "leverage = ", ":6"),
    ],
)
def test_a_target_that_cannot_be_understood(
    call: Call, served: Any, target: Path, *, old: str, new: str, message: str
) -> None:
    """File, line, key and what was expected are told, with 64, and nothing is sent."""
    target.write_text(TARGET.replace(old, new, 1))

    for verb in ("plan", "apply"):
        called = call(verb, target, "--accounts", served.accounts)

        assert (called.status, called.out) == (64, "")
        assert "settings.toml" in called.err
        assert message in called.err


def test_unknown_symbols(call: Call, fresh: Any, target: Path) -> None:
    """All of them are told at once with line, account and symbol; the rest is planned, and nothing is changed."""
    target.write_text(f"{TARGET}\n[accounts.toy_perp.symbols]\nNOSUCH.leverage = 5\nNOPE.leverage = 5\n")
    place = (target, "--accounts", fresh.accounts)

    planned, as_json = call("plan", *place), call("plan", *place, "--json")
    applied = call("apply", *place)

    for called in (planned, as_json, applied):
        assert called.status == 64
        for line, symbol in ((9, "NOSUCH"), (10, "NOPE")):
            assert f"settings.toml:{line}: accounts.toy_perp.symbols.{symbol}: toy_perp refuses" in called.err
    assert "2 pending" in planned.out
    assert [row["symbol"] for row in as_json.rows] == ["GEMUSD", "GEMUSD"]
    assert as_json.error["error"] == "TargetFileError"
    assert applied.out == ""
    target.write_text(TARGET)
    assert call("plan", *place).status == 5


def test_one_account_of_the_target(call: Call, served: Any, target: Path) -> None:
    """``--account`` takes only that part; a name the target does not have is 64."""
    target.write_text(f"{TARGET}\n[accounts.elsewhere]\nvenue = 'toy_perp'\n")
    place = ("--accounts", served.accounts, "--json")

    whole = call("plan", target, *place)
    part = call("plan", target, "--account", "toy_perp", *place)
    wrong = call("plan", target, "--account", "toy_prep", *place)

    assert (whole.status, part.status, wrong.status) == (64, 5, 64)
    assert {row["account"] for row in part.rows} == {"toy_perp"}
    assert "toy_perp" in wrong.error["message"]


def test_live_without_a_terminal_needs_yes(call: Call, target: Path, tmp_path: Path) -> None:
    """Where nobody can be asked, apply on live ends with 64 before a secret is even looked up."""
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(LIVE)
    accounts.chmod(0o600)

    refused = call("apply", target, "--accounts", accounts)
    insisted = call("apply", target, "--accounts", accounts, "--yes")

    assert (refused.status, refused.out) == (64, "")
    assert "toy_perp: live; --yes is required" in refused.err
    assert insisted.status == 64
    assert "VENUEKIT_TEST_NOT_SET is not set" in insisted.err


def test_on_a_terminal(command: list[str], fresh: Any, target: Path) -> None:
    """A bar on standard error counts the steps and shows the last one; what matters in the report has a colour."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "apply", str(target), "--accounts", str(fresh.accounts)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        )
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
            while chunk := terminal.read(65536):
                seen += chunk
        process.wait(timeout=30)

    assert process.returncode == 0
    text = seen.decode()
    assert "0/2" in text
    assert "2/2" in text
    assert "changed  toy_perp GEMUSD leverage: 10 -> 15" in text
    assert "\x1b[32mchanged" in text
    assert "undo: venuekit apply " in text


def test_no_bar_is_written_to_a_file(call: Call, fresh: Any, target: Path) -> None:
    """Standard error has the undo file alone."""
    applied = call("apply", target, "--accounts", fresh.accounts)
    assert (applied.status, len(applied.err.splitlines())) == (0, 1)


def test_applying_the_undo_file_restores_the_old_values(call: Call, fresh: Any, target: Path, tmp_path: Path) -> None:
    """It has the settings that were changed alone, and is named; nothing to change leaves no file."""
    place = ("--accounts", fresh.accounts, "--json")
    before = call("export", "--symbol", "GEMUSD", *place).rows
    undo = tmp_path / "undo" / "one.toml"

    applied = call("apply", target, "--undo", undo, *place)
    changed = call("export", "--symbol", "GEMUSD", *place).rows
    nothing = call("apply", target, "--undo", tmp_path / "nothing.toml", *place)
    undone = call("apply", undo, *place)

    assert changed != before
    assert [applied.status, nothing.status, undone.status] == [0, 0, 0]
    notes = [json.loads(line) for line in applied.err.splitlines()]
    assert {"note": f"undo: venuekit apply {undo}", "path": str(undo)} in notes
    assert undo.read_text().startswith(f"# before: venuekit apply {target}\n")
    assert undo.stat().st_mode & 0o777 == 0o600
    assert call("export", "--symbol", "GEMUSD", *place).rows == before
    assert not (tmp_path / "nothing.toml").exists()


@pytest.mark.parametrize("has_changes", [True, False])
@pytest.mark.parametrize("name", ["settings.toml", "kept.toml", "link.toml"])
def test_an_undo_file_takes_the_place_of_no_other_file(
    call: Call, fresh: Any, target: Path, name: str, has_changes: bool
) -> None:
    """Neither of the target itself nor of a link, with changes or without, and nothing is sent."""
    tmp_path = target.parent
    place = ("--accounts", fresh.accounts, "--json")
    if not has_changes:
        assert call("apply", target, *place).status == 0
    (tmp_path / "kept.toml").write_text("of mine")
    (tmp_path / "link.toml").symlink_to("nowhere.toml")
    before = call("plan", target, *place, "--all").rows

    refused = call("apply", target, "--undo", tmp_path / name, *place)

    assert refused.status == 64
    assert refused.error["message"].startswith(f"--undo {tmp_path / name}: it exists, and is not overwritten")
    assert (target.read_text(), (tmp_path / "kept.toml").read_text()) == (TARGET, "of mine")
    assert (tmp_path / "link.toml").is_symlink()
    assert call("plan", target, *place, "--all").rows == before


def test_an_undo_file_that_another_program_makes_meanwhile_is_kept(
    call: Call, fresh: Any, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither replaced by the old values nor removed where there are none, and nothing is sent."""
    monkeypatch.setattr("venuekit.cli.settings.check_new", lambda path: path.write_text("of another"))
    undo = tmp_path / "undo.toml"
    place = ("--accounts", fresh.accounts, "--json")

    refused = call("apply", target, "--undo", undo, *place)
    pending = call("plan", target, *place).status
    applied = [call("apply", target, *place).status, call("apply", target, "--undo", undo, *place).status]

    assert (refused.status, pending, applied) == (64, 5, [0, 0])
    assert "it exists, and is not overwritten" in refused.error["message"]
    assert undo.read_text() == "of another"


def test_without_a_place_for_the_undo_file_nothing_is_sent(
    call: Call, fresh: Any, target: Path, tmp_path: Path
) -> None:
    """The error says how to give another one."""
    (tmp_path / "file").touch()
    place = ("--accounts", fresh.accounts, "--json")
    applied = call("apply", target, "--undo", tmp_path / "file" / "undo.toml", *place)
    assert applied.status == 64
    assert "the undo file cannot be written" in applied.error["message"]
    assert "give another place by --undo" in applied.error["message"]
    assert {row["status"] for row in call("plan", target, *place).rows} == {"pending"}


def _with_dead(fresh: Any, target: Path, key: str) -> tuple[str | Path, ...]:
    """Add accounts to file and target before the one that works, whose key cannot be used."""
    working = fresh.accounts.read_text()
    start = working.index("[accounts.toy_perp]")
    dead = working[start:].replace("[accounts.toy_perp]", "[accounts.desk2]").splitlines()
    dead = [line for line in dead if not line.startswith("key")]
    fresh.accounts.write_text("\n".join([*dead[:1], f"key = {key!r}", *dead[1:]]) + "\n\n" + working)
    target.write_text("[accounts.desk2.symbols.GEMUSD]\nleverage = 15\n\n" + TARGET)
    return target, "--accounts", fresh.accounts


def test_one_dead_account_does_not_stop_the_others(
    call: Call, fresh: Any, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account whose key is not taken is told by its name, as text and JSON; the other is planned and changed."""
    monkeypatch.setenv("VENUEKIT_TEST_WRONG", "nobody")
    place = _with_dead(fresh, target, "env:VENUEKIT_TEST_WRONG")

    planned, as_json = call("plan", *place), call("plan", *place, "--json")
    applied = call("apply", *place, "--json")

    assert [planned.status, as_json.status, applied.status] == [1, 1, 1]
    assert "2 pending, 1 unreadable" in planned.out
    assert planned.err.startswith("error: desk2: toy_perp: ")
    assert "desk2" in planned.out
    assert planned.err.splitlines()[0].partition("toy_perp: ")[2] not in planned.out
    assert len(planned.err.splitlines()) == 1
    assert [(row["account"], row["status"]) for row in as_json.rows] == [
        ("toy_perp", "pending"),
        ("toy_perp", "pending"),
        ("desk2", "unreadable"),
    ]
    assert (as_json.error["error"], as_json.error["account"]) == ("AuthenticationFailed", "desk2")
    assert {row["account"]: row["status"] for row in applied.rows} == {"toy_perp": "changed", "desk2": "unreadable"}


def test_an_account_whose_secret_is_missing_does_not_stop_the_others(call: Call, fresh: Any, target: Path) -> None:
    """A reference that leads nowhere ends as 64, after the other account was changed."""
    place = _with_dead(fresh, target, "env:VENUEKIT_TEST_NOT_SET")

    applied = call("apply", *place, "--json")

    assert applied.status == 64
    assert {row["account"]: row["status"] for row in applied.rows} == {"toy_perp": "changed", "desk2": "unreadable"}
    assert "VENUEKIT_TEST_NOT_SET is not set" in applied.err


def test_a_symbol_that_there_is_not_is_not_exported(call: Call, fresh: Any, target: Path) -> None:
    """A pattern that matches none and a name that the venue refuses are mistakes, as they are in a target file."""
    place = ("--accounts", fresh.accounts)
    file = target.with_name("held.toml")

    pattern = call("export", "--symbol", "GEMS*", "-o", file, *place)
    name = call("export", "--symbol", "GEMUDS", "--symbol", "TOY*", *place)
    closed = call("leverage", "toy_perp", "GEMUDS", *place)

    assert (pattern.status, pattern.out, file.exists()) == (64, "", False)
    assert "no symbol that trades matches 'GEMS*'; did you mean GEMUSD?; nothing was written" in pattern.err
    assert name.status == 64
    assert "did you mean GEMUSD?" in name.err
    assert (closed.status, closed.err.count("did you mean GEMUSD?")) == (3, 1)


def test_the_settings_of_the_others_are_exported(
    call: Call, fresh: Any, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account whose key is not taken is told by its name; the file has the others; without any there is none."""
    monkeypatch.setenv("VENUEKIT_TEST_WRONG", "nobody")
    _, *place = _with_dead(fresh, target, "env:VENUEKIT_TEST_WRONG")

    both = call("export", "--symbol", "*", *place)
    dead = call("export", "desk2", "-o", tmp_path / "desk2.toml", *place)

    assert [both.status, dead.status] == [1, 1]
    assert both.err.startswith("error: desk2: toy_perp: ")
    assert "[accounts.toy_perp.symbols.GEMUSD]" in both.out
    assert "desk2" not in both.out
    assert not (tmp_path / "desk2.toml").exists()
