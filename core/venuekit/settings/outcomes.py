"""Outcomes: the result of a step, derived from the plan, the setter's outcome and the present value. Pure."""

from __future__ import annotations

import attrs

from venuekit.errors import Conflict, OddRow, OperationError, Outcome
from venuekit.settings.plans import PlannedStep, StepStatus
from venuekit.settings.report import Result, ResultStatus
from venuekit.settings.target import Value, text_of

_WENT_WELL = frozenset({ResultStatus.CHANGED, ResultStatus.UNCHANGED})


def result_of(
    step: PlannedStep, status: ResultStatus, message: str | None = None, code: int | str | None = None
) -> Result:
    """Return the result of a step."""
    return Result(
        account=step.account,
        venue=step.venue,
        symbol=step.symbol,
        setting=step.setting,
        side=step.side,
        present=step.present,
        target=step.target,
        status=status,
        code=code,
        message=message,
        name=step.name,
    )


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
        return result_of(step, ResultStatus.UNCHANGED, change)
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
    if value is None or result.status not in {*_WENT_WELL, ResultStatus.UNKNOWN}:
        return result
    if value == result.target:
        if result.status is ResultStatus.UNKNOWN:
            return attrs.evolve(result, status=ResultStatus.CHANGED, message="its answer was lost; it reads so now")
        return result
    if result.status is ResultStatus.UNCHANGED and result.present == result.target:
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
    """Return the final result of a sent step that could not be read back."""
    if result.status not in _WENT_WELL:
        return result
    return attrs.evolve(result, status=ResultStatus.UNKNOWN, message=f"was accepted, but not verified: {error}")
