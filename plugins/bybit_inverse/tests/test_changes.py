"""Changes: leverage, margin type and the raw position mode; no-ops, refusals and lost answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import LeverageSetting, MarginType, MarginTypeSetting, PositionSide, Unit
from venuekit.endpoint import Change
from venuekit.errors import Conflict, InvalidArgument, InvalidRequest, Outcome, Rejected
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Arrivals = Callable[[str], list[str]]


async def test_leverage_is_set_for_both_sides(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """One number goes out twice, as text; what the venue took is returned and read back."""
    assert await account.set_leverage("BTCUSD", D("12.5")) == LeverageSetting(
        "BTCUSD", D("12.5"), D("12.5"), changed=True
    )
    (body,) = arrivals(BYBIT.SET_LEVERAGE.path)
    assert body == '{"category":"inverse","symbol":"BTCUSD","buyLeverage":"12.5","sellLeverage":"12.5"}'
    assert await account.get_leverage("BTCUSD") == LeverageSetting("BTCUSD", D("12.5"), D("12.5"), D(300), Unit.SETTLE)
    assert sim.ledger.leverage("BTCUSD") == D("12.5")


async def test_documented_leverage_answers(account: BybitInverseAccount, replay: Callable[..., None]) -> None:
    """The documented success says changed, the observed 110043 says that nothing had to be."""
    replay("post_v5_position_set_leverage", "post_v5_position_set_leverage_not_modified")
    assert (await account.set_leverage("BTCUSD", 6)).changed is True
    assert (await account.set_leverage("BTCUSD", 10)).changed is False


async def test_not_modified_while_another_value_holds(
    account: BybitInverseAccount, replay: Callable[..., None], arrivals: Arrivals
) -> None:
    """110043 is believed only when the position's row agrees; else it is the venue's refusal, with what was read."""
    replay("post_v5_position_set_leverage_not_modified")
    with pytest.raises(Rejected, match=r"110043 leverage not modified \(read 10\)") as caught:
        await account.set_leverage("BTCUSD", 25)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert len(arrivals(BYBIT.SET_LEVERAGE.path)) == 1


async def test_same_leverage_again_changes_nothing(account: BybitInverseAccount, sim: Simulation) -> None:
    """10 and 10.00 are the same leverage."""
    before = sim.ledger.snapshot()
    assert (await account.set_leverage("BTCUSD", D("10.00"))).changed is False
    assert sim.ledger.snapshot() == before


@pytest.mark.parametrize("leverage", [0, 101, D("0.99"), D("10.005"), D("NaN"), D("Infinity"), 12.5, True, "10", None])
async def test_impossible_leverage_is_not_sent(account: BybitInverseAccount, sim: Simulation, leverage: Any) -> None:
    """What no inverse contract takes, and what is no number of ours, never leaves."""
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="leverage must be an int or Decimal from 1 to 100"):
        await account.set_leverage("BTCUSD", leverage)
    assert len(sim.requests) == sent


@pytest.mark.parametrize("scope", [{"side": PositionSide.LONG}, {"margin_type": MarginType.CROSS}])
async def test_leverage_belongs_to_the_symbol(account: BybitInverseAccount, scope: dict[str, Any]) -> None:
    """A side or a margin type is outside the venue's scope."""
    with pytest.raises(InvalidArgument, match="belongs to the symbol"):
        await account.set_leverage("BTCUSD", 10, **scope)


async def test_leverage_above_the_tier(account: BybitInverseAccount, sim: Simulation) -> None:
    """The position is larger than the tier of 100x allows: the venue refuses and nothing changes."""
    before = sim.ledger.snapshot()
    with pytest.raises(Rejected, match="risk limit level") as caught:
        await account.set_leverage("BTCUSD", 100)
    assert (caught.value.code, caught.value.subject) == (110013, "BTCUSD")
    assert sim.ledger.snapshot() == before


async def test_leverage_of_an_unknown_symbol(account: BybitInverseAccount) -> None:
    """Reading and setting give the venue's refusal."""
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.get_leverage("NOPE")
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.set_leverage("NOPE", 10)


async def test_leverage_of_a_symbol_without_a_row(
    account: BybitInverseAccount, sim: Simulation, replay: Callable[..., None], arrivals: Arrivals
) -> None:
    """Where the position list has no row, the symbol information tells."""
    empty = CannedAnswer.json(200, {"retCode": 0, "retMsg": "OK", "result": {"list": [], "nextPageCursor": ""}})
    sim.disturb(VENUE, BYBIT.POSITION_LIST, empty)
    replay("get_v5_position_symbol_info")
    assert await account.get_leverage("BTCUSD") == LeverageSetting("BTCUSD", D(10), D(10))
    assert arrivals("/v5/position/symbol-info") == ["category=inverse&symbol=BTCUSD"]


@pytest.mark.parametrize(("loss", "sends"), [(DropAfter(), 1), (DropBefore(), 2)], ids=["applied", "not applied"])
async def test_lost_answer_to_leverage_is_read_back(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals, loss: Any, sends: int
) -> None:
    """After a lost answer the leverage is read: sent once more only when it does not hold."""
    sim.disturb(VENUE, BYBIT.SET_LEVERAGE, loss)
    setting = await account.set_leverage("ETHUSD", 25)
    assert (setting.long, setting.changed) == (D(25), None)
    assert len(arrivals(BYBIT.SET_LEVERAGE.path)) == sends
    assert sim.ledger.leverage("ETHUSD") == D(25)


async def test_margin_type_is_the_accounts(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """One change moves the whole account, and is read without naming a symbol."""
    assert await account.get_margin_type("ETHUSD") == MarginTypeSetting(None, MarginType.ISOLATED)
    changed = await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert changed == MarginTypeSetting(None, MarginType.CROSS, changed=True)
    assert arrivals(BYBIT.SET_MARGIN_TYPE.path) == ['{"setMarginMode":"REGULAR_MARGIN"}']
    assert sim.ledger.margin_type() is MarginType.CROSS
    again = await account.set_margin_type("BTCUSD", MarginType.ISOLATED, account_wide=True)
    assert again == MarginTypeSetting(None, MarginType.ISOLATED, changed=True)


async def test_same_margin_type_is_not_sent(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """What holds already is read and nothing is sent, since the venue's answer to that is not documented."""
    setting = await account.set_margin_type(None, MarginType.ISOLATED, account_wide=True)
    assert setting == MarginTypeSetting(None, MarginType.ISOLATED, changed=False)
    assert arrivals(BYBIT.SET_MARGIN_TYPE.path) == []


@pytest.mark.parametrize("symbol", [None, "BTCUSD"])
async def test_margin_type_of_the_account_needs_consent(
    account: BybitInverseAccount, sim: Simulation, symbol: str | None
) -> None:
    """Without account_wide=True nothing is sent, and the error says what would be touched."""
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match=r"options and spot margin.*account_wide=True"):
        await account.set_margin_type(symbol, MarginType.CROSS)
    assert len(sim.requests) == sent


async def test_portfolio_margin_cannot_be_set(account: BybitInverseAccount, sim: Simulation) -> None:
    """Portfolio margin is read, never set."""
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="only cross and isolated"):
        await account.set_margin_type(None, MarginType.PORTFOLIO, account_wide=True)
    assert len(sim.requests) == sent


async def test_documented_refusal_of_a_margin_type(account: BybitInverseAccount, replay: Callable[..., None]) -> None:
    """The venue's reasons are in the error."""
    replay("post_v5_account_set_margin_mode_refused")
    with pytest.raises(Rejected, match="greater than 1000 USDC") as caught:
        await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert caught.value.code == 3400045


async def test_accepted_change_with_reasons_is_not_believed(account: BybitInverseAccount, sim: Simulation) -> None:
    """A success that names reasons against it is found out about by reading; here it did not hold and is sent again."""
    doubtful = {"retCode": 0, "retMsg": "Request accepted", "result": {"reasons": [{"reasonCode": "1"}]}}
    sim.disturb(VENUE, BYBIT.SET_MARGIN_TYPE, CannedAnswer.json(200, doubtful))
    setting = await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert setting.margin_type is MarginType.CROSS
    assert sim.ledger.margin_type() is MarginType.CROSS


async def test_lost_answer_to_a_margin_type_is_read_back(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """After a lost answer the account's mode is read; it holds, so nothing is sent again."""
    sim.disturb(VENUE, BYBIT.SET_MARGIN_TYPE, DropAfter())
    setting = await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert setting == MarginTypeSetting(None, MarginType.CROSS, changed=None)
    assert len(arrivals(BYBIT.SET_MARGIN_TYPE.path)) == 1


async def test_position_mode_by_a_raw_call(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """One-way mode again is no change; hedge mode is the venue's refusal."""
    same: Change[None] = await account.call(BYBIT.SWITCH_MODE, category="inverse", symbol="BTCUSD", mode=0)
    assert same == Change(None, changed=False)
    assert json.loads(arrivals(BYBIT.SWITCH_MODE.path)[0]) == {"category": "inverse", "symbol": "BTCUSD", "mode": 0}
    with pytest.raises(Rejected, match="Hedge mode is not supported") as caught:
        await account.call(BYBIT.SWITCH_MODE, category="inverse", symbol="BTCUSD", mode=3)
    assert caught.value.code == 110029


@pytest.mark.parametrize("which", [{"symbol": "BTCUSD"}, {"coin": "BTC"}])
async def test_lost_answer_to_a_position_mode_is_read_back(
    account: BybitInverseAccount, sim: Simulation, which: dict[str, str]
) -> None:
    """The rows of the position list tell the mode."""
    sim.disturb(VENUE, BYBIT.SWITCH_MODE, DropAfter())
    change: Change[None] = await account.call(BYBIT.SWITCH_MODE, category="inverse", mode=0, **which)
    assert change.changed is None


async def test_a_margin_type_that_moved_since_the_plan_is_a_conflict(
    account: BybitInverseAccount, arrivals: Arrivals
) -> None:
    """The read before the write shows a third value: nothing is sent."""
    with pytest.raises(Conflict) as caught:
        await account.with_options(expected=MarginType.PORTFOLIO).set_margin_type(
            None, MarginType.CROSS, account_wide=True
        )

    assert caught.value.outcome is Outcome.NOT_SENT
    assert arrivals(BYBIT.SET_MARGIN_TYPE.path) == []
