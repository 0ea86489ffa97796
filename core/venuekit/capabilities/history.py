"""Histories: the movements of an account's money, and the pager that walks them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OpenEnum, OrderSide

T = TypeVar("T")


class Pager(Generic[T], AsyncIterator[T]):
    """
    An async iterator over a history: oldest first, no duplicate and no gap, at most a page or window in memory.

    It can be stopped at any item and continued later by handing that item in as ``after`` of the method that made it.

    Attributes:
        cost_per_page: The cost of one page, in the venue's own weight.
    """

    __slots__ = ("_items", "cost_per_page")

    def __init__(self, items: Callable[[], AsyncGenerator[T, None]], *, cost_per_page: int) -> None:
        self._items = items()
        self.cost_per_page = cost_per_page

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items  # the items themselves: a step of ours in between costs more than they do

    def __anext__(self) -> Awaitable[T]:
        return self._items.__anext__()

    async def aclose(self) -> None:
        """Stop walking."""
        await self._items.aclose()

    async def all(self) -> tuple[T, ...]:
        """Walk to the end and return everything; for histories that are known to be short."""
        return tuple([item async for item in self])


class IncomeKind(OpenEnum):
    """Why the money moved; a venue's unlisted word counts as OTHER and stays readable in ``venue_kind``."""

    REALIZED_PNL = "realized_pnl"
    COMMISSION = "commission"
    FUNDING = "funding"
    TRANSFER = "transfer"
    DELIVERY = "delivery"
    CONVERSION = "conversion"
    REBATE = "rebate"
    BONUS = "bonus"
    INSURANCE = "insurance"
    INTEREST = "interest"
    OTHER = "other"


@attrs.frozen
class HistoryBehaviour:
    """
    How far back and how wide a venue's histories go.

    ``retention`` says how long rows are kept, in the venue's words; None where nothing is documented.
    ``income_parts`` are kinds of income that have no row of their own, each with the kind of the row that it is part
    of: a venue that books the profit of a contract net of fees has ``{COMMISSION: REALIZED_PNL}``. Asking for one of
    them is refused.
    """

    income: str | None = None
    closed_pnl: str | None = None
    withdrawals: str | None = None
    conversions: str | None = None
    income_parts: Mapping[IncomeKind, IncomeKind] = attrs.field(factory=dict, hash=False)


@quick_init
@attrs.frozen
class Income:
    """
    One movement of an account's wallet.

    ``amount`` is in ``asset`` and its effect on the account: received > 0, paid < 0. The sum of all amounts is the
    change of the wallet. ``key`` identifies the movement; ``balance_after`` is the wallet after it where the venue
    says so. ``symbol``, ``trade_id`` and ``order_id`` are None where it has none. ``twin`` counts the movements of one
    moment with equal fields; 0 for the first. ``funding_rate`` is the market's rate behind a payment of funding, a
    fraction of the position's value: above 0 longs pay shorts.
    """

    id: str
    time: datetime
    asset: str
    amount: Decimal
    kind: IncomeKind
    venue_kind: str
    symbol: str | None = None
    trade_id: str | None = None
    order_id: str | None = None
    info: str | None = None
    balance_after: Decimal | None = None
    twin: int = 0
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)
    funding_rate: Decimal | None = None

    @property
    def key(self) -> tuple[str | int | None, ...]:
        """The movement's identity: no other of the account has it."""
        return (self.venue_kind, self.id, self.asset, self.symbol, self.trade_id, self.twin)


class IncomeReader(Capability):
    """Read the movements of the wallet."""

    __slots__ = ()

    @abstractmethod
    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """
        Walk the movements, oldest first, without a duplicate or a gap.

        Args:
            symbol, asset, kind: Only these. A row whose word is not known may be of any kind: it is left out of one,
                and warned of; without ``kind`` it is there, as OTHER.
            start, end: The span, both inclusive; by default all that the venue keeps, up to now.
            after: Continue behind an item seen before.

        Raises (on the first item):
            InvalidArgument: the span is reversed, or reaches back further than the venue keeps.
        """


@quick_init
@attrs.frozen
class ClosedPnl:
    """
    One closed part of a position.

    ``quantity`` is contracts, prices quote per base; ``pnl_net`` and ``fees`` are the settle asset, ``fees`` paid < 0
    and contained in ``pnl_net``; None where the venue did not say. ``side`` is that of the order that closed: SELL
    closed a long.
    """

    symbol: str
    order_id: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    pnl_net: Decimal
    fees: Decimal | None
    closed_at: datetime
    kind: str | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)
    side: OrderSide | None = None


class ClosedPnlReader(Capability):
    """Read the profit and loss of closed positions."""

    __slots__ = ()

    @abstractmethod
    def iter_closed_pnl(
        self,
        *,
        symbol: str | None = None,
        kind: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: ClosedPnl | None = None,
    ) -> Pager[ClosedPnl]:
        """Page through closed positions, oldest first; ``kind`` is the venue's word for how one was closed."""


class WithdrawalStatus(OpenEnum):
    """How far a withdrawal got."""

    PENDING = "pending"
    SUCCESS = "success"
    CANCELED = "canceled"
    FAILED = "failed"


@attrs.frozen
class Withdrawal:
    """One withdrawal; ``amount`` and ``fee`` are in ``asset`` and paid, so < 0."""

    id: str
    asset: str
    amount: Decimal
    fee: Decimal | None
    status: WithdrawalStatus
    venue_status: str
    created_at: datetime
    chain: str | None = None
    address: str | None = attrs.field(default=None, repr=False)
    tx_id: str | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class WithdrawalReader(Capability):
    """Read withdrawals."""

    __slots__ = ()

    @abstractmethod
    def iter_withdrawals(
        self,
        *,
        asset: str | None = None,
        status: WithdrawalStatus | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Withdrawal | None = None,
    ) -> Pager[Withdrawal]:
        """Walk withdrawals, oldest first."""


@attrs.frozen
class Conversion:
    """One conversion of ``from_amount`` ``from_asset`` (paid, < 0) into ``to_amount`` ``to_asset`` (received, > 0)."""

    id: str
    from_asset: str
    from_amount: Decimal
    to_asset: str
    to_amount: Decimal
    rate: Decimal | None
    time: datetime
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class ConversionReader(Capability):
    """Read conversions between assets."""

    __slots__ = ()

    @abstractmethod
    def iter_conversions(
        self,
        *,
        from_asset: str | None = None,
        to_asset: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Conversion | None = None,
    ) -> Pager[Conversion]:
        """Walk conversions, oldest first."""
