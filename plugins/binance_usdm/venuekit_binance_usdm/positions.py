"""Positions: what positionRisk tells, joined with margin type and leverage, which it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from venuekit.capabilities import MarginType, Position, PositionMode, PositionReader, PositionSide, Unit
from venuekit.parts.concurrency import earliest, gather
from venuekit.plugin import Account, Endpoint
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of, position_mode_of
from venuekit_binance_common.positions.filters import check_filters, side_that_fits
from venuekit_binance_usdm.payloads import AccountConfig, SymbolConfig
from venuekit_binance_usdm.symbol_config import config_of

if TYPE_CHECKING:
    from venuekit_binance_usdm.position_rows import PositionRow

__all__ = ["BinancePositions", "decode_position_rows", "flat_position", "join_positions"]

#: one contract is one unit of the base asset, on every symbol
_CONTRACT_SIZE = Decimal(1)
_FLAT = Decimal(0)
#: the rank counts from 0 to 4
_ADL_TOP = 4


def decode_position_rows(body: bytes) -> Sequence[PositionRow]:
    """Return the rows of a positionRisk answer; see :func:`~venuekit_binance_usdm.position_rows.decode`."""
    from venuekit_binance_usdm.position_rows import decode

    return decode(body)


class BinancePositions(Account, PositionReader):
    """The venue lists a row only where there is a position or an open order."""

    __slots__ = ()

    ACCOUNT_CONFIG: ClassVar[Endpoint[AccountConfig]]
    POSITION_RISK: ClassVar[Endpoint[Sequence[PositionRow]]]
    SYMBOL_CONFIG: ClassVar[Endpoint[tuple[SymbolConfig, ...]]]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` also flat symbols with open orders; weight 10."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        rows, configs = await gather(
            self.answer_rows(self.POSITION_RISK, symbol=symbol),
            self.answer_rows(self.SYMBOL_CONFIG, symbol=symbol),
        )
        return join_positions(
            rows.value,
            configs.value,
            as_of=earliest(rows, configs),
            received_at=rows.received_at,
            raws=rows.raw,
            include_flat=include_flat,
        )

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 10, and 5 more when the venue lists no row."""
        rows, configs = await gather(
            self.answer(self.POSITION_RISK, symbol=symbol), self.answer(self.SYMBOL_CONFIG, symbol=symbol)
        )
        as_of = earliest(rows, configs)
        positions = join_positions(
            rows.value, configs.value, as_of=as_of, received_at=rows.received_at, raws=rows.raw, include_flat=True
        )
        wanted = side_that_fits(self, await self._position_mode(positions), side, symbol)
        for position in positions:
            if position.symbol == symbol and position.side is wanted:
                return position
        return flat_position(config_of(configs.value, symbol), wanted, as_of=as_of, received_at=rows.received_at)

    async def _position_mode(self, listed: Iterable[Position]) -> PositionMode:
        """Return the mode: any listed row shows it, and where there is none the account's configuration tells."""
        for position in listed:
            return PositionMode.ONE_WAY if position.side is PositionSide.BOTH else PositionMode.HEDGE
        return position_mode_of((await self.call(self.ACCOUNT_CONFIG)).dual_side_position)


def join_positions(
    rows: Sequence[PositionRow],
    configs: Iterable[SymbolConfig],
    *,
    as_of: datetime,
    received_at: datetime,
    raws: Sequence[Mapping[str, Any]] | None = None,
    include_flat: bool = False,
) -> tuple[Position, ...]:
    """
    Return one position per row, with leverage, margin type and largest size from its symbol's configuration.

    Where that is missing, what hangs on it is None. This is the hot path of a read of hundreds of rows: values are
    made by position, in the order of the fields of :class:`~venuekit.capabilities.Position`.
    """
    config_of_symbol = {config.symbol: config for config in configs}.get
    sides, at = POSITION_SIDES, datetime.fromtimestamp
    base, isolated = Unit.BASE, MarginType.ISOLATED
    positions = []
    for index, row in enumerate(rows):
        quantity = row.position_amt
        if not quantity and not include_flat:
            continue
        config = config_of_symbol(row.symbol)
        leverage, margin_type, largest, largest_unit, auto_add = _UNKNOWN if config is None else _settings_of(config)
        is_isolated = margin_type is isolated
        notional = None if (signed := row.notional) is None else abs(signed)
        moment = row.update_time
        positions.append(
            Position(
                row.symbol,
                sides[row.position_side],
                quantity,
                _CONTRACT_SIZE,
                base,
                row.margin_asset or None,
                row.entry_price or None,
                row.break_even_price or None,
                row.mark_price or None,
                notional,
                notional,
                row.un_realized_profit,
                None,  # realized_pnl
                leverage,
                margin_type,
                row.isolated_wallet if is_isolated else None,
                row.isolated_margin if is_isolated else None,
                row.position_initial_margin,
                row.open_order_initial_margin,
                row.initial_margin,
                row.maint_margin,
                row.liquidation_price or None,
                None,  # bankruptcy_price
                largest,
                largest_unit,
                auto_add,
                None,  # state
                None,  # reduce_only_forced
                row.adl,
                None if row.adl is None else _ADL_TOP,
                at(moment / 1000, UTC) if moment and moment > 0 else None,
                None,  # opened_at
                None,  # sequence
                as_of,
                received_at,
                None if raws is None else raws[index],
            )
        )
    return tuple(positions)


_Settings = tuple[Decimal | None, MarginType | None, Decimal | None, Unit | None, bool | None]
_UNKNOWN: _Settings = (None, None, None, None, None)


#: few leverages and words, many rows
_ratio = lru_cache(maxsize=256)(Decimal)
_margin_type = lru_cache(maxsize=16)(margin_type_of)
_QUOTE = Unit.QUOTE


def _settings_of(config: SymbolConfig) -> _Settings:
    largest = config.max_notional_value
    return (
        None if config.leverage is None else _ratio(config.leverage),
        _margin_type(config.margin_type),
        largest,
        None if largest is None else _QUOTE,
        config.is_auto_add_margin,
    )


def flat_position(config: SymbolConfig, side: PositionSide, *, as_of: datetime, received_at: datetime) -> Position:
    """Return the position of a symbol for which the venue lists none: its size is known, no price or margin is."""
    leverage, margin_type, largest, largest_unit, auto_add = _settings_of(config)
    return Position(
        symbol=config.symbol,
        side=side,
        quantity=_FLAT,
        contract_size=_CONTRACT_SIZE,
        contract_unit=Unit.BASE,
        leverage=leverage,
        margin_type=margin_type,
        max_position=largest,
        max_position_unit=largest_unit,
        auto_add_margin=auto_add,
        as_of=as_of,
        received_at=received_at,
    )
