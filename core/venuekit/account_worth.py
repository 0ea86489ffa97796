"""Account worth: one account's equity, margins and positions, with each figure that is not known and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import attrs

from venuekit._util.decimals import EXACT, quotient
from venuekit.account_figures import Margined, distance_to, equities, maintenance_of, margin_ratios, settle_of
from venuekit.capabilities import AccountInfo, AssetMode, Balance, Instrument, MarginType, Position
from venuekit.errors import OddRow
from venuekit.valuation import USD, Money, Valuation

_ZERO = Decimal(0)
#: an asset or symbol, None for the whole account, and why a figure of it is unknown
_Gap: TypeAlias = "tuple[str | None, str]"


@attrs.frozen
class UnknownFigure:
    """
    One figure that is not known, which no sum counts as 0.

    ``account`` is its account, ``figure`` its name such as ``equity`` or ``exposure``, ``subject`` the asset or symbol,
    None for the whole account, and ``reason`` says why in one sentence. ``needs_rate`` is the asset whose worth in USD
    nothing says: with a rate of it the figure is known.
    """

    account: str
    figure: str
    subject: str | None
    reason: str
    needs_rate: str | None = None


@attrs.frozen
class PositionRisk:
    """
    One position and its risk; None where a figure is unknown, which ``Portfolio.unknown`` explains.

    ``mark`` is quote per base. ``exposure`` is the base asset that the position moves with, short < 0.
    ``distance`` is the move of the mark to the liquidation price, as a fraction of the mark.
    """

    position: Position
    base: str | None
    mark: Decimal | None
    exposure: Decimal | None
    distance: Decimal | None


@attrs.frozen
class AccountWorth:
    """
    One account.

    Attributes:
        name, venue: Its name among the accounts, and the id of its venue.
        equity: Wallets and unrealised profit in USD, None where a part of it is unknown or has no path to USD.
        equities: The same by asset, None where a part is unknown.
        margin_ratio: The highest ratio of maintenance margin to margin: of the account, of each asset of cross
            positions, and of each isolated one; 1 is liquidation. None where one is unknown, 0 without positions.
        positions: Its open positions that could be read; ``unknown`` has the exposure of each other one.
        unknown: The figures that are not known.
        same_as: The name of the account that this one is, too, where two names are of one: no sum counts it twice.
    """

    name: str
    venue: str
    equity: Money | None
    equities: Mapping[str, Decimal] | None
    margin_ratio: Decimal | None
    positions: tuple[PositionRisk, ...]
    unknown: tuple[UnknownFigure, ...]
    same_as: str | None = None

    @property
    def nearest(self) -> PositionRisk | None:
        """The position nearest to its liquidation among those of a known distance, None without any."""
        known = [one for one in self.positions if one.distance is not None]
        return min(known, key=lambda one: one.distance or _ZERO, default=None)


@attrs.frozen
class OddRows:
    """The rows that could not be read, by the read that left them out."""

    balances: tuple[OddRow, ...] = ()
    positions: tuple[OddRow, ...] = ()
    info: tuple[OddRow, ...] = ()

    def __iter__(self) -> Iterator[OddRow]:
        return iter((*self.balances, *self.positions, *self.info))

    @property
    def of_info_alone(self) -> tuple[OddRow, ...]:
        """Those of the account as a whole, without those of the answers that positions are read from as well."""
        of_positions = {row.operation for row in self.positions}
        return tuple(row for row in self.info if row.operation not in of_positions)


@attrs.frozen
class AccountState:
    """
    The reads of one account, and the rows that they left out.

    ``balances`` and ``positions`` are None where the venue has no such read. ``info`` is None where the account as a
    whole cannot be read; ``refused`` says why where the venue has such a read.
    """

    balances: tuple[Balance, ...] | None
    positions: tuple[Position, ...] | None
    info: AccountInfo | None
    refused: str | None
    odd: OddRows = attrs.field(factory=OddRows)

    @property
    def best_balances(self) -> tuple[Balance, ...]:
        """The balances by the read that says most of them."""
        return self.info.balances if self.info is not None and self.info.balances else self.balances or ()

    @property
    def odd_balances(self) -> tuple[OddRow, ...]:
        """The rows that may be missing among ``best_balances``."""
        if self.info is None or not self.info.balances:
            return self.odd.balances
        return tuple(row for row in self.odd.of_info_alone if row.text("symbol") is None)


@attrs.frozen
class MarketState:
    """The contracts and marks of a venue, by symbol; ``failed`` and ``odd`` say why they are not all there."""

    instruments: Mapping[str, Instrument]
    marks: Mapping[str, Decimal]
    failed: str | None = None
    odd: tuple[OddRow, ...] = ()

    def why_without(self, symbol: str, otherwise: str) -> str:
        """Return why nothing is there of a symbol: the failure, or the row of it that cannot be read."""
        of_symbol = [reason for subject, reason in _gaps_of(self.odd) if subject in {None, symbol}]
        return self.failed or next(iter(of_symbol), otherwise)


def count_worth(name: str, venue: str, state: AccountState, market: MarketState, valuation: Valuation) -> AccountWorth:
    """Return an account by its reads, those of its venue's market, and the worth of assets."""
    return _Counting(name, venue, state, market, valuation).worth()


@attrs.define
class _Counting:
    """The counting of one account's figures, which notes those that are unknown."""

    name: str
    venue: str
    state: AccountState
    market: MarketState
    valuation: Valuation
    unknown: list[UnknownFigure] = attrs.field(factory=list)

    def worth(self) -> AccountWorth:
        """Return the account."""
        positions = tuple(self._risk(position) for position in self.state.positions or ())
        for gap in self._unread_positions():
            self._note("exposure", *gap)
            self._note("distance", *gap)
        profits = [self._profit(one) for one in positions]
        by_asset, gaps = self._equities(positions, profits)
        equity = self._equity(by_asset)
        for gap in gaps:
            # the venue's own total in USD needs no part
            self._note("equity" if equity is None else "equities", *gap)
        ratio = self._margin_ratio(positions, profits)
        told = {one.reason for one in self.unknown}
        for subject, reason in _gaps_of(self.state.odd):
            if reason not in told:  # no figure needs it, and it is told all the same
                self._note("row", subject, reason)
        return AccountWorth(self.name, self.venue, equity, by_asset, ratio, positions, tuple(self.unknown))

    def _note(self, figure: str, subject: str | None, reason: str, *, needs_rate: str | None = None) -> None:
        self.unknown.append(UnknownFigure(self.name, figure, subject, reason, needs_rate))

    def _unread_positions(self) -> list[_Gap]:
        """Return what may be positions besides those that were read, with the reason."""
        if self.state.positions is None:
            return [(None, "the venue has no read of the positions")]
        return _gaps_of(self.state.odd.positions)

    def _unread_margins(self, positions: Sequence[PositionRisk]) -> Sequence[_Gap]:
        """Return what may have a margin besides the positions that were read, or may say that of one of these."""
        gaps, info = self._unread_positions(), self.state.info
        if gaps or positions:
            gaps += _gaps_of(self.state.odd.of_info_alone)
        if all(risk.position.margin_type is MarginType.ISOLATED for risk in positions):
            return gaps
        if info is None and self.state.refused is not None:
            gaps.append((None, self.state.refused))  # its assets may share their margin
        elif info is not None and info.asset_mode is AssetMode.MULTI and info.margin_ratio is None:
            gaps.append((None, "the venue gives no margin ratio of the account, whose assets share their margin"))
        return gaps

    def _risk(self, position: Position) -> PositionRisk:
        symbol, instrument = position.symbol, self.market.instruments.get(position.symbol)
        mark = self.market.marks.get(symbol) or position.mark_price
        if mark is None or mark <= 0:
            mark = None
            self._note("mark", symbol, self.market.why_without(symbol, "the venue gives no mark price of it"))
        exposure = None
        if instrument is None:
            self._note(
                "exposure", symbol, self.market.why_without(symbol, "the venue lists no contract of this symbol")
            )
        else:
            exposure = _exposure_of(position.quantity, instrument, mark)
            if exposure is None and mark is not None:
                self._note("exposure", symbol, "a contract of this kind has no notional in its base asset")
        distance = None
        if position.liquidation_price is None:
            self._note("distance", symbol, "the venue gives no liquidation price of it")
        elif mark is not None:
            distance = distance_to(position.liquidation_price, mark)
        return PositionRisk(position, None if instrument is None else instrument.base, mark, exposure, distance)

    def _profit(self, risk: PositionRisk) -> Decimal | None:
        """Return the unrealised profit of a position: the venue's own figure, else by the mark."""
        position, instrument = risk.position, self.market.instruments.get(risk.position.symbol)
        if position.unrealized_pnl is not None:
            return position.unrealized_pnl
        if instrument is None or risk.mark is None or not position.entry_price or position.entry_price <= 0:
            return None
        return instrument.pnl(position.entry_price, risk.mark, position.quantity)

    def _equities(
        self, positions: Sequence[PositionRisk], profits: Sequence[Decimal | None]
    ) -> tuple[Mapping[str, Decimal] | None, Sequence[_Gap]]:
        """Return the equity by asset, by the venue's own figures, else by wallets and profits; or why it is unknown."""
        if gaps := _gaps_of(self.state.odd_balances):
            return None, gaps
        balances = [one for one in self.state.best_balances if one.wallet or one.equity]
        if balances and all(one.equity is not None for one in balances):
            sums_of_venue: dict[str, Decimal] = {}
            for one in balances:
                sums_of_venue[one.asset] = EXACT.add(sums_of_venue.get(one.asset, _ZERO), one.equity or _ZERO)
            return sums_of_venue, ()
        if gaps := self._unread_positions():
            return None, gaps
        sums: dict[str, Decimal] = {}
        for risk, profit in zip(positions, profits, strict=True):
            settle = settle_of(risk.position, self.market.instruments)
            if settle is None or profit is None:
                return None, [(risk.position.symbol, "the unrealised profit of the position is unknown")]
            sums[settle] = EXACT.add(sums.get(settle, _ZERO), profit)
        if not balances and (self.state.balances is None or (not self.state.balances and self.state.info is None)):
            return None, [(None, self.state.refused or "the venue has no read of the balances")]
        wallets: dict[str, Decimal | None] = {}
        for one in balances:
            if one.wallet is None:
                return None, [(one.asset, "the venue gives no wallet of it")]
            wallets[one.asset] = EXACT.add(wallets.get(one.asset) or _ZERO, one.wallet)
        return equities(wallets, sums), ()

    def _equity(self, by_asset: Mapping[str, Decimal] | None) -> Money | None:
        """Return the equity in USD: of an account that is valued in it the venue's own total."""
        info = self.state.info
        if info is not None and info.valuation_asset == USD and info.total_equity is not None:
            return Money(info.total_equity, USD)
        if by_asset is None:
            return None
        worth = self.valuation.worth
        lacking = {asset: amount for asset, amount in by_asset.items() if amount and worth(amount, asset) is None}
        for asset, amount in lacking.items():
            words = f"no price and no rate leads from {amount.normalize(EXACT):f} {asset} to {USD}"
            self._note("equity", asset, words, needs_rate=asset)
        return None if lacking else self.valuation.total(by_asset)

    def _margin_ratio(self, positions: Sequence[PositionRisk], profits: Sequence[Decimal | None]) -> Decimal | None:
        info, wallets = self.state.info, {one.asset: one.cross_wallet for one in self.state.best_balances}
        if gaps := self._unread_margins(positions):
            for gap in gaps:
                self._note("margin_ratio", *gap)
            return None
        if not positions:
            return _ZERO
        margined = [
            Margined.of(
                risk.position,
                settle_of(risk.position, self.market.instruments),
                maintenance_of(risk.position, info),
                profit,
            )
            for risk, profit in zip(positions, profits, strict=True)
        ]
        ratios = margin_ratios(margined, None if info is None else info.margin_ratio, wallets.get)
        known = [one for one in ratios if one is not None]
        if len(known) == len(ratios):
            return max(known, default=_ZERO)
        for risk, one in zip(positions, margined, strict=True):
            if one.maintenance is None:
                self._note("margin_ratio", risk.position.symbol, "the venue gives no maintenance margin of it")
            elif one.is_isolated and one.margin is None:
                self._note("margin_ratio", risk.position.symbol, "the venue gives no margin of the isolated position")
        if not any(one.figure == "margin_ratio" for one in self.unknown):
            self._note("margin_ratio", None, "the venue gives no margin behind the cross positions")
        return None


def _gaps_of(rows: Iterable[OddRow]) -> list[_Gap]:
    """Return the subject of each row as far as the venue names it, and that it cannot be read, in the venue's words."""
    gaps = (
        (row.text("symbol") or row.text("asset"), f"{row.operation} has a row that cannot be read: {row.words}")
        for row in rows
    )
    return list(dict.fromkeys(gaps))


def _exposure_of(quantity: Decimal, instrument: Instrument, mark: Decimal | None) -> Decimal | None:
    """Return contracts in the base asset, signed like the quantity; None where that is unknown."""
    if instrument.is_quanto or instrument.contract_size is None:
        return None
    size = EXACT.multiply(quantity, instrument.contract_size)
    if not instrument.is_inverse:
        return size
    return None if mark is None else quotient(size, mark)
