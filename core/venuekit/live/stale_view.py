"""The error of a view that may be out of date."""

from __future__ import annotations

from venuekit.errors import VenuekitError
from venuekit.live.provenance import ViewPart


class StaleView(VenuekitError):
    """
    A part of a view may be out of date; nothing was sent.

    Attributes:
        part: The part; None for the view as a whole.
        reason: The reason, in one sentence.
        age: The seconds within which it may have changed; None where that says nothing.
    """

    def __init__(self, venue: str, part: ViewPart | None, reason: str, age: float | None) -> None:
        of = "the view" if part is None else str(part)
        known = "" if age is None or age == float("inf") else f" (last known to hold {age:.1f} s ago)"
        mend = "" if part is None else "; `wait_fresh` waits until it holds again, `refresh` reads it now"
        super().__init__(f"{venue}: {of} may be out of date: {reason}{known}{mend}")
        self.part = part
        self.reason = reason
        self.age = age
