"""Reports: what came of a plan."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit.capabilities import PositionSide, Setting
from venuekit.errors import OperationError
from venuekit.settings.plans import PlannedRead
from venuekit.settings.target import Value

__all__ = ["Report", "Result", "ResultStatus"]


class ResultStatus(enum.StrEnum):
    """How one setting ended."""

    CHANGED = "changed"  #: it was changed, and reading again showed it
    UNCHANGED = "unchanged"  #: it was as it should be
    REFUSED = "refused"  #: the venue (or the account's guard) refused, or would have
    UNKNOWN = "unknown"  #: it was sent, and whether it holds could not be found out
    CONFLICT = "conflict"  #: somebody else moved it since the plan, or while it was written
    SKIPPED = "skipped"  #: it needs something that did not end well; nothing was sent


@attrs.frozen(kw_only=True)
class Result:
    """
    How one setting of one account ended; most fields are those of the :class:`~venuekit.settings.PlannedStep`.

    ``code`` and ``message`` are the venue's own where it said something, else ours or None.
    """

    account: str
    venue: str
    symbol: str | None
    setting: Setting
    side: PositionSide | None
    present: Value | None
    target: Value
    status: ResultStatus
    code: int | str | None = None
    message: str | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name


@attrs.frozen
class Report:
    """
    What came of every setting, in the order of the target, and what the reads cost.

    ``errors`` are those after which nothing more was sent to an account: its key was not taken, also when it was read
    again, or the venue could not be reached. A key that reads and may not write is refused.
    """

    results: tuple[Result, ...]
    reads: tuple[PlannedRead, ...]
    errors: tuple[OperationError, ...] = ()

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one flat row per setting, account and venue first."""
        return tuple(attrs.asdict(r, recurse=False, filter=attrs.filters.exclude("name")) for r in self.results)
