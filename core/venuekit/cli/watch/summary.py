"""Summary: one account at one moment, with each figure as far as it is known."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import inf

import attrs

from venuekit.account_figures import (
    Margined,
    distance_to,
    equities,
    maintenance_of,
    margin_ratios,
    settle_of,
    valuation_of,
)
from venuekit.capabilities import Balance, Order, Position
from venuekit.cli.watch.figures import UNKNOWN, Figure, amount_of, first_doubt
from venuekit.cli.watch.mark_prices import KnownMark
from venuekit.cli.watch.watched_account import WatchedAccount
from venuekit.errors import Throttled, UnsupportedCapability
from venuekit.live import AccountView, LivePosition, StaleView, ViewPart, ViewPhase
from venuekit.valuation import USD, Valuation

#: seconds without a new mark price after which it is old, unless prices are read more slowly
_MARK_AGE = 30.0
_STATE_PARTS = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS)
_MOVED = "something moved since it was read"
_HUNDRED = Decimal(100)


class WatchState(enum.StrEnum):
    """How far the state of an account is known."""

    OPENING = "opening"
    LIVE = "live"
    READING = "reading"  #: live, but for its open orders, which were not read yet
    STALE = "stale"  #: the values may be out of date
    UNREADABLE = "unreadable"  #: it could not be opened; nothing is known


@attrs.frozen
class PositionSummary:
    """
    One position; ``entry`` and ``mark`` are quote per base, ``mark_age`` is seconds, None where the mark is unknown.

    ``distance`` is the part of the mark price, in percent, by which it is away from the liquidation price.
    """

    position: Position
    mark: Decimal | None
    mark_age: float | None
    pnl: Figure
    liquidation: Figure
    distance: Figure


@attrs.frozen
class AccountSummary:
    """
    One account at one moment.

    Attributes:
        name, venue: Its name in the accounts file, and the id of its venue.
        state, reason: How far its state is known, and why not further.
        age: Seconds within which the state may have been otherwise, None where it is unknown.
        retry_in: Seconds until it is opened again, None where it is open or no try is planned.
        equity, pnl: Wallets with unrealised profit, and that profit.
        ratio: Maintenance margin to margin in percent, the highest of the account and its isolated positions.
        distance: That of the position nearest to its liquidation.
        usd: The equity in USD, None where no path is known.
        positions, balances, orders: Those it has; None where they are unknown.
        gaps: How many gaps its stream had.
    """

    name: str
    venue: str
    state: WatchState
    reason: str | None = None
    age: float | None = None
    retry_in: float | None = None
    equity: Figure = UNKNOWN
    pnl: Figure = UNKNOWN
    ratio: Figure = UNKNOWN
    distance: Figure = UNKNOWN
    usd: Decimal | None = None
    positions: tuple[PositionSummary, ...] | None = None
    balances: tuple[Balance, ...] | None = None
    orders: tuple[Order, ...] | None = None
    gaps: int = 0


def summarize(
    watched: WatchedAccount, marks: Mapping[str, KnownMark], now: datetime, interval: float
) -> AccountSummary:
    """
    Return an account as it is known now.

    Args:
        watched: The account.
        marks: Mark prices of its venue by symbol.
        now: The time of our clock.
        interval: Seconds between two reads of a mark price.
    """
    name, venue, view = watched.name, watched.entry.venue, watched.view
    if view is None:
        if watched.error is None:
            return AccountSummary(name, venue, WatchState.OPENING)
        if isinstance(watched.error, Throttled) and watched.retry_at is not None:
            words = f"it waits for the limits of {venue} until {_moment(watched.retry_at)}"
            return AccountSummary(name, venue, WatchState.OPENING, words, gaps=watched.gaps)
        is_final = isinstance(watched.error, UnsupportedCapability) or watched.retry_at is None
        retry_in = None if is_final else max(0.0, _seconds(watched.retry_at, now))
        words = str(watched.error)
        return AccountSummary(name, venue, WatchState.UNREADABLE, words, retry_in=retry_in, gaps=watched.gaps)
    state, reason, age = _state_of(watched, view)
    doubt = reason if state is WatchState.STALE else None
    figures_doubt = doubt or _why_stale(view, (ViewPart.FIGURES,), 3 * watched.figures_every)
    positions = tuple(
        _summarize_position(live, marks.get(live.position.symbol), figures_doubt, doubt, now, interval)
        for live in view.positions()
    )
    balances = tuple(live.balance for live in view.balances())
    wallets = [balance for balance in balances if balance.wallet or balance.equity]
    known = {one.position.symbol: one.mark for one in positions if one.mark is not None}
    known |= {symbol: mark.price for symbol, mark in marks.items()}
    valuation = valuation_of(known, watched.instruments.values(), balances)
    profits = _profits(watched, positions)
    by_asset = equities({balance.asset: balance.wallet for balance in wallets}, profits)
    pnl_doubt = first_doubt(one.pnl.doubt for one in positions)
    equity = _equity_of(watched, by_asset, valuation, doubt or pnl_doubt, now)
    return AccountSummary(
        name,
        venue,
        state,
        reason,
        age,
        equity=equity,
        pnl=UNKNOWN if profits is None else amount_of(profits, valuation, pnl_doubt),
        ratio=_ratio(watched, view, positions, figures_doubt, now),
        distance=_nearest(positions),
        usd=equity.value if equity.unit == USD else _usd_of(by_asset, valuation),
        positions=positions,
        balances=tuple(wallets),
        orders=None if watched.awaits_orders else tuple(live.order for live in view.open_orders()),
        gaps=watched.gaps,
    )


def _state_of(watched: WatchedAccount, view: AccountView) -> tuple[WatchState, str | None, float | None]:
    """Return the state of an open account, the reason against it, and its age in seconds."""
    ages = [seconds for part in _STATE_PARTS if (seconds := view.age(part)) != inf]
    age, status = max(ages, default=None), view.status
    if watched.awaits_orders and status.phase is not ViewPhase.CLOSED:
        parts = [part for part in _STATE_PARTS if view.age(part) != inf]
        reason = _why_stale(view, parts, watched.state_age)
        return (
            (WatchState.READING, _why_without_orders(watched, view), age)
            if reason is None
            else (WatchState.STALE, reason, age)
        )
    reason = status.reason or _why_stale(view, None, watched.state_age)
    if status.phase is not ViewPhase.LIVE or reason is not None:
        return WatchState.STALE, reason or str(status.phase), age
    return WatchState.LIVE, None, age


def _why_without_orders(watched: WatchedAccount, view: AccountView) -> str:
    if watched.orders_at is not None:
        return f"its open orders wait for the limits of {watched.entry.venue} until {_moment(watched.orders_at)}"
    trouble = _why_stale(view, (ViewPart.ORDERS,), inf) or ""
    failure = trouble.partition("; ")[2]
    return f"its open orders are not read yet{f': {failure}' if failure else ''}"


def _moment(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}Z"


def _why_stale(view: AccountView, parts: Sequence[ViewPart] | None, max_age: float) -> str | None:
    try:
        view.fresh(max_age, parts=parts)
    except StaleView as stale:
        return stale.reason
    return None


def _seconds(until: datetime | None, now: datetime) -> float:
    return 0.0 if until is None else (until - now).total_seconds()


def _summarize_position(  # noqa: PLR0917 - all that is known of one position
    live: LivePosition,
    mark: KnownMark | None,
    figures_doubt: str | None,
    state_doubt: str | None,
    now: datetime,
    interval: float,
) -> PositionSummary:
    position, read = live.position, live.figures
    if position.mark_price is not None and read is not None and (mark is None or mark.at <= read.received_at):
        mark = KnownMark(position.mark_price, read.received_at)
    held_doubt = state_doubt or live.doubt
    if mark is None:
        pnl = Figure(position.unrealized_pnl, position.settle, doubt=held_doubt or figures_doubt)
        liquidation = Figure(position.liquidation_price, doubt=held_doubt or figures_doubt)
        return PositionSummary(position, None, None, pnl, liquidation, UNKNOWN)
    age = _seconds(now, mark.at)
    mark_doubt = "its mark price is old" if age > max(_MARK_AGE, 3 * interval) + interval else None
    profit = live.at_mark(mark.price).unrealized_pnl
    if profit is None:  # of a contract whose worth does not follow from its price alone
        profit, mark_doubt = position.unrealized_pnl, figures_doubt or mark_doubt
    liquidation = Figure(position.liquidation_price, doubt=held_doubt or figures_doubt)
    distance = UNKNOWN
    if liquidation.value is not None:
        apart = distance_to(liquidation.value, mark.price) * _HUNDRED
        distance = Figure(apart, "%", doubt=liquidation.doubt or mark_doubt)
    pnl = Figure(profit, position.settle, doubt=held_doubt or mark_doubt)
    return PositionSummary(position, mark.price, age, pnl, liquidation, distance)


def _profits(watched: WatchedAccount, positions: Iterable[PositionSummary]) -> dict[str, Decimal] | None:
    """Return the unrealised profit by asset, None where a part of it is unknown."""
    profits: dict[str, Decimal] = {}
    for one in positions:
        settle = settle_of(one.position, watched.instruments)
        if settle is None or one.pnl.value is None:
            return None
        profits[settle] = profits.get(settle, Decimal(0)) + one.pnl.value
    return profits


def _equity_of(
    watched: WatchedAccount,
    by_asset: Mapping[str, Decimal] | None,
    valuation: Valuation,
    doubt: str | None,
    now: datetime,
) -> Figure:
    """Return the equity: of assets that back each other the venue's own total, else wallets and profits."""
    info = watched.info
    if info is not None and info.valuation_asset == USD and info.total_equity is not None:
        return Figure(info.total_equity, USD, doubt=doubt or _info_doubt(watched, now))
    return UNKNOWN if by_asset is None else amount_of(by_asset, valuation, doubt)


def _info_doubt(watched: WatchedAccount, now: datetime) -> str | None:
    if watched.has_moved:
        return _MOVED
    is_old = watched.info_at is None or _seconds(now, watched.info_at) > 3 * watched.figures_every
    return "it was not read again in time" if is_old else None


def _nearest(positions: Iterable[PositionSummary]) -> Figure:
    """Return the shortest distance to a liquidation price; one without a price may be nearer."""
    distances = [one.distance for one in positions]
    known = [one for one in distances if one.value is not None]
    if not known:
        return UNKNOWN
    nearest = min(known, key=lambda one: one.value or 0)
    return attrs.evolve(nearest, bound="<" if len(known) < len(distances) else "")


def _ratio(
    watched: WatchedAccount,
    view: AccountView,
    positions: Sequence[PositionSummary],
    figures_doubt: str | None,
    now: datetime,
) -> Figure:
    """
    Return the highest ratio of maintenance margin to margin: of the account, of each asset of cross positions, and of
    each isolated position; 100 % is liquidation.
    """
    info = watched.info
    doubt = figures_doubt or (None if info is None else _info_doubt(watched, now))
    if not positions:
        return Figure(Decimal(0), "%", doubt=doubt)
    margined = [
        Margined.of(
            one.position,
            settle_of(one.position, watched.instruments),
            maintenance_of(one.position, info),
            one.pnl.value,
        )
        for one in positions
    ]

    def cross_wallet(asset: str) -> Decimal | None:
        live = view.balance(asset)
        return None if live is None else live.balance.cross_wallet

    ratios = margin_ratios(margined, None if info is None else info.margin_ratio, cross_wallet)
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return UNKNOWN
    return Figure(max(known) * _HUNDRED, "%", bound=">" if len(known) < len(ratios) else "", doubt=doubt)


def _usd_of(by_asset: Mapping[str, Decimal] | None, valuation: Valuation) -> Decimal | None:
    total = None if by_asset is None else valuation.total(by_asset)
    return None if total is None else total.amount
