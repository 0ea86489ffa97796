"""Reports: what came of a plan."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit.capabilities import PositionSide, Setting
from venuekit.errors import OperationError
from venuekit.settings.plans import PlannedRead, Unreadable
from venuekit.settings.target import Value

__all__ = ["Report", "Result", "ResultStatus"]


_CAVEAT = (
    "each setting was read right before it was written and once more at the end; what somebody else wrote in the "
    "moment between such a reading and the write is overwritten and cannot be seen"
)


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
    again, or the venue could not be reached. A key that reads and may not write is refused. ``unreadable`` are the
    accounts that could not be read when it was planned or before anything was sent.
    """

    results: tuple[Result, ...]
    reads: tuple[PlannedRead, ...]
    errors: tuple[OperationError, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def caveat(self) -> str | None:
        """What verifying cannot exclude, in one sentence; None when nothing was sent."""
        sent = {ResultStatus.CHANGED, ResultStatus.UNKNOWN}
        return _CAVEAT if any(result.status in sent for result in self.results) else None

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one flat row per setting, account and venue first, and one for each account that was not read."""
        rows = [attrs.asdict(result, recurse=False) for result in self.results]
        rows += [one.row(Result, "message") for one in self.unreadable]
        return tuple({name: value for name, value in row.items() if name != "name"} for row in rows)
