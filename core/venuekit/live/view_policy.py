"""View policy: how often a view reads its account, and the parts that it does not read at first."""

from __future__ import annotations

import attrs

from venuekit.live.provenance import ViewPart
from venuekit.live.reads import ReadGroup

#: parts whose reads weigh, and which a view can be opened without
_MAY_BE_PUT_OFF = frozenset({ViewPart.ORDERS, ViewPart.MODES})


@attrs.frozen(kw_only=True)
class ViewPolicy:
    """
    How often a view reads its account again, in seconds.

    ``read_every`` is for balances and positions, ``orders_every`` for open orders, ``modes_every`` for the modes: also
    while the stream looks well. As long as nothing shows that it delivers they are read after ``unconfirmed_every``,
    and then after twice that time and so on. A change that a read shows and no event within ``event_patience`` is a
    gap. ``put_off`` are parts that are not read on entering, nor before :meth:`~venuekit.live.AccountView.refresh` or a
    gap asks for them: the open orders, which weigh most at many venues, and the modes. They are stale until then.

    Raises:
        ValueError: a time is not above 0, or another part is put off.
    """

    read_every: float = 30.0
    orders_every: float = 60.0
    modes_every: float = 300.0
    unconfirmed_every: float = 5.0
    event_patience: float = 5.0
    put_off: frozenset[ViewPart] = frozenset()

    def __attrs_post_init__(self) -> None:
        for name, seconds in attrs.asdict(self, filter=attrs.filters.exclude("put_off")).items():
            if not seconds > 0:
                raise ValueError(f"{name} must be above 0 seconds, not {seconds}")
        if needed := self.put_off - _MAY_BE_PUT_OFF:
            raise ValueError(f"orders and modes may be put off, not {', '.join(sorted(needed))}")

    def every(self, group: ReadGroup) -> float:
        """Return the seconds between two reads of a group."""
        if group is ReadGroup.ORDERS:
            return self.orders_every
        return self.modes_every if group is ReadGroup.MODES else self.read_every
