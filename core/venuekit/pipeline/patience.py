"""Patience: exchanges that take too long are cancelled, by one timer for all of them."""

from __future__ import annotations

import asyncio

#: seconds for one exchange; longer than any documented server-side timeout
TIMEOUT = 15.0
#: how often it is looked, in seconds; an exchange may take this much longer than it should
_INTERVAL = 0.5


class Patience:
    """
    Cancels exchanges that take longer than ``seconds``.

    One timer looks after all exchanges under way: a timer for each of them would cost a tenth of a whole request.
    """

    __slots__ = ("_late", "_look_again", "_started", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        #: when it began, and how often its task had been asked to stop by then: an exchange may be part of cleaning up
        self._started: dict[asyncio.Task[object], tuple[float, int]] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._look_again: asyncio.TimerHandle | None = None

    def begin(self, task: asyncio.Task[object]) -> None:
        """Note that a task begins an exchange now."""
        loop = asyncio.get_running_loop()
        self._started[task] = loop.time(), task.cancelling()
        if self._look_again is None:
            self._look_again = loop.call_later(_INTERVAL, self._look, loop)

    def end(self, task: asyncio.Task[object]) -> None:
        """Note that its exchange is over, however it ended."""
        self._started.pop(task, None)

    def ran_out(self, task: asyncio.Task[object]) -> bool:
        """Say whether a cancellation that has just arrived in a task came from here and from nowhere else."""
        if task not in self._late:
            return False
        self._late.discard(task)
        _, before = self._started[task]
        return task.uncancel() <= before

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look_again = None
        if not self._started:
            return
        latest = loop.time() - self.seconds
        for task, (started, _) in self._started.items():
            if started <= latest and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._look_again = loop.call_later(_INTERVAL, self._look, loop)

    def close(self) -> None:
        """Stop looking."""
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None
