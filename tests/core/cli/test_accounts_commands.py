"""What accounts hold and how they are set: read and written over a real socket, against the toy venue."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Balance, LeverageSetting, Position

Call = Callable[..., Any]
Serve = Callable[..., Any]


def _names(kind: type[attrs.AttrsInstance]) -> list[str]:
    return ["account", "venue", *(field.name for field in attrs.fields(kind) if field.name != "raw")]


def _second_account(served: Any, **changes: str) -> None:
    """Add to the accounts file a copy of its account, called ``other``, with changed lines."""
    text = served.accounts.read_text()
    block = text[text.index("[accounts.toy_perp]") :].replace("[accounts.toy_perp]", "[accounts.other]")
    for key, value in changes.items():
        block = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", block)
    served.accounts.write_text(f"{text}\n{block}\n")


def test_balances(call: Call, served: Any) -> None:
    """Every field of the value is there, ``account`` and ``venue`` first."""
    called = call("balances", "--accounts", served.accounts, "--json")

    assert called.status == 0
    (row,) = called.rows
    assert list(row) == _names(Balance)
    assert (row["account"], row["venue"], row["asset"]) == ("toy_perp", "toy_perp", "USD")
    assert row["wallet"] == "9996.00000000"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["as_of"])


def test_positions(call: Call, served: Any) -> None:
    """The open position is listed with Decimals as text and enums in lower case."""
    (row,) = call("positions", "toy_perp", "--accounts", served.accounts, "--json").rows

    assert list(row) == _names(Position)
    assert (row["symbol"], row["side"], row["quantity"]) == ("TOYUSD", "both", "100")
    assert row["margin_type"] == "isolated"


def test_no_position(call: Call, serve: Serve) -> None:
    """An account that holds nothing gives an empty list, and says so in words."""
    served = serve("--venue", "toy_perp", "--scenario", "flat")

    assert call("positions", "--accounts", served.accounts, "--json").rows == []
    called = call("positions", "--accounts", served.accounts)
    assert (called.status, called.out) == (0, "no open positions\n")


@pytest.mark.parametrize("words", [["balances"], ["positions"], ["leverage", "toy_perp", "TOYUSD"]])
def test_tables_are_readable(call: Call, served: Any, words: list[str]) -> None:
    """As a table it has no colour, and is not JSON."""
    called = call(*words, "--accounts", served.accounts)

    assert called.status == 0
    assert "\x1b" not in called.out
    assert "toy_perp" in called.out


def test_where_the_accounts_file_is_named(
    call: Call, served: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``--accounts`` may stand before or after the command; else the variable, else the current directory."""
    expected = call("positions", "--accounts", served.accounts).out

    assert call("--accounts", served.accounts, "positions").out == expected
    monkeypatch.setenv("VENUEKIT_ACCOUNTS", str(served.accounts))
    assert call("positions").out == expected
    monkeypatch.delenv("VENUEKIT_ACCOUNTS")
    monkeypatch.chdir(served.accounts.parent)
    assert call("positions").out == expected


def test_an_accounts_file_others_can_read(call: Call, served: Any) -> None:
    """It is refused with the line that mends it, and nothing is sent."""
    served.accounts.chmod(0o640)

    called = call("balances", "--accounts", served.accounts)

    assert (called.status, called.out) == (64, "")
    assert f"run: chmod 600 {served.accounts}" in called.err


def test_an_unknown_account(call: Call, served: Any) -> None:
    """The error names those there are and the nearest one."""
    called = call("balances", "toy_pepr", "--accounts", served.accounts)

    assert called.status == 64
    assert "no account 'toy_pepr'; it has toy_perp; did you mean toy_perp?" in called.err


def test_what_the_venue_lacks(call: Call, served: Any) -> None:
    """A capability that the plugin does not implement is an error of status 1 that says so."""
    called = call("account", "--accounts", served.accounts, "--json")

    assert (called.status, called.rows) == (1, [])
    assert called.error["error"] == "UnsupportedCapability"
    assert called.error["venue"] == "toy_perp"


def test_a_wrong_secret(call: Call, served: Any) -> None:
    """The venue's own words are told with its code, the status is 1, and no secret is shown."""
    wrong = "plantedWrongSecret0123456789plantedWrongSecret0123456789abcdefgh"
    path = served.accounts.with_name("wrong.secret")
    path.write_text(wrong)
    path.chmod(0o600)
    text = served.accounts.read_text()
    served.accounts.write_text(re.sub(r"(?m)^secret = .*$", 'secret = "file:wrong.secret"', text))

    called = call("balances", "--accounts", served.accounts, "--json")

    assert called.status == 1
    assert called.error["error"] == "AuthenticationFailed"
    assert called.error["code"] is not None
    plain = call("balances", "--accounts", served.accounts)
    everything = called.out + called.err + plain.out + plain.err
    secrets = [wrong, *served.announced["venues"]["toy_perp"].values(), *served.announced["read_only"].values()]
    assert [one for one in secrets if one in everything and not one.startswith("http")] == []


def test_nobody_listens(call: Call, served: Any) -> None:
    """A venue that cannot be reached is an error of status 1 in one line."""
    served.accounts.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", served.accounts.read_text()))

    called = call("balances", "--accounts", served.accounts)

    assert called.status == 1
    assert called.err.count("\n") == 1


def test_one_account_that_fails_does_not_silence_the_others(call: Call, served: Any) -> None:
    """The rows of the others are printed, the failed one has a row and an error with its name."""
    _second_account(served, venue='"ruin_perp"')

    called = call("positions", "--accounts", served.accounts, "--json")
    text = call("positions", "--accounts", served.accounts)

    assert called.status == text.status == 64
    assert [row["account"] for row in called.rows] == ["toy_perp", "other"]
    assert list(called.rows[1]) == ["account", "venue", "status", "message"]
    assert called.rows[1]["status"] == "unreadable"
    assert (called.error["error"], called.error["account"]) == ("UnknownVenue", "other")
    assert "other     unreadable" in text.out


@pytest.mark.parametrize("word", ["balances", "positions"])
def test_no_table_takes_an_account_with_a_wrong_key_for_an_empty_one(
    call: Call, served: Any, tmp_path: Path, word: str
) -> None:
    """It has a row that says unreadable, the others have theirs, its error has its name, and the status is 1."""
    wrong = tmp_path / "other.key"
    wrong.write_text("n" * 64)
    wrong.chmod(0o600)
    _second_account(served, key=f'"file:{wrong}"')

    called = call(word, "--accounts", served.accounts, "--json")

    assert called.status == 1
    assert [(row["account"], row.get("status")) for row in called.rows] == [("toy_perp", None), ("other", "unreadable")]
    assert (called.error["error"], called.error["account"]) == ("AuthenticationFailed", "other")


def test_several_accounts(call: Call, served: Any) -> None:
    """All accounts are asked when none is named, else the named ones in their order, each once."""
    _second_account(served)

    everything = call("positions", "--accounts", served.accounts, "--json").rows
    named = call("positions", "other", "toy_perp", "other", "--accounts", served.accounts, "--json").rows

    assert [row["account"] for row in everything] == ["toy_perp", "other"]
    assert [row["account"] for row in named] == ["other", "toy_perp"]


def test_leverage(call: Call, fresh: Any) -> None:
    """It is read, changed, found unchanged the second time, and read again."""
    place = ("--accounts", fresh.accounts, "--json")

    (before,) = call("leverage", "toy_perp", "GEMUSD", *place).rows
    (first,) = call("leverage", "toy_perp", "GEMUSD", "7", *place).rows
    (second,) = call("leverage", "toy_perp", "GEMUSD", "7", *place).rows
    (after,) = call("leverage", "toy_perp", "GEMUSD", *place).rows

    assert list(before) == _names(LeverageSetting)
    assert (before["long"], before["changed"]) == ("10", None)
    assert (first["long"], first["changed"]) == ("7", True)
    assert (second["long"], second["changed"]) == ("7", False)
    assert after["long"] == "7"


def test_leverage_of_a_side_or_margin_type(call: Call, fresh: Any) -> None:
    """A venue with one leverage for a symbol refuses both, and a side without a value is a usage error."""
    place = ("--accounts", fresh.accounts)
    for option in (("--side", "long"), ("--margin-type", "cross")):
        refused = call("leverage", "toy_perp", "GEMUSD", "7", *option, *place)
        assert (refused.status, "one per symbol" in refused.err) == (64, True)
    assert call("leverage", "toy_perp", "GEMUSD", "--side", "long", *place).status == 64


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (["TOYUSD", "ten"], 64, "UsageError"),
        (["TOYUSD", "0"], 64, "InvalidArgument"),
        (["TOYUSD", "1000"], 3, "InvalidRequest"),
        (["NOSUCH", "5"], 3, "InvalidRequest"),
        (["NOSUCH"], 3, "InvalidRequest"),
        (["TOYUSD", "5"], 3, "Rejected"),
    ],
)
def test_leverage_that_is_refused(call: Call, served: Any, words: list[str], status: int, error: str) -> None:
    """What the declaration tells is usage and not sent; what the venue refuses is 3, with its code."""
    called = call("leverage", "toy_perp", *words, "--accounts", served.accounts, "--json")

    assert (called.status, called.out) == (status, "")
    assert called.error["error"] == error
    assert called.error["outcome"] == ("not_sent" if status == 64 else "not_applied")
    assert (called.error["code"] is None) == (status == 64)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("read_only = true", "the account was opened read-only"),
        ('symbols = ["TOYUSD"]', "GEMUSD is not among the allowed symbols"),
        ("max_leverage = 5", "leverage 7 is above 5"),
    ],
)
def test_the_accounts_own_guard(call: Call, served: Any, line: str, message: str) -> None:
    """What the accounts file forbids is refused before anything is sent; reading goes on."""
    text = served.accounts.read_text().rstrip()
    served.accounts.write_text(f"{text}\n{line}\n")

    called = call("leverage", "toy_perp", "GEMUSD", "7", "--accounts", served.accounts, "--json")

    assert called.status == 3
    assert (called.error["error"], called.error["outcome"]) == ("GuardRefused", "not_sent")
    assert message in called.error["message"]
    assert call("leverage", "toy_perp", "GEMUSD", "--accounts", served.accounts, "--json").rows[0]["long"] == "10"


@pytest.mark.parametrize("amount", ["-1", "-0.5", "-.5"])
def test_a_negative_amount_is_no_unknown_option(call: Call, served: Any, amount: str) -> None:
    """The error says that the direction is a word."""
    called = call("margin", "toy_perp", "TOYUSD", "add", amount, "--accounts", served.accounts)

    assert called.status == 64
    assert "no number below 0 is taken: its direction is a word, such as add or reduce" in called.err


def test_an_error_of_a_replaced_file_names_that_file(call: Call, served: Any, tmp_path: Path) -> None:
    """Not the temporary one beside it."""
    missing = tmp_path / "nowhere" / "m.prom"

    called = call("overview", "--prometheus", missing, "--accounts", served.accounts)

    assert called.status == 1
    assert f"error: {missing}: No such file or directory\n" in called.err
