"""Mark prices: read at a modest pace, once for all accounts of a venue."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from venuekit.capabilities import InstrumentKind, InstrumentStatus, PriceReader
from venuekit.cli.watch.shared_market import MarketName, name_market
from venuekit.errors import InvalidRequest, OperationError
from venuekit.valuation import USD

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.cli.watch.watched_account import WatchedAccount

#: the least seconds between two reads at one venue
_APART = 0.2


@attrs.frozen
class KnownMark:
    """A mark price (quote per base), and when its read was sent."""

    price: Decimal
    at: datetime


class MarkPrices:
    """
    The mark prices of the symbols that the accounts of a group hold.

    The symbols are read together every ``interval`` seconds. A price that cannot be read stays as it is, with its time.

    Args:
        accounts: The accounts whose positions need prices.
        interval: Seconds between two reads, above 0.
    """

    def __init__(self, accounts: Collection[WatchedAccount], interval: float) -> None:
        self._accounts = accounts
        self._interval = interval
        self._known: dict[MarketName, dict[str, KnownMark]] = {}

    def of(self, watched: WatchedAccount) -> dict[str, KnownMark]:
        """Return the prices of an account's venue by symbol."""
        return self._known.get(name_market(watched.entry), {})

    async def run(self) -> None:
        """Read until it is cancelled, the venues side by side."""
        markets = {name_market(watched.entry) for watched in self._accounts}
        async with asyncio.TaskGroup() as tasks:
            for market in markets:
                tasks.create_task(self._run_market(market))

    async def _run_market(self, market: MarketName) -> None:
        members = [watched for watched in self._accounts if name_market(watched.entry) == market]
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            symbols = tuple(dict.fromkeys(symbol for watched in members for symbol in held_symbols(watched)))
            if symbols and (reader := _reader_of(members)) is not None:
                await self._read(market, reader, symbols)
                for watched in members:
                    watched.on_news(watched, None)
            await asyncio.sleep(max(_APART, begun + self._interval - loop.time()))

    async def _read(self, market: MarketName, account: Account, symbols: tuple[str, ...]) -> None:
        sent = account.now()
        try:
            prices = await PriceReader.of(account).get_prices(symbols)
        except InvalidRequest:
            if len(symbols) > 1:  # one of them is listed no more: the others are
                for symbol in symbols:
                    await self._read(market, account, (symbol,))
            return
        except OperationError:
            return  # the prices that are known stay, and are shown as old as they are
        known = self._known.setdefault(market, {})
        known |= {name: KnownMark(price.mark, sent) for name, price in prices.items() if price.mark is not None}


def _reader_of(members: Iterable[WatchedAccount]) -> Account | None:
    """Return an open account that can read prices, None without one."""
    accounts = (watched.account for watched in members)
    return next((account for account in accounts if account is not None and account.support(PriceReader)), None)


def held_symbols(watched: WatchedAccount) -> Iterator[str]:
    """Yield the symbols of an account's positions, and those whose price is the worth of its assets in USD."""
    view = watched.view
    if view is None:
        return
    yield from (live.position.symbol for live in view.positions())
    assets = {live.balance.asset for live in view.balances() if live.balance.wallet and not live.balance.usd_value}
    for instrument in watched.instruments.values():
        if (
            instrument.quote == USD
            and instrument.base in assets
            and instrument.kind is InstrumentKind.PERPETUAL
            and instrument.status is InstrumentStatus.TRADING
        ):
            yield instrument.symbol
