"""The account as a whole, its kind, and the API key with its permissions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AccountMode,
    AccountModeReader,
    AccountModeSetting,
    AccountReader,
    ApiKey,
    ApiKeyReader,
    Identity,
    IdentityReader,
    MarginType,
    PositionMode,
    Setting,
)
from venuekit.parts.concurrency import gather
from venuekit.parts.values import values_of
from venuekit.plugin import Account, PayloadMismatch, UnsupportedCapability
from venuekit_bybit_inverse.balances import UNIFIED, balances_of, read_withdrawable
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.account import MARGIN_MODES, AccountState, ApiKeyRow
from venuekit_bybit_inverse.positions import LEG, PAGE_SIZE, positions_of
from venuekit_bybit_inverse.reading import read_pages

_KINDS = {5: AccountKind("uta2"), 6: AccountKind("uta2_pro")}
#: mode and the venue's name of it, by ``unifiedMarginStatus``
_MODES: Mapping[int, tuple[AccountMode, str]] = {
    1: (AccountMode.CLASSIC, "classic"),
    3: (AccountMode.UNIFIED, "unified 1.0"),
    4: (AccountMode.UNIFIED, "unified 1.0 Pro"),
    5: (AccountMode.UNIFIED, "unified 2.0"),
    6: (AccountMode.UNIFIED, "unified 2.0 Pro"),
}
_MODELS: Mapping[MarginType, str] = {margin_type: mode for mode, margin_type in MARGIN_MODES.items()}
_NO_LEVERAGE = "in portfolio margin no symbol has a leverage of its own (110038): change the margin type first"
_UNAVAILABLE: Mapping[MarginType, Mapping[Setting, str]] = {MarginType.PORTFOLIO: {Setting.LEVERAGE: _NO_LEVERAGE}}
_VALUATION = "USD"
_ANYWHERE = "*"
_WITHDRAW = "Wallet.Withdraw"


class BybitAccountMode(Account, AccountModeReader):
    """Portfolio margin is a margin type of a unified account here: it is the margin model, and the mode is UNIFIED."""

    __slots__ = ()

    async def get_account_mode(self) -> AccountModeSetting:
        """Return the mode, by one read; its margin model is the venue's word for the account's margin type."""
        return account_mode_of(await self.call(BYBIT.ACCOUNT_INFO))


def account_mode_of(info: AccountState) -> AccountModeSetting:
    """Return the mode that the account's information shows."""
    mode, word = _MODES.get(info.unified_margin_status, (None, f"unifiedMarginStatus {info.unified_margin_status}"))
    return AccountModeSetting(
        mode,
        word,
        margin_model=_MODELS[info.margin_type],
        unavailable=dict(_UNAVAILABLE.get(info.margin_type, {})),
        reason=None if mode else "the venue documents no such status",
    )


class BybitAccountInfo(Account, AccountReader):
    """Read totals, modes, collateral, coins and positions; refuse accounts that keep inverse contracts elsewhere."""

    __slots__ = ()

    async def on_open(self) -> None:
        """
        Read the kind of the account.

        Raises:
            UnsupportedCapability: it is not a unified account 2.0: inverse contracts then live in another wallet, with
                other margin rules.
        """
        await super().on_open()
        status = (await self.call(BYBIT.ACCOUNT_INFO)).unified_margin_status
        if status not in _KINDS:
            _, kind = _MODES.get(status, (None, "unknown"))
            raise self.make_error(
                UnsupportedCapability,
                f"this account is of the {kind} kind (unifiedMarginStatus {status}); only unified accounts 2.0 "
                "(5, and 6 for Pro) hold inverse contracts the way this plugin reads them. Upgrade the account first",
            )

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return the account; its totals are in USD, and None in isolated mode, where the venue's have no meaning."""
        (info, wallet), (collateral, pages) = await gather(
            gather(self.answer(BYBIT.ACCOUNT_INFO), self.answer_rows(BYBIT.WALLET_BALANCE, accountType=UNIFIED)),
            gather(
                self.answer_rows(BYBIT.COLLATERAL_INFO),
                read_pages(self, BYBIT.POSITION_LIST, LEG, category=CATEGORY, limit=PAGE_SIZE),
            ),
        )
        amounts = await read_withdrawable(self, wallet)
        as_of = min(info.as_of, wallet.as_of, collateral.as_of, pages.as_of)
        margin_type = info.value.margin_type
        positions = await positions_of(self, pages, margin_type=margin_type, as_of=as_of, include_flat=include_flat)
        (totals,) = wallet.value.totals.values()
        raw = None
        if info.raw is not None:
            raw = {
                "info": info.raw["result"],
                "wallet": (wallet.raw or {})["result"]["list"][0],
                "collateral": (collateral.raw or {})["result"]["list"],
                "positions": list(pages.raw),
            }
        return attrs.evolve(
            AccountInfo() if margin_type is MarginType.ISOLATED else totals,
            valuation_asset=_VALUATION,
            position_mode=PositionMode.ONE_WAY,
            margin_type=margin_type,
            kind=_KINDS.get(info.value.unified_margin_status),
            is_copy_leader=info.value.is_master_trader,
            collateral=values_of(self, BYBIT.COLLATERAL_INFO, collateral, collateral.value),
            balances=balances_of(self, wallet, margin_type, amounts, as_of),
            positions=positions,
            updated_at=info.value.updated_at,
            as_of=as_of,
            received_at=max(info.received_at, wallet.received_at, collateral.received_at, pages.received_at),
            raw=raw,
        )


class BybitApiKey(Account, ApiKeyReader, IdentityReader):
    """Read permissions, addresses and the end of the key, and whose it is; the key itself is not kept."""

    __slots__ = ()

    async def get_identity(self) -> Identity:
        """Return the uid, and that of the master account."""
        return await self.call_as(_identity_of, BYBIT.KEY_INFO)

    async def get_api_key(self) -> ApiKey:
        """Return the key's permissions; only keys without an address of their own expire."""
        row = await self.call(BYBIT.KEY_INFO)
        permissions = frozenset(f"{group}.{name}" for group, names in row.permissions.items() for name in names)
        ips = tuple(address for address in row.ips if address != _ANYWHERE)
        may_withdraw = _WITHDRAW in permissions
        if may_withdraw:
            warnings.warn("this API key may withdraw; trading does not need that", UserWarning, stacklevel=2)
        return ApiKey(
            permissions=permissions,
            read_only=row.read_only,
            ips=ips,
            expires_at=None if ips else _moment(row.expired_at),
            is_master=row.is_master,
            may_withdraw=may_withdraw,
        )


def _identity_of(row: ApiKeyRow) -> Identity:
    """
    Return whose key it is.

    Raises:
        PayloadMismatch: the answer has no uid.
    """
    if not row.uid:
        raise PayloadMismatch(f"userID: expected the number of the account, got {row.uid}")
    return Identity(str(row.uid), None if row.parent_uid in {None, "", "0"} else row.parent_uid)


def _moment(text: str | None) -> datetime | None:
    """Return a time in ISO 8601; 1970 says "never"."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PayloadMismatch(f"expiredAt: expected a time in ISO 8601, got {text!r}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment.timestamp() > 0 else None
