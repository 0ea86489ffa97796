"""Every refusal that a plan predicts is the one that the venue answers when it is asked all the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.errors import Rejected, UnsupportedCapability, VenueError
from venuekit.settings import StepStatus, apply, plan, plan_exit_status, report_exit_status
from venuekit.settings.controls import carry_out
from venuekit.simulator import SecondActor
from venuekit.simulator.ledger import Book, Ledger, Side


def _rest(symbol: str, book: Book) -> Callable[[Ledger], object]:
    return lambda ledger: ledger.rest_order(symbol, Side.BUY, Decimal(1), Decimal(1000), book=book)


def _isolate(ledger: Ledger) -> None:
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSDT")


def _pool(ledger: Ledger) -> None:
    ledger.set_asset_mode(AssetMode.MULTI)


def _nothing(ledger: Ledger) -> None:
    """Leave the scenario as it is."""


@attrs.frozen
class Case:
    """A state, a target that the venue refuses in it, and the venue's code."""

    scenario: str
    stage: Callable[[Ledger], object]
    body: str
    code: int
    is_named: bool = True


USDM = {
    "margin type, plain order": Case(
        "flat", _rest("ETHUSDT", Book.PLAIN), 'symbols.ETHUSDT.margin_type = "isolated"', -4047
    ),
    "margin type, conditional order": Case(
        "flat", _rest("ETHUSDT", Book.CONDITIONAL), 'symbols.ETHUSDT.margin_type = "isolated"', -4047
    ),
    "margin type, position": Case("holding", _nothing, 'symbols.BTCUSDT.margin_type = "cross"', -4048),
    "isolated, pooled assets": Case("flat", _pool, 'symbols.ETHUSDT.margin_type = "isolated"', -4168),
    "pooled assets, isolated symbol": Case("flat", _isolate, 'asset_mode = "multi"', -4167),
    "asset mode, order": Case("flat", _rest("ETHUSDT", Book.PLAIN), 'asset_mode = "multi"', -4170),
    "position mode, order": Case("flat", _rest("ETHUSDT", Book.PLAIN), 'position_mode = "hedge"', -4067),
    "position mode, position": Case("holding", _nothing, 'position_mode = "hedge"', -4068),
    "lower leverage, isolated position": Case("holding", _nothing, "symbols.BTCUSDT.leverage = 19", -4161),
    "leverage, bracket": Case("holding", _nothing, "symbols.BTCUSDT.leverage = 125", -2027, is_named=False),
}


async def _asked_all_the_same(account: Any, made: Any) -> VenueError:
    """Send the one refused step of a plan, and return what the venue says."""
    [step] = [step for step in made.steps if step.status is StepStatus.REFUSED]
    with pytest.raises(VenueError) as caught:
        await carry_out(account, step.target, symbol=step.symbol)
    return caught.value


@pytest.mark.parametrize("case", USDM.values(), ids=USDM.keys())
async def test_usdm_refusal_is_predicted_and_real(simulated: Any, connected: Any, checked: Any, case: Case) -> None:
    """The plan refuses with the venue's code, apply sends nothing and exits 3, and the venue refuses with that code."""
    sim = await simulated(case.scenario)
    account = await connected(sim, "binance_usdm")
    case.stage(sim.ledger_of("binance_usdm"))
    accounts = {"main": account}
    made = await plan(checked(account, case.body), accounts)
    report = await apply(made, accounts)
    sent = [arrival for arrival in sim.requests if arrival.verb != "GET"]
    error = await _asked_all_the_same(account, made)

    assert (plan_exit_status(made), report_exit_status(report)) == (3, 3)
    assert [result.status.value for result in report.results] == ["refused"]
    assert sent == []
    assert isinstance(error, Rejected)
    assert error.code == case.code
    if case.is_named:
        assert str(case.code) in (made.steps[0].reason or "")


async def test_leverage_up_to_the_predicted_most_is_accepted_and_one_above_refused(
    holding: Any, connected: Any, checked: Any
) -> None:
    """The most that the plan names is exactly the most that the venue takes for the position held, on both venues."""
    for venue_id, symbol, step in (
        ("binance_usdm", "BTCUSDT", Decimal(1)),
        ("bybit_inverse", "BTCUSD", Decimal("0.01")),
    ):
        account = await connected(holding, venue_id)
        accounts = {"main": account}
        top = {"binance_usdm": 125, "bybit_inverse": 100}[venue_id]
        refused = await plan(checked(account, f"symbols.{symbol}.leverage = {top}"), accounts)
        most = Decimal((refused.steps[0].reason or "").split("at most ")[1].split()[0])
        above = await plan(checked(account, f"symbols.{symbol}.leverage = {most + step}"), accounts)
        fits = await apply(await plan(checked(account, f"symbols.{symbol}.leverage = {most}"), accounts), accounts)

        assert (await _asked_all_the_same(account, above)).code in {-2027, 110013}
        assert [result.status.value for result in fits.results] == ["changed"]


async def test_hedge_mode_is_unsupported_on_the_inverse_venue_and_one_way_agrees(
    flat: Any, connected: Any, checked: Any
) -> None:
    """Hedge is refused with the venue's reason, the same that the capability gives; one-way is unchanged."""
    account = await connected(flat, "bybit_inverse")
    hedge = await plan(checked(account, 'position_mode = "hedge"'), {"main": account})
    one_way = await plan(checked(account, 'position_mode = "one_way"'), {"main": account})

    with pytest.raises(UnsupportedCapability) as caught:
        await carry_out(account, PositionMode.HEDGE, symbol=None)
    assert hedge.steps[0].reason == caught.value.message
    assert [step.status.value for step in (*hedge.steps, *one_way.steps)] == ["refused", "unchanged"]


async def test_leverage_that_was_to_rise_with_a_refused_margin_type_is_not_raised(
    flat: Any, connected: Any, checked: Any
) -> None:
    """An order that appears after the last look makes the venue refuse "isolated", and the raise is skipped."""
    account = await connected(flat, "binance_usdm")
    accounts = {"main": account}
    made = await plan(checked(account, 'symbols.ETHUSDT = { margin_type = "isolated", leverage = 50 }'), accounts)
    order = SecondActor(_rest("ETHUSDT", Book.PLAIN))
    flat.disturb("binance_usdm", ("POST", "/fapi/v1/marginType"), order)
    report = await apply(made, accounts)

    assert [(result.status.value, result.code) for result in report.results] == [("refused", -4047), ("skipped", None)]
    assert report.results[0].message == "Margin type cannot be changed if there exists open orders."
    assert flat.ledger_of("binance_usdm").leverage("ETHUSDT") == 20
    assert report_exit_status(report) == 3
