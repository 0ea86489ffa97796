"""Balances of coins: those of the wallet, joined with the amount of each that may leave the account."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from venuekit.capabilities import Balance, BalanceReader, MarginType
from venuekit.parts.concurrency import gather, gather_all
from venuekit.parts.values import values_of
from venuekit.plugin import Account, AccountClosed, Answer, OperationError
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.account import COINS_AT_MOST, ISOLATED_COINS, WalletRows

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
        balances = balances_of(self, wallet, info.margin_type, await read_withdrawable(self, wallet))
        return balances if asset is None else tuple(balance for balance in balances if balance.asset == asset)


def balances_of(
    account: Account,
    wallet: Answer[WalletRows],
    margin_type: MarginType,
    withdrawable: Mapping[str, Decimal | None],
    as_of: datetime | None = None,
) -> tuple[Balance, ...]:
    """Return the balances of a wallet under a margin type; ``withdrawable`` is by coin."""
    coins = wallet.value.coins
    if margin_type is MarginType.ISOLATED:
        coins = coins.read_by(ISOLATED_COINS)
    as_of = as_of or wallet.as_of
    return values_of(account, BYBIT.WALLET_BALANCE, wallet, coins, joined=withdrawable, as_of=as_of)


async def read_withdrawable(account: Account, wallet: Answer[WalletRows]) -> Mapping[str, Decimal | None]:
    """
    Return the amount of each coin of a wallet that may leave the account, by one read for up to twenty coins.

    Balances do without it: where the environment does not have the read, nothing is told; where the read fails, that is
    warned of.

    Raises:
        AccountClosed: the account was closed meanwhile.
    """
    if account.lacks(BYBIT.TRANSFERABLE):
        return {}
    names = list(dict.fromkeys(wallet.value.coins.keys))
    several = (names[first : first + COINS_AT_MOST] for first in range(0, len(names), COINS_AT_MOST))
    reads = [account.call(BYBIT.TRANSFERABLE, coinName=",".join(some)) for some in several]
    try:
        answers = await gather_all(reads)
    except AccountClosed:
        raise
    except OperationError as error:
        warnings.warn(f"the withdrawable amount of coins is missing: {error}", UserWarning, stacklevel=2)
        return {}
    return {coin: amount for amounts in answers for coin, amount in amounts.items()}
