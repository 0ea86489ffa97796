"""A thread with an event loop of its own, for callers that block."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class LoopThread:
    """An event loop in a daemon thread, so that a program which forgets to close an account can end."""

    def __init__(self, name: str) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)
        self._thread.start()
        self._ready.wait()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._stop.wait()

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def run(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call an async function in the loop, and return its result.

        Ctrl-C cancels the call and waits until it has ended, as a write needs a moment to say whether it left: its
        notes are those of the KeyboardInterrupt. A second Ctrl-C waits for nothing.

        Raises:
            RuntimeError: it is called in the loop's own thread, which it would block, or the thread has ended.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                f"a blocking call in the thread of {self._thread.name} would wait for itself; use await there"
            )
        if not self._thread.is_alive():
            raise RuntimeError(f"the thread of {self._thread.name} has ended, with its last user or by a fork")
        done: Future[T] = Future()
        tasks: list[asyncio.Task[None]] = []

        async def work() -> None:
            try:
                done.set_result(await function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
                done.set_exception(error)

        def start() -> None:
            task = self._loop.create_task(work())
            task.add_done_callback(end_unbegun)  # cancelled before its first step, it runs nothing of work()
            tasks.append(task)

        def cancel() -> None:
            for task in tasks:
                task.cancel()
            if not tasks:  # the interruption came before it was started
                end_unbegun(None)

        def end_unbegun(_: object) -> None:
            if not done.done():
                done.set_exception(asyncio.CancelledError())

        try:
            self._loop.call_soon_threadsafe(start, context=contextvars.copy_context())
            return done.result()
        except KeyboardInterrupt as interruption:
            self._loop.call_soon_threadsafe(cancel)
            end = done.exception()
            if end is None:
                interruption.add_note(f"the call that was interrupted had ended: {done.result()!r}")
            for text in getattr(end, "__notes__", ()):
                interruption.add_note(text)
            raise interruption from end
