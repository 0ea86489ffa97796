"""Reads: the requests by which a view is filled and checked, each for the parts that its answer gives."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import attrs

from venuekit.account import Account
from venuekit.capabilities import (
    AssetMode,
    AssetModeReader,
    BalanceReader,
    OrderReader,
    PositionMode,
    PositionModeReader,
    PositionReader,
)
from venuekit.clock import clock_error
from venuekit.errors import AccountClosed, OperationError
from venuekit.live.provenance import ViewPart
from venuekit.live.recency import ReadWindow
from venuekit.payloads import gather_odd_rows


class ReadGroup(enum.StrEnum):
    """One of the reads of a view."""

    BALANCES = "balances"
    POSITIONS = "positions"
    ORDERS = "orders"
    MODES = "modes"


#: the parts whose age is that of a read
PARTS_OF: dict[ReadGroup, tuple[ViewPart, ...]] = {
    ReadGroup.BALANCES: (ViewPart.WALLETS, ViewPart.AVAILABLE, ViewPart.FIGURES),
    ReadGroup.POSITIONS: (ViewPart.POSITIONS, ViewPart.FIGURES),
    ReadGroup.ORDERS: (ViewPart.ORDERS,),
    ReadGroup.MODES: (ViewPart.MODES,),
}


@attrs.frozen
class Modes:
    """The modes of an account; None where it has no such mode, or it cannot be read."""

    position: PositionMode | None
    asset: AssetMode | None


@attrs.frozen
class GroupRead:
    """The answer to one read: its rows (or :class:`Modes`), when it was read, and the rows that cannot be read."""

    group: ReadGroup
    rows: Any
    window: ReadWindow
    odd: Sequence[str] = ()

    @property
    def is_complete(self) -> bool:
        """Whether no row was left out."""
        return not self.odd


#: the answers of reads made at once: each its rows, or its failure
Answers: TypeAlias = Mapping[ReadGroup, GroupRead | OperationError]


def groups_of(account: Account) -> tuple[ReadGroup, ...]:
    """Return the reads that an account can make."""
    asked = {
        ReadGroup.BALANCES: (BalanceReader,),
        ReadGroup.POSITIONS: (PositionReader,),
        ReadGroup.ORDERS: (OrderReader,),
        ReadGroup.MODES: (PositionModeReader, AssetModeReader),
    }
    return tuple(group for group, kinds in asked.items() if any(account.support(kind) for kind in kinds))


async def read_group(account: Account, group: ReadGroup) -> GroupRead:
    """
    Make one read.

    Raises:
        OperationError: it failed; older knowledge says nothing about now.
    """
    sent, sent_at = account.monotonic(), account.now()
    as_of, error = account.venue_clock.now(), timedelta(milliseconds=clock_error(account.venue_clock))
    with gather_odd_rows() as odd:
        rows = await _READS[group](account)
    window = ReadWindow(sent, account.monotonic(), sent_at, as_of, error)
    return GroupRead(group, rows, window, tuple(row.words for row in odd))


async def read_groups(account: Account, groups: Iterable[ReadGroup], *, orders: Account) -> Answers:
    """
    Make reads at once; the failure of one does not keep the others from being answered.

    Open orders are read by ``orders``, the same account with options of its own.

    Raises:
        AccountClosed: the account was closed meanwhile.
    """

    async def attempt(group: ReadGroup) -> GroupRead | OperationError:
        try:
            return await read_group(orders if group is ReadGroup.ORDERS else account, group)
        except AccountClosed:
            raise
        except OperationError as failure:
            return failure

    try:
        async with asyncio.TaskGroup() as tasks:
            reads = {group: tasks.create_task(attempt(group)) for group in groups}
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {group: read.result() for group, read in reads.items()}


async def _read_balances(account: Account) -> Any:
    return await BalanceReader.of(account).get_balances()


async def _read_positions(account: Account) -> Any:
    return await PositionReader.of(account).get_positions()


async def _read_orders(account: Account) -> Any:
    return await OrderReader.of(account).get_open_orders()


async def _read_modes(account: Account) -> Any:
    position = asset = None
    if account.support(PositionModeReader):
        position = (await PositionModeReader.of(account).get_position_mode()).mode
    if account.support(AssetModeReader):
        asset = (await AssetModeReader.of(account).get_asset_mode()).mode
    return Modes(position, asset)


_READS: dict[ReadGroup, Callable[[Account], Awaitable[Any]]] = {
    ReadGroup.BALANCES: _read_balances,
    ReadGroup.POSITIONS: _read_positions,
    ReadGroup.ORDERS: _read_orders,
    ReadGroup.MODES: _read_modes,
}
