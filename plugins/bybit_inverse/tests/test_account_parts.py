"""Position margin, fees, key, deleveraging ranks, and the modes that the venue no longer has."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import venuekit
from venuekit.capabilities import (
    AdlQuantile,
    ApiKey,
    CommissionRate,
    Identity,
    MarginChange,
    MarginChangeReader,
    MarginType,
    PositionSide,
    RiskLimitControl,
    TpSlMode,
    TpSlModeSetting,
)
from venuekit.endpoint import Change
from venuekit.errors import (
    InvalidArgument,
    InvalidRequest,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    Rejected,
    UnsupportedCapability,
)
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.settings import RiskRow

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


# -- margin


async def test_margin_is_a_signed_amount(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """Adding sends it as it is, reducing with a minus; the position's margin moves by as much."""
    before = sim.ledger.position("BTCUSD").position_initial_margin
    added = await account.add_margin("BTCUSD", D("0.5"))
    assert added == MarginChange("BTCUSD", PositionSide.BOTH, "BTC", D("0.5"), time=added.time)
    assert added.time is not None
    assert json.loads(arrivals(BYBIT.ADD_MARGIN.path)[0]) == {
        "category": "inverse",
        "symbol": "BTCUSD",
        "margin": "0.5",
    }
    assert sim.ledger.position("BTCUSD").position_initial_margin == before + D("0.5")
    taken = await account.reduce_margin("BTCUSD", D("0.2000"), side=PositionSide.BOTH)
    assert taken.amount == D("-0.2")
    assert json.loads(arrivals(BYBIT.ADD_MARGIN.path)[1])["margin"] == "-0.2000"
    assert [change.amount for change in sim.ledger.margin_changes()] == [D("0.5"), D("-0.2")]


async def test_recorded_margin(account: BybitInverseAccount, replay: Replay) -> None:
    """The documented answer carries the position and its time."""
    replay("post_v5_position_add_margin", BTCUSD="ETHUSD")
    added = await account.add_margin("ETHUSD", D("0.01"))
    assert added == MarginChange("ETHUSD", PositionSide.BOTH, "ETH", D("0.01"), from_milliseconds(1684234363788))


@pytest.mark.parametrize("amount", [D(0), D(-1), D("0.00001"), D("NaN"), D("Infinity"), 0.5, "1", True, None], ids=str)
async def test_impossible_amounts_are_not_sent(account: BybitInverseAccount, sim: Simulation, amount: Any) -> None:
    """Not positive, more than four decimals, or no number of ours."""
    sent = len(sim.requests)
    for move in (account.add_margin, account.reduce_margin):
        with pytest.raises(InvalidArgument, match="at most 4 decimals"):
            await move("BTCUSD", amount)
    assert len(sim.requests) == sent


async def test_margin_has_no_side(account: BybitInverseAccount, sim: Simulation) -> None:
    """Positions are one-way."""
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="one-way mode has no side long"):
        await account.add_margin("BTCUSD", D(1), side=PositionSide.LONG)
    assert len(sim.requests) == sent


async def test_refused_margin(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """Flat, more than there is, more than was added, cross: each in the venue's words, with nothing changed."""
    before = sim.ledger.snapshot()
    with pytest.raises(Rejected, match="without an open position") as flat:
        await account.add_margin("ETHUSD", D(1))
    with pytest.raises(Rejected, match="insufficient") as poor:
        await account.add_margin("BTCUSD", D(1000))
    with pytest.raises(Rejected, match="more than max can reduce") as bound:
        await account.reduce_margin("BTCUSD", D(1))
    replay("post_v5_position_add_margin_110015")
    with pytest.raises(Rejected, match="cross margin mode") as crossed:
        await account.add_margin("BTCUSD", D(1))
    assert sim.ledger.snapshot() == before
    sim.ledger.set_margin_type(MarginType.CROSS)
    with pytest.raises(Rejected, match="cross margin mode") as really:
        await account.add_margin("BTCUSD", D(1))
    caught = [one.value for one in (flat, poor, bound, crossed, really)]
    assert [one.code for one in caught] == [110033, 110014, 110078, 110015, 110015]
    assert {one.outcome for one in caught} == {Outcome.NOT_APPLIED}


async def test_margin_of_an_unknown_symbol(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """It has no settle coin, so nothing is sent."""
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.add_margin("NOPE", D(1))
    assert arrivals(BYBIT.ADD_MARGIN.path) == []


# -- fees, key, ranks


async def test_commission(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """The recorded rates, those of the simulated contract, and a symbol that the venue leaves out."""
    replay("get_v5_account_fee_rate")
    recorded = await account.get_commission_rate("BTCUSD")
    assert recorded == CommissionRate("BTCUSD", maker=D("0.0002"), taker=D("0.00055"), rpi=None)
    contract = sim.ledger.contract("ETHUSD")
    told = await account.get_commission_rate("ETHUSD")
    assert (told.maker, told.taker) == (contract.maker_fee, contract.taker_fee)
    sim.disturb(VENUE, BYBIT.FEE_RATE, CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}}))
    with pytest.raises(InvalidRequest, match="no such contract"):
        await account.get_commission_rate("ETHUSD")
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.get_commission_rate("NOPE")


async def test_recorded_key(account: BybitInverseAccount, replay: Replay) -> None:
    """Every field; a key that is bound to addresses does not expire, and the key itself is not kept."""
    replay("get_v5_user_query_api")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        key = await account.get_api_key()
    assert key == ApiKey(
        permissions=frozenset(
            {
                *("ContractTrade.Order", "ContractTrade.Position", "Spot.SpotTrade"),
                *("Wallet.AccountTransfer", "Wallet.SubMemberTransfer", "Derivatives.DerivativesTrade"),
                *("Exchange.ExchangeHistory", "Earn.Earn", "FiatP2P.FiatP2POrder", "FiatP2P.Advertising"),
                *("FiatConvertBroker.FiatConvertBrokerOrder", "FiatBitPay.FaitPayOrder", "BitCard.BitCard"),
                "ByXPost.ByXPost",
            }
        ),
        read_only=True,
        ips=("18.181.170.164", "13.212.45.47", "13.212.45.48"),
        expires_at=None,
        is_master=True,
        may_withdraw=False,
    )
    assert "madeUpKey00000001" not in repr(key)


async def test_key_that_may_withdraw_is_warned_of(
    account: BybitInverseAccount, sim: Simulation, recorded: Recorded
) -> None:
    """And one that works from anywhere expires."""
    answer = json.loads(recorded.case("get_v5_user_query_api").body)
    answer["result"]["permissions"]["Wallet"].append("Withdraw")
    answer["result"] |= {"ips": ["*"], "expiredAt": "2027-01-13T03:20:45Z", "readOnly": 0, "isMaster": False}
    sim.disturb(VENUE, BYBIT.KEY_INFO, CannedAnswer.json(200, answer))
    with pytest.warns(UserWarning, match="may withdraw"):
        key = await account.get_api_key()
    assert (key.may_withdraw, key.ips, key.read_only, key.is_master) == (True, (), False, False)
    assert key.expires_at == datetime(2027, 1, 13, 3, 20, 45, tzinfo=UTC)
    answer["result"]["expiredAt"] = "soon"
    sim.disturb(VENUE, BYBIT.KEY_INFO, CannedAnswer.json(200, answer))
    with pytest.warns(UserWarning, match="may withdraw"), pytest.raises(PayloadMismatch, match="ISO 8601"):
        await account.get_api_key()


async def test_key_of_the_simulated_venue(account: BybitInverseAccount, sim: Simulation) -> None:
    """It says of itself what it may do."""
    assert (await account.get_api_key()).read_only is False
    async with venuekit.connect(VENUE, sim.credentials(VENUE, read_only=True)) as reader:
        assert isinstance(reader, BybitInverseAccount)
        assert (await reader.get_api_key()).read_only is True


async def test_the_uid_names_the_account(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """Two keys of one uid are one account; a sub-account is another, and names its master."""
    replay("get_v5_user_query_api")
    assert await account.get_identity() == Identity("1448939")
    assert account.identity == ("bybit", "sim", "1")
    async with (
        venuekit.connect(VENUE, sim.credentials(VENUE, read_only=True)) as reader,
        venuekit.connect(VENUE, sim.credentials(VENUE, sub_account=True)) as sub,
    ):
        assert isinstance(sub, BybitInverseAccount)
        assert reader.identity == account.identity != sub.identity
        assert await sub.get_identity() == Identity("2", "1")


async def test_a_key_without_a_uid_is_not_opened(sim: Simulation, recorded: Recorded) -> None:
    """An account without a name could be taken for any other."""
    answer = json.loads(recorded.case("get_v5_user_query_api").body)
    answer["result"]["userID"] = 0
    sim.disturb(VENUE, BYBIT.KEY_INFO, CannedAnswer.json(200, answer))
    with pytest.raises(PayloadMismatch, match="userID: expected the number of the account, got 0"):
        async with venuekit.connect(BYBIT_INVERSE, sim.credentials(VENUE)):
            pass


async def test_ranks(account: BybitInverseAccount, replay: Replay) -> None:
    """Of open positions, or of one symbol, flat or not; of 5, 0 being flat."""
    assert await account.get_adl_quantiles() == (AdlQuantile("BTCUSD", PositionSide.BOTH, 2, 5),)
    assert await account.get_adl_quantiles(symbol="ETHUSD") == (AdlQuantile("ETHUSD", PositionSide.BOTH, 0, 5),)
    replay("get_v5_position_list_long_and_flat")
    assert [one.rank for one in await account.get_adl_quantiles()] == [2, 0]


# -- modes


@pytest.mark.parametrize(("mode", "word"), [(TpSlMode.FULL, "Full"), (TpSlMode.PARTIAL, "Partial")])
async def test_tpsl_mode_is_deprecated(
    account: BybitInverseAccount, arrivals: Arrivals, mode: TpSlMode, word: str
) -> None:
    """It is sent, and a warning says what the venue thinks of it."""
    with pytest.warns(UserWarning, match="deprecated"):
        setting = await account.set_tpsl_mode("BTCUSD", mode)
    assert setting == TpSlModeSetting("BTCUSD", mode, changed=True)
    assert json.loads(arrivals(BYBIT.SET_TPSL_MODE.path)[0]) == {
        "category": "inverse",
        "symbol": "BTCUSD",
        "tpSlMode": word,
    }


async def test_recorded_tpsl_mode(account: BybitInverseAccount, replay: Replay) -> None:
    """What the venue answers is what holds."""
    replay("post_v5_position_set_tpsl_mode")
    with pytest.warns(UserWarning, match="deprecated"):
        assert (await account.set_tpsl_mode("BTCUSD", TpSlMode.PARTIAL)).mode is TpSlMode.FULL


async def test_tpsl_mode_that_nobody_knows(account: BybitInverseAccount, sim: Simulation) -> None:
    """An answer with another word cannot be read, and nothing else tells what holds."""
    body = {"retCode": 0, "retMsg": "OK", "result": {"tpSlMode": "Whole"}}
    sim.disturb("bybit_inverse", BYBIT.SET_TPSL_MODE, CannedAnswer.json(200, body))
    with pytest.warns(UserWarning, match="deprecated"), pytest.raises(OutcomeUnknown, match="'Whole'") as caught:
        await account.set_tpsl_mode("BTCUSD", TpSlMode.PARTIAL)
    assert caught.value.outcome is Outcome.UNKNOWN


async def test_tpsl_mode_that_there_is_not(account: BybitInverseAccount, sim: Simulation) -> None:
    """It is not sent."""
    wrong: Any = "Some"
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="no mode"):
        await account.set_tpsl_mode("BTCUSD", wrong)
    assert len(sim.requests) == sent


async def test_risk_limit_by_a_raw_call(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """It is without effect: the answer tells the tier of the position, and nothing changes."""
    before = sim.ledger.snapshot()
    change: Change[RiskRow] = await account.call(BYBIT.SET_RISK_LIMIT, category="inverse", symbol="BTCUSD", riskId=1)
    assert change == Change(RiskRow(2, D(300)), changed=True)
    assert sim.ledger.snapshot() == before
    replay("post_v5_position_set_risk_limit")
    documented: Change[RiskRow] = await account.call(
        BYBIT.SET_RISK_LIMIT, category="inverse", symbol="BTCUSD", riskId=4
    )
    assert documented.answer == RiskRow(4, D(8_000_000))


@pytest.mark.parametrize("capability", [RiskLimitControl, MarginChangeReader])
async def test_what_the_venue_does_not_have(account: BybitInverseAccount, capability: Any) -> None:
    """The reason is the venue's."""
    with pytest.raises(UnsupportedCapability) as caught:
        capability.of(account)
    assert caught.value.message == BYBIT_INVERSE.unsupported[capability]
