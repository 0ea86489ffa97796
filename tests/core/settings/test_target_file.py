"""Target files: what they can say, and what is wrong with those that cannot be planned."""

from __future__ import annotations

import types
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.account import Account
from venuekit.capabilities import (
    AssetMode,
    AssetModeReader,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionMode,
    PositionModeBehaviour,
    PositionModeScope,
)
from venuekit.errors import TargetFileError
from venuekit.settings import (
    AccountTarget,
    LeverageTarget,
    SymbolTarget,
    Target,
    parse_target,
    read_target,
    target_toml,
)

FULL = """\
# what should hold
[accounts.main]
venue = "acme_perp"
position_mode = "hedge"
asset_mode = "single"

[accounts.main.symbols.BTCUSD]
margin_type = "isolated"
leverage = 20

[accounts.other]
venue = "globex_inverse"
margin_type = "cross"
[accounts.other.symbols]
BTCUSD.leverage = 2.50
ETHUSD = { leverage = { long = 3, short = 4 } }
"""


def problems(text: str) -> list[str]:
    with pytest.raises(TargetFileError) as caught:
        parse_target(text, "target.toml")
    return str(caught.value).splitlines()


def test_file_says_everything_a_target_can_hold() -> None:
    """A full file becomes the values it names, fractions exactly, and nothing else is set."""
    assert parse_target(FULL).target == Target(
        {
            "main": AccountTarget(
                venue="acme_perp",
                position_mode=PositionMode.HEDGE,
                asset_mode=AssetMode.SINGLE,
                symbols={"BTCUSD": SymbolTarget(MarginType.ISOLATED, LeverageTarget(Decimal(20), Decimal(20)))},
            ),
            "other": AccountTarget(
                venue="globex_inverse",
                margin_type=MarginType.CROSS,
                symbols={
                    "BTCUSD": SymbolTarget(leverage=LeverageTarget(Decimal("2.50"), Decimal("2.50"))),
                    "ETHUSD": SymbolTarget(leverage=LeverageTarget(Decimal(3), Decimal(4))),
                },
            ),
        }
    )


def test_declared_venues_are_those_that_the_file_names() -> None:
    """Accounts whose table names no venue are left out of declared_venues, and accounts keep the file's order."""
    file = parse_target('[accounts.b]\nvenue = "acme_perp"\n[accounts.a]\nposition_mode = "hedge"\n')

    assert file.accounts == ("b", "a")
    assert file.declared_venues == {"b": "acme_perp"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("leverge = 20", "leverge: unknown key; did you mean leverage?"),
        ("Leverage = 20", "Leverage: unknown key; did you mean leverage?"),
        ('leverage = "ten"', 'leverage: expected a number, not "ten"'),
        ("leverage = true", "leverage: expected a number, not true"),
        ("leverage = 0", "leverage: expected a number above 0, not 0"),
        ("leverage = -1.5", "leverage: expected a number above 0, not -1.5"),
        ("leverage = nan", "leverage: expected a number above 0, not NaN"),
        ("leverage = inf", "leverage: expected a number above 0, not Infinity"),
        ("leverage = [1]", "leverage: expected a number, not a list"),
        ("leverage = {}", "leverage: expected a number, or a table that names long, short, cross, isolated or at_most"),
        (
            "leverage = { isolated = {} }",
            "leverage.isolated: expected a number, or a table that names long, short or at_most",
        ),
        ("leverage = { isolated = true }", "leverage.isolated: expected a number, not true"),
        ("leverage = { corss = 3 }", "leverage.corss: unknown key; did you mean cross?"),
        ("leverage = { cross = 3, long = 4 }", "leverage.long: unknown key"),
        ("leverage = { lnog = 3 }", "leverage.lnog: unknown key; did you mean long?"),
        (
            'margin_type = "Isolated"',
            'margin_type: expected "cross" or "isolated", not "Isolated"; did you mean isolated?',
        ),
        ('margin_type = "portfolio"', 'margin_type: expected "cross" or "isolated", not "portfolio"'),
        ("margin_type = 1", 'margin_type: expected "cross" or "isolated", not 1'),
        ('position_mode = "hedge"', "position_mode: does not belong here; write accounts.main.position_mode"),
        ('asset_mode = "multi"', "asset_mode: does not belong here; write accounts.main.asset_mode"),
    ],
)
def test_problem_of_a_symbol_names_file_line_and_key(line: str, expected: str) -> None:
    """Whatever is wrong in a symbol's table is told with file, line, key and what was expected."""
    found = problems(f"[accounts.main]\n\n[accounts.main.symbols.BTCUSD]\n{line}\n")

    assert found[0] == f"target.toml:4: accounts.main.symbols.BTCUSD.{expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "target.toml:1: accounts: expected at least one table such as [accounts.main]"),
        ("accounts = 3", "target.toml:1: accounts: expected a table, not 3"),
        ("[acounts.main]", "target.toml:1: acounts: unknown key; did you mean accounts?"),
        ("[accounts]\nmain = 3", "target.toml:2: accounts.main: expected a table, not 3"),
        ("[accounts.main]\nvenue = 3", "target.toml:2: accounts.main.venue: expected text, not 3"),
        ("[accounts.main]\nvenue = {}", "target.toml:2: accounts.main.venue: expected text, not a table"),
        ("[accounts.main]\nsymbols = 3", "target.toml:2: accounts.main.symbols: expected a table, not 3"),
        (
            "[accounts.main]\nleverage = 3",
            "target.toml:2: accounts.main.leverage: does not belong here; write accounts.main.symbols.SYMBOL.leverage",
        ),
        (
            '[accounts.main]\nposition_mode = "both"',
            'target.toml:2: accounts.main.position_mode: expected "one_way" or "hedge", not "both"',
        ),
        (
            '[accounts.main]\nenvironment = "live"',
            "target.toml:2: accounts.main.environment: unknown key",
        ),
        ("[[accounts.main]]\nx = 1", "target.toml:1: accounts.main: expected a table, not a list"),
        ('[accounts."a.b"]\nx = 1', 'target.toml:2: accounts."a.b".x: unknown key'),
        ("[accounts.main]\nx = [\n 1,\n]\nleverge = 1", "target.toml:2: accounts.main.x: unknown key"),
    ],
)
def test_problem_of_an_account_names_file_line_and_key(text: str, expected: str) -> None:
    """Whatever is wrong outside the symbols is told the same way."""
    assert problems(text)[0] == expected


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    """Three mistakes give three lines; a value over several lines does not shift the numbers after it."""
    text = '[accounts.main]\nx = [\n 1,\n]\ny = """\n[accounts.z]\n"""\n[accounts.main.symbols.A]\nleverage = "1"\n'

    assert [line.partition(": ")[0] for line in problems(text)] == ["target.toml:2", "target.toml:5", "target.toml:9"]


@pytest.mark.parametrize(
    ("text", "line"), [("[accounts.main]\nx = = 1\n", 2), ("[a]\nb = 1\nb = 2\n", 3), ("[accounts.main", 1)]
)
def test_text_that_is_not_toml_names_the_line(text: str, line: int) -> None:
    """A syntax error is told with its line and called what it is."""
    assert problems(text)[0].startswith(f"target.toml:{line}: not TOML: ")


def test_file_that_cannot_be_read_is_a_target_file_error(tmp_path: Path) -> None:
    """A missing file, a directory and bytes that are no text are told with the path."""
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")

    for path, words in ((tmp_path / "none.toml", "No such file"), (tmp_path, "directory"), (binary, "UTF-8")):
        with pytest.raises(TargetFileError, match=words) as caught:
            read_target(path)
        assert str(caught.value).startswith(str(path))


def test_mark_before_the_text_is_no_part_of_it(tmp_path: Path) -> None:
    """A UTF-8 byte order mark, as some editors write one, is taken."""
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbf[accounts.main.symbols.BTC]\nleverage = 5\n")

    assert read_target(path).accounts == ("main",)


def test_only_keeps_the_accounts_asked_for() -> None:
    """only() narrows a file to some accounts and names the nearest when there is none of a name."""
    file = parse_target(FULL)

    assert file.only(["other"]).accounts == ("other",)
    with pytest.raises(TargetFileError, match=r"accounts\.othr: no such account in this file; did you mean other\?"):
        file.only(["othr"])


def test_written_target_reads_back_as_it_was() -> None:
    """target_toml() writes what parse_target() reads: texts, enumerations, numbers, sides and odd names."""
    tables: dict[str, dict[str, Any]] = {
        "main": {
            "venue": "acme_perp",
            "position_mode": PositionMode.HEDGE,
            "symbols": {
                "BTCUSD": {"margin_type": "isolated", "leverage": Decimal("12.5")},
                "1000 cats": {"leverage": {"long": 3, "short": Decimal(4)}},
            },
        },
        "other": {"margin_type": "cross"},
    }
    written = parse_target(target_toml(tables)).target

    assert list(written.accounts) == ["main", "other"]
    assert written.accounts["main"].position_mode is PositionMode.HEDGE
    assert written.accounts["main"].symbols["BTCUSD"].leverage == LeverageTarget(Decimal("12.5"), Decimal("12.5"))
    assert written.accounts["main"].symbols["1000 cats"].leverage == LeverageTarget(Decimal(3), Decimal(4))
    assert written.accounts["other"].margin_type is MarginType.CROSS


def test_written_target_refuses_what_a_file_cannot_hold() -> None:
    """A float or a bool in the tables is a programming error, not a guess."""
    with pytest.raises(TypeError, match=r"cannot hold 2\.5"):
        target_toml({"main": {"symbols": {"BTCUSD": {"leverage": 2.5}}}})


CHECKED = [
    (
        "acme",
        'margin_type = "cross"',
        "accounts.main.margin_type: belongs to a symbol on acme_perp; write accounts.main.symbols.SYMBOL.margin_type",
    ),
    (
        "globex",
        'symbols.BTC.margin_type = "cross"',
        (
            "accounts.main.symbols.BTC.margin_type: belongs to the whole account on globex_inverse; "
            "write accounts.main.margin_type"
        ),
    ),
    (
        "globex",
        'asset_mode = "single"',
        "accounts.main.asset_mode: globex_inverse has no such setting: its plugin does not read it",
    ),
    (
        "acme",
        "symbols.BTC.leverage = { long = 3, short = 4 }",
        "accounts.main.symbols.BTC.leverage: acme_perp has one leverage for both sides; expected a number",
    ),
    (
        "acme",
        "symbols.BTC.leverage = 126",
        "accounts.main.symbols.BTC.leverage: 126 is above the highest leverage, 125, on acme_perp",
    ),
    (
        "acme",
        "symbols.BTC.leverage = 0.5",
        "accounts.main.symbols.BTC.leverage: 0.5 is below the least leverage, 1, on acme_perp",
    ),
    (
        "acme",
        "symbols.BTC.leverage = 2.5",
        "accounts.main.symbols.BTC.leverage: 2.5 is not a multiple of 1 on acme_perp",
    ),
    (
        "acme",
        'venue = "globex_inverse"',
        'accounts.main.venue: the accounts file has "acme_perp" for this account',
    ),
]


@pytest.mark.parametrize(("venue", "line", "expected"), CHECKED)
def test_check_refuses_what_the_venue_declares_impossible(
    fake: types.SimpleNamespace, venue: str, line: str, expected: str
) -> None:
    """A setting on the wrong level, out of range or missing on its venue is refused with its line, without a read."""
    file = parse_target(f"[accounts.main]\n{line}\n", "target.toml")

    with pytest.raises(TargetFileError) as caught:
        file.check({"main": getattr(fake, venue)()})

    assert str(caught.value) == f"target.toml:2: {expected}"


@pytest.mark.parametrize("table", ["margin_type", "symbols.BTC.margin_type"])
def test_check_refuses_a_margin_type_that_is_the_orders(fake: types.SimpleNamespace, table: str) -> None:
    """Where each order names its margin type, no target can set one, of a symbol or of the account."""
    acme = fake.acme()
    others = [value for value in acme.behaviours if not isinstance(value, MarginTypeBehaviour)]
    venue = attrs.evolve(acme, behaviours=(*others, MarginTypeBehaviour(MarginTypeScope.ORDER)))
    file = parse_target(f'[accounts.main]\n{table} = "cross"\n', "target.toml")

    with pytest.raises(TargetFileError, match="margin_type: belongs to each order on acme_perp and cannot be set"):
        file.check({"main": venue})


def test_check_gives_the_reason_of_a_setting_the_venue_cannot_read(fake: types.SimpleNamespace) -> None:
    """Where the declaration carries a reason, the file's error repeats it."""
    venue = attrs.evolve(fake.acme(), unsupported={AssetModeReader: "One asset backs everything."})
    file = parse_target('[accounts.main]\nasset_mode = "multi"\n', "target.toml")

    with pytest.raises(TargetFileError, match=r"target\.toml:2: .*no such setting: One asset backs everything\."):
        file.check({"main": venue})


def test_check_of_a_venue_without_settings_refuses_each_of_them(fake: types.SimpleNamespace) -> None:
    """A venue that neither reads nor declares any setting has one problem for each line of the file."""
    venue = attrs.evolve(fake.acme(), account=Account, behaviours=())
    text = '[accounts.main]\nposition_mode = "hedge"\nsymbols.BTC.margin_type = "cross"\nsymbols.BTC.leverage = 3\n'

    with pytest.raises(TargetFileError) as caught:
        parse_target(text, "t").check({"main": venue})

    why = "acme_perp has no such setting: its plugin does not read it"
    assert str(caught.value).splitlines() == [
        f"t:2: accounts.main.position_mode: {why}",
        f"t:3: accounts.main.symbols.BTC.margin_type: {why}",
        f"t:4: accounts.main.symbols.BTC.leverage: {why}",
    ]


def test_check_refuses_a_position_mode_that_is_the_symbols(fake: types.SimpleNamespace) -> None:
    """Where each symbol has its own, no target can set one of the account; without a declaration it fits."""
    of_symbols = PositionModeBehaviour(PositionModeScope.SYMBOL)
    file = parse_target('[accounts.main]\nposition_mode = "hedge"\n', "t")

    with pytest.raises(TargetFileError, match=r"t:2: .* belongs to each symbol on acme_perp and cannot be set for the"):
        file.check({"main": attrs.evolve(fake.acme(), behaviours=(of_symbols,))})
    assert file.check({"main": fake.globex()}) is file.target


def test_check_finds_settings_that_never_hold_together(fake: types.SimpleNamespace) -> None:
    """Pooled assets with an isolated symbol is one problem, told once, naming both lines and the venue's reason."""
    text = '[accounts.main]\nasset_mode = "multi"\n[accounts.main.symbols.BTC]\nmargin_type = "isolated"\n'

    with pytest.raises(TargetFileError) as caught:
        parse_target(text, "target.toml").check({"main": fake.acme()})

    [problem] = str(caught.value).splitlines()
    assert problem.startswith(
        "target.toml:4: accounts.main.symbols.BTC.margin_type: isolated cannot hold together with "
        "accounts.main.asset_mode = multi (line 2): "
    )


def test_check_wants_a_venue_for_every_account(fake: types.SimpleNamespace) -> None:
    """An account that nobody knows is refused with the nearest name that somebody does."""
    with pytest.raises(TargetFileError, match=r"t:1: accounts\.mian: no account has this name; did you mean main"):
        parse_target("[accounts.mian]\n", "t").check({"main": fake.acme()})


def test_check_lets_through_what_fits(fake: types.SimpleNamespace) -> None:
    """A file that fits its venues gives its target."""
    file = parse_target(FULL.replace("ETHUSD = { leverage = { long = 3, short = 4 } }\n", ""))

    assert file.check({"main": fake.acme(), "other": fake.globex()}) is file.target


def test_check_takes_sides_where_the_venue_sets_them_apart(fake: types.SimpleNamespace) -> None:
    """With SIDE in the scope each side may differ, and one alone may be named."""
    file = parse_target("[accounts.main.symbols.BTC]\nleverage = { long = 3 }\n")

    target = file.check({"main": fake.acme(sides=True)})

    assert target.accounts["main"].symbols["BTC"].leverage == LeverageTarget(Decimal(3), None)
