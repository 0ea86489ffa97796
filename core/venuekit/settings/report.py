"""Reports of applied plans, and the exit statuses of plans and reports."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit.capabilities import PositionSide, Setting
from venuekit.errors import OperationError, Outcome
from venuekit.settings.plans import Plan, PlannedRead, StepStatus, Unreadable
from venuekit.settings.target import Value

_CAVEAT = (
    "each setting was read right before it was written and once more at the end; a write of another client between "
    "such a reading and the write is overwritten and cannot be detected"
)


class ResultStatus(enum.StrEnum):
    """The final state of one setting."""

    CHANGED = "changed"  #: it was changed, and a read confirmed it
    UNCHANGED = "unchanged"  #: it already equalled the target
    REFUSED = "refused"  #: the venue (or the account's guard) refused, or would have
    UNKNOWN = "unknown"  #: it was sent, and its outcome could not be determined
    CONFLICT = "conflict"  #: another client changed it since the plan, or while it was written
    SKIPPED = "skipped"  #: it needs a step that failed; nothing was sent


@attrs.frozen(kw_only=True)
class Result:
    """
    The result of one setting of one account; most fields are those of the :class:`~venuekit.settings.PlannedStep`.

    ``code`` and ``message`` are the venue's own where it sent any, else venuekit's or None.
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
    The result of every setting, in the order of the target, and the cost of the reads.

    ``errors`` are those that ended all requests to an account: its key was not accepted, also when it was read again,
    or the venue could not be reached. A key that reads but may not write is a refusal. ``unreadable`` are the accounts
    that could not be read when planned or before anything was sent.
    """

    results: tuple[Result, ...]
    reads: tuple[PlannedRead, ...]
    errors: tuple[OperationError, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def caveat(self) -> str | None:
        """The limit of the verification, in one sentence; None when nothing was sent."""
        sent = {ResultStatus.CHANGED, ResultStatus.UNKNOWN}
        return _CAVEAT if any(result.status in sent for result in self.results) else None

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one flat row per setting, account and venue first, and one for each account that was not read."""
        rows = [attrs.asdict(result, recurse=False) for result in self.results]
        rows += [account.row(Result, "message") for account in self.unreadable]
        return tuple({name: value for name, value in row.items() if name != "name"} for row in rows)


_DONE, _ERROR, _REFUSED, _UNKNOWN, _PENDING, _USAGE = 0, 1, 3, 4, 5, 64


def plan_exit_status(plan: Plan) -> int:
    """
    Return the exit status of a plan.

    64 when a venue does not know a symbol, else 1 when an account could not be read, else 3 when a change would be
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

    1 when an account could not be read, a key was not accepted, or a venue could not be reached any more, else 4 when a
    setting is unknown, else 3 when one was refused, skipped or in conflict, else 0.
    """
    if report.unreadable or any(error.outcome is not Outcome.UNKNOWN for error in report.errors):
        return _ERROR
    statuses = {result.status for result in report.results}
    if ResultStatus.UNKNOWN in statuses:
        return _UNKNOWN
    refused = {ResultStatus.REFUSED, ResultStatus.SKIPPED, ResultStatus.CONFLICT}
    return _REFUSED if statuses & refused else _DONE
