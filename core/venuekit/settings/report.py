"""
Reports: the results of an applied plan, and the exit statuses of plans and reports. Pure.

A result is derived from the plan, the setter's outcome and the present value.
"""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit.errors import Conflict, OddRow, OperationError, Outcome
from venuekit.settings.plans import Plan, PlannedRead, PlannedStep, Step, StepStatus, Unreadable
from venuekit.settings.target import Value, text_of

_CAVEAT = (
    "each setting was read right before it was written and once more at the end; a write of another client between "
    "such a reading and the write is overwritten and cannot be detected"
)


class ResultStatus(enum.StrEnum):
    """The final state of one setting."""

    CHANGED = "changed"  #: it was changed, and a read confirmed it
    UNCHANGED = "unchanged"  #: it equalled the target, also when it was read again
    REFUSED = "refused"  #: the venue (or the account's guard) refused, or would have
    UNKNOWN = "unknown"  #: it was sent, and its outcome could not be determined
    CONFLICT = "conflict"  #: another client changed it since the plan, or while it was written
    SKIPPED = "skipped"  #: it needs a step that failed; nothing was sent


WENT_WELL = frozenset({ResultStatus.CHANGED, ResultStatus.UNCHANGED})


@attrs.frozen(kw_only=True)
class Result(Step):
    """
    The result of one setting of one account.

    ``code`` and ``message`` are the venue's own where it sent any, else venuekit's or None.
    """

    status: ResultStatus
    code: int | str | None = None
    message: str | None = None


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

    64 when a venue does not know a symbol or a pattern matches none, else 1 when an account could not be read, else 3
    when a change would be refused or skipped, else 5 when changes are pending, else 0.
    """
    if plan.unknown or plan.unmatched:
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


def result_of(
    step: PlannedStep, status: ResultStatus, message: str | None = None, code: int | str | None = None
) -> Result:
    """Return the result of a step."""
    same = {field.name: getattr(step, field.name) for field in attrs.fields(Step)}
    return Result(**same, status=status, code=code, message=message)


def before_sending(planned: PlannedStep, now: PlannedStep) -> Result | None:
    """Return the result of a step that is not sent, None when it may be; ``now`` is the same step, planned anew."""
    if planned.present != now.present:
        change = f"was {text_of(planned.present)} when it was planned, is {text_of(now.present)} now"
        if now.status is StepStatus.UNCHANGED:
            return result_of(now, ResultStatus.UNCHANGED, change)
        return result_of(now, ResultStatus.CONFLICT, change)
    for step in (planned, now):
        match step.status:
            case StepStatus.UNCHANGED:
                return result_of(step, ResultStatus.UNCHANGED)
            case StepStatus.REFUSED:
                return result_of(step, ResultStatus.REFUSED, step.reason)
            case StepStatus.SKIPPED:
                return result_of(step, ResultStatus.SKIPPED, step.reason)
    return None


def before_writing(step: PlannedStep, value: Value | None) -> Result | None:
    """Return the result of a step that is not sent, None when it may be; ``value`` is the present one if known."""
    if value is None or value == step.present:
        return None
    change = f"was {text_of(step.present)} when it was planned, is {text_of(value)} right before it is written"
    if value == step.target:
        return attrs.evolve(result_of(step, ResultStatus.UNCHANGED, change), present=value)
    if step.present is None:
        return None
    return result_of(step, ResultStatus.CONFLICT, f"{change}; nothing was sent")


def result_of_error(step: PlannedStep, error: OperationError) -> Result:
    """Return the result of a step whose setter raised."""
    message = str(error) if error.code is None else "; ".join(filter(None, (error.message, error.mend)))
    if isinstance(error, Conflict):
        status = ResultStatus.CONFLICT
    elif error.outcome is Outcome.UNKNOWN:
        status = ResultStatus.UNKNOWN
    elif error.outcome is Outcome.APPLIED:
        status = ResultStatus.CHANGED
    else:
        status = ResultStatus.REFUSED
    return result_of(step, status, message, error.code)


def after_reading(result: Result, value: Value | None) -> Result:
    """Return the final result of a step, sent or not; ``value`` is the present one, None when the reads lack it."""
    if result.status not in {*WENT_WELL, ResultStatus.UNKNOWN}:
        return result
    if value is None:
        if _was_right(result):
            return attrs.evolve(result, status=ResultStatus.UNKNOWN, message="was right, and is not reported any more")
        return result
    if value == result.target:
        if result.status is ResultStatus.UNKNOWN:
            return attrs.evolve(result, status=ResultStatus.CHANGED, message="its answer was lost; it reads so now")
        return result
    if _was_right(result):
        message = f"was right and was not sent, but reads {text_of(value)} now: it changed meanwhile"
        return attrs.evolve(result, status=ResultStatus.CONFLICT, message=message)
    if value != result.present:
        message = f"was written, but reads {text_of(value)} now"
        return attrs.evolve(result, status=ResultStatus.CONFLICT, message=message)
    if result.status is ResultStatus.UNKNOWN:
        return result
    message = f"was accepted, but still reads {text_of(value)}"
    return attrs.evolve(result, status=ResultStatus.UNKNOWN, message=message)


def result_without_reading(result: Result, error: OperationError | OddRow) -> Result:
    """Return the final result of a step, sent or not, that could not be read back."""
    if result.status not in WENT_WELL:
        return result
    before = "was right, but was not read again" if _was_right(result) else "was accepted, but not verified"
    return attrs.evolve(result, status=ResultStatus.UNKNOWN, message=f"{before}: {error}")


def _was_right(result: Result) -> bool:
    """Return whether a setting equalled its target, and was not sent."""
    return result.status is ResultStatus.UNCHANGED and result.present == result.target
