"""Example arguments of each capability method, for any venue."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    BracketReader,
    Capability,
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeReader,
    MarginTypeScope,
    PositionMode,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeScope,
    PositionReader,
    SettingsReader,
)
from venuekit.testing.conformance.order_examples import ORDER_ARGUMENTS
from venuekit.testing.staged import Stage


@attrs.frozen
class Setter:
    """
    A capability method that changes a setting, with functions that read the setting, choose another value and call it.

    ``write`` returns the method's result.
    """

    control: type[Capability]
    method: Callable[..., Any]
    read: Callable[[Stage], Awaitable[Any]]
    another: Callable[[Stage, Any], Any]
    arguments: Callable[[Stage, Any], Mapping[str, Any]]

    async def write(self, stage: Stage, value: Any) -> Any:
        """Set a value through the capability."""
        return await getattr(stage.account, self.method.__name__)(**self.arguments(stage, value))


def _symbol(stage: Stage) -> str:
    return stage.scenario.flat


# -- leverage


async def _leverage(stage: Stage) -> Decimal | None:
    setting = await stage.account.get_leverage(_symbol(stage))
    value: Decimal | None = setting.long
    return value


def _another_leverage(stage: Stage, present: Decimal) -> Decimal:
    """Return a leverage one step lower, or one step higher from the minimum."""
    declared = stage.venue.behaviour(LeverageBehaviour)
    step, lowest = declared.step or Decimal(1), declared.minimum or Decimal(1)
    return present - step if present - step >= lowest else present + step


# -- margin type


def _margin_scope(stage: Stage, symbol: str) -> dict[str, Any]:
    if stage.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT:
        return {"account_wide": True}
    return {"symbol": symbol}


def _margin_reading(stage: Stage) -> dict[str, Any]:
    return {name: value for name, value in _margin_scope(stage, _symbol(stage)).items() if name == "symbol"}


async def _margin_type(stage: Stage) -> Any:
    return (await stage.account.get_margin_type(**_margin_reading(stage))).margin_type


def _another_margin_type(_: Stage, present: MarginType) -> MarginType:
    return MarginType.ISOLATED if present is MarginType.CROSS else MarginType.CROSS


# -- modes


async def _position_mode(stage: Stage) -> Any:
    return (await stage.account.get_position_mode(**_position_mode_scope(stage))).mode


def _position_mode_scope(stage: Stage) -> dict[str, Any]:
    declared = stage.venue.has_behaviour(PositionModeBehaviour)
    if declared and stage.venue.behaviour(PositionModeBehaviour).scope is PositionModeScope.SYMBOL:
        return {"symbol": _symbol(stage)}
    return {}


def _another_position_mode(_: Stage, present: PositionMode) -> PositionMode:
    return PositionMode.HEDGE if present is PositionMode.ONE_WAY else PositionMode.ONE_WAY


async def _asset_mode(stage: Stage) -> Any:
    return (await stage.account.get_asset_mode()).mode


def _another_asset_mode(_: Stage, present: AssetMode) -> AssetMode:
    return AssetMode.MULTI if present is AssetMode.SINGLE else AssetMode.SINGLE


SETTERS = (
    Setter(
        LeverageControl,
        LeverageControl.set_leverage,
        _leverage,
        _another_leverage,
        lambda stage, value: {"symbol": _symbol(stage), "leverage": value},
    ),
    Setter(
        MarginTypeControl,
        MarginTypeControl.set_margin_type,
        _margin_type,
        _another_margin_type,
        lambda stage, value: {"symbol": None, "margin_type": value, **_margin_scope(stage, _symbol(stage))},
    ),
    Setter(
        PositionModeControl,
        PositionModeControl.set_position_mode,
        _position_mode,
        _another_position_mode,
        lambda stage, value: {"mode": value, **_position_mode_scope(stage)},
    ),
    Setter(
        AssetModeControl,
        AssetModeControl.set_asset_mode,
        _asset_mode,
        _another_asset_mode,
        lambda _, value: {"mode": value},
    ),
)

_ARGUMENTS: Mapping[Callable[..., Any], Callable[[Stage], Mapping[str, Any]]] = {
    PositionReader.get_position: lambda stage: {"symbol": stage.scenario.held or stage.scenario.flat},
    LeverageReader.get_leverage: lambda stage: {"symbol": _symbol(stage)},
    MarginTypeReader.get_margin_type: _margin_reading,
    BracketReader.get_brackets: lambda stage: {"symbol": _symbol(stage)},
    SettingsReader.get_settings: lambda stage: {"symbols": (_symbol(stage),)},
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
        return _ARGUMENTS[method](stage)
    if method in ORDER_ARGUMENTS:
        return await ORDER_ARGUMENTS[method](stage)
    _, *parameters = inspect.signature(method).parameters.values()
    if any(parameter.default is parameter.empty for parameter in parameters):
        raise LookupError(f"no example arguments are known for {method.__qualname__}")
    return {}
