"""Balances: one per asset, from the read that is made for it; and the richer rows of the account read."""

from __future__ import annotations

from typing import ClassVar

from venuekit.capabilities import Balance, BalanceReader
from venuekit.parts.columns import flag, milliseconds, number, text
from venuekit.parts.rows import Reads, values_of
from venuekit.plugin import Account
from venuekit_binance_common.product import ProductEndpoints


def balances_read(*, withdrawable: str) -> Reads[Balance]:
    """Return the declaration of the balance read, in which the withdrawable amount has the product's name."""
    return Reads(
        Balance,
        asset=text("asset"),
        wallet=number("balance"),
        cross_wallet=number("crossWalletBalance"),
        cross_unrealized_pnl=number("crossUnPnl"),
        available=number("availableBalance"),
        withdrawable=number(withdrawable),
        is_collateral=flag("marginAvailable", may_be_blank=True),
        account_alias=text("accountAlias", may_be_blank=True),
        updated_at=milliseconds("updateTime", may_be_blank=True),
    )


BALANCES_OF_ACCOUNT = Reads(
    Balance,
    within=("assets",),
    asset=text("asset"),
    wallet=number("walletBalance"),
    cross_wallet=number("crossWalletBalance"),
    cross_unrealized_pnl=number("crossUnPnl"),
    unrealized_pnl=number("unrealizedProfit"),
    equity=number("marginBalance"),
    available=number("availableBalance"),
    withdrawable=number("maxWithdrawAmount"),
    position_initial_margin=number("positionInitialMargin"),
    open_order_initial_margin=number("openOrderInitialMargin"),
    initial_margin=number("initialMargin"),
    maintenance_margin=number("maintMargin"),
    is_collateral=flag("marginAvailable", may_be_blank=True),
    updated_at=milliseconds("updateTime", may_be_blank=True),
)


class BinanceBalances(Account, BalanceReader):
    """Where assets back each other, ``available`` is the account's figure expressed in each asset."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset, or that of ``asset``. This read has no equity and no margins."""
        answer = await self.answer_rows(self.endpoints.BALANCE)
        balances = values_of(self, self.endpoints.BALANCE, answer, answer.value)
        return tuple(balance for balance in balances if asset is None or balance.asset == asset)
