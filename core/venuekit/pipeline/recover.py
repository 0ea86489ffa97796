"""After the first failure: do what the table says, until it is over."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from venuekit.errors import OperationError
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.pipeline.closing import is_absence, remember_absence
from venuekit.pipeline.measuring import measure
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.resolve import attach_resolve, error_of_open_write, resolve_outcome
from venuekit.pipeline.retry import (
    Action,
    EffectColumn,
    action_for,
    after_loss,
    attempt_repeatedly,
    effect_column,
    no_change,
)
from venuekit.resolution import Call

__all__ = ["recover"]

T = TypeVar("T")


async def recover(operation: Operation[T], first: Failure, call: Call) -> T:
    """
    Return the value after all, or raise the error that a failed first attempt ends in.

    Raises:
        OperationError: what the last failure, or finding out about it, ends in.
    """

    async def resync(_: Operation[Any]) -> bool:
        return await measure(operation, call) is None

    try:
        value = await attempt_repeatedly(operation, first, resync)
    except Failure as failure:
        last = failure
    except OperationError as error:  # an attempt that did not leave
        attach_resolve(operation, error, call)
        raise
    else:
        return after_loss(operation, value)
    chosen = action_for(last, operation)
    if chosen is Action.DONE:
        return cast("T", no_change(operation))
    # one that was tried again and again may have been carried out by any of its attempts
    spent = operation.open_until and effect_column(operation.endpoint) is EffectColumn.ALL_ORDERS
    if chosen is Action.RESOLVE or (spent and last.kind is not FailureKind.SHUT_OUT):
        return cast("T", await resolve_outcome(operation, last, call, resync))
    if chosen is Action.LEAVE_OPEN:
        raise error_of_open_write(operation, last.error, call)
    if operation.endpoint.may_be_absent and is_absence(last, operation.attempts):
        raise operation.annotate(remember_absence(operation.session, operation.endpoint, last.error))
    attach_resolve(operation, last.error, call)
    raise operation.annotate(last.error)
