"""The figures of a balance: one asset of the account, and the account's totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial

import attrs

from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.state import Asset
from venuekit.simulator.ledger.view import AssetSums, LedgerView

USD = "USD"


@attrs.frozen(kw_only=True)
class MarginFigures:
    """
    The money and the bound margin of one asset or of the account.

    ``wallet`` is cash including isolated margin and without profit, ``equity`` adds the unrealised profit.
    ``margin_ratio`` is maintenance margin to the balance of the cross positions, 1 is liquidation; None when that
    balance is not positive.
    """

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


@attrs.frozen(kw_only=True)
class BalanceFigures(MarginFigures):
    """
    One asset, in units of it.

    ``available`` in a pool is the pool's figure expressed in this asset. ``usd_value`` is the equity at the index
    price, None without one.
    """

    asset: str
    purse: str
    cross_maintenance_margin: Decimal
    index_price: Decimal | None
    haircut: Decimal
    is_collateral: bool
    usd_value: Decimal | None
    updated_at: datetime | None


@attrs.frozen(kw_only=True)
class Totals(MarginFigures):
    """
    The account's totals, in ``valuation_asset``.

    While assets are ``pooled`` the totals are sums in USD: positive amounts count less their haircut, debts and margins
    in full. Otherwise they are those of the one valuation asset; or, where the venue names none, sums over all assets
    that have an index price. ``gross_*`` are sums of all those without a haircut, in USD; None without such assets.
    """

    valuation_asset: str
    pooled: bool
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
    pooled = reading.pooling and bool(priced)
    if not pooled and key in reading.state.assets:
        figures: MarginFigures = balance_figures(reading, key)
        valuation_asset = key[1]
    elif priced:
        figures, valuation_asset = _sum(reading, purse, priced, pooled=pooled), USD
    else:
        return None
    gross_wallet = _total(reading, priced, lambda asset, cash, sums: asset.price * (cash + sums.isolated_wallet))
    gross_profit = _total(reading, priced, lambda asset, _, sums: asset.price * sums.unrealized_pnl)
    return Totals(
        **{field.name: getattr(figures, field.name) for field in attrs.fields(MarginFigures)},
        valuation_asset=valuation_asset,
        pooled=pooled,
        gross_wallet=reading.rules.money(gross_wallet) if priced else None,
        gross_equity=reading.rules.money(gross_wallet + gross_profit) if priced else None,
    )


def _sum(reading: LedgerView, purse: str, priced: list[Asset], *, pooled: bool) -> MarginFigures:
    money = reading.rules.money
    total = partial(_total, reading, reading.pool_members(purse) if pooled else priced)
    wallet = total(lambda asset, cash, sums: asset.worth(cash + sums.isolated_wallet))
    cross_wallet = total(lambda asset, cash, _: asset.worth(cash))
    equity = total(lambda asset, cash, sums: asset.worth(cash + sums.isolated_wallet + sums.unrealized_pnl))
    cross_equity = total(lambda asset, cash, sums: asset.worth(cash + sums.cross_unrealized_pnl))
    initial = money(total(lambda asset, _, sums: asset.price * sums.position_initial_margin))
    order_initial = money(total(lambda asset, _, sums: asset.price * sums.open_order_initial_margin))
    cross_maintenance = total(lambda asset, _, sums: asset.price * sums.cross_maintenance_margin)
    if pooled:
        available = max(ZERO, reading.pool_surplus(purse, AssetSums.claim))
        withdrawable = reading.pool_withdrawable(purse)
    else:
        available = total(lambda asset, *_: asset.price * reading.available(asset.key))
        withdrawable = total(lambda asset, *_: asset.price * reading.withdrawable(asset.key))
    return MarginFigures(
        wallet=money(wallet),
        cross_wallet=money(cross_wallet),
        unrealized_pnl=money(equity) - money(wallet),
        cross_unrealized_pnl=money(cross_equity) - money(cross_wallet),
        equity=money(equity),
        position_initial_margin=initial,
        open_order_initial_margin=order_initial,
        initial_margin=initial + order_initial,
        maintenance_margin=money(total(lambda asset, _, sums: asset.price * sums.maintenance_margin)),
        available=money(available),
        withdrawable=money(withdrawable),
        margin_ratio=_ratio(cross_maintenance, cross_equity),
    )


def _total(
    reading: LedgerView, assets: Iterable[Asset], figure: Callable[[Asset, Decimal, AssetSums], Decimal]
) -> Decimal:
    """Return the sum over assets of a figure of each, given its cross wallet and its sums."""
    return sum((figure(asset, reading.cross_wallet(asset.key), reading.sums(asset.key)) for asset in assets), ZERO)


def _ratio(maintenance: Decimal, balance: Decimal) -> Decimal | None:
    if maintenance == 0:
        return ZERO
    return maintenance / balance if balance > 0 else None
