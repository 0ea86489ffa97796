"""Settings: modes, leverages, positions and possible obstacles, by few reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from venuekit.capabilities import Position, PositionMode
from venuekit.parts.concurrency import gather, gather_all
from venuekit.parts.settings.lens import RowSettings
from venuekit.parts.settings.snapshot import LeverageTier, SettingsDraft, SettingsSource
from venuekit.plugin import Account, Endpoint
from venuekit_bybit_inverse.account_info import account_mode_of
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import TIER
from venuekit_bybit_inverse.order_rows import ListedOrder
from venuekit_bybit_inverse.positions import LEG, PAGE_SIZE, listed_positions
from venuekit_bybit_inverse.reading import Pages, read_pages

R = TypeVar("R")

_ORDERS_PAGE = 50
#: the other products of the account, which share its margin type; linear ones are listed by settle coin
_OTHER_PRODUCTS: tuple[Mapping[str, str], ...] = (
    {"category": "linear", "settleCoin": "USDT"},
    {"category": "linear", "settleCoin": "USDC"},
    {"category": "option"},
)


class BybitSettings(SettingsSource):
    """
    One read of the account, one of the open positions, and one for each symbol asked for that has none.

    Orders of the whole account are those of every product, and its positions too: one margin type holds for all. Each
    read weighs 1.
    """

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Read the account's margin type and positions."""
        info, listed = await gather(draft.read(BYBIT.ACCOUNT_INFO), _positions(draft, category=CATEGORY))
        held = {position.symbol: position for position in listed if position.quantity}
        unread = draft.missing(symbols, held)
        pages = await gather_all(_positions(draft, category=CATEGORY, symbol=symbol) for symbol in unread)
        positions = held | {position.symbol: position for page in pages for position in page}
        draft.set(
            position_mode=PositionMode.ONE_WAY,
            margin_type=info.margin_type,
            account_mode=account_mode_of(info),
            open_positions=sum(1 for position in positions.values() if position.quantity),
        )
        draft.add(map(_settings_of, positions.values()), symbols)
        draft.exposures.update(_exposures(positions.values()))

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Count orders; for the whole account, also add the positions of its products that are not inverse."""
        if symbols is not None:
            found = await gather_all(_orders(draft, category=CATEGORY, symbol=symbol) for symbol in symbols)
            return Counter({symbol: len(orders) for symbol, orders in zip(symbols, found, strict=True)})
        pages, others = await gather(
            gather_all(_orders(draft, **product) for product in ({"category": CATEGORY}, *_OTHER_PRODUCTS)),
            gather_all(_positions(draft, **product) for product in _OTHER_PRODUCTS),
        )
        draft.add(_settings_of(position) for page in others for position in page if position.quantity)
        draft.set(open_positions=sum(1 for row in draft.rows.values() if row.position))
        return Counter(order.symbol for page in pages for order in page)

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return the risk limits of symbols, by one read each."""
        pages = await gather_all(
            _pages(draft, BYBIT.RISK_LIMITS, TIER, category=CATEGORY, symbol=symbol) for symbol in symbols
        )
        return {
            symbol: [LeverageTier(row.cap, row.max_leverage) for row in page.rows]
            for symbol, page in zip(symbols, pages, strict=True)
        }

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return the values of positions at mark, in the settle coin, by one read each."""
        pages = await gather_all(_positions(draft, category=CATEGORY, symbol=symbol) for symbol in symbols)
        return _exposures(position for page in pages for position in page)


async def _pages(
    draft: SettingsDraft, endpoint: Endpoint[Any], identity: Callable[[R], Hashable], /, **parameters: Any
) -> Pages[R]:
    pages = await read_pages(draft.account, endpoint, identity, by=Account.answer_any_rows, **parameters)
    draft.keep_odd(odd for answer in pages.answers for odd in answer.odd)
    draft.count(len(pages.answers), pages.as_of)
    return pages


async def _positions(draft: SettingsDraft, **which: str) -> tuple[Position, ...]:
    pages: Pages[Any] = await _pages(draft, BYBIT.POSITION_LIST, LEG, limit=PAGE_SIZE, **which)
    positions, odd = listed_positions(draft.account, pages)
    draft.keep_odd(odd)
    return positions


async def _orders(draft: SettingsDraft, **which: str) -> tuple[ListedOrder, ...]:
    identity: Callable[[ListedOrder], Hashable] = attrgetter("id")
    return (await _pages(draft, BYBIT.OPEN_ORDERS, identity, openOnly=0, limit=_ORDERS_PAGE, **which)).rows


def _settings_of(position: Position) -> RowSettings:
    return RowSettings(position.symbol, leverage=position.leverage, position=abs(position.quantity))


def _exposures(positions: Iterable[Position]) -> dict[str, Decimal | None]:
    """Return the value of each position at mark, None for an open one without a mark price."""
    return {position.symbol: position.value for position in positions}
