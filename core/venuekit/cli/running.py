"""Commands that are coroutines: click would call them, drop what they return, and report success."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import click

__all__ = ["Awaited", "runnable"]


class Awaited:
    """Calls a function; when that gives a coroutine, runs it to its end in a loop of its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function, or its coroutine, returns."""
        result = self._function(*args, **kwargs)
        if not inspect.iscoroutine(result):
            return result
        import asyncio

        return asyncio.run(result)


def runnable(command: click.Command) -> click.Command:
    """Return the command, with every coroutine that it or a command below it makes awaited."""
    if command.callback is not None and not isinstance(command.callback, Awaited):
        command.callback = Awaited(command.callback)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            runnable(below)
    return command
