"""Socket cases of margin, fees, prices, ranks, modes and stops of a position, told by what the ledger holds."""

from __future__ import annotations

import warnings
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from tests.contract.order_cases import held, since_yesterday
from tests.contract.socket_cases import case, ledger_of

from venuekit.capabilities import OrderType, TpSlMode
from venuekit.plugin import from_milliseconds
from venuekit.testing import Stage


@case("PositionMarginControl.add_margin")
async def add_margin(stage: Stage) -> None:
    """The margin of the position has grown by as much."""
    told = await stage.account.add_margin(held(stage), Decimal("0.5"))
    (change,) = ledger_of(stage).margin_changes()
    assert (told.symbol, told.amount) == (change.symbol, change.amount)
    assert told.asset in {None, change.asset}


@case("PositionMarginControl.reduce_margin")
async def reduce_margin(stage: Stage) -> None:
    """What was added is taken back."""
    ledger_of(stage).adjust_margin(held(stage), Decimal(1))
    told = await stage.account.reduce_margin(held(stage), Decimal("0.5"))
    assert told.amount == ledger_of(stage).margin_changes()[-1].amount == Decimal("-0.5")


@case("CommissionReader.get_commission_rate")
async def get_commission_rate(stage: Stage) -> None:
    """The rates of the contract."""
    told = await stage.account.get_commission_rate(stage.scenario.flat)
    contract = ledger_of(stage).contract(stage.scenario.flat)
    assert (told.maker, told.taker) == (contract.maker_fee, contract.taker_fee)


@case("PriceReader.get_prices")
async def get_prices(stage: Stage) -> None:
    """The mark, also after it moved, between bid and ask."""
    ledger, symbol = ledger_of(stage), held(stage)
    assert (await stage.account.get_prices(symbol))[symbol].mark == ledger.mark(symbol)
    ledger.set_mark(symbol, ledger.mark(symbol) + ledger.contract(symbol).price_tick)
    price = (await stage.account.get_prices([symbol]))[symbol]
    assert price.mark == price.last == ledger.mark(symbol)
    assert price.bid < price.mark < price.ask


@case("CandleReader.iter_candles")
async def iter_candles(stage: Stage) -> None:
    """Candles that are over, each beginning where the one before it ended, at the mark."""
    mark, hour = ledger_of(stage).mark(held(stage)), timedelta(hours=1)
    told = await stage.account.iter_candles(held(stage), hour, **since_yesterday(stage)).all()
    assert told
    assert {(one.open, one.high, one.low, one.close) for one in told} == {(mark,) * 4}
    assert [later.opens_at - one.opens_at for one, later in pairwise(told)] == [hour] * (len(told) - 1)
    assert told[-1].opens_at + hour <= from_milliseconds(stage.simulation.milliseconds())


@case("FundingRateReader.iter_funding_rates")
async def iter_funding_rates(stage: Stage) -> None:
    """The rates of the fundings of a contract, and of no other one."""
    ledger = ledger_of(stage)
    ledger.fund(held(stage), Decimal("0.0003"))
    told = await stage.account.iter_funding_rates(held(stage), **since_yesterday(stage)).all()
    assert [(one.symbol, one.time, one.rate) for one in told] == [
        (one.symbol, one.time, one.rate) for one in ledger.fundings(held(stage))
    ]
    assert await stage.account.iter_funding_rates(stage.scenario.flat, **since_yesterday(stage)).all() == ()


@case("ApiKeyReader.get_api_key")
async def get_api_key(stage: Stage) -> None:
    """A key that may trade and may not withdraw."""
    told = await stage.account.get_api_key()
    assert (told.read_only, told.may_withdraw) == (False, False)


@case("IdentityReader.get_identity")
async def get_identity(stage: Stage) -> None:
    """The account is known by the name that the venue gives it, and belongs to no other."""
    told = await stage.account.get_identity()
    assert (told.account, told.parent) == (stage.account.identity[-1], None)


@case("AdlReader.get_adl_quantiles")
async def get_adl_quantiles(stage: Stage) -> None:
    """A position has a rank, within the venue's scale."""
    told = [one for one in await stage.account.get_adl_quantiles() if one.symbol == held(stage)]
    assert 0 < max(one.rank for one in told) <= told[0].of


@case("TpSlModeControl.set_tpsl_mode")
async def set_tpsl_mode(stage: Stage) -> None:
    """The mode is taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        told = await stage.account.set_tpsl_mode(stage.scenario.flat, TpSlMode.PARTIAL)
    assert (told.mode, told.changed) == (TpSlMode.PARTIAL, True)


@case("TradingStopControl.set_trading_stop")
async def set_trading_stop(stage: Stage) -> None:
    """The position shows what was set, and what was removed no more."""
    symbol = held(stage)
    mark = (await stage.account.get_position(symbol)).mark_price
    told = await stage.account.set_trading_stop(symbol, take_profit=mark + 1000, trailing_stop=Decimal(500))
    assert (told.take_profit, told.stop_loss, told.trailing_stop) == (mark + 1000, None, Decimal(500))
    assert told.changed
    assert not (await stage.account.set_trading_stop(symbol, trailing_stop=Decimal(500))).changed
    await stage.account.set_trading_stop(symbol, take_profit=Decimal(0))
    position = await stage.account.get_position(symbol)
    assert (position.take_profit, position.stop_loss, position.trailing_stop) == (None, None, Decimal(500))


@case("PartialStopControl.add_partial_stop")
async def add_partial_stop(stage: Stage) -> None:
    """Both stops are orders of their own, one at the market and one by a limit; the position shows neither."""
    symbol = held(stage)
    mark = (await stage.account.get_position(symbol)).mark_price
    profit, loss = mark + 1000, mark - 1000
    told = await stage.account.add_partial_stop(
        symbol, Decimal(5), take_profit=profit, stop_loss=loss, stop_loss_limit=loss - 10
    )
    assert (told.quantity, told.take_profit, told.stop_loss_limit) == (Decimal(5), profit, loss - 10)
    orders = [order for order in await stage.account.get_open_orders(symbol=symbol) if order.quantity == 5]
    assert {(order.type, order.trigger_price, order.price) for order in orders} == {
        (OrderType.TAKE_PROFIT_MARKET, profit, None),
        (OrderType.STOP, loss, loss - 10),
    }
    position = await stage.account.get_position(symbol)
    assert (position.take_profit, position.stop_loss) == (None, None)
