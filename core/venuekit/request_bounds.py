"""Bounds of a request: how late it can arrive and still be executed, and the number that no other request carries."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from venuekit.endpoint import Endpoint

#: how far the clocks of one venue's machines may differ, in milliseconds
TOLERANCE = 1000


class RequestExpiry(enum.StrEnum):
    """
    The bound on how late a signed request can arrive and still be executed.

    The moment after which it cannot is its fence; WINDOW and EXPIRY allow the venue's own clocks a second of error, and
    are believed over by the venue's time alone: by its endpoint, or by the times that its answers give.
    """

    #: it carries a timestamp, and is refused when that is too old by the receive window, or lies in the future
    WINDOW = "window"
    #: it carries the moment after which it is refused, timestamp and receive window: one from a clock that is ahead
    #: lives longer, and nothing shows it
    EXPIRY = "expiry"
    #: every signed request carries a number above those before it (``Venue.nonce``): one cannot arrive after a later
    #: one was answered, and before that at any time
    NONCE = "nonce"
    #: nothing: a lost request may arrive at any time, and its absence is never proven
    NONE = "none"


def fence_of(timestamp: int, recv_window: int) -> int:
    """
    Return the fence of a request, in milliseconds on the venue's clock.

    With NONCE and NONE it bounds nothing: it is how long later writes are held back.
    """
    return timestamp + recv_window + TOLERANCE


@attrs.frozen
class NonceRule:
    """
    The number that every signed request of a venue carries (``Stamp.nonce``): its time, and never one a second time.

    It is the venue's time in units of which ``per_second`` are a second (1,000: milliseconds, 1,000,000:
    microseconds), raised above every number that the same signing key has used on this machine.

    ``probe`` is a signed read without parameters that shows that a later number arrived, where the expiry is NONCE and
    the reads about a lost write are not signed; None where they are.

    Raises:
        ValueError: ``per_second`` is no positive whole number.
    """

    per_second: int
    probe: Endpoint[Any] | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.per_second) is not int or self.per_second < 1:
            raise ValueError(f"per_second of a NonceRule is a whole number from 1 up, not {self.per_second!r}")

    def number_at(self, milliseconds: int) -> int:
        """Return the number of a time in milliseconds since 1970."""
        return milliseconds * self.per_second // 1000

    def milliseconds_of(self, number: int) -> int:
        """Return the time of a number, in whole milliseconds since 1970 and never before it."""
        return -(-number * 1000 // self.per_second)
