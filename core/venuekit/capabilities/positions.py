"""Positions: every leg that an account holds, its isolated margin, and its place in the auto-deleveraging queue."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OpenEnum, PositionSide, Unit
from venuekit.capabilities.history import Pager
from venuekit.capabilities.modes import MarginType


class PositionState(OpenEnum):
    """The venue's state of a position: normal, or being closed by force."""

    NORMAL = "normal"
    LIQUIDATION = "liquidation"
    ADL = "adl"


@attrs.frozen
class PositionBehaviour:
    """Which filters ``get_positions`` can hand to the venue; any other one is refused before sending."""

    filters: frozenset[str] = frozenset({"symbol"})


@quick_init
@attrs.frozen
class Position:
    """
    One position; None means that the venue did not say.

    ``contract_size`` is None of a contract that the venue does not list (any more).
    ``quantity`` is signed contracts (short < 0), each ``contract_size`` ``contract_unit``; prices are quote per
    base; ``notional`` is quote (None of a quanto contract) and ``value`` the settle asset, both >= 0; margins and
    profits are the settle asset.
    ``isolated_wallet`` excludes and ``isolated_margin`` includes unrealised profit; both are None when the margin
    type is CROSS. ``liquidation_price=None`` means that no price was given, never that the position is safe.
    ``take_profit`` and ``stop_loss`` are the trigger prices that close the whole position, ``trailing_stop`` is the
    distance from the market price that does; None where none is set, or the venue has no such thing.
    ``max_position`` is counted in ``max_position_unit``. ``adl_rank`` counts from 0 up to ``adl_rank_of``.
    ``position_id`` is the venue's own id where symbol and side do not identify a position, such as a cross and an
    isolated one beside each other. ``sub_account`` names the part of the account that holds it (a sub-account, wallet
    or dex below the key); None where the account has one.
    ``as_of`` is the earliest server time among the answers this was joined from; ``received_at`` is our clock.
    """

    symbol: str
    side: PositionSide
    quantity: Decimal
    contract_size: Decimal | None
    contract_unit: Unit
    settle: str | None = None
    entry_price: Decimal | None = None
    break_even_price: Decimal | None = None
    mark_price: Decimal | None = None
    notional: Decimal | None = None
    value: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    realized_pnl: Decimal | None = None
    leverage: Decimal | None = None
    margin_type: MarginType | None = None
    isolated_wallet: Decimal | None = None
    isolated_margin: Decimal | None = None
    position_initial_margin: Decimal | None = None
    open_order_initial_margin: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    liquidation_price: Decimal | None = None
    bankruptcy_price: Decimal | None = None
    max_position: Decimal | None = None
    max_position_unit: Unit | None = None
    auto_add_margin: bool | None = None
    state: PositionState | None = None
    reduce_only_forced: bool | None = None
    adl_rank: int | None = None
    adl_rank_of: int | None = None
    updated_at: datetime | None = None
    opened_at: datetime | None = None
    sequence: int | None = None
    position_id: str | None = None
    sub_account: str | None = None
    as_of: datetime | None = None
    received_at: datetime | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: Decimal | None = None

    @property
    def key(self) -> tuple[str, PositionSide, str | None, str | None]:
        """The position's identity: no other of the account has it."""
        return (self.symbol, self.side, self.position_id, self.sub_account)


class PositionReader(Capability):
    """Read positions."""

    __slots__ = ()

    @abstractmethod
    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """
        Return the open positions, with ``include_flat=True`` every row the venue lists.

        Raises:
            InvalidArgument: a filter that this venue does not have; nothing was sent.
            InvalidRequest: the venue does not know the symbol.
        """

    @abstractmethod
    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """
        Return the position of a symbol, flat if need be.

        Raises:
            InvalidArgument: BOTH (or no side) in hedge mode, LONG or SHORT in one-way mode.
            InvalidRequest: the venue does not know the symbol.
        """


@attrs.frozen
class AdlQuantile:
    """One leg's place in the queue: ``rank`` counts from 0 (last, or no position) up to ``of`` (first)."""

    symbol: str
    side: PositionSide
    rank: int
    of: int


class AdlReader(Capability):
    """Read places in the auto-deleveraging queue."""

    __slots__ = ()

    @abstractmethod
    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return one value per leg the venue lists, of ``symbol`` or of all."""


@quick_init
@attrs.frozen
class MarginChange:
    """
    One movement of margin between the account and an isolated position.

    ``amount`` is in ``asset``, > 0 added to the position and < 0 taken from it; ``asset`` is None where the venue's
    acknowledgement does not name it. ``cause`` is the venue's own word for why it happened. ``time`` is None on an
    acknowledgement that carries none. Where the venue's rows carry no id, ``twin`` counts those of the same moment
    before it that are otherwise just like it.
    """

    symbol: str
    side: PositionSide | None
    asset: str | None
    amount: Decimal
    time: datetime | None = None
    cause: str | None = None
    twin: int = 0
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class PositionMarginControl(Capability):
    """Add and reduce the margin of an isolated position; both are deltas and never sent twice on a guess."""

    __slots__ = ()

    @abstractmethod
    async def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """
        Move ``amount`` (settle asset, > 0) from the account to the position.

        ``side`` names the leg in hedge mode.

        Raises:
            InvalidArgument: not a positive amount the venue can take, or a side the mode forbids; nothing was sent.
            Rejected: the position is flat or cross, or the account does not have it.
            OutcomeUnknown, NotExecuted: the answer was lost; see :mod:`venuekit.errors`.
        """

    @abstractmethod
    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """
        Move ``amount`` (settle asset, > 0) from the position back to the account.

        Raises:
            Rejected: more than can be taken without endangering the position; otherwise as :meth:`add_margin`.
        """


class MarginChangeReader(Capability):
    """Read the history of margin changes."""

    __slots__ = ()

    @abstractmethod
    def iter_margin_changes(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: MarginChange | None = None,
    ) -> Pager[MarginChange]:
        """Walk the changes of a symbol, oldest first; ``after`` continues behind an item seen before."""
