"""Example arguments of each capability method, for any venue."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    Amendment,
    AssetModeControl,
    BracketReader,
    CandleReader,
    Capability,
    CommissionReader,
    CountdownBehaviour,
    CountdownControl,
    CountdownScope,
    DeadManBehaviour,
    DeadManControl,
    FillReader,
    FundingRateReader,
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    LeverageScope,
    ListenKeyControl,
    MarginChangeReader,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeReader,
    MarginTypeScope,
    OrderAmendControl,
    OrderBatchControl,
    OrderBehaviour,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderTestControl,
    OrderType,
    PartialStopControl,
    PositionMarginControl,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeScope,
    PositionReader,
    PositionSide,
    PriceReader,
    RiskLimitBehaviour,
    RiskLimitControl,
    RiskLimitForm,
    SettingsReader,
    TpSlMode,
    TpSlModeControl,
    TradingStopControl,
    capability_of,
)
from venuekit.testing.staged import Stage

_AMOUNT = Decimal("0.5")


def _of_flat(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.flat}


def _of_position(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held or stage.scenario.flat}


# -- settings


@attrs.frozen
class Setter:
    """
    A capability method that changes a setting.

    ``get`` reads the setting, a value with the present one as its ``field``; ``another`` chooses a different one, which
    is the method's ``argument`` beside those of ``scope``.
    """

    method: Callable[..., Any]
    argument: str
    scope: Callable[[Stage], Mapping[str, Any]]
    get: Callable[[Stage], Awaitable[Any]]
    field: str
    another: Callable[[Stage, Any], Any]

    @property
    def control(self) -> type[Capability]:
        """The capability that the method belongs to."""
        return capability_of(self.method)

    async def read(self, stage: Stage) -> Any:
        """Return the present value."""
        return getattr(await self.get(stage), self.field)

    def arguments(self, stage: Stage, value: Any) -> Mapping[str, Any]:
        """Return the arguments that set a value."""
        return {self.argument: value, **self.scope(stage)}

    async def write(self, stage: Stage, value: Any) -> Any:
        """Set a value through the capability and return the method's result."""
        return await getattr(stage.account, self.method.__name__)(**self.arguments(stage, value))


def _of_leverage(stage: Stage) -> Mapping[str, Any]:
    """Return the names of a leverage: those of the long one where each side has its own."""
    declared = stage.venue.has_behaviour(LeverageBehaviour)
    by_side = declared and LeverageScope.SIDE in stage.venue.behaviour(LeverageBehaviour).scope
    return {**_of_flat(stage), "side": PositionSide.LONG} if by_side else _of_flat(stage)


def _another_leverage(stage: Stage, present: Decimal) -> Decimal:
    """Return a leverage one step lower, or one step higher from the minimum."""
    declared = stage.venue.behaviour(LeverageBehaviour)
    step, lowest = declared.step or Decimal(1), declared.minimum or Decimal(1)
    return present - step if present - step >= lowest else present + step


def _another_mode(_: Stage, present: enum.Enum) -> Any:
    """Return the first of the values that there are, from the first the second."""
    first, second = list(type(present))[:2]
    return second if present is first else first


def _margin_reading(stage: Stage) -> Mapping[str, Any]:
    account_wide = stage.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT
    return {} if account_wide else _of_flat(stage)


def _position_mode_scope(stage: Stage) -> Mapping[str, Any]:
    declared = stage.venue.has_behaviour(PositionModeBehaviour)
    if declared and stage.venue.behaviour(PositionModeBehaviour).scope is PositionModeScope.SYMBOL:
        return _of_flat(stage)
    return {}


SETTERS = (
    Setter(
        LeverageControl.set_leverage,
        "leverage",
        _of_leverage,
        lambda stage: stage.account.get_leverage(**_of_flat(stage)),
        "long",
        _another_leverage,
    ),
    Setter(
        MarginTypeControl.set_margin_type,
        "margin_type",
        lambda stage: _margin_reading(stage) or {"symbol": None, "account_wide": True},
        lambda stage: stage.account.get_margin_type(**_margin_reading(stage)),
        "margin_type",
        _another_mode,
    ),
    Setter(
        PositionModeControl.set_position_mode,
        "mode",
        _position_mode_scope,
        lambda stage: stage.account.get_position_mode(**_position_mode_scope(stage)),
        "mode",
        _another_mode,
    ),
    Setter(
        AssetModeControl.set_asset_mode,
        "mode",
        lambda _: {},
        lambda stage: stage.account.get_asset_mode(),
        "mode",
        _another_mode,
    ),
)

# -- orders and margin


def example_order(stage: Stage, *, lower: int = 0) -> OrderRequest:
    """Return an order to buy at half the market price, of twice the minimum size."""
    symbol = stage.scenario.flat
    tick = stage.ledger.contract(symbol).price_tick
    price = half_price(stage, symbol) - lower * tick
    return OrderRequest(
        symbol=symbol,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=small_quantity(stage, symbol, price),
        price=price,
        margin_type=min(stage.venue.behaviour(OrderBehaviour).margin_types, default=None),
    )


def half_price(stage: Stage, symbol: str) -> Decimal:
    """Return half the market price of a symbol, on a tick."""
    tick = stage.ledger.contract(symbol).price_tick
    return stage.ledger.mark(symbol) / 2 // tick * tick


def small_quantity(stage: Stage, symbol: str, price: Decimal) -> Decimal:
    """Return twice the number of contracts that an order at a price has at least: two steps or more."""
    contract = stage.ledger.contract(symbol)
    worth, least = contract.notional(Decimal(1), price), contract.min_quantity
    if contract.min_notional is not None and worth is not None:
        least = max(least, contract.min_notional / worth)
    steps = (2 * least / contract.quantity_step).to_integral_value(ROUND_UP)
    return steps * contract.quantity_step


async def _place_order(stage: Stage) -> Mapping[str, Any]:
    order = await stage.account.place_order(example_order(stage))
    return {"symbol": order.symbol, "order_id": order.id}


async def _place_for_all(stage: Stage) -> Mapping[str, Any]:
    await _place_order(stage)
    return {}


async def _place_for_symbol(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": (await _place_order(stage))["symbol"]}


async def _to_amend(stage: Stage) -> Mapping[str, Any]:
    name = await _place_order(stage)
    change = example_order(stage, lower=2)
    return {**name, "side": change.side, "quantity": change.quantity, "price": change.price}


async def _several_to_cancel(stage: Stage) -> Mapping[str, Any]:
    name = await _place_order(stage)
    return {"symbol": name["symbol"], "order_ids": [name["order_id"]]}


async def _several_to_amend(stage: Stage) -> Mapping[str, Any]:
    return {"amendments": [Amendment(**await _to_amend(stage))]}


def _to_add(stage: Stage) -> Mapping[str, Any]:
    return {"symbol": stage.scenario.held, "amount": _AMOUNT}


def _to_reduce(stage: Stage) -> Mapping[str, Any]:
    stage.ledger.adjust_margin(stage.scenario.held or "", 2 * _AMOUNT)
    return _to_add(stage)


def _to_place(stage: Stage) -> Mapping[str, Any]:
    return {"request": example_order(stage)}


def _to_limit_risk(stage: Stage) -> Mapping[str, Any]:
    declared = stage.venue.behaviour(RiskLimitBehaviour)
    tier = stage.ledger.contract(stage.scenario.flat).brackets[0]
    limit = {"risk_id": 1} if declared.form is RiskLimitForm.ID else {"amount": tier.cap}
    return {**_of_flat(stage), **limit, **({"side": PositionSide.LONG} if declared.sides else {})}


def _to_stop_a_part(stage: Stage) -> Mapping[str, Any]:
    symbol = stage.scenario.held or ""
    contract, position = stage.ledger.contract(symbol), stage.ledger.position(symbol)
    far = position.mark_price * (2 if position.quantity > 0 else Decimal("0.5"))
    profit = far // contract.price_tick * contract.price_tick
    return {"symbol": symbol, "quantity": contract.min_quantity, "take_profit": profit}


async def _to_keep_alive(stage: Stage) -> Mapping[str, Any]:
    await ListenKeyControl.of(stage.account).start_listen_key()
    return {}


def _to_count_down(stage: Stage) -> Mapping[str, Any]:
    is_of_account = (
        stage.venue.has_behaviour(CountdownBehaviour)
        and stage.venue.behaviour(CountdownBehaviour).scope is CountdownScope.ACCOUNT
    )
    return {"symbol": None if is_of_account else stage.scenario.flat, "seconds": 60.0}


def _to_switch(stage: Stage) -> Mapping[str, Any]:
    of_symbols = stage.venue.behaviour(DeadManBehaviour).scope is CountdownScope.SYMBOL
    return {"seconds": 60, "symbols": (stage.scenario.flat,) if of_symbols else ()}


_ARGUMENTS: Mapping[Callable[..., Any], Callable[[Stage], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]] = {
    PositionReader.get_position: _of_position,
    LeverageReader.get_leverage: _of_flat,
    MarginTypeReader.get_margin_type: _margin_reading,
    BracketReader.get_brackets: _of_flat,
    SettingsReader.get_settings: lambda stage: {"symbols": (stage.scenario.flat,)},
    OrderReader.get_order: _place_order,
    OrderReader.get_open_order: _place_order,
    OrderReader.get_open_orders: _place_for_all,
    OrderReader.iter_orders: _place_for_symbol,
    OrderControl.place_order: _to_place,
    OrderControl.cancel_order: _place_order,
    OrderControl.cancel_all_orders: _place_for_all,
    OrderAmendControl.amend_order: _to_amend,
    OrderBatchControl.place_orders: lambda stage: {"requests": [example_order(stage), example_order(stage, lower=1)]},
    OrderAmendControl.amend_orders: _several_to_amend,
    OrderBatchControl.cancel_orders: _several_to_cancel,
    OrderTestControl.test_order: _to_place,
    CountdownControl.set_countdown: _to_count_down,
    CountdownControl.countdown: _to_count_down,
    DeadManControl.dead_man_switch: _to_switch,
    FillReader.iter_fills: _of_position,
    CommissionReader.get_commission_rate: _of_position,
    CandleReader.iter_candles: lambda stage: {"symbol": stage.scenario.held, "interval": timedelta(hours=1)},
    FundingRateReader.iter_funding_rates: _of_position,
    PriceReader.get_prices: lambda stage: {"symbols": (stage.scenario.held,)},
    MarginChangeReader.iter_margin_changes: _of_position,
    PositionMarginControl.add_margin: _to_add,
    PositionMarginControl.reduce_margin: _to_reduce,
    RiskLimitControl.set_risk_limit: _to_limit_risk,
    ListenKeyControl.keep_listen_key_alive: _to_keep_alive,
    PartialStopControl.add_partial_stop: _to_stop_a_part,
    TradingStopControl.set_trading_stop: lambda stage: {**_of_position(stage), "trailing_stop": Decimal(0)},
    TpSlModeControl.set_tpsl_mode: lambda stage: {**_of_flat(stage), "mode": TpSlMode.FULL},
}


async def arguments_for(method: Callable[..., Any], stage: Stage) -> Mapping[str, Any]:
    """
    Return arguments for calling a method on this stage.

    Raises:
        LookupError: the method needs arguments and this module has none for it.
    """
    for setter in SETTERS:
        if setter.method is method:
            return setter.arguments(stage, setter.another(stage, await setter.read(stage)))
    if method in _ARGUMENTS:
        arguments = _ARGUMENTS[method](stage)
        return await arguments if inspect.isawaitable(arguments) else arguments
    _, *parameters = inspect.signature(method).parameters.values()
    if any(parameter.default is parameter.empty for parameter in parameters):
        raise LookupError(f"no example arguments are known for {method.__qualname__}")
    return {}
