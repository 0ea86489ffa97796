"""The root command: imports the others when they are called, and turns every error into one line and a status."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Iterator, Sequence

import click

from venuekit import errors
from venuekit.cli.commands import Group, State, accounts_option, run_coroutines, state_of
from venuekit.cli.completed import complete_parameters
from venuekit.cli.errors import Status, print_error, print_system_error, print_usage_error, status_of
from venuekit.cli.once import refuse_repeats
from venuekit.cli.output import has_colour, note, print_warnings, silence_streams, within_streams

_MODULES = {
    "accounts_list": "accounts",
    "budget": "budget",
    "close": "close",
    "declarations": "capabilities endpoints venues",
    "completion": "completion",
    "demo": "demo",
    "doctor": "doctor",
    "export": "export",
    "history": "history",
    "journal": "journal",
    "margin": "margin",
    "new_plugin": "new-plugin",
    "order": "order",
    "overview": "overview",
    "panic": "panic",
    "plugins": "plugins",
    "reading": "account adl balances brackets fees instruments key positions",
    "record": "record",
    "report": "report",
    "resolve": "resolve",
    "settings": "apply leverage plan",
    "sim": "sim",
    "watch.command": "watch",
}
#: command name to the module that holds it, under the same name
COMMANDS = {name: module for module, names in _MODULES.items() for name in names.split()}


class _Root(Group):
    """Imports built-in commands on demand; other commands may be a plugin's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*COMMANDS, *self._of_plugins(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return self._of_plugins(ctx).get(cmd_name)
        command = getattr(importlib.import_module(f"venuekit.cli.{module}"), f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return complete_parameters(refuse_repeats(run_coroutines(command)))

    def _of_plugins(self, ctx: click.Context) -> dict[str, click.Command]:
        return {str(command.name): run_coroutines(command) for command in state_of(ctx).plugins.commands(_wrong)}


def _wrong(command: object, others: Collection[click.Command]) -> tuple[str, str] | None:
    """Return the reason why a plugin's command is unusable, and the mend; None when it is usable."""
    if not isinstance(command, click.Command) or not command.name:
        return f"it registered {command!r}, which is no named click command", "register a click command with a name"
    if command.name in COMMANDS or any(command.name == other.name for other in others):
        mend = "give it a name that venuekit --help does not list"
        return f"it registered the command {command.name!r}, which is taken", mend
    return None


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="venuekit", prog_name="venuekit", message="%(prog)s %(version)s")
@accounts_option
@click.option("--log", metavar="FILE", help="Log every event to FILE as JSON lines, - for standard error.")
@click.pass_context
def root(context: click.Context, log: str | None) -> None:
    """
    One typed account API over many futures venues.

    Start with: venuekit demo. It needs no keys, and nothing leaves this machine.
    """
    if log is not None:
        from venuekit.event_log import log_to

        context.with_resource(log_to(log, "--log"))
    state_of(context).plugins.commands(_wrong)  # every command reports the broken ones


refuse_repeats(root)


def _notes(error: BaseException | None) -> Iterator[str]:
    """Yield the notes on an interruption, such as that of a write that was cut off."""
    while error is not None:
        yield from getattr(error, "__notes__", ())
        error = error.__cause__ or error.__context__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status; venuekit's errors are printed in one line, never a traceback."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in arguments
    with within_streams(), print_warnings(as_json=as_json):
        try:
            return _main(arguments, as_json=as_json)
        except BrokenPipeError:
            silence_streams()
            return Status.UNHEARD


def _main(arguments: Sequence[str], *, as_json: bool) -> int:
    colour = None if has_colour() else False
    output = sys.stdout
    try:
        result = root.main(
            arguments, prog_name="venuekit", standalone_mode=False, obj=State(as_json=as_json), color=colour
        )
    except SystemExit:
        if sys.stdout is output:
            raise
        return Status.UNHEARD  # click ended after a closed pipe: its replacement stream is never flushed
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return Status.USAGE
    except click.ClickException as error:
        print_usage_error(error, as_json=as_json)
        return Status.USAGE
    except errors.VenuekitError as error:
        print_error(error, as_json=as_json)
        return status_of(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        print_system_error(error, as_json=as_json)
        return Status.ERROR
    except (click.Abort, KeyboardInterrupt) as interruption:
        for text in _notes(interruption):
            note(text, as_json=as_json)
        return Status.INTERRUPTED
    return result if isinstance(result, int) else Status.DONE
