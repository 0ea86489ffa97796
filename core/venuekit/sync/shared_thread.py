"""The thread whose event loop carries blocking accounts: it begins with its first user and ends with its last."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from venuekit._util.loop_thread import LoopThread

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_thread: LoopThread | None = None
_users = 0


def join_thread() -> LoopThread:
    """Return the thread of this process; each user leaves it once."""
    global _thread, _users  # noqa: PLW0603 - one per process, as the loop that it stands in for
    with _lock:
        if _thread is None:
            _thread = LoopThread("venuekit.sync")
        _users += 1
        return _thread


def leave_thread() -> None:
    """End the thread with its last user."""
    global _thread, _users  # noqa: PLW0603 - as above
    with _lock:
        _users -= 1
        if _users or _thread is None:
            return
        last, _thread = _thread, None
    last.stop()


def run(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Call any async function of venuekit in the loop of the blocking accounts, and return its result.

    ``sync.run(error.resolve)`` of a write whose outcome is unknown, or ``sync.run(settings.plan, target, accounts)``.
    Accounts are handed over as their ``asynchronous``.
    """
    thread = join_thread()
    try:
        return thread.run(function, *args, **kwargs)
    finally:
        leave_thread()
