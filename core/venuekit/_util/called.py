"""The capability methods under way: their names are those of operations in errors, events and the journal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from venuekit.errors import OperationError

__all__ = ["CALLED", "names_operation"]

#: names of the methods under way in this task, the one that the caller called first
CALLED: ContextVar[tuple[str, ...]] = ContextVar("venuekit_called", default=())


def names_operation(
    method: Callable[..., Coroutine[Any, Any, Any]],
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a method whose name is known for as long as it runs, also in the tasks that it starts."""
    name = method.__name__

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
