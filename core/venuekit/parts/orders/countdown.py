"""Countdown: the venue cancels all orders of a symbol unless the countdown is renewed."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import CountdownControl
from venuekit.endpoint import Endpoint
from venuekit.errors import OperationError, Outcome, OutcomeNotStated, Overloaded, TransportError

#: how many beats fit into a countdown: two may fail before it ends
_BEATS = 3
_MOST_WINDOW = 5_000
#: seconds a request may be ahead of its window, by the venue's clock
_AHEAD = 1.0
#: seconds between attempts to arm it for the first time
_FIRST_WAITS = (0.2, 0.5, 1.0)


@attrs.frozen
class CountdownRoute:
    """The endpoint that arms a countdown, and the names of its symbol and of its milliseconds, 0 to disarm it."""

    endpoint: Endpoint[Any]
    symbol: str
    milliseconds: str


class CountdownPart(Account, CountdownControl):
    """Arms, renews and disarms the countdown of a symbol, over :attr:`COUNTDOWN`."""

    __slots__ = ()

    COUNTDOWN: ClassVar[CountdownRoute]

    async def set_countdown(self, symbol: str, seconds: float | None) -> None:
        """
        Arm the countdown anew, or disarm it with None.

        An attempt whose answer was lost may still arrive for a receive window and a second, also after a later call
        that disarms; :meth:`countdown` waits that out.
        """
        route = self.COUNTDOWN
        milliseconds = self._milliseconds(symbol, seconds)
        await self.call(route.endpoint, **{route.symbol: symbol, route.milliseconds: milliseconds})

    @asynccontextmanager
    async def countdown(self, symbol: str, seconds: float) -> AsyncIterator[None]:
        """
        Keep the countdown armed, three beats to a countdown, while the block runs.

        A beat that is not answered before the next one is due is given up for it, and none is valid for longer, so
        that no late one arms a disarmed countdown. Beats that fail are tried again by the next one; when none was
        answered for a whole countdown, the venue may have cancelled all orders, and a warning is logged.
        """
        import asyncio

        self._milliseconds(symbol, seconds)
        heart = _Heart(self, symbol, float(seconds))
        await heart.arm()
        beating = asyncio.create_task(heart.beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])
        # a clean exit; after an exception it stays armed
        if not beating.cancelled():
            beating.result()
        await self.set_countdown(symbol, None)
        late = heart.open_for()
        if late > 0:  # a beat whose answer is missing may still arrive, and would arm it again
            await self.pause(late)
            await self.set_countdown(symbol, None)

    def _milliseconds(self, symbol: str, seconds: float | None) -> int:
        if seconds is None:
            return 0
        whole = round(seconds * 1000) if _is_number(seconds) else 0
        if whole < 1:
            words = f"a countdown takes at least a millisecond, not {seconds!r} s; None disarms it"
            raise self.refuse(words, subject=symbol)
        return whole


class _Heart:
    """Sends beats, and knows until when one without an answer may still arrive."""

    def __init__(self, account: CountdownPart, symbol: str, seconds: float) -> None:
        self._interval = seconds / _BEATS
        self._window = max(1, min(_MOST_WINDOW, round(self._interval * 1000)))
        # no waits: each beat is one attempt, so that whether it was answered is known of everything that left
        self._account = account.with_options(deadline=self._interval, max_wait=0.0, recv_window=self._window)
        self._symbol = symbol
        self._seconds = seconds
        self._open_until = 0.0
        self._armed_until = 0.0
        self._has_run_out = False

    async def arm(self) -> None:
        """Arm it for the first time; raises the error of the last attempt."""
        for pause in _FIRST_WAITS:
            try:
                return await self._send()
            except (TransportError, OutcomeNotStated, Overloaded):
                await self._account.pause(pause)
        return await self._send()

    async def beat(self) -> None:
        """Beat until the task is cancelled."""
        due = self._account.monotonic()
        while True:
            due = max(due + self._interval, self._account.monotonic())
            await self._account.pause(max(0.0, due - self._account.monotonic()))
            try:
                await self._send()
            except OperationError as error:  # observers have seen it, and the next beat takes its place
                self._warn_if_run_out(error)

    async def _send(self) -> None:
        """Beat once; a beat without an answer may still arrive for a while."""
        sent_at = self._account.monotonic()
        before = self._open_until
        self._open_until = sent_at + self._interval + self._window / 1000 + _AHEAD
        try:
            await self._account.set_countdown(self._symbol, self._seconds)
        except OperationError as error:
            if error.outcome is Outcome.NOT_SENT:
                self._open_until = before
            raise
        self._open_until = before
        self._armed_until, self._has_run_out = sent_at + self._seconds, False

    def _warn_if_run_out(self, error: OperationError) -> None:
        if self._has_run_out or self._account.monotonic() < self._armed_until:
            return
        import logging

        self._has_run_out = True
        words = "the countdown of %s was not renewed for %g s: the venue may have cancelled its plain orders (%s)"
        logging.getLogger("venuekit.countdown").warning(words, self._symbol, self._seconds, error)

    def open_for(self) -> float:
        """Return for how many seconds a beat without an answer may still arrive."""
        return max(0.0, self._open_until - self._account.monotonic())


def _is_number(seconds: object) -> bool:
    return not isinstance(seconds, bool) and isinstance(seconds, int | float | Decimal) and math.isfinite(seconds)
