"""Settings: modes, leverages, positions and possible obstacles, by few reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import datetime
from decimal import Context, Decimal
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from venuekit.capabilities import (
    MarginType,
    Position,
    PositionMode,
    SettingsReader,
    SettingsSnapshot,
    SymbolSettings,
)
from venuekit.parts.concurrency import gather, gather_all
from venuekit.plugin import Account, Endpoint, OddRow
from venuekit_bybit_inverse.brackets import TIER
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.market_payloads import RiskLimitRow
from venuekit_bybit_inverse.order_payloads import OrderRow
from venuekit_bybit_inverse.positions import LEG, PAGE_SIZE, listed_positions
from venuekit_bybit_inverse.reading import Pages, read_any_rows
from venuekit_bybit_inverse.wire import Page

__all__ = ["BybitSettings"]

R = TypeVar("R")
P = TypeVar("P", bound=Page[Any])

_EXACT = Context(prec=34)
_ORDERS_PAGE = 50
#: the other products of the account, which share its margin type; linear ones are listed by settle coin
_OTHER_PRODUCTS: tuple[Mapping[str, str], ...] = (
    {"category": "linear", "settleCoin": "USDT"},
    {"category": "linear", "settleCoin": "USDC"},
    {"category": "option"},
)


class BybitSettings(Account, SettingsReader):
    """
    Read the present settings.

    One read of the account, one of the open positions, and one for each symbol asked for that has none. Orders of the
    whole account (``orders=True``) are those of every product, and its positions too: one margin type holds for all.
    """

    __slots__ = ()

    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """Return the account's modes and its symbols; each read weighs 1."""
        reads = _Reads(self)
        held: dict[str, Position] = {}
        if known is None:
            known, held = await _read_positions(reads, symbols)
        draft = _Snapshot({row.symbol: row for row in known.symbols}, known)
        if orders is True:
            await _add_account_orders(reads, draft)
        elif orders:
            await _add_orders(reads, draft, orders)
        if brackets:
            await _add_brackets(reads, draft, symbols if brackets is True else brackets, held)
        moments = [moment for moment in (known.as_of, reads.as_of) if moment is not None]
        snapshot = attrs.evolve(
            draft.known,
            symbols=tuple(draft.rows.values()),
            weight=known.weight + reads.weight,
            as_of=min(moments, default=None),
        )
        return snapshot.with_odd(reads.odd)


@attrs.define
class _Reads:
    """Reads through one account, and their total cost."""

    account: Account
    weight: int = 0
    as_of: datetime | None = None
    #: the rows that could not be read, by the symbol they name, None when they name none
    odd: dict[str | None, OddRow] = attrs.field(factory=dict)

    async def margin_type(self) -> MarginType:
        answer = await self.account.answer(BYBIT.ACCOUNT_INFO)
        self._note(1, answer.as_of)
        return answer.value.margin_mode.margin_type

    async def rows(
        self, endpoint: Endpoint[Page[R]], identity: Callable[[R], Hashable], /, **parameters: Any
    ) -> tuple[R, ...]:
        return (await self._pages(endpoint, identity, **parameters)).rows

    async def positions(self, **which: str) -> tuple[Position, ...]:
        pages = await self._pages(BYBIT.POSITION_LIST, LEG, limit=PAGE_SIZE, **which)
        positions, odd = listed_positions(self.account, pages)
        self._keep(odd)
        return positions

    async def _pages(self, endpoint: Endpoint[P], identity: Callable[[R], Hashable], /, **parameters: Any) -> Pages[R]:
        pages = await read_any_rows(self.account, endpoint, identity, **parameters)
        self._keep(pages.odd)
        self._note(pages.calls, pages.as_of)
        return pages

    def _keep(self, odd: Iterable[OddRow]) -> None:
        for row in odd:
            self.odd.setdefault(row.text("symbol"), row)

    async def orders(self, **which: str) -> tuple[OrderRow, ...]:
        return await self.rows(BYBIT.OPEN_ORDERS, attrgetter("order_id"), openOnly=0, limit=_ORDERS_PAGE, **which)

    async def tiers(self, symbol: str) -> tuple[RiskLimitRow, ...]:
        return await self.rows(BYBIT.RISK_LIMITS, TIER, category=CATEGORY, symbol=symbol)

    def _note(self, calls: int, as_of: datetime) -> None:
        self.weight += calls
        self.as_of = as_of if self.as_of is None else min(self.as_of, as_of)


@attrs.define
class _Snapshot:
    """A snapshot under construction: its rows by symbol, and everything else in ``known``."""

    rows: dict[str, SymbolSettings]
    known: SettingsSnapshot

    def lay(self, symbol: str, **values: Any) -> None:
        """Put values into the row of a symbol, a new one if need be."""
        row = self.rows.get(symbol) or SymbolSettings(symbol, margin_type=self.known.margin_type)
        self.rows[symbol] = attrs.evolve(row, **values)


async def _read_positions(reads: _Reads, symbols: Collection[str]) -> tuple[SettingsSnapshot, dict[str, Position]]:
    """Return the modes with one row per symbol that is asked for or held, and the venue's rows behind them."""
    margin_type, found = await gather(reads.margin_type(), reads.positions(category=CATEGORY))
    held = {row.symbol: row for row in found if row.quantity}
    missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in held and symbol not in reads.odd]
    flat = await gather_all(reads.positions(category=CATEGORY, symbol=symbol) for symbol in missing)
    rows = held | {row.symbol: row for page in flat for row in page}
    snapshot = SettingsSnapshot(
        position_mode=PositionMode.ONE_WAY,
        margin_type=margin_type,
        symbols=tuple(_symbol_settings([row], margin_type) for row in rows.values()),
        open_positions=sum(1 for row in rows.values() if row.quantity),
    )
    return snapshot, rows


async def _add_account_orders(reads: _Reads, draft: _Snapshot) -> None:
    """Add the orders of every product, and the positions of those that are not inverse."""
    orders, positions = await gather(
        gather_all(reads.orders(**product) for product in ({"category": CATEGORY}, *_OTHER_PRODUCTS)),
        gather_all(reads.positions(**product) for product in _OTHER_PRODUCTS),
    )
    legs: dict[str, list[Position]] = {}
    for row in (row for page in positions for row in page if row.quantity):
        legs.setdefault(row.symbol, []).append(row)
    for symbol, rows in legs.items():
        draft.rows[symbol] = _symbol_settings(rows, draft.known.margin_type)
    counts = Counter(order.symbol for page in orders for order in page)
    for symbol in [*draft.rows, *(counts.keys() - draft.rows.keys())]:
        draft.lay(symbol, open_orders=counts[symbol])
    held = sum(1 for row in draft.rows.values() if row.position)
    draft.known = attrs.evolve(draft.known, open_positions=held, open_orders=counts.total())


async def _add_orders(reads: _Reads, draft: _Snapshot, symbols: Iterable[str]) -> None:
    """Add the number of open orders of some symbols."""
    wanted = list(dict.fromkeys(symbols))
    found = await gather_all(reads.orders(category=CATEGORY, symbol=symbol) for symbol in wanted)
    for symbol, orders in zip(wanted, found, strict=True):
        draft.lay(symbol, open_orders=len(orders))


async def _add_brackets(reads: _Reads, draft: _Snapshot, symbols: Iterable[str], held: Mapping[str, Position]) -> None:
    """Add the highest leverage that the tiers allow for the positions of some symbols."""
    wanted = list(dict.fromkeys(symbols))
    missing = [symbol for symbol in wanted if symbol not in held]
    tiers, pages = await gather(
        gather_all(reads.tiers(symbol) for symbol in wanted),
        gather_all(reads.positions(category=CATEGORY, symbol=symbol) for symbol in missing),
    )
    rows = {**held, **{row.symbol: row for page in pages for row in page}}
    for symbol, of_symbol in zip(wanted, tiers, strict=True):
        draft.lay(symbol, max_leverage=_max_leverage(rows.get(symbol), of_symbol))


def _symbol_settings(legs: list[Position], margin_type: MarginType | None) -> SymbolSettings:
    """Return the row of one symbol; the legs of a hedged linear one are added."""
    long, short = legs[0].leverage, legs[-1].leverage
    size = sum((abs(row.quantity) for row in legs), Decimal(0))
    return SymbolSettings(legs[0].symbol, margin_type, long, short, position=size)


def _max_leverage(row: Position | None, tiers: Iterable[RiskLimitRow]) -> Decimal | None:
    """Return the leverage that the tier of the position's value at mark allows; None if value or tiers are unknown."""
    size = Decimal(0) if row is None else abs(row.quantity)
    if size and (row is None or not row.mark_price):
        return None
    value = _EXACT.divide(size, row.mark_price) if row is not None and row.mark_price else Decimal(0)
    ordered = sorted(tiers, key=lambda tier: tier.id)
    return next((tier.max_leverage for tier in ordered if value <= tier.risk_limit_value), None)
