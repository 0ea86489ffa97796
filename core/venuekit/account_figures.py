"""Account figures: equities, margin ratios and distances to liquidation, counted from the values that reads give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

import attrs

from venuekit._util.decimals import EXACT, quotient, total
from venuekit.capabilities import AccountInfo, Balance, Instrument, MarginType, Position
from venuekit.valuation import USD, Valuation

_ZERO = Decimal(0)


@attrs.frozen
class Margined:
    """
    One position as far as margins are concerned; None where a figure is unknown.

    ``settle`` is the asset that its margin is counted in, ``maintenance`` its maintenance margin, ``margin`` that of an
    isolated one with its profit, ``pnl`` its unrealised profit.
    """

    is_isolated: bool
    settle: str | None
    maintenance: Decimal | None
    margin: Decimal | None
    pnl: Decimal | None

    @classmethod
    def of(cls, position: Position, settle: str | None, maintenance: Decimal | None, pnl: Decimal | None) -> Margined:
        """Return a position with its figures; the margin of an isolated one follows its profit where that is known."""
        margin = position.isolated_margin
        if position.isolated_wallet is not None and pnl is not None:
            margin = EXACT.add(position.isolated_wallet, pnl)
        return cls(position.margin_type is MarginType.ISOLATED, settle, maintenance, margin, pnl)


def margin_ratios(
    positions: Sequence[Margined], of_account: Decimal | None, cross_wallet: Callable[[str], Decimal | None]
) -> list[Decimal | None]:
    """
    Return the ratios of maintenance margin to margin, by which positions are liquidated: at 1.

    They are that of the account, as the venue says it, else of each asset of cross positions; and that of each isolated
    position. None is one that cannot be counted: the highest may be higher than those that are known.

    Args:
        positions: The open positions.
        of_account: The venue's own ratio of the account, over all cross positions; None where it says none.
        cross_wallet: Returns the wallet behind the cross positions of an asset.
    """
    ratios: list[Decimal | None] = [] if of_account is None else [of_account]
    crossed: dict[str, list[Margined]] = {}
    for one in positions:
        if one.is_isolated:
            ratios.append(share(one.maintenance, one.margin))
        elif of_account is None:
            crossed.setdefault(one.settle or "", []).append(one)
    for asset, several in crossed.items():
        wallet, pnl = cross_wallet(asset), total_of([one.pnl for one in several])
        margin = None if wallet is None or pnl is None else EXACT.add(wallet, pnl)
        ratios.append(share(total_of([one.maintenance for one in several]), margin))
    return ratios


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return a part as a fraction of a whole above 0, None where one is unknown."""
    return None if part is None or whole is None or whole <= 0 else quotient(part, whole)


def total_of(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """Return a sum, None where a part of it is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return total(known) if len(known) == len(amounts) else None


def distance_to(liquidation: Decimal, mark: Decimal) -> Decimal:
    """Return the move of the mark to a liquidation price, as a fraction of the mark, >= 0."""
    return quotient(abs(EXACT.subtract(mark, liquidation)), mark)


def equities(wallets: Mapping[str, Decimal | None], profits: Mapping[str, Decimal] | None) -> dict[str, Decimal] | None:
    """Return wallet and unrealised profit by asset, None where a part of it is unknown."""
    if profits is None:
        return None
    sums = dict(profits)
    for asset, wallet in wallets.items():
        if wallet is None:
            return None
        sums[asset] = EXACT.add(sums.get(asset, _ZERO), wallet)
    return sums


def maintenance_of(position: Position, info: AccountInfo | None) -> Decimal | None:
    """Return the maintenance margin of a position, from its own read or that of the account."""
    if position.maintenance_margin is not None or info is None:
        return position.maintenance_margin
    rows = (row for row in info.positions if row.key == position.key and row.quantity == position.quantity)
    return next((row.maintenance_margin for row in rows), None)


def settle_of(position: Position, instruments: Mapping[str, Instrument]) -> str | None:
    """Return the asset in which a position's profit is counted, None where neither venue nor instrument says it."""
    instrument = instruments.get(position.symbol)
    return position.settle or (None if instrument is None else instrument.settle)


def usd_rates(balances: Iterable[Balance]) -> dict[tuple[str, str], Decimal]:
    """Return the rates to USD that a venue's own figures imply, where it values a balance in USD."""
    rates = ((one.asset, quotient(one.usd_value, one.equity)) for one in balances if one.usd_value and one.equity)
    return {(asset, USD): rate for asset, rate in rates if rate > 0}


def valuation_of(
    marks: Mapping[str, Decimal], instruments: Iterable[Instrument], balances: Iterable[Balance]
) -> Valuation:
    """Return the worth of assets by mark prices, and by the venue's own figure where it values a balance in USD."""
    return Valuation({symbol: mark for symbol, mark in marks.items() if mark > 0}, instruments, usd_rates(balances))
