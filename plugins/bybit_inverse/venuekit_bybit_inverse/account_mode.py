"""The account mode, by the kind of account and the margin mode that one read shows."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import AccountMode, AccountModeReader, AccountModeSetting, MarginType, Setting
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.account import MARGIN_MODES, AccountState

#: mode and the venue's name of it, by ``unifiedMarginStatus``
MODES: Mapping[int, tuple[AccountMode, str]] = {
    1: (AccountMode.CLASSIC, "classic"),
    3: (AccountMode.UNIFIED, "unified 1.0"),
    4: (AccountMode.UNIFIED, "unified 1.0 Pro"),
    5: (AccountMode.UNIFIED, "unified 2.0"),
    6: (AccountMode.UNIFIED, "unified 2.0 Pro"),
}
_MODELS: Mapping[MarginType, str] = {margin_type: mode for mode, margin_type in MARGIN_MODES.items()}
_NO_LEVERAGE = "in portfolio margin no symbol has a leverage of its own (110038): change the margin type first"
_UNAVAILABLE: Mapping[MarginType, Mapping[Setting, str]] = {MarginType.PORTFOLIO: {Setting.LEVERAGE: _NO_LEVERAGE}}


class BybitAccountMode(Account, AccountModeReader):
    """Portfolio margin is a margin type of a unified account here: it is the margin model, and the mode is UNIFIED."""

    __slots__ = ()

    async def get_account_mode(self) -> AccountModeSetting:
        """Return the mode, by one read; its margin model is the venue's word for the account's margin type."""
        return account_mode_of(await self.call(BYBIT.ACCOUNT_INFO))


def account_mode_of(info: AccountState) -> AccountModeSetting:
    """Return the mode that the account's information shows."""
    mode, word = MODES.get(info.unified_margin_status, (None, f"unifiedMarginStatus {info.unified_margin_status}"))
    return AccountModeSetting(
        mode,
        word,
        margin_model=_MODELS[info.margin_type],
        unavailable=dict(_UNAVAILABLE.get(info.margin_type, {})),
        reason=None if mode else "the venue documents no such status",
    )
