"""Countdown: the venue cancels all orders of a symbol, or of the account, unless the countdown is renewed."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import CountdownBehaviour, CountdownControl, CountdownScope
from venuekit.endpoint import Endpoint

if TYPE_CHECKING:
    from venuekit.parts.orders.heart import Heart


@attrs.frozen
class CountdownRoute:
    """
    The endpoint that arms a countdown, and the names of its parameters.

    ``symbol`` is None where the countdown is the account's (``CountdownBehaviour(CountdownScope.ACCOUNT)``). ``time``
    is how long it runs, 0 to disarm it, counted in ``unit`` milliseconds: 1000 of a venue that takes seconds.
    """

    endpoint: Endpoint[Any]
    time: str
    symbol: str | None = None
    unit: int = 1


class CountdownPart(Account, CountdownControl):
    """Arms, renews and disarms the countdown of a symbol, or that of the account, over :attr:`COUNTDOWN`."""

    __slots__ = ()

    COUNTDOWN: ClassVar[CountdownRoute]

    async def set_countdown(self, symbol: str | None, seconds: float | None) -> None:
        """
        Arm the countdown anew, or disarm it with None.

        An attempt whose answer was lost may still arrive for a receive window and a second, also after a later call
        that disarms; :meth:`countdown` waits that out.
        """
        route = self.COUNTDOWN
        parameters: dict[str, Any] = {route.time: read_time(self, symbol, seconds)}
        if route.symbol is not None:
            parameters = {route.symbol: symbol, **parameters}
        await self.call(route.endpoint, **parameters)

    @asynccontextmanager
    async def countdown(self, symbol: str | None, seconds: float) -> AsyncIterator[None]:
        """
        Keep the countdown armed, three beats to a countdown, while the block runs.

        A beat that is not answered before the next one is due is given up for it, and none is valid for longer unless
        the venue fixes its window, so that no late one arms a disarmed countdown: the end waits for those that may
        still arrive. Beats that fail are tried again by the next one; when none was
        answered for a whole countdown, the venue may have cancelled all orders, and a warning is logged.
        """
        async with keep_armed(self, symbol, seconds):
            yield


@asynccontextmanager
async def keep_armed(
    account: CountdownPart,
    symbol: str | None,
    seconds: float,
    alive: Callable[[], bool] | None = None,
    on_change: Callable[[], None] | None = None,
) -> AsyncIterator[Heart]:
    """Do as :meth:`CountdownPart.countdown`; ``alive`` and ``on_change`` are those of the block."""
    read_time(account, symbol, seconds)
    from venuekit.parts.orders.heart import Block, Heart  # it loads asyncio, which declarations do without

    scopes, name = account.write_scopes, (account.venue.id, symbol)
    hearts = scopes.countdowns
    if hearts is None:
        hearts = scopes.countdowns = {}
    heart: Heart | None = hearts.get(name)
    if heart is None:
        heart = hearts[name] = Heart(symbol)
    block = Block(account, float(seconds), account.venue.recv_window_least, alive, on_change)
    await heart.begin(block)
    is_clean = False
    try:
        yield heart
        is_clean = True
    finally:
        await heart.end(block, is_clean=is_clean)


def read_time(account: CountdownPart, symbol: str | None, seconds: float | None) -> int:
    """
    Return how long a countdown runs in the venue's unit, 0 for None.

    Raises:
        InvalidArgument: the venue takes no such time, or its countdowns are of another scope; nothing was sent.
    """
    scope = CountdownScope.SYMBOL
    if account.venue.has_behaviour(CountdownBehaviour):
        scope = account.behaviour(CountdownBehaviour).scope
    if scope is CountdownScope.SYMBOL and symbol is None:
        raise account.refuse("the countdown is a symbol's here: name one")
    if scope is CountdownScope.ACCOUNT and symbol is not None:
        raise account.refuse("the countdown is the account's here: name no symbol", subject=symbol)
    if seconds is None:
        return 0
    unit = account.COUNTDOWN.unit
    milliseconds = round(seconds * 1000) if _is_number(seconds) else 0
    if milliseconds < unit or milliseconds % unit:
        least = "a millisecond" if unit == 1 else f"{unit} ms, and whole multiples of it"
        words = f"a countdown takes at least {least}, not {seconds!r} s; None disarms it"
        raise account.refuse(words, subject=symbol)
    return milliseconds // unit


def _is_number(seconds: object) -> bool:
    return not isinstance(seconds, bool) and isinstance(seconds, int | float | Decimal) and math.isfinite(seconds)
