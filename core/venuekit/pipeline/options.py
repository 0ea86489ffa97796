"""Options of one call, and the policy of retries: attempts and waits beside the retry table."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import attrs

from venuekit.arguments import check_moment, refuse
from venuekit.endpoint import Effect, Priority

if TYPE_CHECKING:
    from datetime import datetime


class _Unset(enum.Enum):
    UNSET = "unset"


#: "not given", where None is a value
UNSET: Final = _Unset.UNSET


@attrs.frozen
class Options:
    """
    A caller's choices per call.

    ``recv_window`` is milliseconds, ``deadline`` and ``max_wait`` seconds; None takes the venue's and the policy's.
    ``expected`` is the value a setting is planned to be changed from. ``priority`` None is the endpoint's own.
    ``check_orders`` has orders looked at before they are sent.
    """

    recv_window: int | None = None
    deadline: float | None = None
    max_wait: float | None = None
    resend_until: datetime | None = None
    expected: Any = UNSET
    priority: Priority | None = None
    check_orders: bool = False

    def __attrs_post_init__(self) -> None:
        for name in ("deadline", "max_wait"):
            seconds = getattr(self, name)
            if seconds is not None and not isinstance(seconds, int | float):
                raise refuse(f"{name} is a number of seconds, not {seconds!r}", "with_options")
        if self.resend_until is not None:
            check_moment(self.resend_until, "resend_until", "with_options")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """
    Attempts and waits; which write may be sent again is never a policy.

    Waits double from ``first_wait`` up to ``longest_wait`` with full jitter, or last as long as the venue says. All
    waits of one call for budget and venue together stay below the ``max_wait`` of its effect (seconds). An earlier
    write is waited for as long as a setting may wait; by an order that may open a position, ``max_wait_order``.
    """

    attempts: int = 4
    first_wait: float = 0.2
    longest_wait: float = 5.0
    max_wait_read: float = 30.0
    max_wait_history: float = 120.0  #: a walk through history waits for the next window of its pool
    max_wait_set: float = 10.0
    max_wait_order: float = 2.0

    def max_wait(self, effect: Effect, priority: Priority = Priority.READ) -> float:
        """Return how long a call of this effect may wait in all, in seconds."""
        if effect is Effect.READ:
            return self.max_wait_history if priority is Priority.HISTORY else self.max_wait_read
        return self.max_wait_set if effect in {Effect.SET, Effect.SESSION} else self.max_wait_order

    def tighten(self, by: RetryPolicy) -> RetryPolicy:
        """Return this policy with whatever ``by`` lowers; nothing can be raised."""
        names = [field.name for field in attrs.fields(RetryPolicy)]
        return RetryPolicy(**{name: min(getattr(self, name), getattr(by, name)) for name in names})
