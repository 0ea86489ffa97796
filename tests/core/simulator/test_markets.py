"""Markets of one's own: further contracts, and changed ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import InstrumentReader
from venuekit.errors import ConfigurationError
from venuekit.simulator import FieldError, Market, Simulation, simulate
from venuekit_toy_perp import TOY_PERP

D = Decimal
VENUE = "toy_perp"


def _mate(**changes: Any) -> Any:
    return attrs.evolve(TOY_PERP, **{"id": "toy_mate", "realm": TOY_PERP.realm, **changes})


async def test_a_further_market_is_listed_and_can_be_held() -> None:
    """The venue's public list has the contract with the given steps, and a position in it has the given mark."""
    async with simulate(VENUE, markets=[Market("PINUSD", tick="0.5", step="2", mark="41.5")]) as sim:
        async with venuekit.connect(VENUE, sim.credentials(VENUE)) as account:
            listed = {one.symbol: one for one in await InstrumentReader.of(account).get_instruments()}

        assert list(listed) == ["TOYUSD", "GEMUSD", "PINUSD"]
        assert (listed["PINUSD"].price_tick, listed["PINUSD"].quantity_step) == (D("0.5"), D(2))
        assert sim.ledger.mark("PINUSD") == D("41.5")
        assert sim.ledger.contract("PINUSD").min_quantity == 2


async def test_a_known_symbol_changes_the_given_fields_alone() -> None:
    """A market with a listed symbol replaces fields of it; without a mark it keeps its own, on the new tick."""
    async with simulate(VENUE) as usual, simulate(VENUE, markets=[Market("TOYUSD", tick=3, taker_fee=0)]) as sim:
        before, after = usual.ledger.contract("TOYUSD"), sim.ledger.contract("TOYUSD")

        assert (after.price_tick, after.mark, after.taker_fee) == (D(3), D(99), D(0))
        assert attrs.evolve(after, price_tick=before.price_tick, mark=before.mark, taker_fee=before.taker_fee) == before
        assert sim.ledger.contract("GEMUSD") == usual.ledger.contract("GEMUSD")


async def test_versions_of_one_venue_list_the_same_markets() -> None:
    """Venues of one realm that list the same contracts do so afterwards, too; a stranger to the realm does not."""
    stranger = _mate(id="toy_stranger", realm="elsewhere")
    markets = [Market("PINUSD", mark=5), Market("GEMUSD", mark=21)]
    async with Simulation((TOY_PERP, _mate(), stranger), markets={VENUE: markets}) as sim:
        assert sim.symbols(VENUE) == sim.symbols("toy_mate") == ("TOYUSD", "GEMUSD", "PINUSD")
        assert sim.symbols("toy_stranger") == ("TOYUSD", "GEMUSD")
        assert sim.ledger_of(VENUE).mark("GEMUSD") == 21
        assert sim.ledger_of("toy_stranger").mark("GEMUSD") == 20


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"colour": 1}, "colour: there is no such field"),
        ({"tik": 1}, "tik: there is no such field; did you mean tick?"),
        ({"mark": "12.3", "tick": "0.5"}, "mark: expected a multiple of the tick 0.5, as 12.5, not 12.3"),
        ({"mark": 0}, "mark: expected a number above 0, not 0"),
        ({"mark": "-3"}, "mark: expected a number above 0, not -3"),
        ({"mark": "high"}, "mark: expected a number in plain digits, not 'high'"),
        ({"tick": 0}, "tick: expected a number above 0"),
        ({"step": "-0.1"}, "step: expected a number above 0"),
    ],
)
def test_a_field_that_cannot_be_used(fields: dict[str, Any], words: str) -> None:
    """An unknown field and a wrong number are refused where they are written, with the expected value."""
    with pytest.raises(FieldError) as refused:
        Market("TOYUSD", **fields)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("market", "words"),
    [
        (Market("TOYUSD", mark="100.05"), "TOYUSD.mark: expected a multiple of the tick 0.1"),
        (Market("TOYUSD", step=2, min_quantity=3), "TOYUSD.min_quantity: expected a multiple of the step 2"),
        (Market("TOYUSD", max_quantity="0.5"), "TOYUSD.max_quantity: expected at least the smallest quantity 1"),
        (Market("TOYUSD", leverage=51), "TOYUSD.leverage: expected a leverage from 1 to 50, in steps of 1, not 51"),
        (Market("PIN-EUR", mark=1), "PIN-EUR.symbol: expected a symbol such as PINUSD, not 'PIN-EUR'"),
        (Market("PINUSD"), "PINUSD.mark: it is missing; expected a price, since PIN has no index price"),
    ],
)
def test_a_market_that_does_not_suit_the_venue(market: Market, words: str) -> None:
    """Venue, symbol and field are named, and the expected value."""
    with pytest.raises(FieldError) as refused:
        simulate(VENUE, markets=[market])
    assert f"markets.{VENUE}.{words}" in str(refused.value)


def test_a_price_in_place_of_a_mark() -> None:
    """A further market may begin at the index price that the simulation is given."""
    sim = simulate(VENUE, markets=[Market("PINUSD")], prices={"PIN": "7.5"})

    assert sim.ledger.mark("PINUSD") == sim.index_price("PIN") == D("7.5")


def test_a_venue_that_makes_no_contracts() -> None:
    """A venue without further contracts lists changes of its own ones, and says so about another symbol."""
    sim = simulate("toy_chain", markets=[Market("SUN-USD", mark=120)])
    assert sim.ledger.mark("SUN-USD") == 120

    with pytest.raises(ConfigurationError, match=r"toy_chain.PIN-USD.symbol: .*makes no further contracts"):
        simulate("toy_chain", markets=[Market("PIN-USD", mark=1)])


def test_markets_name_their_venue() -> None:
    """Of several venues a market needs the id, of one that is simulated, and each symbol is given once."""
    with pytest.raises(FieldError, match="by the id of their venue"):
        simulate(VENUE, "toy_chain", markets=[Market("PINUSD", mark=1)])
    with pytest.raises(FieldError, match=r"markets.toy_prep: .*did you mean toy_perp"):
        simulate(VENUE, markets={"toy_prep": [Market("PINUSD", mark=1)]})
    with pytest.raises(FieldError, match=r"PINUSD: expected one market for each symbol"):
        simulate(VENUE, markets=[Market("PINUSD", mark=1), Market("PINUSD", mark=2)])


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"TOY": 0}, "prices.TOY: expected a number above 0"),
        ({"TOY": "much"}, "prices.TOY: expected a number in plain digits"),
        ({"TOYS": 1}, "prices.TOYS: no simulated venue has a contract or collateral of TOYS; did you mean TOY?"),
    ],
)
def test_a_price_that_cannot_be_used(prices: dict[str, Any], words: str) -> None:
    """A price of nothing, and a price that is none, are refused."""
    with pytest.raises(FieldError) as refused:
        simulate(VENUE, prices=prices)
    assert words in str(refused.value)
