"""The account: its parts, and the reads of balances and positions."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    Balance,
    BalanceReader,
    Identity,
    IdentityReader,
    MarginChange,
    Position,
    PositionMarginControl,
    PositionReader,
    PositionSide,
)
from venuekit.parts.checks import check_amount, check_one_way
from venuekit.parts.closing import PositionClosePart
from venuekit.parts.dead_man import CountdownSwitchPart
from venuekit.parts.orders import CountdownRoute, OrderPart
from venuekit.parts.settings import AccountSettings, SymbolLeverage, SymbolMarginType
from venuekit.parts.values import values_of
from venuekit.plugin import Account
from venuekit_toy_swap.endpoints import SWAP
from venuekit_toy_swap.histories import SwapIncome, SwapOrderHistory
from venuekit_toy_swap.markets import SwapMarkets
from venuekit_toy_swap.orders import ROUTES
from venuekit_toy_swap.rows import PLACES, SETTLE
from venuekit_toy_swap.settings import SwapSettings


class SwapIdentity(Account, IdentityReader):
    """The account that a key belongs to, or the sub-account that the credentials name."""

    __slots__ = ()

    async def get_identity(self) -> Identity:
        """Return the number of the account, and that of its master."""
        row = await self.call(SWAP.ACCOUNT)
        return Identity(row.account, row.master)


class SwapBalances(Account, BalanceReader):
    """The balances of the account."""

    __slots__ = ()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset; the venue has no filter, so all are read."""
        answer = await self.answer_rows(SWAP.BALANCES)
        balances = values_of(self, SWAP.BALANCES, answer, answer.value)
        return tuple(one for one in balances if asset in {None, one.asset})


class SwapPositions(Account, PositionReader):
    """The account's positions; there is one position per contract."""

    __slots__ = ()

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, or with ``include_flat=True`` a row for every contract."""
        if pair is not None or margin_asset is not None:
            raise self.refuse("positions can be filtered by symbol only", subject=symbol)
        answer = await self.answer_rows(SWAP.POSITIONS, contract=symbol, flat=include_flat or None)
        return values_of(self, SWAP.POSITIONS, answer, answer.value)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a contract, also a flat one."""
        if side not in {None, PositionSide.BOTH}:
            raise self.refuse("positions are one-way here", subject=symbol)
        (position,) = await self.get_positions(symbol=symbol, include_flat=True)
        return position


class SwapMargin(Account, PositionMarginControl):
    """Margin of isolated positions, added and taken by one route."""

    __slots__ = ()

    async def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move an amount of XBT, at most eight decimals, from the account to the position."""
        return await self._move(symbol, amount, 1, side)

    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move an amount back to the account."""
        return await self._move(symbol, amount, -1, side)

    async def _move(self, symbol: str, amount: Decimal, sign: int, side: PositionSide | None) -> MarginChange:
        check_one_way(self, symbol, side)
        satoshi = sign * int(check_amount(self, symbol, amount, decimals=PLACES).scaleb(PLACES))
        row = await self.call(SWAP.MOVE_MARGIN, contract=symbol, amount=satoshi)
        moved = Decimal(row.amount).scaleb(-PLACES)
        return MarginChange(symbol, PositionSide.BOTH, SETTLE, moved, time=row.at)


class ToySwapAccount(
    SwapMarkets,
    SwapIdentity,
    SwapBalances,
    SwapPositions,
    SwapMargin,
    SymbolLeverage,
    SymbolMarginType,
    AccountSettings,
    SwapOrderHistory,
    OrderPart,
    PositionClosePart,
    CountdownSwitchPart,
    SwapIncome,
):
    """An account of Toy Swaps."""

    __slots__ = ()

    endpoints = SWAP
    settings_source = SwapSettings()
    ORDER_ROUTES = ROUTES
    COUNTDOWN = CountdownRoute(SWAP.COUNTDOWN, time="seconds", unit=1000)
