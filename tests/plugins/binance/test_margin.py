"""Margin moved by hand on Binance: what is said of it is true whatever became of the answer; it is sent once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import MarginChange, MarginType, PositionMode, PositionSide
from venuekit.errors import (
    InvalidArgument,
    InvalidRequest,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from venuekit.simulator import ApplyLater, CannedAnswer, Disturbance, DropAfter, DropBefore, Lag, SecondActor, Truncate
from venuekit.simulator.ledger import Ledger, Record, Side

pytestmark = pytest.mark.looptime
D = Decimal
Product = Any

TIMEOUT = {"code": -1007, "msg": "Timeout waiting for response from backend server."}
FATES: dict[str, tuple[Disturbance, bool]] = {
    "applied": (DropAfter(), True),
    "applied, answer cut off": (Truncate(4), True),
    "never arrived": (DropBefore(), False),
    "in flight, before the fence": (ApplyLater(3), True),
    "in flight, after the fence": (ApplyLater(8), False),
    "unknown, applied": (CannedAnswer.json(408, TIMEOUT, applied=True), True),
    "unknown, not applied": (CannedAnswer.json(408, TIMEOUT), False),
    "a gateway's page": (CannedAnswer.html(502), False),
    "a gateway's page, applied": (CannedAnswer.html(504, applied=True), True),
}
fates = pytest.mark.parametrize(("fate", "applied"), FATES.values(), ids=FATES)
AMOUNT = D("0.05")


def moved(product: Product) -> Decimal:
    """Return what was moved to the position by hand, on balance."""
    return sum((change.amount for change in product.ledger.margin_changes(product.symbol)), D(0))


def sends(product: Product) -> int:
    """Return how many moves arrived."""
    return len(product.arrivals("POST", "positionMargin"))


async def reported(product: Product, amount: Decimal = AMOUNT) -> bool | None:
    """Move margin and return what is said of it: it happened, it did not and never will, or nobody knows (None)."""
    error: OperationError | None = None
    try:
        change = await product.account.add_margin(product.symbol, amount)
    except (NotExecuted, OutcomeUnknown) as caught:
        error = caught
    if error is None:
        assert change.amount == amount
        return True
    assert error.outcome is (Outcome.NOT_APPLIED if isinstance(error, NotExecuted) else Outcome.UNKNOWN)
    assert isinstance(error, NotExecuted) or "assumes that no other actor writes" in str(error)
    return False if isinstance(error, NotExecuted) else None


async def test_accepted_move(product: Product) -> None:
    """Added and taken away, in amounts as seen from the position; the acknowledgement names no asset."""
    account, symbol = product.account, product.symbol
    side = PositionSide.BOTH

    assert await account.add_margin(symbol, AMOUNT) == MarginChange(symbol, side, None, AMOUNT)
    assert await account.reduce_margin(symbol, D("0.02"), side=side) == MarginChange(symbol, side, None, D("-0.02"))
    assert moved(product) == D("0.03")
    signing = {"recvWindow", "timestamp"}
    sent = [dict(one.parameters) for one in product.arrivals("POST", "positionMargin")]
    assert [{name: one[name] for name in one.keys() - signing} for one in sent] == [
        {"symbol": symbol, "amount": "0.05", "type": "1"},
        {"symbol": symbol, "positionSide": "BOTH", "amount": "0.02", "type": "2"},
    ]


async def test_move_in_hedge_mode(product: Product) -> None:
    """Each leg has margin of its own."""
    ledger, symbol = product.ledger, product.symbol
    ledger.fill(symbol, Side.SELL, ledger.position(symbol).quantity, ledger.mark(symbol))
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(symbol, Side.SELL, D(1), ledger.mark(symbol), PositionSide.SHORT)
    before = ledger.position(symbol, PositionSide.SHORT).isolated_wallet
    assert before is not None

    change = await product.account.add_margin(symbol, D("0.00001"), side=PositionSide.SHORT)

    assert (change.side, change.amount) == (PositionSide.SHORT, D("0.00001"))
    assert ledger.position(symbol, PositionSide.SHORT).isolated_wallet == before + D("0.00001")
    with pytest.raises(InvalidArgument, match="name LONG or SHORT, not BOTH") as caught:
        await product.account.reduce_margin(symbol, D("0.00001"))
    assert (caught.value.operation, caught.value.outcome) == ("reduce_margin", Outcome.NOT_SENT)
    assert sends(product) == 1


async def test_side_that_one_way_mode_does_not_have(product: Product) -> None:
    """The position's row shows the mode, so that nothing is sent."""
    with pytest.raises(InvalidArgument, match="name BOTH, not SHORT"):
        await product.account.add_margin(product.symbol, AMOUNT, side=PositionSide.SHORT)
    assert sends(product) == 0


@pytest.mark.parametrize(
    "amount", [0, D(0), D(-1), D("NaN"), D("Infinity"), D("0.000000001"), 1.5, "1", True, None, D("1e-30")]
)
async def test_amount_that_cannot_be(product: Product, amount: Any) -> None:
    """Refused before anything is sent."""
    with pytest.raises(InvalidArgument, match="positive Decimal of at most 8 decimals"):
        await product.account.add_margin(product.symbol, amount)
    assert not product.sim.requests


async def test_side_that_is_none(product: Product) -> None:
    """A side is one of ours."""
    with pytest.raises(InvalidArgument, match="the side is both, long or short"):
        await product.account.add_margin(product.symbol, AMOUNT, side="up")
    assert not product.sim.requests


@pytest.mark.parametrize(
    ("scripted", "code", "direction", "amount"),
    [
        (lambda _: None, -4050, "add_margin", D(1_000_000)),
        (lambda _: None, -4051, "reduce_margin", D(1_000_000)),
        (lambda one: _close(one, MarginType.ISOLATED), -4054, "add_margin", AMOUNT),
        (lambda one: _close(one, MarginType.CROSS), -4049, "add_margin", AMOUNT),
    ],
)
async def test_refused_move(product: Product, scripted: Any, code: int, direction: str, amount: Decimal) -> None:
    """A refusal is one: it was sent once, and nothing is looked for."""
    scripted(product)
    with pytest.raises(Rejected) as caught:
        await getattr(product.account, direction)(product.symbol, amount)
    assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED)
    assert (moved(product), sends(product)) == (0, 1)
    assert not product.arrivals("GET", "positionMargin/history")


def _close(product: Product, margin_type: MarginType) -> None:
    ledger, symbol = product.ledger, product.symbol
    ledger.fill(symbol, Side.SELL, ledger.position(symbol).quantity, ledger.mark(symbol))
    if ledger.margin_type(symbol) is not margin_type:
        ledger.set_margin_type(margin_type, symbol)


@pytest.mark.parametrize(("amount", "code"), [(D(0), -4055), (D(-1), -4055), (D("0.000000001"), -1111)])
async def test_raw_call_meets_the_venue_itself(product: Product, amount: Decimal, code: int) -> None:
    """What the method refuses by itself the venue refuses too, in its own words."""
    endpoint = product.endpoint("POST", "positionMargin")
    with pytest.raises(InvalidRequest) as caught:
        await product.account.call(endpoint, symbol=product.symbol, amount=amount, type=1)
    assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED)


@fates
async def test_lost_move(product: Product, fate: Disturbance, applied: bool) -> None:
    """It is sent once, and what is reported is what happened."""
    product.disturb(product.endpoint("POST", "positionMargin"), fate)
    assert await reported(product) is applied
    assert moved(product) == (AMOUNT if applied else 0)
    assert sends(product) == 1


async def test_resolved_move_tells_what_the_row_tells(product: Product) -> None:
    """Asset and time come from the history."""
    product.disturb(product.endpoint("POST", "positionMargin"), DropAfter())
    change = await product.account.reduce_margin(product.symbol, AMOUNT)
    (held,) = product.ledger.margin_changes()
    assert (change.asset, change.time, change.amount) == (held.asset, held.time, -AMOUNT)


@fates
@pytest.mark.parametrize("late", [4, 12, 60])
async def test_history_that_lags(product: Product, fate: Disturbance, applied: bool, late: int) -> None:
    """A row that is late never makes it "not executed", and later the same question finds it."""
    product.ledger.lag(Record.MARGIN_CHANGES, timedelta(seconds=late))
    product.disturb(product.endpoint("POST", "positionMargin"), fate)
    said = await reported(product)
    assert said is (None if applied and late == 60 else applied)
    assert moved(product) == 0 if not applied else True
    await product.pass_by(120)
    assert (moved(product), sends(product)) == (AMOUNT if applied else 0, 1)


async def test_unknown_move_is_found_later(product: Product) -> None:
    """The error can be asked again, and then tells the row."""
    product.ledger.lag(Record.MARGIN_CHANGES, timedelta(minutes=1))
    product.disturb(product.endpoint("POST", "positionMargin"), DropAfter())
    with pytest.raises(OutcomeUnknown) as caught:
        await product.account.add_margin(product.symbol, AMOUNT)
    await product.pass_by(60)
    assert (await caught.value.resolve()).amount == AMOUNT
    assert sends(product) == 1


@fates
async def test_position_that_lags(product: Product, fate: Disturbance, applied: bool) -> None:
    """A few stale rows of the position do not turn what happened into what did not."""
    risk = next(one for one in product.account.venue.endpoints if one.path.endswith("/positionRisk"))
    product.disturb(risk, Lag(reads=4))
    product.disturb(product.endpoint("POST", "positionMargin"), fate)
    said = await reported(product)
    assert said is applied or (applied and said is None)
    assert (moved(product), sends(product)) == (AMOUNT if applied else 0, 1)


@fates
@pytest.mark.parametrize("other", [AMOUNT, -AMOUNT, D("0.03")], ids=["equal", "opposite", "another"])
@pytest.mark.parametrize("after", [False, True], ids=["first", "last"])
async def test_second_actor(product: Product, fate: Disturbance, applied: bool, other: Decimal, after: bool) -> None:
    """
    Where somebody else moves margin, too, an applied move is never called "not executed", and none is sent twice.

    An equal move of somebody else may be taken for ours: rows carry no id, and the error says what is assumed.
    """
    product.ledger.adjust_margin(product.symbol, D("0.2"))
    await product.pass_by(5)
    acted: list[Decimal] = []

    def act(ledger: Ledger) -> None:
        acted.append(ledger.adjust_margin(product.symbol, other).amount)

    product.disturb(product.endpoint("POST", "positionMargin"), (SecondActor(act, after=after), fate))
    said = await reported(product)
    await product.pass_by(20)
    assert not (applied and said is False)
    assert applied or said is not True or other == AMOUNT
    assert (acted, sends(product)) == ([other], 1)
    assert moved(product) == D("0.2") + other + (AMOUNT if applied else 0)


async def test_equal_moves_are_told_apart(product: Product) -> None:
    """A row that an earlier lost move explains is not taken for the next one, nor is that of an acknowledged one."""
    endpoint = product.endpoint("POST", "positionMargin")
    product.disturb(endpoint, DropAfter())
    assert await reported(product) is True
    product.disturb(endpoint, DropBefore())
    assert await reported(product) is False
    assert await reported(product) is True
    product.disturb(endpoint, DropBefore())
    assert await reported(product) is False
    assert (moved(product), sends(product)) == (2 * AMOUNT, 4)


async def test_position_that_changed_meanwhile(product: Product) -> None:
    """After a fill an absent row proves nothing."""
    ledger, symbol = product.ledger, product.symbol
    fill = SecondActor(lambda held: held.fill(symbol, Side.BUY, D(1), ledger.mark(symbol)), after=True)
    risk = next(one for one in product.account.venue.endpoints if one.path.endswith("/positionRisk"))
    product.disturb(risk, fill)
    product.disturb(product.endpoint("POST", "positionMargin"), DropBefore())
    assert await reported(product) is None
    assert (moved(product), sends(product)) == (0, 1)


async def test_mark_that_moves_meanwhile(product: Product) -> None:
    """The mark moves profit and isolated margin, and neither wallet nor stamp: absence is still proven."""
    ledger, symbol = product.ledger, product.symbol
    rise = SecondActor(lambda held: held.set_mark(symbol, held.mark(symbol) + D("123.4")), after=True)
    risk = next(one for one in product.account.venue.endpoints if one.path.endswith("/positionRisk"))
    product.disturb(risk, rise)
    product.disturb(product.endpoint("POST", "positionMargin"), DropBefore())
    assert await reported(product) is False
    assert ledger.mark(symbol) > 88_100


async def test_move_that_was_not_executed_may_be_sent_again(product: Product) -> None:
    """Whoever opts in has it sent once more, after the proof."""
    product.disturb(product.endpoint("POST", "positionMargin"), DropBefore())
    until = await product.account.get_server_time() + timedelta(minutes=1)
    account = product.account.with_options(resend_until=until)
    assert (await account.add_margin(product.symbol, AMOUNT)).amount == AMOUNT
    assert (moved(product), sends(product)) == (AMOUNT, 2)


async def test_busy_seconds_prove_nothing(product: Product) -> None:
    """More rows than are looked through are said to be too many."""

    def many(ledger: Ledger) -> None:
        for _ in range(60):
            ledger.adjust_margin(product.symbol, D("0.001"))

    product.disturb(product.endpoint("POST", "positionMargin"), (DropBefore(), SecondActor(many)))
    product.disturb(product.endpoint("GET", "positionMargin/history"), SecondActor(many))
    with pytest.raises(OutcomeUnknown) as caught:
        await product.account.add_margin(product.symbol, AMOUNT)
    assert any("50 rows or more" in read for read in caught.value.reads)
