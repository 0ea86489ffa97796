"""Balances: the coins of the unified account."""

from __future__ import annotations

from datetime import datetime

from venuekit.capabilities import Balance, BalanceReader, MarginType
from venuekit.parts.concurrency import gather
from venuekit.parts.rows import values_of
from venuekit.plugin import Account, Answer
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.wallet_rows import ISOLATED_COINS, WalletRows

__all__ = ["UNIFIED", "BybitBalances", "balances_of"]

#: the account type of a unified account
UNIFIED = "UNIFIED"


class BybitBalances(Account, BalanceReader):
    """Read the coins; without a name those whose balance is not zero."""

    __slots__ = ()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per coin; ``available`` is known in isolated mode only, elsewhere all coins back all."""
        info, wallet = await gather(
            self.call(BYBIT.ACCOUNT_INFO), self.answer_rows(BYBIT.WALLET_BALANCE, accountType=UNIFIED, coin=asset)
        )
        balances = balances_of(self, wallet, info.margin_mode.margin_type)
        return balances if asset is None else tuple(balance for balance in balances if balance.asset == asset)


def balances_of(
    account: Account, wallet: Answer[WalletRows], margin_type: MarginType, as_of: datetime | None = None
) -> tuple[Balance, ...]:
    """Return the balances of a wallet under a margin type."""
    coins = wallet.value.coins
    if margin_type is MarginType.ISOLATED:
        coins = coins.read_by(ISOLATED_COINS)
    return values_of(account, BYBIT.WALLET_BALANCE, wallet, coins, as_of=as_of or wallet.as_of)
