"""Lost answers about margin: what is reported is true, and none is moved twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from plugins.bybit_inverse.tests.resolution.fates import Stage, fates

from venuekit.capabilities import MarginType
from venuekit.errors import NotExecuted, Outcome, OutcomeUnknown, Rejected
from venuekit.simulator import Disturbance, DropAfter, DropBefore, Lag, SecondActor
from venuekit.simulator.ledger import Ledger, Side
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal


def added(ledger: Ledger) -> Decimal:
    """Return what was added by hand and was not taken away again."""
    return sum((change.amount for change in ledger.margin_changes("BTCUSD")), D(0))


@fates
@pytest.mark.parametrize("amount", [D("0.5"), D("-0.25"), D("0.01")])
async def test_lost_margin(stage: Stage, fate: Disturbance, applied: bool, amount: Decimal) -> None:
    """It is sent once, and what is reported is what happened."""
    stage.ledger.adjust_margin("BTCUSD", D(1))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    move = stage.account.add_margin if amount > 0 else stage.account.reduce_margin
    if applied:
        assert (await move("BTCUSD", abs(amount))).amount == amount
    else:
        with pytest.raises(NotExecuted) as caught:
            await move("BTCUSD", abs(amount))
        assert caught.value.outcome is Outcome.NOT_APPLIED
    assert added(stage.ledger) == 1 + (amount if applied else 0)
    assert stage.sent(BYBIT.ADD_MARGIN) == 1


@pytest.mark.parametrize("quantity", [D(16_000_000), D(-5_000_000)])
@fates
async def test_lost_margin_of_a_short_position(
    stage: Stage, fate: Disturbance, applied: bool, quantity: Decimal
) -> None:
    """The liquidation price of a short position tells as much."""
    if quantity < 0:
        stage.ledger.fill("BTCUSD", Side.SELL, 16_000_000 - quantity, D(80_000))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    try:
        await stage.account.add_margin("BTCUSD", D("0.7"))
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert added(stage.ledger) == (D("0.7") if applied else 0)


async def test_refused_margin(stage: Stage) -> None:
    """A refusal is one, and nothing is looked for."""
    stage.ledger.set_margin_type(MarginType.CROSS)
    with pytest.raises(Rejected, match="cross margin mode") as caught:
        await stage.account.add_margin("BTCUSD", D(1))
    assert (caught.value.code, caught.value.outcome) == (110015, Outcome.NOT_APPLIED)
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN), stage.sent(BYBIT.POSITION_LIST)) == (D(0), 1, 1)


@fates
async def test_margin_while_reads_lag(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Rows that lag a little do not make it "not executed"."""
    stage.disturb(BYBIT.POSITION_LIST, Lag(reads=4))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    try:
        await stage.account.add_margin("BTCUSD", D("0.5"))
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert added(stage.ledger) == (D("0.5") if applied else 0)
    assert stage.sent(BYBIT.ADD_MARGIN) == 1


@pytest.mark.parametrize("other", [D("0.5"), D("-0.5"), D("0.3")])
@pytest.mark.parametrize("after", [False, True])
async def test_margin_and_a_second_actor(stage: Stage, other: Decimal, after: bool) -> None:
    """Where somebody else moves margin too, an applied change is never called "not executed", nor sent again."""
    stage.ledger.adjust_margin("BTCUSD", D(1))
    await stage.pass_by(1)
    actor = SecondActor(lambda ledger: ledger.adjust_margin("BTCUSD", other), after=after)
    stage.disturb(BYBIT.ADD_MARGIN, (DropAfter(), actor))
    with pytest.raises(OutcomeUnknown, match="assumes that no other actor writes") as caught:
        await stage.account.add_margin("BTCUSD", D("0.5"))
    assert any("touched" in read for read in caught.value.reads)
    assert added(stage.ledger) == 1 + D("0.5") + other
    assert stage.sent(BYBIT.ADD_MARGIN) == 1
    with pytest.raises(OutcomeUnknown):
        await caught.value.resolve()


async def test_margin_of_a_position_that_changed(stage: Stage) -> None:
    """After a fill nothing can be compared."""
    fill = SecondActor(lambda ledger: ledger.fill("BTCUSD", Side.BUY, D(1000), D(81_000)), after=True)
    stage.disturb(BYBIT.ADD_MARGIN, (DropBefore(), fill))
    stage.disturb(BYBIT.POSITION_LIST, SecondActor(lambda _: None), fill)
    with pytest.raises(OutcomeUnknown, match="position itself has changed"):
        await stage.account.add_margin("BTCUSD", D("0.5"))
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D(0), 1)


async def test_margin_too_small_to_be_seen(stage: Stage) -> None:
    """What moves the liquidation price by less than a tick is not claimed to have happened."""
    stage.disturb(BYBIT.ADD_MARGIN, DropAfter())
    with pytest.raises(OutcomeUnknown, match="touched"):
        await stage.account.add_margin("BTCUSD", D("0.0001"))
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D("0.0001"), 1)


async def test_margin_that_was_not_executed_may_be_sent_again(stage: Stage) -> None:
    """Whoever opts in has it sent once more, after the proof."""
    stage.disturb(BYBIT.ADD_MARGIN, DropBefore())
    account = stage.account.with_options(resend_until=(await stage.account.get_server_time()) + timedelta(minutes=1))
    assert (await account.add_margin("BTCUSD", D("0.5"))).amount == D("0.5")
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D("0.5"), 2)
