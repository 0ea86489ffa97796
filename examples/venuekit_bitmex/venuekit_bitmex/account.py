"""The account: its parts, its number and its balances."""

from __future__ import annotations

from typing import Any, ClassVar

import venuekit.capabilities as cap
import venuekit.plugin as vk
from venuekit.parts.closing import PositionClosePart
from venuekit.parts.dead_man import CountdownSwitchPart
from venuekit.parts.orders import CountdownRoute, OrderPart
from venuekit.parts.settings import AccountSettings, SymbolLeverage, SymbolMarginType
from venuekit.parts.values import values_of
from venuekit_bitmex import histories, markets, orders, positions, rows

#: the rest of the row is about a person
USER = markets.private("/user", vk.payload_decoder(int, within=("id",)), serves=(cap.IdentityReader.get_identity,))
BALANCES = markets.private(
    "/user/margin",
    rows.BALANCES,
    vk.Parameter("currency", required=True),
    rows=((),),
    serves=(cap.BalanceReader.get_balances,),
)


class BitmexBalances(vk.Account, cap.IdentityReader, cap.BalanceReader):
    """The account's number and its balances."""

    __slots__ = ()

    async def get_identity(self) -> cap.Identity:
        """Return the number of the account."""
        number = await self.call(USER)
        return cap.Identity(str(number))

    async def get_balances(self, *, asset: str | None = None) -> tuple[cap.Balance, ...]:
        """Return one balance of each currency."""
        answer = await self.answer_rows(BALANCES, currency="all")
        balances = values_of(self, BALANCES, answer, answer.value)
        return tuple(one for one in balances if asset in {None, one.asset})


class BitmexAccount(
    markets.BitmexMarkets,
    BitmexBalances,
    positions.BitmexPositions,
    SymbolLeverage,
    SymbolMarginType,
    AccountSettings,
    histories.BitmexHistories,
    OrderPart,
    PositionClosePart,
    CountdownSwitchPart,
):
    """An account of BitMEX."""

    __slots__ = ()

    endpoints: ClassVar[Any] = positions.BOOK
    settings_source = positions.BitmexSettings()
    ORDER_ROUTES = orders.ROUTES
    COUNTDOWN = CountdownRoute(orders.CANCEL_ALL_AFTER, time="timeout")


ENDPOINTS = (
    *(markets.SERVER_TIME, markets.INSTRUMENTS, markets.INSTRUMENT, markets.COMMISSIONS, USER, BALANCES),
    *(positions.LIST, positions.SET_LEVERAGE, positions.TRANSFER),
    *(orders.TABLE, orders.PLACE, orders.CANCEL, orders.CANCEL_ALL, orders.CANCEL_ALL_AFTER),
    *(histories.TRADES, histories.WALLET),
)
