"""Controls of a symbol: its leverage, the margin of its position, and its modes."""

from __future__ import annotations

import warnings
from decimal import Decimal

from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageControl,
    LeverageSetting,
    MarginChange,
    MarginType,
    PositionMarginControl,
    PositionMode,
    PositionModeReader,
    PositionModeSetting,
    PositionSide,
    TpSlMode,
    TpSlModeControl,
    TpSlModeSetting,
)
from venuekit.parts.checks import check_amount, check_one_way
from venuekit.plugin import Account, Answer, Change
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.margin import MovedMargin
from venuekit_bybit_inverse.endpoints.settings import TPSL_MODES, TpSlModeRow
from venuekit_bybit_inverse.instruments import instrument_row, unknown_symbol_error

#: an amount of margin has at most this many decimals
_DECIMALS = 4
_WORDS = {mode: word for word, mode in TPSL_MODES.items()}
_DEPRECATED = (
    "the venue calls set-tpsl-mode deprecated: it is only the default of requests that name no mode; orders and"
    " trading stops carry their own"
)


class BybitLeverage(Account, LeverageControl):
    """Read and set leverage; a number from 1 to 100 in steps of 0.01."""

    __slots__ = ()

    async def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        """Return the leverage from the symbol's position row, which exists also when flat."""
        if margin_type is not None:
            raise self.refuse("leverage belongs to the symbol here, not to a margin type", subject=symbol)
        page = await self.call(BYBIT.POSITION_LIST, category=CATEGORY, symbol=symbol)
        for held in page.rows.of({symbol}).values():
            return LeverageSetting(symbol, held.leverage, held.leverage, held.max_position, held.max_position_unit)
        for setting in await self.call(BYBIT.SYMBOL_INFO, category=CATEGORY, symbol=symbol):
            if setting.symbol == symbol:
                return setting
        raise unknown_symbol_error(self, symbol)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage of a symbol; where the risk tier allows less, the venue refuses it (110013)."""
        if side is not None or margin_type is not None:
            words = "leverage belongs to the symbol here, not to a side or a margin type"
            raise self.refuse(words, subject=symbol)
        wanted = self._check_leverage(symbol, leverage)
        return await self.call_as(
            lambda change: LeverageSetting(symbol, wanted, wanted, changed=change.changed),
            BYBIT.SET_LEVERAGE,
            category=CATEGORY,
            symbol=symbol,
            buyLeverage=wanted,
            sellLeverage=wanted,
        )

    def _check_leverage(self, symbol: str, leverage: object) -> Decimal:
        declared = self.behaviour(LeverageBehaviour)
        low, high, step = declared.minimum or Decimal(1), declared.maximum or Decimal("Infinity"), declared.step
        if not isinstance(leverage, bool) and isinstance(leverage, int | Decimal):
            wanted = Decimal(leverage)
            if wanted.is_finite() and low <= wanted <= high and (step is None or not wanted % step):
                return wanted
        words = f"leverage must be an int or Decimal from {low} to {high} in steps of {step}, not {leverage!r}"
        raise self.refuse(words, subject=symbol)


class BybitPositionMargin(Account, PositionMarginControl):
    """
    Add and reduce margin; the account must be in isolated margin (110015) and the position open (110033).

    The venue keeps no history of it. A lost answer is found out about by the position's row, which is read before
    every change; that assumes that no other actor moves margin of this position meanwhile.
    """

    __slots__ = ()

    async def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` of the settle coin, at most four decimals, from the account to the position."""
        return await self._move(symbol, amount, 1, side)

    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` back to the account; more than was added is refused (110078)."""
        return await self._move(symbol, amount, -1, side)

    async def _move(self, symbol: str, amount: object, sign: int, side: PositionSide | None) -> MarginChange:
        check_one_way(self, symbol, side)
        signed = sign * check_amount(self, symbol, amount, decimals=_DECIMALS)
        row = await instrument_row(self, symbol)

        def change(answer: Answer[MovedMargin]) -> MarginChange:
            raw = (answer.raw or {}).get("result")
            time = answer.value.updated_time
            return MarginChange(symbol, PositionSide.BOTH, row.settle_coin, signed, time=time, raw=raw)

        return await self.answer_as(change, BYBIT.ADD_MARGIN, category=CATEGORY, symbol=symbol, margin=signed)


class BybitPositionMode(Account, PositionModeReader):
    """Say that inverse contracts of a unified account are one-way; nothing needs to be asked for that."""

    __slots__ = ()

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:  # noqa: ARG002 (one for all)
        """Return ONE_WAY."""
        return PositionModeSetting(PositionMode.ONE_WAY)


class BybitTpSlMode(Account, TpSlModeControl):
    """Set the default mode of orders and trading stops that name none themselves."""

    __slots__ = ()

    async def set_tpsl_mode(self, symbol: str, mode: TpSlMode) -> TpSlModeSetting:
        """Set the default of a symbol; warns that the venue calls this deprecated."""
        if mode not in _WORDS:
            raise self.refuse(f"there is no mode {mode!r}", subject=symbol)
        warnings.warn(_DEPRECATED, UserWarning, stacklevel=2)
        asked = TpSlMode(mode)

        def setting(change: Change[TpSlModeRow]) -> TpSlModeSetting:
            return TpSlModeSetting(symbol, asked if change.answer is None else change.answer.mode, change.changed)

        return await self.call_as(
            setting, BYBIT.SET_TPSL_MODE, category=CATEGORY, symbol=symbol, tpSlMode=_WORDS[asked]
        )
