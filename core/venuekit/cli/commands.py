"""Kinds of commands: about accounts, coroutines (which click would not await), groups that suggest the nearest name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal

import click

from venuekit._util.texts import did_you_mean
from venuekit.cli.parameters import accounts_option, json_option, yes_option

#: how a command takes accounts: one, any number (all when none is named), or at least one
_ACCOUNT_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "one": {"param_decls": ["account"]},
    "any": {"param_decls": ["accounts"], "nargs": -1, "metavar": "[ACCOUNT]..."},
    "some": {"param_decls": ["accounts"], "nargs": -1, "required": True, "metavar": "ACCOUNT..."},
}


class Group(click.Group):
    """A group whose error for an unknown command suggests the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command; the error for an unknown one suggests the nearest."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise click.UsageError(f"no command {name!r}{did_you_mean(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


def accounts_command(
    name: str,
    *,
    accounts: Literal["one", "any", "some"] = "one",
    writes: bool = False,
    group: click.Group | None = None,
    short_help: str | None = None,
) -> Callable[[Callable[..., Any]], click.Command]:
    """
    Turn a function into a command about accounts, which are its first argument.

    The function gets the context, ``account`` or ``accounts``, ``as_json``, where it ``writes`` also ``yes``, and its
    own parameters. ``accounts="any"`` means all when none is named. Without a ``group`` it is a command by itself.
    """

    def make(function: Callable[..., Any]) -> click.Command:
        first = click.Argument(**_ACCOUNT_ARGUMENTS[accounts])
        command = click.command(name, params=[first], short_help=short_help)(click.pass_context(function))
        for add_option in (yes_option, json_option, accounts_option) if writes else (json_option, accounts_option):
            add_option(command)
        if group is not None:
            group.add_command(command)
        return command

    return make


class AsyncCallback:
    """Calls a function, and runs its coroutine, if it returns one, in a loop of its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function, or its coroutine, returns."""
        result = self._function(*args, **kwargs)
        if not inspect.iscoroutine(result):
            return result
        import asyncio

        return asyncio.run(_interruptible(result))


async def _interruptible(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Let SIGTERM end a command as Ctrl-C does: running operations are cancelled and report an unfinished write."""
    import asyncio
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return await coroutine
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals = 0

    def end(*_: object) -> None:
        nonlocal signals
        signals += 1
        if signals > 1 or task is None:
            raise KeyboardInterrupt
        task.cancel()
        loop.call_soon_threadsafe(lambda: None)  # wakes a waiting loop

    former = signal.signal(signal.SIGTERM, end)
    try:
        return await coroutine
    except asyncio.CancelledError as cut:
        if signals:
            raise KeyboardInterrupt from cut
        raise
    finally:
        signal.signal(signal.SIGTERM, former)


def run_coroutines(command: click.Command) -> click.Command:
    """Return the command; coroutines of it and of its subcommands are awaited."""
    if command.callback is not None and not isinstance(command.callback, AsyncCallback):
        command.callback = AsyncCallback(command.callback)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            run_coroutines(below)
    return command
