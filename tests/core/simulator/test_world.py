"""Worlds from files: what they say is simulated, and an error names file, key and expected value."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit.capabilities import BalanceReader
from venuekit.endpoint import EndpointName
from venuekit.errors import ConfigurationError
from venuekit.simulator import FieldError, Market, World, read_disturbances, read_world, simulate
from venuekit.testing import InstantClock

D = Decimal
VENUE = "toy_perp"
_WORLD = """
[prices]
TOY = 120

[markets.toy_perp.PINUSD]
tick = 0.5
step = "2"
mark = "41.5"

[markets.toy_perp.GEMUSD]
leverage = 5

[accounts.a]
USD = 1000

[accounts.b.toy_perp]
USD = "2500.50"

[[walk]]
base = "TOY"
every = 60
largest = "0.01"

[path]
venue = "toy_perp"
symbol = "PINUSD"
file = "pin.csv"

[funding]
rate = "0.0001"
every = 3600

[[disturb]]
kind = "drop"
route = "PUT /v1/leverage"
after = true
"""


@pytest.fixture
def world_file(tmp_path: Path) -> Path:
    """A world with everything in it, and the recorded path that it names."""
    (tmp_path / "pin.csv").write_text("time,price\n0,42\n60,43.26\n7200,39\n")
    file = tmp_path / "world.toml"
    file.write_text(_WORLD)
    return file


async def test_a_world_is_simulated(world_file: Path) -> None:
    """Prices, markets, accounts, movements and script are those of the file."""
    clock = InstantClock()
    async with simulate(VENUE, scenario="flat", clock=clock, world=read_world(world_file)) as sim:
        ledger = sim.ledger
        assert sim.accounts == ("1", "2", "a", "b")
        assert (ledger.mark("TOYUSD"), ledger.mark("PINUSD"), ledger.leverage("GEMUSD")) == (120, 42, 5)
        assert sim.ledger_of(VENUE, account="b").balance("USD").wallet == D("2500.5")
        (where,) = sim.script.waiting()
        assert where[1][:2] == ("PUT", "/v1/leverage")

        clock.waited += 7200
        assert sim.index_price("TOY") != 120
        assert [point.price for point in ledger.marks("PINUSD")] == [D("41.5"), 42, D("43.5"), 39]
        assert len(ledger.fundings("TOYUSD")) == 2
        async with venuekit.connect(VENUE, sim.credentials(VENUE, account="a")) as account:
            (balance,) = await BalanceReader.of(account).get_balances()
        assert balance.wallet == 1000


async def test_an_argument_goes_before_the_file(world_file: Path) -> None:
    """A price, an account or a venue's markets that are given as well are the given ones."""
    world = read_world(world_file)
    more: dict[str, Any] = {"prices": {"TOY": 130}, "accounts": {"a": {"USD": 7}}}
    sim = simulate(VENUE, world=world, clock=InstantClock(), **more)

    assert sim.ledger.mark("TOYUSD") == 130
    assert sim.ledger_of(VENUE, account="a").balance("USD").wallet == 7
    assert sim.ledger_of(VENUE, account="b").balance("USD").wallet == D("2500.5")


def test_a_world_of_a_program() -> None:
    """A world needs no file."""
    sim = simulate(VENUE, world=World(markets={VENUE: (Market("PINUSD", mark=3),)}))

    assert sim.ledger.mark("PINUSD") == 3


def without_line(error: Exception) -> str:
    """Return an error's text without the line behind the name of the file."""
    return re.sub(r"(world\.toml):\d+", r"\1", str(error), count=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[market.x]\n", "market: there is no such key; did you mean markets?"),
        (
            "[markets.toy_perp.PINUSD]\ntik = 1\n",
            "markets.toy_perp.PINUSD.tik: there is no such field; did you mean tick?",
        ),
        (
            '[markets.toy_perp.PINUSD]\ntick = 0.5\nmark = "41.3"\n',
            "markets.toy_perp.PINUSD.mark: expected a multiple of the tick 0.5, as 41.5, not 41.3",
        ),
        ("[markets.toy_perp.PINUSD]\nmark = 0\n", "markets.toy_perp.PINUSD.mark: expected a number above 0, not 0"),
        ("[markets.toy_perp.PINUSD]\nmark = -3\n", "markets.toy_perp.PINUSD.mark: expected a number above 0, not -3"),
        ("[markets.toy_perp.PINUSD]\nstep = 0\n", "markets.toy_perp.PINUSD.step: expected a number above 0, not 0"),
        ("[markets]\ntoy_perp = 1\n", "markets.toy_perp: expected a table, not 1"),
        ("[markets.toy_perp]\nPINUSD = 1\n", "markets.toy_perp.PINUSD: expected a table, not 1"),
        ("accounts = 1\n", "accounts: expected a table, not 1"),
        ("[[walk]]\nlargest = 2\nbase = 'TOY'\n", "walk[1].largest: expected a share between 0 and 1, not 2"),
        ("[[walk]]\nsymbol = 'TOYUSD'\n", "walk[1].symbol: expected either a base, or a venue and a symbol"),
        ("[path]\nbase = 'TOY'\n", "path.file: it is missing"),
        ("[funding]\nrate = 'x'\n", "funding.rate: expected a number in plain digits from -1 to 1, not 'x'"),
        ("[[disturb]]\nkind = 'dorp'\n", "disturb[1].kind: there is no 'dorp'; did you mean drop?"),
        ("[[disturb]]\nkind = 'drop'\nroute = 'toys'\n", "disturb[1].route: expected a verb and the documented path"),
        ("prices = [\n", "expected TOML; "),
        (f"a = {'[' * 5000}{']' * 5000}\n", "expected TOML; "),
        (f"a = {'9' * 5000}\n", "expected TOML; "),
        ("[prices]\nTOY = 1e99999999999999999999\n", "expected TOML; the number 1e99999999999999999999 is too large"),
        ("[markets.toy_perp.PINUSD]\nself = 1\n", "markets.toy_perp.PINUSD.self: there is no such field"),
        ("[markets.toy_perp.PINUSD]\nsymbol = 'A'\n", "markets.toy_perp.PINUSD.symbol: there is no such field"),
        (
            "[markets.toy_perp.PINUSD]\nmark = 1e80\n",
            "markets.toy_perp.PINUSD.mark: expected 0, or a number from 1e-18 to below 1e15, not '1E+80'",
        ),
        ("[funding]\nrate = 2\n", "funding.rate: expected a number in plain digits from -1 to 1, not 2"),
        ('[path]\nbase = "TOY"\nfile = "\\u0000"\n', "path.file: "),
        (
            "[[disturb]]\nkind = 'answer'\nroute = 'GET /toys'\nstatus = 200\nbody = { a = nan }\n",
            "disturb[1].body: expected a value that JSON can hold",
        ),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    """File, key and expected value are named before anything is simulated."""
    file = tmp_path / "world.toml"
    file.write_text(text)

    with pytest.raises(FieldError) as refused:
        read_world(file)
    assert without_line(refused.value).startswith(f"{file}: {words}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[markets.toy_perp.TOYUSD]\nmark = 100.05\n",
            "markets.toy_perp.TOYUSD.mark: expected a multiple of the tick 0.1",
        ),
        (
            "[markets.toy_prep.TOYUSD]\nmark = 100\n",
            "markets.toy_prep: expected the id of a simulated venue; did you mean",
        ),
        (
            "[markets.toy_perp.'PIN-EUR']\nmark = 1\n",
            "markets.toy_perp.PIN-EUR.symbol: expected a symbol such as PINUSD",
        ),
        ("[accounts.a]\nUSD = 0\n", "accounts.a.USD: expected a number above 0, not 0"),
        ("[accounts.a]\nEUR = 5\n", "accounts.a.EUR: no simulated venue has a wallet of it; there are USD"),
        (
            "[accounts.a.toy_prep]\nUSD = 5\n",
            "accounts.a.toy_prep: expected an amount, or the id of",
        ),
        ("[accounts.1]\nUSD = 5\n", "accounts.1: expected a name that is no number"),
        ("[prices]\nTOY = -1\n", "prices.TOY: expected a number above 0, not -1"),
        ("[prices]\nTOYS = 1\n", "prices.TOYS: no simulated venue has"),
        ("[[walk]]\nbase = 'TOYS'\n", "walk[1]: no simulated venue has a contract or collateral of 'TOYS'"),
        (
            "[[disturb]]\nkind = 'drop'\nroute = 'PUT /v1/leverag'\n",
            "disturb[1].route: no simulated venue has PUT /v1/l",
        ),
    ],
)
def test_a_world_that_does_not_suit_the_venues(tmp_path: Path, text: str, words: str) -> None:
    """What no venue has is found before anything listens, with file, key and expected value."""
    file = tmp_path / "world.toml"
    file.write_text(text)
    world = read_world(file)

    with pytest.raises(ConfigurationError) as refused:
        simulate(VENUE, world=world)
    assert without_line(refused.value).startswith(f"{file}: {words}")


def test_prices_that_the_scenario_cannot_open_at() -> None:
    """The scenario is named, with the refusal of the ledger."""
    with pytest.raises(
        ConfigurationError, match=r"the scenario 'holding' needs other prices .*: max_position_exceeded"
    ):
        simulate(VENUE, prices={"TOY": "1e8"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The file is named, with the reason."""
    with pytest.raises(FieldError, match=r"none.toml: expected a file of TOML; No such file"):
        read_world(tmp_path / "none.toml")


DISTURBANCES = """
# two losses, and chance for the rest
[[disturb]]
kind = "answer"
status = 503
route = "GET /v1/wallet"
attempt = 2

[disturb.headers]
Retry-After = "3"

[[disturb]]
kind = "actor"
command = "deposit"
with = { asset = "USD", amount = 5 }
route = "GET /v1/settings"

[random]
rate = 1
seed = 4
venue = "toy_perp"
route = "POST /v1/collateral"

[skew]
toy_perp = -1.5
"""


async def test_a_file_of_disturbances(tmp_path: Path) -> None:
    """It has disturbances alone, and a world may hold the same."""
    file = tmp_path / "disturb.toml"
    file.write_text(DISTURBANCES)
    read = read_disturbances(file)
    sim = simulate(VENUE, clock=InstantClock())
    read.play_in(sim)

    assert simulate(VENUE, world=read_world(file)).script.waiting().keys() == sim.script.waiting().keys()
    assert [len(steps) for steps in sim.script.waiting()[VENUE, EndpointName("GET", "/v1/wallet")]] == [0, 1]
    assert sim.script.by_chance is not None
    assert sim.script.by_chance(VENUE, EndpointName("GET", "/v1/wallet")) == ()
    assert len(sim.script.by_chance(VENUE, EndpointName("POST", "/v1/collateral"))) == 1
    assert sim.milliseconds() == InstantClock().milliseconds() - 1500


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"answer"', '"answr"', "4: disturb[1].kind: there is no 'answr'; did you mean answer?"),
        ("attempt = 2", "atempt = 2", "7: disturb[1].atempt: there is no such field; did you mean attempt?"),
        ('Retry-After = "3"', "Retry-After = 3", "9: disturb[1].headers: expected a table of texts"),
        ("amount = 5", "amnt = 5", "15: disturb[2].with.amnt: there is no such field; did you mean amount?"),
        ('command = "deposit"', "", "12: disturb[2].command: it is missing; expected one of mark"),
        ("GET /v1/settings", "GET /v1/setings", "16: disturb[2].route: no simulated venue has GET /v1/setings; the"),
        ('asset = "USD"', 'asset = "USD", account = "z"', "15: disturb[2].with.account: there is no account 'z'"),
        ('"toy_perp"', '"toy_prep"', "21: random.venue: 'toy_prep' is not simulated here; did you mean toy_perp?"),
        ("POST /v1/coll", "PUT /v1/coll", "22: random.route: the simulated toy_perp does not have PUT /v1/coll"),
        ("rate = 1", "rate = 3", "19: random.rate: expected a number in plain digits from 0 to 1, not 3"),
        ("[random]", "[prices]", "18: prices: there is no such key; there are disturb, random, skew"),
        ("toy_perp = -1.5", "toy_prep = 1", "25: skew.toy_prep: 'toy_prep' is not simulated here; did you mean toy"),
        ("toy_perp = -1.5", "toy_perp = 1e6", "25: skew.toy_perp: expected a number in plain digits from -86400 to"),
        ("toy_perp = -1.5", "toy_perp = 'x'", "25: skew.toy_perp: expected a number in plain digits from -86400 to"),
        ("[[disturb]]", "[[distrub]]", "3: distrub: there is no such key; did you mean disturb?"),
        ("[skew]", '["s kew"]', '24: "s kew": there is no such key; did you mean skew?'),
        ("[skew]\ntoy_perp = -1.5", "skew = 1", "24: random.skew: there is no such field"),
        ("rate = 1", "rate =", "19: expected TOML; Invalid value"),
    ],
)
def test_a_wrong_file_of_disturbances(tmp_path: Path, old: str, new: str, words: str) -> None:
    """File, line and key are named, with the nearest right word, before anything is served."""
    file = tmp_path / "disturb.toml"
    assert old in DISTURBANCES
    file.write_text(DISTURBANCES.replace(old, new))

    with pytest.raises(FieldError) as refused:
        read_disturbances(file).play_in(simulate(VENUE))
    assert str(refused.value).startswith(f"{file}:{words}")
