"""Settings for many symbols: defaults, groups and patterns are those of each symbol, the most specific one first."""

from __future__ import annotations

import asyncio
import fnmatch
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.settings.joint_toys import SCOPED_TOY, staged

from venuekit.capabilities import InstrumentReader, MarginType, Setting
from venuekit.errors import ConfigurationError, InvalidRequest, TargetFileError
from venuekit.settings import (
    AccountTarget,
    LeverageTarget,
    Plan,
    SymbolRule,
    SymbolTarget,
    apply,
    parse_target,
    plan,
    plan_exit_status,
    tables_of,
)
from venuekit.settings.rules import expand

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
FILE = """\
[accounts.main]
use = ["majors", "small"]

[accounts.main.defaults]
except = ["X*"]
margin_type = "isolated"
leverage = { at_most = 5 }

[accounts.main.symbols.BTCUSDT]
margin_type = "cross"

[groups.majors]
symbols = ["BTCUSDT", "ETHUSDT"]
leverage = 20

[groups.small]
symbols = ["*USDT", "DOGE*"]
leverage = 3
"""


def world_of(fake: Any, *symbols: str, **rows: Any) -> Any:
    world = fake.World()
    world.rows("acme_perp").update({symbol: fake.Row() for symbol in symbols} | rows)
    return world


def planned(fake: Any, world: Any, text: str, *, symbols: tuple[str, ...] = ()) -> Plan:
    """Return the plan of a file, checked against its venue, for one account."""
    account = fake.Acme(fake.acme(), world)
    target = parse_target(text, "target.toml").check({"main": account.venue})
    return asyncio.run(plan(target, {"main": account}, symbols=symbols))


def wanted(made: Plan) -> dict[str, str]:
    """Return the target of every step, by symbol and setting."""
    return {f"{step.symbol} {step.setting}": str(step.target) for step in made.steps}


def test_the_most_specific_rule_decides_each_setting(fake: Any) -> None:
    """The symbol's own table, then a group that names it, then a pattern of a group, then the defaults."""
    world = world_of(fake, "BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSD", "ADAUSD", "XRPUSD")
    made = planned(fake, world, FILE)

    assert wanted(made) == {
        "BTCUSDT margin_type": "cross",
        "BTCUSDT leverage": "20",
        "ETHUSDT margin_type": "isolated",
        "ETHUSDT leverage": "20",
        "SOLUSDT margin_type": "isolated",
        "SOLUSDT leverage": "3",
        "DOGEUSD margin_type": "isolated",
        "DOGEUSD leverage": "3",
        "ADAUSD margin_type": "isolated",
        "ADAUSD leverage": "5",
    }


def test_each_step_has_the_line_that_decided(fake: Any) -> None:
    """File and line of the key, also in rows and results; a target without a file has none."""
    world = world_of(fake, "BTCUSDT", "SOLUSDT", "ETHUSDT", "DOGE", "XRP")
    made = planned(fake, world, FILE)
    lines = {f"{step.symbol} {step.setting}": step.decided_by for step in made.steps}

    assert lines["BTCUSDT margin_type"] == "target.toml:10"
    assert lines["BTCUSDT leverage"] == "target.toml:14"
    assert lines["SOLUSDT margin_type"] == "target.toml:6"
    assert lines["SOLUSDT leverage"] == "target.toml:18"
    assert {row["decided_by"] for row in made.rows()} == set(lines.values())
    account = fake.Acme(fake.acme(), world)
    report = asyncio.run(apply(made, {"main": account}))
    assert {result.decided_by for result in report.results} == set(lines.values())
    bare = asyncio.run(plan(attrs.evolve(made.target, origin=None), {"main": account}))
    assert {step.decided_by for step in bare.steps} == {None}


def test_an_upper_bound_lowers_and_never_raises(fake: Any) -> None:
    """A lower leverage stays; each side counts for itself; and what is not known stays too."""
    text = "[accounts.main.defaults]\nleverage = { at_most = 5 }\n"
    world = world_of(fake, HIGH=fake.Row(long=D(20), short=D(20)), LOW=fake.Row(long=D(3), short=D(3)))
    made = planned(fake, world, text)
    assert [(step.symbol, str(step.target), step.status.value) for step in made.steps] == [
        ("HIGH", "5", "pending"),
        ("LOW", "3", "unchanged"),
    ]

    sides: Any = fake.Acme(fake.acme(sides=True), world_of(fake, BTC=fake.Row(long=D(20), short=D(2))))
    made = asyncio.run(plan(parse_target(text).target, {"main": sides}))
    assert [(step.side, str(step.target), step.status.value) for step in made.steps] == [
        ("long", "5", "pending"),
        ("short", "2", "unchanged"),
    ]

    unknown = world_of(fake, BTC=fake.Row(long=None, short=None))
    [step] = planned(fake, unknown, text).steps
    assert (step.status, step.reason) == ("refused", "its present leverage could not be read, and at_most raises none")


async def test_upper_bounds_of_margin_types_are_compared_with_their_own_leverages() -> None:
    """Each with that of its margin type, and one for both with that of the margin type that holds or is wanted."""
    async with staged(SCOPED_TOY, scenario="flat") as stage:
        await stage.account.set_leverage("GEMUSD", 3, side="long", margin_type=ISOLATED)

        async def find(text: str) -> list[tuple[Any, ...]]:
            target = parse_target(f"[accounts.main.symbols.GEMUSD]\n{text}\n").check({"main": SCOPED_TOY})
            steps = (await plan(target, {"main": stage.account})).steps
            return [(step.margin_type, step.side, step.target) for step in steps if step.setting == "leverage"]

        of_both = await find("leverage = { cross = 7, isolated = { at_most = 5 } }")
        assert of_both == [
            (CROSS, "long", D(7)),
            (CROSS, "short", D(7)),
            (ISOLATED, "long", D(3)),
            (ISOLATED, "short", D(5)),
        ]
        wanted = await find('margin_type = "isolated"\nleverage = { at_most = 5 }')
        assert wanted == [(ISOLATED, "long", D(3)), (ISOLATED, "short", D(5))]


def test_a_leverage_that_fell_after_the_plan_is_not_raised(fake: Any) -> None:
    """An upper bound is what was planned: a lower value that holds by then is a conflict."""
    world = world_of(fake, BTC=fake.Row(long=D(20), short=D(20)))
    made = planned(fake, world, "[accounts.main.defaults]\nleverage = { at_most = 5 }\n")
    world.rows("acme_perp")["BTC"] = fake.Row(long=D(3), short=D(3))

    report = asyncio.run(apply(made, {"main": fake.Acme(fake.acme(), world)}))

    assert [result.status.value for result in report.results] == ["conflict"]
    assert world.writes == []


def test_patterns_match_what_trades_and_names_what_is_listed(fake: Any) -> None:
    """A halted symbol is matched by its name alone, and one with a position by a rule about positions."""
    world = world_of(fake, "AUSD", "BUSD", "CUSD", DUSD=fake.Row(position=D(1)))
    world.halted = {"BUSD", "CUSD"}
    text = '[accounts.main]\nuse = ["g"]\n[groups.g]\nsymbols = ["*USD", "BUSD"]\nleverage = 10\n'
    assert [step.symbol for step in planned(fake, world, text).steps] == ["AUSD", "BUSD", "DUSD"]
    held = f"{text}held = true\n"
    assert [step.symbol for step in planned(fake, world, held).steps] == ["DUSD"]


def test_instruments_are_read_only_for_rules(fake: Any) -> None:
    """Once, and counted among the reads; a target that names its symbols reads none."""
    world = world_of(fake, "BTC")
    with_rules = planned(fake, world, "[accounts.main.defaults]\nleverage = 10\n")
    assert world.log.count("read acme_perp instruments") == 1
    world.log.clear()
    by_name = planned(fake, world, "[accounts.main.symbols.BTC]\nleverage = 10\n")
    assert "read acme_perp instruments" not in world.log
    assert [read.weight for read in (*with_rules.reads, *by_name.reads)] == [15, 15]


def test_names_and_patterns_that_match_nothing_are_told(fake: Any) -> None:
    """With their line and the nearest symbol, and nothing is applied; another account may match one."""
    group = '[groups.g]\nsymbols = ["BTCUSDT", "ETHUSTD"]\nexcept = ["*USDC"]\nleverage = 10\n'
    text = f'[accounts.main]\nuse = ["g"]\n{group}'
    world = world_of(fake, "BTCUSDT", "ETHUSDT")
    made = planned(fake, world, text)

    assert [str(one) for one in made.unmatched] == [
        "groups.g.symbols: 'ETHUSTD' matches no symbol that the venue lists; did you mean ETHUSDT?",
        "groups.g.except: '*USDC' matches no symbol that the venue lists",
    ]
    assert plan_exit_status(made) == 64
    account = fake.Acme(fake.acme(), world)
    with pytest.raises(TargetFileError, match="did you mean ETHUSDT"):
        asyncio.run(apply(made, {"main": account}))
    with pytest.raises(TargetFileError, match=r"target.toml:4: groups.g.symbols: 'ETHUSTD'"):
        parse_target(text, "target.toml").check_symbols(made.unmatched)

    other = fake.Acme(fake.acme(), world_of(fake, "ETHUSTD", "BTCUSDC"))
    other.world.key = "another"
    both = parse_target(text + '[accounts.other]\nuse = ["g"]\n').target
    assert asyncio.run(plan(both, {"main": account, "other": other})).unmatched == ()


def test_a_refused_symbol_gets_the_nearest_name(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error has the venue's words and the listed symbol that was perhaps meant."""
    read = fake.Acme.get_settings

    async def get_settings(self: Any, symbols: Any, **asked: Any) -> Any:
        for symbol in symbols:
            if symbol not in self.rows:
                raise InvalidRequest("no such symbol", venue="acme_perp", subject=symbol)
        return await read(self, symbols, **asked)

    monkeypatch.setattr(fake.Acme, "get_settings", get_settings)
    account = fake.Acme(fake.acme(), world_of(fake, "BTCUSDT"))
    target = parse_target("[accounts.main.symbols.BTCUSTD]\nleverage = 5\n").target
    [unknown] = asyncio.run(plan(target, {"main": account})).unknown
    assert unknown.reason == "acme_perp refuses this symbol: no such symbol; did you mean BTCUSDT?"
    account.refuses[InstrumentReader] = "Not here."
    [unknown] = asyncio.run(plan(target, {"main": account})).unknown
    assert unknown.reason == "acme_perp refuses this symbol: no such symbol"
    rule = parse_target("[accounts.main.defaults]\nleverage = 5\n").target
    [unread] = asyncio.run(plan(rule, {"main": account})).unreadable
    assert "Not here." in str(unread.error)


def test_a_plan_of_some_symbols(fake: Any) -> None:
    """It has their settings alone and none of the account; a pattern that matches none of the target is told."""
    text = f"{FILE}\n".replace("[accounts.main]\n", '[accounts.main]\nposition_mode = "hedge"\n', 1)
    world = world_of(fake, "BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGE", "XRP")
    made = planned(fake, world, text, symbols=("ETH*", "SOLUSDT"))
    assert {step.symbol for step in made.steps} == {"ETHUSDT", "SOLUSDT"}
    assert {step.setting for step in made.steps} == {Setting.MARGIN_TYPE, Setting.LEVERAGE}
    with pytest.raises(ConfigurationError, match="no symbol of the target matches 'ETHUSTD'; did you mean ETHUSDT"):
        planned(fake, world, text, symbols=("ETHUSTD",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('use = ["majros"]', "accounts.main.use: no group 'majros'; did you mean majors?"),
        ('use = "majors"', 'accounts.main.use: expected a list of texts, not "majors"'),
        ("defaults.leverge = 5", "accounts.main.defaults.leverge: unknown key; did you mean leverage?"),
        ('defaults.symbols = ["*"]', "accounts.main.defaults: sets nothing: write margin_type or leverage"),
        ("defaults = { symbols = [], leverage = 5 }", "accounts.main.defaults.symbols: names no symbols"),
        ('defaults = { leverage = 5, held = "yes" }', 'defaults.held: expected true or false, not "yes"'),
        (
            "defaults.leverage = { at_most = 5, long = 3 }",
            "defaults.leverage: at_most is for both sides: write it alone",
        ),
        ("defaults.leverage = { at_most = 0 }", "leverage.at_most: expected a number above 0, not 0"),
        ("defaults.leverage = { at_least = 5 }", "leverage.at_least: unknown key; did you mean at_most?"),
        ("[groups.g]\nleverage = 5", 'groups.g: names no symbols: write symbols = ["*USDT"]'),
        ("[gruops.g]\nleverage = 5", "gruops: unknown key; did you mean groups?"),
    ],
)
def test_mistakes_in_rules(text: str, message: str) -> None:
    """Each is told with its key, and what was perhaps meant."""
    groups = '[groups.majors]\nsymbols = ["BTC"]\nleverage = 5\n'
    with pytest.raises(TargetFileError) as told:
        parse_target(f"{groups}[accounts.main]\n{text}\n")
    assert message in str(told.value)


def test_rules_are_checked_against_the_declarations(fake: Any) -> None:
    """A leverage that no symbol can have, and a margin type where it is the account's, with the line of the rule."""
    text = '[accounts.main]\nuse = ["g"]\n[groups.g]\nsymbols = ["*"]\nleverage = 500\nmargin_type = "cross"\n'
    file = parse_target(text, "target.toml")
    with pytest.raises(TargetFileError, match=r"target.toml:5: groups.g.leverage: 500 is above the highest leverage"):
        file.check({"main": fake.acme()})
    with pytest.raises(
        TargetFileError, match=r"target.toml:6: groups.g.margin_type: .*write accounts.main.margin_type"
    ):
        file.check({"main": fake.globex()})
    assert [one.path for one in file.target.accounts["main"].rules] == [("groups", "g")]
    parse_target(text.replace("leverage = 500\n", "")).check({"main": fake.acme()})


def test_accounts_by_patterns() -> None:
    """The accounts of a file that match any, in its order; one that matches none is told with the nearest name."""
    file = parse_target(
        "".join(f"[accounts.{name}.symbols.BTC]\nleverage = 1\n" for name in ("desk1", "desk2", "main"))
    )
    assert file.only(["desk*"]).accounts == ("desk1", "desk2")
    assert file.only(["main", "desk1"]).accounts == ("desk1", "main")
    assert file.only(["desk*"]).target.origin is not None
    with pytest.raises(TargetFileError, match=r"accounts.mian: no such account in this file; did you mean main"):
        file.only(["mian"])


def test_rules_and_bounds_as_tables() -> None:
    """An upper bound is written as one; rules are written by hand, since they may be groups."""
    bound = SymbolTarget(leverage=LeverageTarget(D(5), D(5), at_most=True))
    assert tables_of(AccountTarget(symbols={"BTC": bound})) == {"symbols": {"BTC": {"leverage": {"at_most": D(5)}}}}
    with pytest.raises(ValueError, match="a target with rules has no table"):
        tables_of(AccountTarget(rules=(SymbolRule(("groups", "g"), bound),)))


NAMES = ("AA", "AB", "BA", "BB", "ABC")
TEXTS = st.sampled_from(["*", "A*", "*B", "?A", "AB*", "A[B", *NAMES])
ROWS = st.builds(
    SymbolTarget,
    margin_type=st.none() | st.sampled_from([CROSS, ISOLATED]),
    leverage=st.none() | st.integers(1, 9).map(lambda value: LeverageTarget(D(value), D(value))),
)


def rules(path: tuple[str, ...]) -> st.SearchStrategy[SymbolRule]:
    texts = st.lists(TEXTS, max_size=3).map(tuple)
    return st.builds(SymbolRule, st.just(path), ROWS, texts, texts.map(lambda some: some[:1]), st.booleans())


def value_of(row: SymbolTarget, setting: str) -> Any:
    return row.margin_type if setting == "margin_type" else row.leverage


def plainly(entry: AccountTarget, symbol: str, setting: str, listed: dict[str, bool], held: set[str]) -> Any:
    """Return a setting of a symbol, found the long way: every rule is tried in turn, and the best one is kept."""
    own = entry.symbols.get(symbol)
    if own is not None and value_of(own, setting) is not None:
        return value_of(own, setting)
    best: Any = None
    value = None
    for index, rule in enumerate(entry.rules):
        if value_of(rule.settings, setting) is None or (rule.held and symbol not in held):
            continue
        if [text for text in rule.excluded if fnmatch.fnmatchcase(symbol, text.replace("[", "[[]"))]:
            continue
        for text in rule.symbols:
            named = text == symbol
            if not named and not fnmatch.fnmatchcase(symbol, text.replace("[", "[[]")):
                continue
            if not rule.held and not (symbol in listed if named else listed.get(symbol)):
                continue
            letters = len([letter for letter in text if letter not in "*?"])
            rank = (rule.path[0] == "groups", named, letters, index)
            if best is None or rank > best:
                best, value = rank, value_of(rule.settings, setting)
    return value


@settings(max_examples=300, deadline=None)
@given(
    symbols=st.dictionaries(st.sampled_from(NAMES), ROWS),
    defaults=st.lists(rules(("accounts", "main", "defaults")), max_size=1),
    groups=st.lists(rules(("groups", "g")), max_size=3),
    listed=st.dictionaries(st.sampled_from(NAMES), st.booleans()),
    held=st.sets(st.sampled_from(NAMES)),
)
def test_rules_mean_what_a_plain_expansion_says(
    symbols: dict[str, SymbolTarget],
    defaults: list[SymbolRule],
    groups: list[SymbolRule],
    listed: dict[str, bool],
    held: set[str],
) -> None:
    """For every symbol and setting, whatever the rules, the listing and the positions are."""
    entry = AccountTarget(symbols=symbols, rules=(*defaults, *groups))
    rows = expand(entry, listed, held).symbols

    for symbol in NAMES:
        for setting in ("margin_type", "leverage"):
            expected = plainly(entry, symbol, setting, listed, held)
            assert value_of(rows.get(symbol, SymbolTarget()), setting) == expected, (symbol, setting)
