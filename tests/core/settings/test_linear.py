"""Large files cost as much more as they are larger: counted in what is looked at, not in seconds."""

from __future__ import annotations

import tomllib
import types
from pathlib import Path
from typing import Any

import pytest

from venuekit._util import toml_lines
from venuekit.credentials.accounts_file import load_accounts
from venuekit.errors import AccountsFileError, TargetFileError
from venuekit.settings import parse_target, plan
from venuekit.settings.step_order import StepOrder
from venuekit.settings.target_accounts import CurrentSettings, TargetAccount

ENTRY = """\
[accounts.desk{0}]
venue = "acme_perp"
environment = "testnet"
key = "env:K{0}"
secret = "env:S{0}"
symbols = [
    "A",
    "B",
]

"""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters each parsing of TOML while looking for lines took."""
    sizes: list[int] = []
    loads = tomllib.loads

    def counted(text: str, **options: Any) -> dict[str, Any]:
        sizes.append(len(text))
        return loads(text, **options)

    monkeypatch.setattr(tomllib, "loads", counted)
    return sizes


def _accounts(tmp_path: Path, number: int, more: str = "") -> Path:
    path = tmp_path / "accounts.toml"
    path.write_text("".join(ENTRY.format(one) for one in range(number)) + more)
    path.chmod(0o600)
    return path


def test_accounts_without_a_mistake_are_parsed_once(tmp_path: Path, parsed: list[int]) -> None:
    """However many entries there are, nothing but the file as a whole is parsed."""
    path = _accounts(tmp_path, 300)

    assert len(load_accounts(path).entries) == 300
    assert parsed == [len(path.read_text())]


def test_a_mistake_at_the_end_is_found_by_looking_through_once(tmp_path: Path, parsed: list[int]) -> None:
    """Every character is parsed at most once more, and the line is right."""
    path = _accounts(tmp_path, 300, "[accounts.last]\nvenue = 5\n")
    with pytest.raises(AccountsFileError, match=rf"accounts\.toml:{300 * 10 + 1}: accounts\.last: "):
        load_accounts(path)

    whole = len(path.read_text())
    assert parsed[0] == whole
    assert sum(parsed[1:]) <= whole


def test_a_value_over_many_lines_is_parsed_once(parsed: list[int]) -> None:
    """An array of a thousand lines is one statement, not a thousand beginnings of one."""
    text = (
        "a = [\n" + "1, # [ a comment\n" * 1000 + ']\nb = \'\'\'\n[no.table]\n\'\'\'\nc = """\\"\n]"""\nd.e = {f = 1}\n'
    )
    lines = toml_lines.key_lines(text)

    assert parsed == []
    found = {path: lines[path] for path in lines}
    assert found == {("a",): 1, ("b",): 1003, ("c",): 1006, ("d",): 1008, ("d", "e"): 1008, ("d", "e", "f"): 1008}
    assert sum(parsed) <= len(text) + 4


def test_every_problem_of_a_large_target_has_its_line(parsed: list[int]) -> None:
    """All are told, from one look through the file."""
    text = "[accounts.main.symbols]\n" + "".join(f"S{one}.leverag = 5\n" for one in range(500))
    with pytest.raises(TargetFileError) as caught:
        parse_target(text)

    told = str(caught.value).splitlines()
    assert len(told) == 500
    assert told[-1].startswith("settings.toml:501: accounts.main.symbols.S499.leverag: unknown key")
    assert sum(parsed) <= 3 * len(text)


class _Counted(dict[Any, Any]):
    """A mapping that counts how often something of it is looked at."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.looks = 0

    def __contains__(self, key: object) -> bool:
        self.looks += 1
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.looks += 1
        return super().get(key, default)

    def values(self) -> Any:
        for value in super().values():
            self.looks += 1
            yield value


async def _looks(fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch, symbols: int) -> int:
    counted: list[_Counted] = []
    made = StepOrder.__attrs_post_init__

    def count(self: StepOrder) -> None:
        made(self)
        self.open, self.state = _Counted(self.open), _Counted(self.state)
        counted.extend((self.open, self.state))

    monkeypatch.setattr(StepOrder, "__attrs_post_init__", count)
    world = fake.World()
    world.rows("acme_perp").update({f"S{one}": fake.Row() for one in range(symbols)})
    account = fake.Acme(fake.acme(), world)
    text = "[accounts.main.symbols]\n" + "".join(
        f'S{one} = {{ margin_type = "isolated", leverage = 20 }}\n' for one in range(symbols)
    )
    file = parse_target(text)
    file.check({"main": account.venue})
    planned = await plan(file.target, {"main": account})
    monkeypatch.undo()
    assert len(planned.pending) == 2 * symbols
    return sum(one.looks for one in counted)


async def test_planning_twice_the_symbols_looks_twice_as_often(
    fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of steps is found by looking at each change a fixed number of times."""
    few = await _looks(fake, monkeypatch, 100)
    many = await _looks(fake, monkeypatch, 200)

    assert few > 0
    assert many <= 2.1 * few


async def test_planning_twice_the_accounts_compares_no_account_with_another(
    fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that accounts do not share are told apart by their own place alone."""
    compared: list[TargetAccount] = []
    shares = TargetAccount.shares

    def counted(self: TargetAccount, setting: Any, other: TargetAccount) -> bool:
        compared.append(other)
        return shares(self, setting, other)

    async def comparisons(number: int) -> int:
        accounts = {}
        for one in range(number):
            world = fake.World()
            world.rows("acme_perp")["S"] = fake.Row()
            world.key = f"key{one}"
            accounts[f"desk{one}"] = fake.Acme(fake.acme(), world)
        target = parse_target("".join(f"[accounts.{name}.symbols]\nS.leverage = 20\n" for name in accounts)).target
        compared.clear()
        planned = await plan(target, accounts)
        assert len(planned.pending) == number
        return len(compared)

    monkeypatch.setattr(TargetAccount, "shares", counted)
    assert await comparisons(40) <= 2.1 * await comparisons(20)


async def test_planning_twice_the_accounts_of_a_shared_mode_asks_for_twice_the_mates(
    fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A position mode that two venues of a key share is looked for among the accounts of this key alone."""
    looked: list[TargetAccount] = []
    owner_of, shares = TargetAccount.__dict__["owner"], TargetAccount.shares
    current_mates = CurrentSettings.mates

    def counted_shares(self: TargetAccount, setting: Any, other: TargetAccount) -> bool:
        looked.append(other)
        return shares(self, setting, other)

    def counted_mates(self: CurrentSettings, account: TargetAccount) -> tuple[TargetAccount, ...]:
        looked.extend(current_mates(self, account))
        return current_mates(self, account)

    class Counted:
        """The owner of an account, counted each time it is asked for."""

        def __get__(self, one: Any, kind: Any = None) -> Any:
            looked.append(one)
            return owner_of.__get__(one, kind)

        def __set__(self, one: Any, value: Any) -> None:
            owner_of.__set__(one, value)

    perp, coin = fake.acme("acme_perp", ("acme_coin",)), fake.acme("acme_coin", ("acme_perp",))

    async def looks(number: int) -> int:
        accounts: dict[str, Any] = {}
        for one in range(number):
            world = fake.World(key=f"key{one}")
            for venue in (perp, coin):
                world.rows(venue.id)["S"] = fake.Row()
                accounts[f"{venue.id}{one}"] = fake.Acme(venue, world)
        target = parse_target("".join(f'[accounts.{name}]\nposition_mode = "hedge"\n' for name in accounts)).target
        looked.clear()
        planned = await plan(target, accounts)
        assert len(planned.pending) == number
        return len(looked)

    monkeypatch.setattr(TargetAccount, "shares", counted_shares)
    monkeypatch.setattr(TargetAccount, "owner", Counted())
    monkeypatch.setattr(CurrentSettings, "mates", counted_mates)
    few = await looks(20)
    assert few > 0
    assert await looks(40) <= 2.1 * few


def test_couplings_are_checked_symbol_by_symbol(fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target of many isolated symbols and pooled assets names each of them once."""
    text = '[accounts.main]\nasset_mode = "multi"\n[accounts.main.symbols]\n' + "".join(
        f'S{one}.margin_type = "isolated"\n' for one in range(50)
    )
    file = parse_target(text)
    with pytest.raises(TargetFileError) as caught:
        file.check({"main": fake.acme()})

    assert len(str(caught.value).splitlines()) == 50
