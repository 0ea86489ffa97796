"""TP/SL mode: a default that the venue calls deprecated."""

from __future__ import annotations

import warnings

from venuekit.capabilities import TpSlMode, TpSlModeControl, TpSlModeSetting
from venuekit.plugin import Account, Change, PayloadMismatch
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.settings import TpSlModeRow

_WORDS = {TpSlMode.FULL: "Full", TpSlMode.PARTIAL: "Partial"}
_DEPRECATED = (
    "the venue calls set-tpsl-mode deprecated: it is only the default of requests that name no mode; orders and"
    " trading stops carry their own"
)


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
            return TpSlModeSetting(symbol, asked if change.answer is None else _mode_of(change.answer), change.changed)

        return await self.call_as(
            setting, BYBIT.SET_TPSL_MODE, category=CATEGORY, symbol=symbol, tpSlMode=_WORDS[asked]
        )


def _mode_of(row: TpSlModeRow) -> TpSlMode:
    for mode, word in _WORDS.items():
        if word == row.mode:
            return mode
    raise PayloadMismatch(f"tpSlMode: expected one of {', '.join(_WORDS.values())}, got {row.mode!r}")
