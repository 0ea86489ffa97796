"""Provenance: the parts of an account, and where and when a value of it was learnt."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from venuekit._util.quick_init import quick_init


class ViewPart(enum.StrEnum):
    """A part of an account whose values are learnt together, and are fresh or stale together."""

    WALLETS = "wallets"  #: wallet and cross wallet of each asset
    POSITIONS = "positions"  #: quantity, entry price, isolated wallet and margin type of each position
    ORDERS = "orders"  #: the open orders
    FILLS = "fills"  #: whether every fill since the view was opened has been delivered
    AVAILABLE = "available"  #: the amounts that new orders may use; any own write makes them stale
    FIGURES = "figures"  #: profits, margins and liquidation prices: true only at the moment of their read
    MODES = "modes"  #: position mode and asset mode

    @property
    def is_streamed(self) -> bool:
        """Whether events keep it up to date; the others are as old as their last read."""
        return self in _STREAMED


_STREAMED = frozenset({ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS, ViewPart.FILLS})


class ValueSource(enum.StrEnum):
    """The source of a value."""

    READ = "read"  #: the answer to a read
    STREAM = "stream"  #: an event
    ANSWER = "answer"  #: the answer to a write of our own
    COMPUTED = "computed"  #: computed here, from a mark price that the caller gave


@quick_init
@attrs.frozen
class Provenance:
    """
    Where and when a value was learnt.

    ``time`` is the venue's time of the change, None where it gives none. ``received_at`` is our clock: of an event or
    an answer when it came; of a read when it was sent, since its answer is at least as new.
    """

    source: ValueSource
    time: datetime | None
    received_at: datetime
