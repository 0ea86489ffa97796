"""
Leaks: a test fails that leaves a task, a socket or a connection of a client behind in its event loop.

A loop that ends would cancel its tasks without a word; here it says which there are. Loops that a test runs by itself
(``asyncio.run``) are looked at as well. A connection of aiohttp that is in use when its session is closed has no socket
any more; it would complain when it is collected, in the middle of another test.
"""

from __future__ import annotations

import asyncio
import asyncio.runners
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.connector import Connection

#: steps of a loop in which a cancelled task comes to its end
_STEPS = 20
#: the leaks of the loops that have ended since the last test
_found: list[str] = []
_cancel = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]  # the moment before tasks are cancelled
#: the connections of clients in every loop
_connections: weakref.WeakSet[Connection] = weakref.WeakSet()
_make_connection = Connection.__init__


def _look(loop: asyncio.AbstractEventLoop) -> None:
    """Note the tasks, sockets and connections of a loop that ends, and let it end."""
    if asyncio.all_tasks(loop) or any(_sockets_of(loop)) or any(_connections_of(loop)):
        loop.run_until_complete(_finish())
    _found.extend(f"task {task.get_name()}: {task.get_coro()!r}" for task in asyncio.all_tasks(loop))
    _found.extend(f"socket {socket}" for socket in _sockets_of(loop))
    _found.extend(f"{connection!r}" for connection in _connections_of(loop))
    _cancel(loop)


async def _finish() -> None:
    """Let end whatever has been cancelled or closed already; nothing that waits comes to its end by this."""
    for _ in range(_STEPS):
        await asyncio.sleep(0)


def _sockets_of(loop: asyncio.AbstractEventLoop) -> Iterator[object]:
    """Yield what a loop still watches, but for the pipe that wakes it."""
    selector, own = getattr(loop, "_selector", None), getattr(loop, "_ssock", None)
    if selector is None or own is None or selector.get_map() is None:
        return
    for key in tuple(selector.get_map().values()):
        if key.fd != own.fileno():
            yield key.fileobj


def _connections_of(loop: asyncio.AbstractEventLoop) -> Iterator[Connection]:
    """Yield the connections of aiohttp that were neither released nor closed."""
    for connection in tuple(_connections):
        if connection._loop is loop and connection._protocol is not None:
            yield connection


def _remember(connection: Connection, *arguments: Any) -> None:
    _make_connection(connection, *arguments)
    _connections.add(connection)


Connection.__init__ = _remember  # type: ignore[assignment, method-assign]  # every one of them, whoever makes it
asyncio.runners._cancel_all_tasks = _look  # type: ignore[attr-defined]  # as above


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fail the test whose loop left something."""
    yield
    left, _found[:] = "; ".join(_found), []
    assert not left, f"left behind by the test: {left}"
