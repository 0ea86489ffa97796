"""Controls: the capabilities that read and set each setting, and the weight of a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import (
    AccountModeReader,
    AccountModeSetting,
    AssetMode,
    AssetModeControl,
    AssetModeReader,
    Capability,
    InstrumentReader,
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    LeverageScope,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeReader,
    MarginTypeScope,
    PositionMode,
    PositionModeControl,
    PositionModeReader,
    PositionSide,
    Setting,
    capability_of,
)
from venuekit.errors import OperationError
from venuekit.settings.target import Value

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.endpoint import Endpoint
    from venuekit.venue import Venue

#: the methods that read and set each setting that can be changed
_METHODS: Mapping[Setting, tuple[Callable[..., Any], Callable[..., Any]]] = {
    Setting.POSITION_MODE: (PositionModeReader.get_position_mode, PositionModeControl.set_position_mode),
    Setting.ASSET_MODE: (AssetModeReader.get_asset_mode, AssetModeControl.set_asset_mode),
    Setting.MARGIN_TYPE: (MarginTypeReader.get_margin_type, MarginTypeControl.set_margin_type),
    Setting.LEVERAGE: (LeverageReader.get_leverage, LeverageControl.set_leverage),
}


def control_of(setting: Setting) -> type[Capability]:
    """Return the capability that changes a setting."""
    return capability_of(_METHODS[setting][1])


def is_account_wide(venue: Venue[Any], setting: Setting) -> bool:
    """Return whether a setting belongs to the whole account on this venue, rather than to each symbol."""
    if setting is not Setting.MARGIN_TYPE:
        return setting is not Setting.LEVERAGE
    if not venue.has_behaviour(MarginTypeBehaviour):
        return False
    return venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT


def has_leverage_per(venue: Venue[Any], scope: LeverageScope) -> bool:
    """Return whether a symbol has a leverage for each of these on this venue."""
    return venue.has_behaviour(LeverageBehaviour) and scope in venue.behaviour(LeverageBehaviour).scope


def is_joint(venue: Venue[Any]) -> bool:
    """Return whether one write sets leverage and margin type of a symbol on this venue."""
    setters = {LeverageControl.set_leverage, MarginTypeControl.set_margin_type}
    return any(endpoint.is_write and setters <= set(endpoint.serves) for endpoint in venue.endpoints)


def setter_weight(venue: Venue[Any], setting: Setting) -> int | None:
    """Return the highest cost of one change, its own reads included; None when no endpoint of the venue serves it."""
    _, setter = _METHODS[setting]
    setters = [endpoint for endpoint in venue.endpoints if endpoint.is_write and setter in endpoint.serves]
    # one that is completed reads before and after it
    reads = 2 * reader_weight(venue, setting) if any(one.completion is not None for one in setters) else 0
    return max((one.weight_most + reads for one in setters), default=None)


def reader_weight(venue: Venue[Any], setting: Setting) -> int:
    """Return the highest cost of reading one setting before it is changed."""
    reader, _ = _METHODS[setting]
    return sum(e.weight_most for e in venue.endpoints if not e.is_write and reader in e.serves)


def requests_of(venue: Venue[Any], setting: Setting) -> Iterator[tuple[Endpoint[Any], int]]:
    """Yield the requests of one change with the reading right before it, each with its highest number."""
    reader, setter = _METHODS[setting]
    setters = [endpoint for endpoint in venue.endpoints if endpoint.is_write and setter in endpoint.serves]
    for endpoint in sorted(setters, key=lambda setter: setter.weight_most)[-1:]:
        yield endpoint, 1
    times = 3 if any(one.completion is not None for one in setters) else 1
    for endpoint in venue.endpoints:
        if not endpoint.is_write and reader in endpoint.serves:
            yield endpoint, times


def account_mode_weight(venue: Venue[Any]) -> int:
    """Return the highest cost of reading the account mode."""
    reader = AccountModeReader.get_account_mode
    return sum(endpoint.weight_most for endpoint in venue.endpoints if reader in endpoint.serves)


def instruments_weight(venue: Venue[Any]) -> int:
    """Return the highest cost of reading the instruments."""
    reader = InstrumentReader.get_instruments
    return sum(endpoint.weight_most for endpoint in venue.endpoints if reader in endpoint.serves)


async def read_account_mode(account: Account) -> AccountModeSetting | None:
    """Return the account mode where it may explain a refusal; None where it cannot be read."""
    if not account.support(AccountModeReader):
        return None
    try:
        return await AccountModeReader.of(account).get_account_mode()
    except OperationError:
        return None


async def read_value(
    account: Account,
    setting: Setting,
    *,
    symbol: str | None,
    side: PositionSide | None = None,
    margin_type: MarginType | None = None,
) -> Value | None:
    """
    Read one setting that can be changed, None when the venue does not report it.

    Raises:
        OperationError: see the readers; UnsupportedCapability for one that this account cannot change.
        ValueError: an account mode, which is changed at the venue, or a leverage without a symbol.
    """
    match setting:
        case Setting.POSITION_MODE:
            return (await PositionModeControl.of(account).get_position_mode()).mode
        case Setting.ASSET_MODE:
            return (await AssetModeControl.of(account).get_asset_mode()).mode
        case Setting.MARGIN_TYPE:
            return (await MarginTypeControl.of(account).get_margin_type(symbol)).margin_type
        case Setting.LEVERAGE if symbol is not None:
            leverage = await LeverageControl.of(account).get_leverage(symbol, margin_type=margin_type)
            return leverage.short if side is PositionSide.SHORT else leverage.long
        case _:
            raise ValueError(f"{setting} of {symbol or 'the account'} cannot be changed")


async def carry_out(
    account: Account,
    value: Value,
    *,
    symbol: str | None,
    side: PositionSide | None = None,
    margin_type: MarginType | None = None,
) -> bool | None:
    """
    Set one setting through its capability; the value's type determines which.

    Returns:
        ``changed`` as the setters return it.

    Raises:
        OperationError: see the setters.
        ValueError: an account mode, which is changed at the venue, or a leverage without a symbol.
    """
    match value:
        case PositionMode():
            return (await PositionModeControl.of(account).set_position_mode(value)).changed
        case AssetMode():
            return (await AssetModeControl.of(account).set_asset_mode(value)).changed
        case MarginType():
            control = MarginTypeControl.of(account)
            return (await control.set_margin_type(symbol, value, account_wide=symbol is None)).changed
        case Decimal() if symbol is not None:
            setting = await LeverageControl.of(account).set_leverage(symbol, value, side=side, margin_type=margin_type)
            return setting.changed
        case _:
            raise ValueError(f"{value} of {symbol or 'the account'} cannot be set")
