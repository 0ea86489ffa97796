"""Chores: what a session does beside its messages, such as pings, and what ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs


@attrs.define(eq=False)
class Chores:
    """Tasks that run beside others; ``on_end`` is called when one of them is over."""

    on_end: Callable[[], None] = attrs.field(repr=False)
    _tasks: set[asyncio.Future[Any]] = attrs.field(factory=set, init=False, repr=False)

    def begin(self, chore: Awaitable[Any]) -> None:
        """Run a chore; an error of it goes to the handler of the loop."""
        task = asyncio.ensure_future(chore)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    async def close(self) -> None:
        """Cancel all chores, and wait until they are over."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _end(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        self.on_end()
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a chore of a user stream failed", "exception": error, "task": task}
            )
