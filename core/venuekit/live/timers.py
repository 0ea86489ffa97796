"""Timers on an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


async def wait_at_most(
    waited_for: Coroutine[Any, Any, object] | asyncio.Future[Any],
    seconds: float,
    pause: Callable[[float], Awaitable[None]],
) -> bool:
    """Wait until something is done, for so many seconds at most; return whether it is. ``pause`` waits on the clock."""
    waiting = asyncio.ensure_future(waited_for)
    timer = asyncio.ensure_future(pause(seconds))
    try:
        await asyncio.wait((waiting, timer), return_when=asyncio.FIRST_COMPLETED)
        return waiting.done()
    finally:
        for task in (waiting, timer):
            if not task.done():
                task.cancel()
        await asyncio.wait((waiting, timer))
