"""The settings that hold, as a target: the text of a file that plans to nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venuekit.account_check import refuse_blocking
from venuekit.arguments import check_names
from venuekit.capabilities import (
    InstrumentReader,
    LeverageBehaviour,
    LeverageControl,
    LeverageScope,
    LeverageSetting,
    MarginType,
    MarginTypeReader,
    PositionModeBehaviour,
    PositionModeReader,
    PositionModeScope,
    Setting,
    SettingsReader,
    SettingsSnapshot,
    SymbolSettings,
)
from venuekit.settings.controls import has_leverage_per, is_account_wide, is_joint
from venuekit.settings.rules import choose, is_pattern, trades
from venuekit.settings.target import AccountTarget, LeverageTarget, SymbolTarget
from venuekit.settings.target_accounts import patient
from venuekit.venue import venue_support

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.venue import Venue

#: those that a target can name
_MARGIN_TYPES = frozenset({MarginType.CROSS, MarginType.ISOLATED})


async def read_target_of(account: Account, symbols: Collection[str] = ()) -> AccountTarget:
    """
    Return the settings that hold for an account as a target of it, by its cheapest reads.

    It has the settings of ``symbols``, which are names, or patterns (``*`` and ``?``) of symbols that the venue trades,
    and of every other symbol that the reads show (those with a position or an isolated margin type, say). Settings that
    the venue does not report or that a target cannot name are left out. Reads wait up to two minutes for the budget of
    the venue, as those of :func:`plan` do.

    Raises:
        InvalidRequest: the venue does not know a symbol.
        OperationError: the settings cannot be read.
    """
    refuse_blocking((account,), read_target_of.__name__)
    symbols = check_names(symbols, "symbols", read_target_of.__name__)
    account = patient(account)
    snapshot = await SettingsReader.of(account).get_settings(await _names(account, symbols))
    return _target_of(account.venue, snapshot)


async def _names(account: Account, symbols: Collection[str]) -> Collection[str]:
    """Return the names among ``symbols``, and the symbols that the patterns among them match."""
    if not any(map(is_pattern, symbols)):
        return symbols
    instruments = await InstrumentReader.of(account).get_instruments()
    return choose(symbols, (one.symbol for one in filter(trades, instruments)))


def _target_of(venue: Venue[Any], snapshot: SettingsSnapshot) -> AccountTarget:
    wide = is_account_wide(venue, Setting.MARGIN_TYPE)
    rows = {row.symbol: _symbol(venue, row, wide=wide) for row in snapshot.symbols}
    return AccountTarget(
        venue=venue.id,
        position_mode=snapshot.position_mode if _has_position_mode(venue) else None,
        asset_mode=snapshot.asset_mode,
        margin_type=_settable(snapshot.margin_type) if wide else None,
        symbols={symbol: row for symbol, row in rows.items() if row != SymbolTarget()},
        account_mode=None if snapshot.account_mode is None else snapshot.account_mode.mode,
    )


def _has_position_mode(venue: Venue[Any]) -> bool:
    if not venue_support(venue, PositionModeReader) or not venue.has_behaviour(PositionModeBehaviour):
        return bool(venue_support(venue, PositionModeReader))
    return venue.behaviour(PositionModeBehaviour).scope is PositionModeScope.ACCOUNT


def _symbol(venue: Venue[Any], row: SymbolSettings, *, wide: bool) -> SymbolTarget:
    margin_type = _settable(row.margin_type) if not wide and venue_support(venue, MarginTypeReader) else None
    if not venue_support(venue, LeverageControl):
        return SymbolTarget(margin_type)
    if not has_leverage_per(venue, LeverageScope.MARGIN_TYPE):
        held = LeverageSetting(row.symbol, row.leverage_long, row.leverage_short)
        return SymbolTarget(margin_type, _leverage(venue, held, row.margin_type))
    # where one write sets both, a leverage under another margin type cannot be named beside the one that holds
    leverages = (one for one in row.leverages if one.margin_type is row.margin_type or not is_joint(venue))
    named = (_leverage(venue, one, one.margin_type) for one in leverages)
    return SymbolTarget(margin_type, leverages=tuple(one for one in named if one is not None))


def _settable(margin_type: MarginType | None) -> MarginType | None:
    return margin_type if margin_type in _MARGIN_TYPES else None


def _leverage(venue: Venue[Any], held: LeverageSetting, margin_type: MarginType | None) -> LeverageTarget | None:
    """Return the target of a leverage, None where there is none, and where none can be set under the margin type."""
    behaviour = venue.behaviour(LeverageBehaviour) if venue.has_behaviour(LeverageBehaviour) else LeverageBehaviour()
    if margin_type is not None and margin_type not in behaviour.margin_types:
        return None
    long, short = (value if value else None for value in (held.long, held.short))
    return None if long is None and short is None else LeverageTarget(long, short, held.margin_type)


def tables_of(target: AccountTarget) -> Mapping[str, Any]:
    """
    Return the table of an account, shaped as :func:`~venuekit.settings.target_toml` takes it.

    Raises:
        ValueError: the target has rules, which are written by hand.
    """
    if target.rules:
        raise ValueError("a target with rules has no table: they may be groups, which are no account's")
    names = ("venue", "account_mode", "position_mode", "asset_mode", "margin_type")
    values = {name: getattr(target, name) for name in names if getattr(target, name) is not None}
    symbols = {symbol: dict(_rows(row)) for symbol, row in target.symbols.items()}
    return {**values, "symbols": symbols} if symbols else values


def _rows(row: SymbolTarget) -> Iterator[tuple[str, Any]]:
    if row.margin_type is not None:
        yield "margin_type", row.margin_type
    if row.leverage is not None:
        yield "leverage", _table(row.leverage)
    elif row.leverages:
        yield "leverage", {str(one.margin_type): _table(one) for one in row.leverages}


def _table(leverage: LeverageTarget) -> Decimal | Mapping[str, Decimal]:
    if leverage.at_most and leverage.long is not None:
        return {"at_most": leverage.long}
    if not leverage.by_side and leverage.long is not None:
        return leverage.long
    sides = {"long": leverage.long, "short": leverage.short}
    return {side: value for side, value in sides.items() if value is not None}
