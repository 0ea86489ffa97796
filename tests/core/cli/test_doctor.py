"""``doctor``: what is well, what is not, and the command that mends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.cli.doctor_account import mend_host
from venuekit.credentials.accounts_file import load_accounts
from venuekit.errors import AuthenticationFailed, NeverSent
from venuekit.venue import EnvironmentName

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
    assert mend.strip() == "mend: venuekit accounts add NAME --venue ID --environment live"
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
    mend = f"venuekit accounts check other --offline --accounts {fresh.accounts}"
    assert (failed["health"], failed["mend"]) == ("fail", mend)
    assert {type(row["status"]) for row in done.rows} == {int}
    assert failed["status"] == 64
    assert "NOT_THERE is not set" in failed["found"]
    assert _by_check(done.rows, "toy_perp")["host"]["health"] == "ok"

    fresh.accounts.chmod(0o644)
    rows = call("doctor", "--accounts", fresh.accounts, "--json").rows
    file = _by_check(rows, "accounts file")["file"]
    assert "chmod 600" in file["found"]
    assert file["mend"] == f"chmod 600 {fresh.accounts}"
    fresh.accounts.chmod(0o600)
    fresh.accounts.write_text("[accounts", encoding="utf-8")
    wrong = _by_check(call("doctor", "--accounts", fresh.accounts, "--json").rows, "accounts file")["file"]
    assert wrong["mend"] == f"correct {fresh.accounts}, then: venuekit accounts --accounts {fresh.accounts}"


def test_a_stopped_simulator_fails_at_its_host(call: Call, served: Any, tmp_path: Path) -> None:
    """A host that does not answer fails, with the status of an error; the references are well."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", served.accounts.read_text(encoding="utf-8"))
    served.accounts.write_text(text, encoding="utf-8")

    done = call("doctor", "toy_perp", "--accounts", served.accounts, "--json")

    assert done.status == 1
    account = _by_check(done.rows, "toy_perp")
    assert (account["references"]["health"], account["host"]["health"]) == ("ok", "fail")
    assert account["host"]["mend"] == f"venuekit sim --write-accounts {served.accounts}"
    served.accounts.write_text(text.partition("\n")[2], encoding="utf-8")
    other = _by_check(call("doctor", "toy_perp", "--accounts", served.accounts, "--json").rows, "toy_perp")
    assert other["host"]["mend"].startswith("venuekit sim, and its URL and keys into ")
    assert "accounts.toy_perp" in other["host"]["mend"]


def test_a_refused_key_is_renewed_or_another_one_is_named(
    call: Call, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a simulator, which makes new keys, the accounts file is written anew; a venue's key is renewed there."""
    text = re.sub("^key = .*", 'key = "env:OTHER_KEY"', served.accounts.read_text(encoding="utf-8"), flags=re.MULTILINE)
    served.accounts.write_text(text, encoding="utf-8")
    monkeypatch.setenv("OTHER_KEY", "a-key-that-opens-nothing")

    done = call("doctor", "toy_perp", "--accounts", served.accounts, "--json")

    host = _by_check(done.rows, "toy_perp")["host"]
    assert (done.status, host["status"], host["mend"]) == (1, 1, f"venuekit sim --write-accounts {served.accounts}")
    refused = AuthenticationFailed("Invalid API-key", venue="toy_perp", operation="get_balances")
    entry = attrs.evolve(load_accounts(served.accounts).entries["toy_perp"], environment=EnvironmentName.LIVE)
    assert mend_host(entry, refused, "").startswith("renew the key at the venue, or change the references of ")
    assert mend_host(entry, NeverSent("no route"), " --accounts a") == "venuekit accounts check toy_perp --accounts a"


@pytest.mark.parametrize("variable", ["not a url"])
def test_a_wrong_budget_is_a_failure(call: Call, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A store of budgets that cannot be used says what to set."""
    monkeypatch.setenv("VENUEKIT_BUDGET", variable)

    done = call("doctor", "--json")

    assert _by_check(done.rows, "budgets")["budget"]["health"] == "fail"
