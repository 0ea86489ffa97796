"""connect() and open() without ``await``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from venuekit.connecting import open_account
from venuekit.credentials import Credentials
from venuekit.pipeline import Guard
from venuekit.sync.account import Account
from venuekit.sync.shared_thread import join_thread, leave_thread
from venuekit.venue import Venue

_HOW_TO_CLOSE = "call `account.close()`, or use it in `with account:`"


@contextmanager
def connect(
    venue: Venue[Any] | str,
    credentials: Credentials,
    *,
    guard: Guard | None = None,
    read_only: bool = False,
    transport: str = "rest",
    keep_raw: bool = False,
    check_orders: bool = False,
    name: str | None = None,
) -> Iterator[Account]:
    """Open an account for a block, ``with sync.connect(...) as account:``, as :func:`venuekit.connect` does."""
    with open(
        venue,
        credentials,
        guard=guard,
        read_only=read_only,
        transport=transport,
        keep_raw=keep_raw,
        check_orders=check_orders,
        name=name,
    ) as account:
        yield account


def open(  # noqa: A001 - as sync.open
    venue: Venue[Any] | str,
    credentials: Credentials,
    *,
    guard: Guard | None = None,
    read_only: bool = False,
    transport: str = "rest",
    keep_raw: bool = False,
    check_orders: bool = False,
    name: str | None = None,
) -> Account:
    """
    Open an account that stays open until its ``close()``, or until the end of ``with account:``.

    Arguments and errors are those of :func:`venuekit.connect`. An account that is collected unclosed is warned of.
    """
    with ExitStack() as held:
        thread = join_thread()
        held.callback(leave_thread)
        account = thread.run(
            open_account,
            venue,
            credentials,
            runtime=None,
            how_to_close=_HOW_TO_CLOSE,
            guard=guard,
            read_only=read_only,
            transport=transport,
            keep_raw=keep_raw,
            check_orders=check_orders,
            name=name,
        )
        held.callback(thread.run, account.aclose)
        return Account(account, thread, held.pop_all().close)
