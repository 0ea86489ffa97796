"""Accounts over a ledger and their views, opened within the test, whose loop leaps over idle time."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.core.ledger.made_up import ASSETS, CONTRACTS, CUTTING, D
from tests.core.live.ledger_account import LedgerAccount

from venuekit._util.times import from_milliseconds
from venuekit.live import AccountView
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing import LoopClock


class Opened(NamedTuple):
    """An account and its view, which has been open for some seconds."""

    account: LedgerAccount
    view: AccountView


def make_account(*, is_ordered: bool = True) -> LedgerAccount:
    """Return an account with money."""
    clock = LoopClock()
    ledger = Ledger(CUTTING, CONTRACTS.values(), ASSETS, now=lambda: from_milliseconds(clock.milliseconds()))
    ledger.deposit("USDT", D(100_000))
    ledger.deposit("ONE", D(100))
    return LedgerAccount(ledger, clock, is_ordered=is_ordered)


@asynccontextmanager
async def open_view() -> AsyncIterator[Opened]:
    """Open a view of an account."""
    account = make_account()
    async with AccountView(account) as view:
        await account.pause(5)
        yield Opened(account, view)


def in_view(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run a test with an open view, its first argument."""

    @functools.wraps(test)
    async def wrapper(**arguments: Any) -> None:
        async with open_view() as opened:
            await test(opened, **arguments)

    _, *parameters = inspect.signature(test).parameters.values()
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by pytest
    return wrapper


def trade(account: LedgerAccount, quantity: int = 3) -> None:
    """Trade, with the messages about it on their way."""
    account.ledger.fill("ONEUSDT", Side.BUY if quantity > 0 else Side.SELL, D(abs(quantity)), D(1000))
    account.emit()


def quantity_of(view: AccountView) -> object:
    """Return the quantity of the one position."""
    position = view.position("ONEUSDT")
    return None if position is None else position.position.quantity
