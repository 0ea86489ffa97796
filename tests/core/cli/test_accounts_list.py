"""``accounts``: the list of configured accounts, and new ones."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.terminal import Terminal

from venuekit.credentials.accounts_file import load_accounts
from venuekit.venue import EnvironmentName

Call = Callable[..., Any]
GOOD = ("--venue", "toy_perp", "--environment", "testnet", "--key", "env:TOY_KEY", "--secret", "keyring:toy/secret")


def _but(option: str, value: str) -> list[str]:
    """Return the good options with another value of one."""
    words = [*GOOD]
    words[words.index(option) + 1] = value
    return words


FILE = """
[accounts.main]
venue = "toy_perp"
environment = "live"
key = "env:MAIN_KEY"
secret = "file:main.secret"
read_only = true
symbols = ["GEMUSD", "TOYUSD"]
max_leverage = 5
[accounts.other]
venue = "gone_perp"
environment = "testnet"
key = "env:OTHER_KEY"
secret = "env:OTHER_SECRET"
"""


def _file(directory: Path, text: str = FILE) -> Path:
    path = directory / "accounts.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("words", [["accounts"], ["accounts", "list"]])
def test_the_list_asks_no_venue_and_resolves_nothing(call: Call, tmp_path: Path, words: list[str]) -> None:
    """Venues need not be installed nor references lead anywhere; it says where keys come from, and the limits."""
    _file(tmp_path)

    done = call(*words)

    assert done.status == 0
    assert done.err == "accounts of accounts.toml\n"
    main, other = done.out.splitlines()[2:]
    assert main.split()[:5] == ["main", "toy_perp", "live", "env,", "file"]
    assert "GEMUSD, TOYUSD; leverage up to 5" in main
    assert other.split() == ["other", "gone_perp", "testnet", "env", "no", "-"]
    assert "MAIN_KEY" not in done.out


def test_the_list_as_json_has_each_limit(call: Call, tmp_path: Path) -> None:
    """Programs get one flat object for each account, with its limits by their names."""
    _file(tmp_path)

    [main, _] = call("accounts", "--json").rows

    assert main["account"] == "main"
    assert (main["symbols"], main["max_leverage"], main["max_notional"]) == ("GEMUSD, TOYUSD", "5", None)


def test_a_new_account_makes_the_users_file(call: Call, tmp_path: Path) -> None:
    """Without any file the user's one is made, for its owner alone, and is read afterwards."""
    done = call("accounts", "add", "main", *GOOD, "--symbol", "TOYUSD", "--max-leverage", "5", "--read-only")

    path = tmp_path / "venuekit" / "accounts.toml"
    assert done.status == 0
    assert done.err == f"{path}: account main added; check it: venuekit accounts check main\n"
    assert _mode(path) == 0o600
    entry = load_accounts(path).entry("main")
    assert (entry.environment, entry.read_only, entry.symbols) == (EnvironmentName.TESTNET, True, {"TOYUSD"})
    assert (entry.key, entry.secret, entry.max_leverage) == ("env:TOY_KEY", "keyring:toy/secret", 5)


def test_a_new_account_leaves_the_others_as_they_are(call: Call, tmp_path: Path) -> None:
    """The file's text stays, comments included; an account of that name is not overwritten."""
    path = _file(tmp_path, f"# mine\n{FILE}")

    assert call("accounts", "add", "third", *GOOD).status == 0
    text = path.read_text(encoding="utf-8")
    again = call("accounts", "add", "third", *GOOD)

    assert text.startswith(f"# mine\n{FILE}")
    assert list(load_accounts(path).entries) == ["main", "other", "third"]
    assert again.status == 64
    assert "there is an account 'third' already; it is left as it is" in again.err
    assert path.read_text(encoding="utf-8") == text
    assert [one.name for one in tmp_path.iterdir()] == ["accounts.toml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["../x", *GOOD], "a name has letters"),
        (["main", *GOOD, "--key", "planted0secret9"], "--key takes one value, and was given 2"),
        (["main", *_but("--key", "planted0secret9")], "a literal is refused"),
        (["main", *_but("--venue", "toy_prep")], "did you mean toy_perp?"),
        (["main", *GOOD, "--field", "pin=env:PIN"], "toy_perp takes no pin"),
        (["main", *GOOD, "--field", "pin=env:A", "--field", "pin=env:B"], "--field pin takes one value"),
        (["main", *_but("--environment", "sim")], "rest is required"),
        (["main", *GOOD[:4]], "give --key REF, such as --key env:MAIN_KEY"),
    ],
)
def test_an_account_that_could_not_be_read_is_not_written(
    call: Call, tmp_path: Path, words: list[str], said: str
) -> None:
    """A mistake is an error of usage, repeats no secret, and leaves no file."""
    done = call("accounts", "add", *words)

    assert done.status == 64
    assert said in done.err
    assert "planted" not in done.err
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_the_suggested_check_is_about_the_file_that_was_given(call: Call, tmp_path: Path) -> None:
    """It runs as it is, also where the name of the file has blanks."""
    file = tmp_path / "my desk.toml"

    done = call("accounts", "add", "main", *GOOD, "--accounts", file)

    assert done.err.endswith(f"check it: venuekit accounts check main --accounts '{file}'\n")


def test_typed_secrets_are_not_shown_and_go_into_files_of_their_own(command: list[str], tmp_path: Path) -> None:
    """At a terminal key and secret are asked for without echo; the accounts file has references to their files."""
    words = [*command, "accounts", "add", "main", "--accounts", "desk.toml", *GOOD[:4]]
    with Terminal(words, tmp_path, {}) as terminal:
        terminal.wait_for("key of main:")
        terminal.press("planted0key9\r")
        terminal.wait_for("secret of main:")
        terminal.press("planted0secret9\r")
        assert terminal.wait_for_end() == 0

    entry = load_accounts(tmp_path / "desk.toml").entry("main")
    assert (entry.key, entry.secret) == ("file:desk.main.key", "file:desk.main.secret")
    assert (tmp_path / "desk.main.secret").read_text(encoding="utf-8") == "planted0secret9\n"
    assert {_mode(path) for path in tmp_path.iterdir()} == {0o600}
    assert b"planted" not in terminal.written
