"""The functions of :mod:`venuekit` about whole accounts, without ``await``."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TypeVar

from venuekit import account as asynchronous_account
from venuekit import flattening, fleet, portfolios
from venuekit.account_check import check_account, check_mapping
from venuekit.arguments import check_seconds
from venuekit.capabilities import CloseReport, OrderRequest
from venuekit.errors import InvalidArgument
from venuekit.fleet import FanOut
from venuekit.order_check import check
from venuekit.portfolios import Portfolio
from venuekit.sync.account import Account
from venuekit.sync.shared_thread import run

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
V = TypeVar("V")

#: the shortest deadline of a call that begins when the time is nearly over
_NO_TIME = 0.001


def flatten(
    *accounts: Account,
    symbols: Collection[str] = (),
    all: bool = False,  # noqa: A002 - the word that says it
    cancel: bool = True,
    deadline: float = 30,
) -> FanOut[Account, CloseReport]:
    """
    Flatten several accounts side by side, and return the report, or the error, of each by account.

    Arguments, report and errors are those of :func:`venuekit.flatten`.
    """
    _check_blocking(accounts, "flatten")
    named = {account.asynchronous: account for account in accounts}
    results = run(flattening.flatten, *named, symbols=symbols, all=all, cancel=cancel, deadline=deadline)
    return FanOut(
        {named[account]: report for account, report in results.values.items()},
        {named[account]: error for account, error in results.errors.items()},
    )


def portfolio(
    accounts: Mapping[str, Account],
    *,
    rates: Mapping[tuple[str, str], Decimal] | None = None,
    at_once: int = 32,
    deadline: float | None = None,
) -> Portfolio:
    """
    Read accounts side by side and return their worth and risk.

    Arguments, values and errors are those of :func:`venuekit.portfolio`.
    """
    check_mapping(accounts, "portfolio")
    _check_blocking(accounts.values(), "portfolio")
    named = {name: account.asynchronous for name, account in accounts.items()}
    return run(portfolios.portfolio, named, rates=rates, at_once=at_once, deadline=deadline)


def check_order(account: Account, request: OrderRequest) -> None:
    """
    Refuse an order that the venue would refuse, as far as reads of the account show it; nothing is sent but reads.

    Arguments and errors are those of :func:`venuekit.check_order`.
    """
    _check_blocking([account], "check_order")
    account.thread.run(check.check_order, account.asynchronous, request)


def fan_out(
    accounts: Mapping[K, T],
    call: Callable[[T], V],
    *,
    at_once: int = 32,
    deadline: float | None = None,
    stop_on_error: bool = False,
) -> FanOut[K, V]:
    """
    Call a function with each of many accounts, several at once in threads of their own, and return all results.

    In place of accounts, anything may be given that ``call`` takes. A ``deadline`` is the seconds after which no call
    begins; accounts are handed over with the rest of it as the deadline of each request. The other arguments, and the
    errors, are those of :func:`venuekit.fan_out`.
    """
    check_mapping(accounts, "fan_out")
    end = None if deadline is None else time.monotonic() + check_seconds(deadline, "deadline", fan_out.__name__)

    def limited(value: T) -> T:
        if end is None or not isinstance(value, Account):
            return value
        rest, own = max(_NO_TIME, end - time.monotonic()), value.asynchronous.deadline
        return value.with_options(deadline=rest if own is None else min(own, rest))

    # a wrong number is refused by the function that this one calls
    most = max(at_once, 1) if type(at_once) is int else 1
    with ThreadPoolExecutor(most, "venuekit.sync.fan_out") as threads:

        async def call_one(name: K) -> V:
            context = contextvars.copy_context()

            def call_in_thread() -> V:
                return context.run(call, limited(accounts[name]))

            return await asyncio.get_running_loop().run_in_executor(threads, call_in_thread)

        names = {name: name for name in accounts}
        return run(fleet.fan_out, names, call_one, at_once=at_once, deadline=deadline, stop_on_error=stop_on_error)


def _check_blocking(accounts: Iterable[object], function: str) -> None:
    """
    Refuse a value that is not a blocking account.

    Raises:
        InvalidArgument: the sentence says what the function was given, and the mend.
    """
    for account in accounts:
        if isinstance(account, asynchronous_account.Account):
            words = (
                f"this account has methods to await: await venuekit.{function}, or open one by venuekit.sync.connect"
            )
            raise InvalidArgument(words, operation=f"sync.{function}")
        if not isinstance(account, Account):
            check_account(account, f"sync.{function}")
