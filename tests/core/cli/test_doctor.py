"""``doctor``: what is well, what is not, and the command that mends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def _by_check(rows: list[dict[str, Any]], subject: str) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in rows if row["subject"] == subject}


def test_a_good_account_is_well_in_every_respect(call: Call, fresh: Any) -> None:
    """References by their lengths alone, host, clock, key and journal are ok, as are file, plugins and budgets."""
    done = call("doctor", "--accounts", fresh.accounts, "--json")

    assert done.status == 0
    account = _by_check(done.rows, "toy_perp")
    assert {check: row["health"] for check, row in account.items() if check != "plugin"} == {
        **dict.fromkeys(("references", "host", "clock", "key", "journal"), "ok")
    }
    assert account["references"]["found"].startswith("key of ")
    assert account["host"]["found"].startswith("127.0.0.1:")
    assert _by_check(done.rows, "accounts file")["file"]["found"].endswith("mode 0600, 1 accounts")
    assert "loaded in" in next(row["found"] for row in done.rows if row["check"] == "plugin" and row["health"] == "ok")
    venue = fresh.announced["venues"]["toy_perp"]
    assert venue["secret"] not in done.out


def test_a_missing_file_is_a_failure_with_its_mend(call: Call) -> None:
    """The rest is looked at all the same, and the status is that of a mistake in a file."""
    done = call("doctor")

    assert done.status == 64
    line, mend = done.out.splitlines()[:2]
    assert line.startswith("fail  accounts file")
    assert mend.strip() == "mend: venuekit accounts, or venuekit accounts add NAME for a new one"
    assert "budgets" in done.out


def test_an_open_file_and_a_lost_secret_are_failures(call: Call, fresh: Any) -> None:
    """A file that others can read says the chmod; a reference that leads nowhere is that account's failure alone."""
    text = fresh.accounts.read_text(encoding="utf-8")
    other = text[text.index("[accounts.") :].replace("[accounts.toy_perp]", "[accounts.other]")
    lines = ['secret = "env:NOT_THERE"' if line.startswith("secret") else line for line in other.splitlines()]
    fresh.accounts.write_text(f"{text}\n" + "\n".join(lines), encoding="utf-8")

    done = call("doctor", "--accounts", fresh.accounts, "--json")

    assert done.status == 64
    failed = _by_check(done.rows, "other")["references"]
    assert (failed["health"], failed["mend"]) == ("fail", "venuekit accounts check other --offline")
    assert "NOT_THERE is not set" in failed["found"]
    assert _by_check(done.rows, "toy_perp")["host"]["health"] == "ok"

    fresh.accounts.chmod(0o644)
    rows = call("doctor", "--accounts", fresh.accounts, "--json").rows
    assert "chmod 600" in _by_check(rows, "accounts file")["file"]["found"]


def test_a_stopped_simulator_fails_at_its_host(call: Call, served: Any, tmp_path: Path) -> None:
    """A host that does not answer fails, with the status of an error; the references are well."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", served.accounts.read_text(encoding="utf-8"))
    served.accounts.write_text(text, encoding="utf-8")

    done = call("doctor", "toy_perp", "--accounts", served.accounts, "--json")

    assert done.status == 1
    account = _by_check(done.rows, "toy_perp")
    assert (account["references"]["health"], account["host"]["health"]) == ("ok", "fail")


@pytest.mark.parametrize("variable", ["not a url"])
def test_a_wrong_budget_is_a_failure(call: Call, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A store of budgets that cannot be used says what to set."""
    monkeypatch.setenv("VENUEKIT_BUDGET", variable)

    done = call("doctor", "--json")

    assert _by_check(done.rows, "budgets")["budget"]["health"] == "fail"
