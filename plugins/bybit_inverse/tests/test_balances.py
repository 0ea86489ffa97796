"""Balances: documented body, and what can be told in which margin mode."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qs

import attrs
import pytest

import venuekit
from venuekit import Credentials, Runtime
from venuekit.capabilities import Balance, MarginType
from venuekit.errors import AccountClosed, UnsupportedCapability
from venuekit.plugin import EnvironmentName
from venuekit.simulator import CannedAnswer, Simulation
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.balances import read_withdrawable
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
PATH = BYBIT.TRANSFERABLE.path


async def test_documented_balance(account: BybitInverseAccount, replay: Callable[..., None]) -> None:
    """Every field of the documented coin reaches the balance; what the venue does not say is None."""
    replay("get_v5_account_info", "get_v5_account_wallet_balance", "get_v5_account_withdrawal")
    (balance,) = await account.get_balances()
    assert balance == Balance(
        asset="BTC",
        wallet=D(0),
        cross_wallet=None,
        cross_unrealized_pnl=None,
        unrealized_pnl=D(0),
        equity=D(0),
        available=D(0),
        withdrawable=D("4.54549050"),
        position_initial_margin=D(0),
        open_order_initial_margin=D(0),
        initial_margin=D(0),
        maintenance_margin=D(0),
        borrowed=D(0),
        accrued_interest=D(0),
        locked=D(0),
        bonus=D(0),
        is_collateral=True,
        usd_value=D(0),
        account_alias=None,
        updated_at=None,
        as_of=balance.as_of,
        received_at=balance.received_at,
    )
    assert balance.raw is not None
    assert balance.raw["spotHedgingQty"] == "0.01592413"


async def test_available_is_known_in_isolated_mode(account: BybitInverseAccount) -> None:
    """In isolated mode a coin's free part is what is no margin, not locked and no bonus."""
    balances = {balance.asset: balance for balance in await account.get_balances()}
    assert set(balances) == {"BTC", "ETH", "USDT"}
    btc = balances["BTC"]
    assert btc.wallet is not None
    assert btc.initial_margin is not None
    assert btc.initial_margin > 0
    assert btc.available == btc.wallet - btc.initial_margin


async def test_available_is_not_told_in_cross_mode(account: BybitInverseAccount) -> None:
    """In cross mode all coins back all positions, so no coin has a free part of its own."""
    await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert {balance.available for balance in await account.get_balances()} == {None}


async def test_one_asset(account: BybitInverseAccount) -> None:
    """A coin by name, also with nothing in it; one that the venue does not list gives nothing."""
    assert [balance.asset for balance in await account.get_balances(asset="ETH")] == ["ETH"]
    assert await account.get_balances(asset="NOPE") == ()
    assert await account.get_balances(asset="BTC,ETH") == ()


async def test_withdrawable_is_that_of_the_ledger(
    account: BybitInverseAccount, sim: Simulation, arrivals: Callable[[str], list[str]]
) -> None:
    """One request names all coins of the wallet; the account as a whole has the same amounts."""
    expected = {name: sim.ledger.balance(name).withdrawable for name in ("BTC", "ETH", "USDT")}
    told = {balance.asset: balance.withdrawable for balance in await account.get_balances()}
    assert told == expected
    assert sorted(parse_qs(arrivals(PATH)[0])["coinName"][0].split(",")) == sorted(expected)
    assert {balance.asset: balance.withdrawable for balance in (await account.get_account()).balances} == expected
    assert len(arrivals(PATH)) == 2


async def test_a_wallet_of_many_coins_is_asked_for_in_parts(
    account: BybitInverseAccount, sim: Simulation, arrivals: Callable[[str], list[str]]
) -> None:
    """A request names at most twenty coins; a coin whose amount is empty or not told has none."""
    names = [f"C{number}" for number in range(41)]
    wallet = {"list": [{"coin": [{"coin": name, "walletBalance": "1"} for name in names]}]}
    sim.disturb("bybit_inverse", BYBIT.WALLET_BALANCE, CannedAnswer.json(200, {"retCode": 0, "result": wallet}))
    amounts = dict.fromkeys(names[2:], "0.5") | {names[1]: ""}
    answer = {"availableWithdrawal": "", "availableWithdrawalMap": amounts}
    sim.disturb("bybit_inverse", BYBIT.TRANSFERABLE, CannedAnswer.json(200, {"retCode": 0, "result": answer}), times=3)
    balances = await account.get_balances()
    assert [balance.withdrawable for balance in balances] == [None, None, *[D("0.5")] * 39]
    asked = [parse_qs(query)["coinName"][0].split(",") for query in arrivals(PATH)]
    assert sorted(map(len, asked)) == [1, 20, 20]
    assert {name for several in asked for name in several} == set(names)


async def test_an_empty_wallet_asks_for_no_amounts(
    account: BybitInverseAccount, sim: Simulation, arrivals: Callable[[str], list[str]]
) -> None:
    """There is no coin to name."""
    wallet: dict[str, object] = {"list": [{"coin": []}]}
    sim.disturb("bybit_inverse", BYBIT.WALLET_BALANCE, CannedAnswer.json(200, {"retCode": 0, "result": wallet}))
    assert await account.get_balances() == ()
    assert arrivals(PATH) == []


@pytest.mark.parametrize(
    "disturbance",
    [
        CannedAnswer.json(200, {"retCode": 10005, "retMsg": "Permission denied", "result": {}}),
        CannedAnswer.json(200, {"retCode": 0, "retMsg": "OK", "result": {"availableWithdrawalMap": {"BTC": "much"}}}),
        CannedAnswer(404, b""),
    ],
)
async def test_balances_do_without_amounts_that_cannot_be_read(
    account: BybitInverseAccount, sim: Simulation, disturbance: CannedAnswer
) -> None:
    """All else is told, the amounts are None, and a warning has the venue's words."""
    sim.disturb("bybit_inverse", BYBIT.TRANSFERABLE, disturbance, times=10)
    with pytest.warns(UserWarning, match=r"the withdrawable amount of coins is missing: bybit_inverse: "):
        balances = await account.get_balances()
    assert {balance.asset: balance.withdrawable for balance in balances} == dict.fromkeys(("BTC", "ETH", "USDT"))
    assert all(balance.wallet for balance in balances)


async def test_demo_is_not_asked_for_amounts(sim: Simulation, arrivals: Callable[[str], list[str]]) -> None:
    """Its balances have none; a call of the endpoint itself is refused with the reason."""
    demo = attrs.evolve(BYBIT_INVERSE.environment("demo"), rest=sim.rest("bybit_inverse"))
    venue = attrs.evolve(BYBIT_INVERSE, environments=(demo,))
    async with Runtime(journal=False) as runtime:
        account = await runtime.open(venue, Credentials(sim.key, sim.secret, EnvironmentName.DEMO))
        assert {balance.withdrawable for balance in await account.get_balances()} == {None}
        assert {balance.withdrawable for balance in (await account.get_account()).balances} == {None}
        with pytest.raises(UnsupportedCapability, match="demo service does not have this endpoint"):
            await account.call(BYBIT.TRANSFERABLE, coinName="BTC")
    assert arrivals(PATH) == []


async def test_an_account_that_is_closed_between_the_reads_says_so(sim: Simulation) -> None:
    """It has no balances without amounts."""
    async with venuekit.connect("bybit_inverse", sim.credentials("bybit_inverse")) as closed:
        wallet = await closed.answer_rows(BYBIT.WALLET_BALANCE, accountType="UNIFIED")
    with pytest.raises(AccountClosed):
        await read_withdrawable(closed, wallet)


@pytest.mark.parametrize("missing", ["totalPositionIM", "totalOrderIM", "locked", "bonus", "walletBalance"])
async def test_nothing_is_derived_from_what_is_not_there(
    account: BybitInverseAccount, sim: Simulation, missing: str
) -> None:
    """A field that is empty leaves what would follow from it unsaid."""
    coin = {
        "coin": "BTC",
        "walletBalance": "9",
        "totalPositionIM": "1",
        "totalOrderIM": "1",
        "locked": "1",
        "bonus": "1",
    }
    body = {"retCode": 0, "retMsg": "OK", "result": {"list": [{"coin": [coin | {missing: ""}]}]}}
    sim.disturb("bybit_inverse", BYBIT.WALLET_BALANCE, CannedAnswer.json(200, body))
    (balance,) = await account.get_balances()
    assert balance.available is None
    assert balance.initial_margin == (None if missing.startswith("total") else D(2))
    assert (balance.is_collateral, balance.usd_value) == (None, None)
