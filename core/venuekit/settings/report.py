"""Reports of applied plans, and the exit statuses of plans and reports."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit.capabilities import PositionSide, Setting
from venuekit.errors import OperationError, Outcome
from venuekit.settings.plans import Plan, PlannedRead, StepStatus, Unreadable
from venuekit.settings.target import Value

__all__ = ["Report", "Result", "ResultStatus", "plan_exit_status", "report_exit_status"]


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


_DONE, _ERROR, _REFUSED, _UNKNOWN, _PENDING, _USAGE = 0, 1, 3, 4, 5, 64


def plan_exit_status(plan: Plan) -> int:
    """
    Return the exit status of a plan.

    64 when a venue does not know a symbol, else 1 when an account could not be read, else 3 when something would be
    refused or skipped, else 5 when changes are pending, else 0.
    """
    if plan.unknown:
        return _USAGE
    if plan.unreadable:
        return _ERROR
    statuses = {step.status for step in plan.steps}
    if statuses & {StepStatus.REFUSED, StepStatus.SKIPPED}:
        return _REFUSED
    return _PENDING if StepStatus.PENDING in statuses else _DONE


def report_exit_status(report: Report) -> int:
    """
    Return the exit status of a report.

    1 when an account could not be read, a key was not taken, or a venue could not be reached or asked any more, else 4
    when something is unknown, else 3 when something was refused, skipped or in conflict, else 0.
    """
    if report.unreadable or any(error.outcome is not Outcome.UNKNOWN for error in report.errors):
        return _ERROR
    statuses = {result.status for result in report.results}
    if ResultStatus.UNKNOWN in statuses:
        return _UNKNOWN
    refused = {ResultStatus.REFUSED, ResultStatus.SKIPPED, ResultStatus.CONFLICT}
    return _REFUSED if statuses & refused else _DONE
