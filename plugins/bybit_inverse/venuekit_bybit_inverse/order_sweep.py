"""Cancelling everything, in rounds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from venuekit.capabilities import Order
from venuekit.parts.concurrency import gather_all
from venuekit.plugin import Endpoint, OperationError, OutcomeUnknown
from venuekit_bybit_inverse.endpoints import CATEGORY
from venuekit_bybit_inverse.instruments import all_settle_coins, settle_coins
from venuekit_bybit_inverse.order_reading import BybitOrderReading

__all__ = ["Sweep"]

#: how often cancelling everything may leave as much as there was, and how often it is asked for in all
_FRUITLESS_ROUNDS = 4
_ROUNDS_AT_MOST = 40
#: seconds until it is looked again; an order that the venue has not decided about is in no list yet
_PAUSE = 0.25
#: seconds for a request that is made when the deadline of all of them has passed
_NO_TIME = 0.001

#: what one request cancels: the name of a parameter, and a symbol or coin
_Scope = tuple[str, str]


@attrs.define
class Sweep:
    """
    Cancels all orders of a symbol, or of every coin that anything settles in.

    The requests of a round are sent at once, and what fails for one does not keep the others: ``failed`` holds what
    the last request of each scope met. ``until`` is when the deadline of the whole call passes, None for never.
    """

    account: BybitOrderReading
    cancel_all: Endpoint[Any]
    symbol: str | None
    failed: dict[_Scope, OperationError] = attrs.field(factory=dict)
    until: float | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        limit = self.account.deadline
        self.until = None if limit is None else self.account.monotonic() + limit

    async def carry_out(self) -> tuple[Order, ...]:
        """
        Cancel unseen, then look and cancel again until nothing is left or no round helps; return what stays open.

        Raises:
            OperationError: a scope whose last request failed; whether or not any of its orders are seen.
        """
        everything = await self._everything()
        await self._cancel(everything)
        left = await self._look() or await self._look_again()
        fruitless = rounds = 0
        while left and fruitless < _FRUITLESS_ROUNDS and rounds < _ROUNDS_AT_MOST:
            before = {order.id for order in left}
            seen = everything if self.symbol is not None else await self._coins_of(left)
            await self._cancel(seen | self.failed.keys())
            left = await self._look_again()
            rounds += 1
            if {order.id for order in left} >= before:
                fruitless += 1
        self._raise_failure()
        return left

    async def _everything(self) -> set[_Scope]:
        if self.symbol is not None:
            return {("symbol", self.symbol)}
        return {("settleCoin", coin) for coin in await all_settle_coins(self._with_deadline())}

    async def _coins_of(self, orders: tuple[Order, ...]) -> set[_Scope]:
        symbols = frozenset(order.symbol for order in orders)
        settle = await settle_coins(self._with_deadline(), symbols)
        # what is listed no more is named by itself
        return {("settleCoin", settle[one]) if one in settle else ("symbol", one) for one in symbols}

    async def _cancel(self, scopes: Collection[_Scope]) -> None:
        account = self._with_deadline()

        async def cancel(scope: _Scope) -> None:
            self.failed.pop(scope, None)
            try:
                await account.call(self.cancel_all, category=CATEGORY, **dict([scope]))
            except OperationError as error:
                self.failed[scope] = error

        await gather_all(map(cancel, sorted(scopes)))
        if len(self.failed) == len(scopes):
            self._raise_failure()  # nothing at all was carried out: no use in going on

    async def _look(self) -> tuple[Order, ...]:
        try:
            return await self.account.look_after(
                lambda: self._with_deadline().every_open_order(self.symbol),
                operation="cancel_all_orders",
                subject=self.symbol,
            )
        except OperationError:
            self._raise_failure()  # of a cancellation: it says more than that of a look
            raise

    async def _look_again(self) -> tuple[Order, ...]:
        """Return what is open after a moment in which the venue may decide."""
        await self.account.pause(_PAUSE)
        return await self._look()

    def _raise_failure(self) -> None:
        if self.failed:
            failure = self.failed[min(self.failed)]
            if isinstance(failure, OutcomeUnknown):
                failure.then(lambda _: self.account.every_open_order(self.symbol))
            raise failure

    def _with_deadline(self) -> BybitOrderReading:
        """Return the account with what is left of the deadline."""
        if self.until is None:
            return self.account
        return self.account.with_options(deadline=max(self.until - self.account.monotonic(), _NO_TIME))
