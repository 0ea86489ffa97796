"""Exit statuses of planning and applying."""

from __future__ import annotations

from venuekit.errors import Outcome
from venuekit.settings.plans import Plan, StepStatus
from venuekit.settings.report import Report, ResultStatus

__all__ = ["plan_exit_status", "report_exit_status"]

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
