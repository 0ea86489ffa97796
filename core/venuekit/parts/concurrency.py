"""Reads that belong together: sent at once, so that the joined values are as close in time as can be."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import Any, TypeVar, overload

from venuekit.message import Answer

__all__ = ["earliest", "gather", "gather_all"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@overload
async def gather(a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], /) -> tuple[A, B]: ...
@overload
async def gather(
    a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], c: Coroutine[Any, Any, C], /
) -> tuple[A, B, C]: ...
@overload
async def gather(
    a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], c: Coroutine[Any, Any, C], d: Coroutine[Any, Any, D], /
) -> tuple[A, B, C, D]: ...
async def gather(*reads: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """Return the results of several reads; see :func:`gather_all`."""
    return await gather_all(reads)


async def gather_all(calls: Iterable[Coroutine[Any, Any, A]]) -> tuple[A, ...]:
    """Return the results of any number of calls; the first that fails is raised as it is, and stops the others."""
    import asyncio  # declarations are read without it

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return tuple(task.result() for task in tasks)


def earliest(*answers: Answer[Any]) -> datetime:
    """Return the instant of the oldest answer, for a value joined from them."""
    return min(answer.as_of for answer in answers)
