"""One market for all accounts: marks, index prices and funding reach every ledger of a realm."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import BalanceReader, IncomeKind
from venuekit.simulator import FieldError, Lag, Market, Simulation, simulate
from venuekit.simulator.ledger import LedgerOrderRequest, Reason, Refused, Side
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.simulated import SimulatedToy

D = Decimal
VENUE = "toy_perp"
MONEY: dict[str, Any] = {"a": {"USD": 1_000}, "b": {"USD": 50_000}}


async def test_a_mark_reaches_every_account() -> None:
    """It moves for accounts that are open, and is there for one that is opened later."""
    async with simulate(VENUE, accounts=MONEY) as sim:
        open_before = sim.ledger_of(VENUE, account="a")
        sim.set_mark(VENUE, "GEMUSD", "25.5")

        assert open_before.mark("GEMUSD") == sim.ledger.mark("GEMUSD") == D("25.5")
        assert sim.ledger_of(VENUE, account="b").mark("GEMUSD") == D("25.5")
        assert sim.ledger_of(VENUE, account="7").mark("GEMUSD") == D("25.5")


async def test_a_ledger_cannot_have_a_mark_of_its_own() -> None:
    """Whichever account moves a mark, directly or as another actor within a request, all see it."""
    async with simulate(VENUE, accounts=MONEY) as sim:
        one, other = (sim.ledger_of(VENUE, account=name) for name in MONEY)
        one.set_mark("GEMUSD", D(31))
        assert other.mark("GEMUSD") == sim.ledger.mark("GEMUSD") == 31

        other.set_index_price("USD", D("0.99"))
        assert one.balance("USD").index_price == sim.ledger.balance("USD").index_price == D("0.99")
        assert sim.ledger_of(VENUE, account="7").balance("USD").index_price == D("0.99")

        with pytest.raises(Refused) as refused:
            one.set_mark("GEMUSD", D(0))
        assert refused.value.refusal.reason is Reason.PRICE_NOT_POSITIVE
        assert other.mark("GEMUSD") == 31


async def test_a_mark_fills_and_liquidates_everywhere() -> None:
    """One move fills the waiting order of one account and liquidates another account's position."""
    async with simulate(VENUE, accounts=MONEY) as sim:
        one, other = (sim.ledger_of(VENUE, account=name) for name in MONEY)
        one.fill("GEMUSD", Side.BUY, D(400), D(20))  # worth 8,000 with 1,000 of money
        order = other.place(LedgerOrderRequest(symbol="GEMUSD", side=Side.BUY, quantity=D(5), price=D(18)))
        sim.set_mark(VENUE, "GEMUSD", 17)

        assert one.position("GEMUSD").quantity == 0
        assert other.order(order.id).filled == 5
        assert sim.ledger.position("GEMUSD").quantity == 0


async def test_an_index_price_moves_every_contract_of_its_base() -> None:
    """Contracts keep their premium over it, at every venue, and other bases stay."""
    twin = attrs.evolve(TOY_PERP, id="toy_twin", realm="toy_twin")
    markets = {"toy_twin": [Market("TOYUSD", mark=110)]}
    async with Simulation((TOY_PERP, twin), markets=markets) as sim:
        assert sim.index_price("TOY") == 100
        sim.set_index("TOY", 200)
        assert (sim.ledger_of(VENUE).mark("TOYUSD"), sim.ledger_of("toy_twin").mark("TOYUSD")) == (200, 220)
        assert sim.ledger_of("toy_twin").index("TOYUSD") == 200

        sim.set_mark("toy_twin", "TOYUSD", 180)  # a discount from now on
        sim.set_index("TOY", 50)
        assert (sim.ledger_of(VENUE).mark("TOYUSD"), sim.ledger_of("toy_twin").mark("TOYUSD")) == (50, 45)
        assert sim.ledger_of(VENUE).mark("GEMUSD") == 20


async def test_prices_from_the_start() -> None:
    """A simulation that is given index prices begins there, and so does each account that is opened."""
    async with simulate(VENUE, prices={"TOY": "123.45"}, accounts=MONEY) as sim:
        assert sim.ledger.mark("TOYUSD") == sim.ledger_of(VENUE, account="a").mark("TOYUSD") == D("123.4")
        assert sim.ledger.index("TOYUSD") == D("123.45")
        assert sim.ledger.marks("TOYUSD")[0].price == D("123.4")


async def test_funding_reaches_every_account() -> None:
    """Each account with a position pays or receives, the others do not, and the rows are returned by account."""
    async with simulate(VENUE, accounts=MONEY) as sim:
        one, other = (sim.ledger_of(VENUE, account=name) for name in MONEY)
        one.fill("GEMUSD", Side.BUY, D(100), D(20))
        other.fill("GEMUSD", Side.SELL, D(50), D(20))
        paid = sim.fund(VENUE, "GEMUSD", "0.001")

        assert {name: [row.amount for row in rows] for name, rows in paid.items()} == {
            "1": [],
            "2": [],
            "a": [-2],
            "b": [1],
        }
        assert [row.amount for row in one.incomes() if row.kind is IncomeKind.FUNDING] == [-2]
        assert sim.ledger.fundings("GEMUSD")[0].rate == D("0.001")


async def test_a_lagging_read_shows_the_account_of_its_caller() -> None:
    """A read that lags is answered from the caller's own account as it was, also of an account with a name."""
    async with simulate(VENUE, accounts=MONEY) as sim:
        async with venuekit.connect(VENUE, sim.credentials(VENUE, account="a")) as account:
            balances = BalanceReader.of(account)
            sim.disturb(VENUE, ("GET", "/v1/wallet"), Lag())
            sim.ledger_of(VENUE, account="a").deposit("USD", D(5))
            lagging, present = await balances.get_balances(), await balances.get_balances()

        assert ([row.wallet for row in lagging], [row.wallet for row in present]) == ([1000], [1005])


@pytest.mark.parametrize(
    ("symbol", "price", "error", "words"),
    [
        ("GEMUSD", "20.05", FieldError, "price: expected a multiple of the tick 0.1"),
        ("GEMUSD", 0, FieldError, "price: expected a number above 0"),
        ("GEMUSD", "NaN", FieldError, "price: expected a number in plain digits"),
        ("PINUSD", 1, LookupError, "toy_perp does not trade 'PINUSD'; it trades TOYUSD, GEMUSD"),
    ],
)
async def test_a_mark_that_cannot_be(symbol: str, price: Any, error: type[Exception], words: str) -> None:
    """A wrong price and an unknown symbol change nothing."""
    async with simulate(VENUE) as sim:
        with pytest.raises(error) as refused:
            sim.set_mark(VENUE, symbol, price)
        assert words in str(refused.value)
        assert sim.ledger.mark("GEMUSD") == 20


async def test_an_index_price_that_cannot_be() -> None:
    """A base that no venue has, and a price that is none, change nothing."""
    async with simulate(VENUE) as sim:
        with pytest.raises(LookupError, match="of 'TOYS'; did you mean TOY"):
            sim.set_index("TOYS", 1)
        with pytest.raises(FieldError, match="expected a number above 0"):
            sim.set_index("TOY", -1)
        with pytest.raises(LookupError, match="of 'PIN'"):
            sim.index_price("PIN")
        assert sim.index_price("TOY") == 100


def test_money_comes_in_the_order_of_the_wallets() -> None:
    """An account with many wallets of one asset has the same rows with the same ids in every process."""
    listed = SimulatedToy.contracts
    purses = [letter * 2 for letter in "qwertyuiop"]

    class Many(SimulatedToy):
        contracts = (*listed, *(attrs.evolve(listed[0], symbol=f"{purse.upper()}USD", purse=purse) for purse in purses))

    sim = Simulation([attrs.evolve(TOY_PERP, simulated=Many)], accounts={"a": {"USD": 5}})

    rows = sim.ledger_of(VENUE, account="a").incomes()
    assert [(row.id, row.purse) for row in rows] == [
        (str(number), purse) for number, purse in enumerate(["", *purses], start=1)
    ]
