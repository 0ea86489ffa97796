"""The capability methods under way: their names are those of operations in errors, events and the journal."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from venuekit.errors import OperationError

__all__ = ["CALLED", "names_operation"]

#: names of the methods under way in this task, the one that the caller called first
CALLED: ContextVar[tuple[str, ...]] = ContextVar("venuekit_called", default=())


def names_operation(method: Callable[..., Any]) -> Callable[..., Any]:
    """
    Return a method that adds its name to ``CALLED`` while it runs, also for the tasks that it starts.

    A method that is no coroutine returns a pager, and its pages are read when it is over.
    """
    name = method.__name__
    if not inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            token = CALLED.set((*CALLED.get(), name))
            try:
                return method(*args, **kwargs)
            finally:
                CALLED.reset(token)

        return call

    @functools.wraps(method)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = CALLED.set((*CALLED.get(), name))
        try:
            return await method(*args, **kwargs)
        except OperationError as error:
            if not error.venue:  # raised by a reader of answers, which knows the field and not the venue
                error.venue, error.operation = args[0].venue.id, error.operation or name
            raise
        finally:
            CALLED.reset(token)

    return wrapper
