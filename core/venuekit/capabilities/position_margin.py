"""Position margin: adding to and taking from the isolated margin of one position."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import PositionSide
from venuekit.capabilities.history import Pager


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
