"""The figures of a balance: one asset of the account, and the account's totals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.state import Asset
from venuekit.simulator.ledger.view import LedgerView

USD = "USD"


@attrs.frozen
class BalanceFigures:
    """
    One asset, in units of it.

    ``wallet`` is cash including isolated margin and without profit, ``equity`` adds the unrealised profit.
    ``available`` in a pool is the pool's figure expressed in this asset. ``margin_ratio`` is maintenance margin to
    the balance of the cross positions, 1 is liquidation; None when that balance is not positive.
    ``usd_value`` is the equity at the index price, None without one.
    """

    asset: str
    purse: str
    wallet: Decimal
    cross_wallet: Decimal
    cross_unrealized_pnl: Decimal
    unrealized_pnl: Decimal
    equity: Decimal
    available: Decimal
    withdrawable: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    cross_maintenance_margin: Decimal
    margin_ratio: Decimal | None
    index_price: Decimal | None
    haircut: Decimal
    is_collateral: bool
    usd_value: Decimal | None
    updated_at: datetime | None


@attrs.frozen
class Totals:
    """
    The account's totals, in ``valuation_asset``.

    While assets are ``pooled`` the totals are sums in USD: positive amounts count less their haircut, debts and margins
    in full. Otherwise they are those of the one valuation asset; or, where the venue names none, sums over all assets
    that have an index price. ``gross_*`` are sums of all those without a haircut, in USD; None without such assets.
    """

    valuation_asset: str
    pooled: bool
    wallet: Decimal
    cross_wallet: Decimal
    unrealized_pnl: Decimal
    cross_unrealized_pnl: Decimal
    equity: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    available: Decimal
    withdrawable: Decimal
    margin_ratio: Decimal | None
    gross_wallet: Decimal | None
    gross_equity: Decimal | None


@exact
def balance_figures(reading: LedgerView, key: AssetKey) -> BalanceFigures:
    """Return one asset with everything that follows from the positions that settle in it."""
    asset, cash, sums = reading.state.assets[key], reading.state.cash[key], reading.sums(key)
    wallet = cash.cross_wallet + sums.isolated_wallet
    equity = wallet + sums.unrealized_pnl
    return BalanceFigures(
        asset=asset.name,
        purse=asset.purse,
        wallet=wallet,
        cross_wallet=cash.cross_wallet,
        cross_unrealized_pnl=sums.cross_unrealized_pnl,
        unrealized_pnl=sums.unrealized_pnl,
        equity=equity,
        available=reading.available(key),
        withdrawable=reading.withdrawable(key),
        position_initial_margin=sums.position_initial_margin,
        open_order_initial_margin=sums.open_order_initial_margin,
        initial_margin=sums.position_initial_margin + sums.open_order_initial_margin,
        maintenance_margin=sums.maintenance_margin,
        cross_maintenance_margin=sums.cross_maintenance_margin,
        margin_ratio=_ratio(sums.cross_maintenance_margin, cash.cross_wallet + sums.cross_unrealized_pnl),
        index_price=asset.index_price,
        haircut=asset.haircut,
        is_collateral=asset.is_collateral,
        usd_value=None if asset.index_price is None else reading.rules.money(equity * asset.index_price),
        updated_at=cash.updated_at,
    )


@exact
def total_figures(reading: LedgerView, purse: str) -> Totals | None:
    """Return the totals of a purse; None without a valuation asset and without priced assets."""
    priced = [asset for key, asset in reading.state.assets.items() if key[0] == purse and reading.is_priced(key)]
    key = (purse, reading.rules.valuation_asset or "")
    if reading.pooling and priced:
        return _sum(reading, purse, priced, pooled=True)
    if key in reading.state.assets:
        return _of_one_asset(reading, key, priced)
    return _sum(reading, purse, priced, pooled=False) if priced else None


def _of_one_asset(reading: LedgerView, key: AssetKey, priced: list[Asset]) -> Totals:
    balance = balance_figures(reading, key)
    return Totals(
        valuation_asset=balance.asset,
        pooled=False,
        wallet=balance.wallet,
        cross_wallet=balance.cross_wallet,
        unrealized_pnl=balance.unrealized_pnl,
        cross_unrealized_pnl=balance.cross_unrealized_pnl,
        equity=balance.equity,
        position_initial_margin=balance.position_initial_margin,
        open_order_initial_margin=balance.open_order_initial_margin,
        initial_margin=balance.initial_margin,
        maintenance_margin=balance.maintenance_margin,
        available=balance.available,
        withdrawable=balance.withdrawable,
        margin_ratio=balance.margin_ratio,
        gross_wallet=_gross(reading, priced, equity=False),
        gross_equity=_gross(reading, priced, equity=True),
    )


def _sum(reading: LedgerView, purse: str, priced: list[Asset], *, pooled: bool) -> Totals:
    money = reading.rules.money
    members = reading.pool_members(purse) if pooled else tuple(priced)
    wallet = cross_wallet = equity = cross_equity = ZERO
    initial = order_initial = maintenance = cross_maintenance = available = withdrawable = ZERO
    for asset in members:
        cash, sums = reading.cross_wallet(asset.key), reading.sums(asset.key)
        wallet_balance = cash + sums.isolated_wallet
        wallet += asset.worth(wallet_balance)
        cross_wallet += asset.worth(cash)
        equity += asset.worth(wallet_balance + sums.unrealized_pnl)
        cross_equity += asset.worth(cash + sums.cross_unrealized_pnl)
        initial += asset.price * sums.position_initial_margin
        order_initial += asset.price * sums.open_order_initial_margin
        maintenance += asset.price * sums.maintenance_margin
        cross_maintenance += asset.price * sums.cross_maintenance_margin
        available += asset.price * reading.available(asset.key)
        withdrawable += asset.price * reading.withdrawable(asset.key)
    if pooled:
        available, withdrawable = max(ZERO, reading.pool_free(purse)), reading.pool_withdrawable(purse)
    return Totals(
        valuation_asset=USD,
        pooled=pooled,
        wallet=money(wallet),
        cross_wallet=money(cross_wallet),
        unrealized_pnl=money(equity) - money(wallet),
        cross_unrealized_pnl=money(cross_equity) - money(cross_wallet),
        equity=money(equity),
        position_initial_margin=money(initial),
        open_order_initial_margin=money(order_initial),
        initial_margin=money(initial) + money(order_initial),
        maintenance_margin=money(maintenance),
        available=money(available),
        withdrawable=money(withdrawable),
        margin_ratio=_ratio(cross_maintenance, cross_equity),
        gross_wallet=_gross(reading, priced, equity=False),
        gross_equity=_gross(reading, priced, equity=True),
    )


def _gross(reading: LedgerView, priced: list[Asset], *, equity: bool) -> Decimal | None:
    if not priced:
        return None
    total = ZERO
    for asset in priced:
        sums = reading.sums(asset.key)
        wallet_balance = reading.cross_wallet(asset.key) + sums.isolated_wallet
        total += asset.price * (wallet_balance + sums.unrealized_pnl if equity else wallet_balance)
    return reading.rules.money(total)


def _ratio(maintenance: Decimal, balance: Decimal) -> Decimal | None:
    if maintenance == 0:
        return ZERO
    return maintenance / balance if balance > 0 else None
