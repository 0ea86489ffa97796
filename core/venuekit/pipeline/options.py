"""Options: a caller's choices per call."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.endpoint import Priority

__all__ = ["UNSET", "Options"]


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
    """

    recv_window: int | None = None
    deadline: float | None = None
    max_wait: float | None = None
    resend_until: datetime | None = None
    expected: Any = UNSET
    priority: Priority | None = None
