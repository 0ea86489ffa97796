"""The accounts file says which accounts there are; secrets are only referred to, and never shown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.accounts_files import PLANTED, WHOLE, Write, writer_in

from venuekit.credentials.accounts_file import (
    AccountEntry,
    find_accounts_file,
    load_accounts,
)
from venuekit.errors import AccountsFileError
from venuekit.venue import EnvironmentName


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write into a directory that is also the current one."""
    return writer_in(tmp_path, monkeypatch)


def test_a_whole_file_is_read(write: Write) -> None:
    """Every key becomes a typed value; what is left out is None."""
    path = write("accounts.toml", WHOLE)

    file = load_accounts(path)

    assert list(file.entries) == ["main", "on this machine"]
    assert file.entry("main") == AccountEntry(
        name="main",
        venue="acme_perp",
        environment=EnvironmentName.TESTNET,
        key="env:MAIN_KEY",
        secret="file:main.secret",
        read_only=True,
        symbols=frozenset({"BTCUSD", "ETHUSD"}),
        max_leverage=Decimal(20),
        max_notional=Decimal("1000.5"),
    )
    sim = file.entry("on this machine")
    assert (sim.environment, sim.rest) == (EnvironmentName.SIM, "http://127.0.0.1:8080/acme_perp")
    assert (sim.read_only, sim.symbols, sim.max_leverage, sim.max_notional) == (False, None, None, None)


@pytest.mark.parametrize("transport", ["rest", "websocket"])
def test_the_carrier_of_requests_is_a_word(write: Write, transport: str) -> None:
    """Either word is taken as it is, and HTTP carries requests where none is written."""
    path = write("accounts.toml", WHOLE.replace("read_only = true", f'transport = "{transport}"', 1))

    entries = load_accounts(path).entries

    assert [one.transport for one in entries.values()] == [transport, "rest"]


def test_an_unknown_account_names_those_there_are(write: Write) -> None:
    """The error has the file, the known names and the nearest one."""
    file = load_accounts(write("accounts.toml", WHOLE))

    with pytest.raises(
        AccountsFileError, match=r"accounts\.toml: no account 'mian'; it has main, .*; did you mean main\?"
    ):
        file.entry("mian")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'venue = "acme_perp"\nenvironment = "testnet"',
            'venue = "acme_perp"',
            "2: accounts.main: environment is required",
        ),
        ('key = "env:MAIN_KEY"\n', "", "2: accounts.main: key is required"),
        ("read_only = true", "readonly = true", "7: accounts.main.readonly: unknown key; did you mean read_only?"),
        (
            'environment = "testnet"',
            'enviroment = "testnet"',
            "4: accounts.main.enviroment: unknown key; did you mean environment?",
        ),
        ("read_only = true", 'readonly = "true"', "7: accounts.main.readonly: unknown key; did you mean read_only?"),
        ("read_only = true", "vault = 7", "7: accounts.main.vault: unknown key; a field of the venue is a text"),
        ("read_only = true", 'vault = ""', "7: accounts.main.vault: expected a text, got an empty one"),
        ("read_only = true", 'read_only = "yes"', "7: accounts.main.read_only: expected true or false, got a text"),
        (
            "read_only = true",
            "check_orders = 1",
            "7: accounts.main.check_orders: expected true or false, got an integer",
        ),
        (
            '"testnet"',
            '"tesnet"',
            "4: accounts.main.environment: expected live | testnet | demo | sim; did you mean testnet?",
        ),
        ('"testnet"', "3", "4: accounts.main.environment: expected live | testnet | demo | sim, got an integer"),
        ('"testnet"', '["sim"]', "4: accounts.main.environment: expected live | testnet | demo | sim, got an array"),
        (
            "read_only = true",
            'transport = "websockets"',
            "7: accounts.main.transport: expected rest | websocket; did you mean websocket?",
        ),
        ("read_only = true", 'transport = "pigeon"', "7: accounts.main.transport: expected rest | websocket"),
        ("read_only = true", "transport = []", "7: accounts.main.transport: expected rest | websocket, got an array"),
        (
            "read_only = true",
            'transprot = "rest"',
            "7: accounts.main.transprot: unknown key; did you mean transport?",
        ),
        (
            'venue = "acme_perp"\nenvironment = "testnet"',
            'venue = ""\nenvironment = "testnet"',
            "3: accounts.main.venue: expected a text",
        ),
        ('"env:MAIN_KEY"', "5", "5: accounts.main.key: expected a reference such as env:NAME, got an integer"),
        (
            '["BTCUSD",\n           "ETHUSD"]',
            '"BTCUSD"',
            '8: accounts.main.symbols: expected an array of symbols such as ["BTCUSD"]',
        ),
        ("max_leverage = 20", "max_leverage = 0", "10: accounts.main.max_leverage: expected a number above 0"),
        ("max_leverage = 20", "max_leverage = nan", "10: accounts.main.max_leverage: expected a number above 0"),
        ("max_leverage = 20", 'max_leverage = "20"', "10: accounts.main.max_leverage: expected a number, got a text"),
        (
            "max_leverage = 20",
            "max_leverage = true",
            "10: accounts.main.max_leverage: expected a number, got a boolean",
        ),
        (
            'environment = "testnet"',
            'environment = "testnet"\nrest = "http://127.0.0.1:1"',
            "5: accounts.main.rest: only the environment 'sim' takes a URL",
        ),
        ('rest = "http://127.0.0.1:8080/acme_perp"\n', "", '13: accounts."on this machine": rest is required'),
        ("# a comment", "account = 1", "1: account: unknown key; did you mean accounts?"),
        (WHOLE, "accounts = 3", "1: accounts: expected a table, got an integer"),
        (WHOLE, "accounts.main = 3", "1: accounts.main: expected a table, got an integer"),
        ("read_only = true", "read_only = ", "7: Invalid value"),
    ],
)
def test_what_is_not_understood_is_named(write: Write, old: str, new: str, message: str) -> None:
    """File, line, key and what was expected are told."""
    path = write("accounts.toml", WHOLE.replace(old, new, 1))

    with pytest.raises(AccountsFileError) as caught:
        load_accounts(path)

    assert str(caught.value).startswith(f"{path}:{message}")


@pytest.mark.parametrize("literal", [PLANTED, "abc/def==", "with space:x", "UPPER:lower", ""])
@pytest.mark.parametrize("field", ["key", "secret"])
def test_a_literal_is_refused_and_not_repeated(write: Write, field: str, literal: str) -> None:
    """A secret written into the file is refused by line and key, and its text is not in the error."""
    old = {"key": "env:MAIN_KEY", "secret": "file:main.secret"}[field]
    path = write("accounts.toml", WHOLE.replace(old, literal, 1))

    with pytest.raises(AccountsFileError, match=rf":[56]: accounts\.main\.{field}: .*a literal is refused") as caught:
        load_accounts(path)

    assert not literal or literal not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o601, 0o660, 0o777])
def test_a_file_others_can_access_is_refused(write: Write, mode: int) -> None:
    """Any bit for group or others is refused, with the line that mends it."""
    path = write("accounts.toml", WHOLE, mode)

    with pytest.raises(AccountsFileError, match=rf"mode 0{mode:o}.*; run: chmod 600 {path}"):
        load_accounts(path)


def test_a_link_is_judged_by_what_it_leads_to(write: Write, tmp_path: Path) -> None:
    """A symbolic link does not hide the mode of the file behind it."""
    link = tmp_path / "link.toml"
    link.symlink_to(write("open.toml", WHOLE, 0o644))

    with pytest.raises(AccountsFileError, match="chmod 600"):
        load_accounts(link)


def test_the_order_of_places(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's configuration, the current directory, the variable, the option: each wins over the one before."""
    with pytest.raises(
        AccountsFileError, match=r"no accounts file at accounts\.toml and .*config/venuekit/accounts\.toml"
    ):
        find_accounts_file()
    users = write("config/venuekit/accounts.toml", WHOLE)
    assert find_accounts_file() == users
    here = write("accounts.toml", WHOLE)
    assert find_accounts_file().absolute() == here
    named = write("named.toml", WHOLE)
    monkeypatch.setenv("VENUEKIT_ACCOUNTS", str(named))
    assert find_accounts_file() == named
    given = write("given.toml", WHOLE)
    assert find_accounts_file(given) == given


def test_a_named_file_that_is_missing(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other file is taken in place of the one that was named."""
    write("accounts.toml", WHOLE)

    with pytest.raises(AccountsFileError, match=r"gone\.toml: no such file \(named by --accounts\)"):
        load_accounts(tmp_path / "gone.toml")
    monkeypatch.setenv("VENUEKIT_ACCOUNTS", str(tmp_path / "gone.toml"))
    with pytest.raises(AccountsFileError, match=r"no such file \(named by VENUEKIT_ACCOUNTS\)"):
        load_accounts()


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """What cannot be read is said in the system's words."""
    with pytest.raises(AccountsFileError, match="directory"):
        load_accounts(tmp_path)
