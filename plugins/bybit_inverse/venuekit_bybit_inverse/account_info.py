"""The account as a whole, and what kind of account venuekit speaks to."""

from __future__ import annotations

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AccountReader,
    Collateral,
    MarginType,
    PositionMode,
)
from venuekit.parts.concurrency import gather
from venuekit.plugin import Account, UnsupportedCapability
from venuekit_bybit_inverse.balances import UNIFIED, balances_of
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import settle_coins
from venuekit_bybit_inverse.payloads import CollateralRow, WalletRow
from venuekit_bybit_inverse.positions import LEG, PAGE_SIZE, positions_of
from venuekit_bybit_inverse.reading import read_rows

__all__ = ["BybitAccountInfo"]

_KINDS = {5: AccountKind("uta2"), 6: AccountKind("uta2_pro")}
_OLDER_KINDS = {1: "classic", 3: "unified 1.0", 4: "unified 1.0 Pro"}
_VALUATION = "USD"


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
            kind = _OLDER_KINDS.get(status, "unknown")
            raise UnsupportedCapability(
                f"this account is of the {kind} kind (unifiedMarginStatus {status}); only unified accounts 2.0 "
                "(5, and 6 for Pro) hold inverse contracts the way this plugin reads them. Upgrade the account first",
                venue=self.venue.id,
                operation="connect",
            )

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return the account; its totals are in USD, and None in isolated mode, where the venue's have no meaning."""
        (info, wallet), (collateral, found) = await gather(
            gather(self.answer(BYBIT.ACCOUNT_INFO), self.answer_rows(BYBIT.WALLET_BALANCE, accountType=UNIFIED)),
            gather(
                self.answer_rows(BYBIT.COLLATERAL_INFO),
                read_rows(self, BYBIT.POSITION_LIST, LEG, category=CATEGORY, limit=PAGE_SIZE),
            ),
        )
        settle = await settle_coins(self, frozenset(row.symbol for row in found.rows))
        as_of = min(info.as_of, wallet.as_of, collateral.as_of, found.as_of)
        margin_type = info.value.margin_mode.margin_type
        totals = WalletRow() if margin_type is MarginType.ISOLATED else wallet.value
        raw = None
        if info.raw is not None:
            raw = {
                "info": info.raw["result"],
                "wallet": (wallet.raw or {})["result"]["list"][0],
                "collateral": (collateral.raw or {})["result"]["list"],
                "positions": list(found.raw),
            }
        return AccountInfo(
            valuation_asset=_VALUATION,
            total_wallet=totals.total_wallet_balance,
            total_equity=totals.total_equity,
            total_unrealized_pnl=totals.total_perp_upl,
            total_initial_margin=totals.total_initial_margin,
            total_maintenance_margin=totals.total_maintenance_margin,
            total_available=totals.total_available_balance,
            margin_ratio=totals.account_mm_rate,
            position_mode=PositionMode.ONE_WAY,
            margin_type=margin_type,
            kind=_KINDS.get(info.value.unified_margin_status),
            is_copy_leader=info.value.is_master_trader,
            collateral=tuple(map(_collateral, collateral.value)),
            balances=balances_of(wallet, margin_type, as_of),
            positions=tuple(
                position
                for position in positions_of(found, margin_type, settle, as_of)
                if include_flat or position.quantity
            ),
            updated_at=info.value.updated_time,
            as_of=as_of,
            received_at=max(info.received_at, wallet.received_at, collateral.received_at, found.received_at),
            raw=raw,
        )


def _collateral(row: CollateralRow) -> Collateral:
    return Collateral(row.currency, row.margin_collateral, row.collateral_switch, row.collateral_ratio)
