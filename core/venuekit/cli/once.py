"""Options that take one value: given twice they are an error, where click takes the last one without a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=click.Command)


class _Once(click.Option):
    """An option whose parser keeps every value that is given, so that a second one is seen."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have the parser collect the values, as those of a repeatable option."""
        self.multiple = True
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.multiple = False

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> Any:
        """Return the one value; more than one are refused."""
        name = str(self.name)
        given = opts.get(name)
        if isinstance(given, list):
            check_once(max(self.opts, key=len), given, ctx)
            opts = {**opts, name: given[0]}
        return super().consume_value(ctx, opts)


def check_once(option: str, values: Collection[object], context: click.Context | None = None) -> None:
    """
    Check that an option has one value; values are not repeated in the error, as one may be a secret.

    Raises:
        UsageError: it has more.
    """
    count = len(values)
    if count > 1:
        raise click.UsageError(f"{option} takes one value, and was given {count}: name one of them", context)


def refuse_repeats(command: C) -> C:
    """Return the command; an option of it, or of its subcommands, that takes one value refuses a second one."""
    command.params = [_once(parameter) for parameter in command.params]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            refuse_repeats(below)
    return command


def _once(parameter: click.Parameter) -> click.Parameter:
    if type(parameter) is not click.Option or parameter.multiple or parameter.is_flag or parameter.count:
        return parameter
    option = _Once.__new__(_Once)
    vars(option).update(vars(parameter))
    return option
