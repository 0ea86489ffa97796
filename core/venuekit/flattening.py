"""Flattening: the positions of several accounts closed side by side, with a report or an error of each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from venuekit.account import Account
from venuekit.account_check import check_account
from venuekit.capabilities import CloseReport, PositionCloseControl
from venuekit.fleet import FanOut
from venuekit.parts.closing.part import check_closing


async def flatten(
    *accounts: Account,
    symbols: Collection[str] = (),
    all: bool = False,  # noqa: A002 - the word that says it
    cancel: bool = True,
    deadline: float = 30,
) -> FanOut[Account, CloseReport]:
    """
    Flatten several accounts side by side, and return the report, or the error, of each by account.

    All begin at once, and none waits for another one: a venue that does not answer keeps no other account open.
    ``symbols``, ``all``, ``cancel`` and ``deadline`` are those of
    :meth:`~venuekit.capabilities.PositionCloseControl.flatten`. An account that cannot close positions has an
    :class:`~venuekit.errors.UnsupportedCapability` among the errors. Cancelled, it cancels the calls under way,
    and waits for their ends.

    Raises:
        InvalidArgument: not every one is an open account, or an argument that ``flatten`` of each would refuse: neither
            symbols nor ``all``, both, a text in place of symbols, a deadline of 0; nothing was sent.
    """
    for account in accounts:
        check_account(account, flatten.__name__)
    check_closing(symbols, deadline, all=all)
    values: dict[Account, CloseReport] = {}
    errors: dict[Account, Exception] = {}

    async def close(account: Account) -> None:
        try:
            control = PositionCloseControl.of(account)
            values[account] = await control.flatten(*symbols, all=all, cancel=cancel, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - a result like any other: the other accounts go on
            errors[account] = error

    distinct = tuple(dict.fromkeys(accounts))
    async with asyncio.TaskGroup() as group:
        for account in distinct:
            group.create_task(close(account))
    return FanOut(
        {account: values[account] for account in distinct if account in values},
        {account: errors[account] for account in distinct if account in errors},
    )
