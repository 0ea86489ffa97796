"""``completion``: the script by which a shell completes commands, accounts, venues, symbols and choices."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from venuekit.errors import ConfigurationError

_SHELLS = ("bash", "zsh", "fish")
#: the command by which a shell reads the script each time it starts
_HINTS = {
    "bash": "echo 'eval \"$(venuekit completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(venuekit completion zsh)\"' >> ~/.zshrc",
    "fish": "venuekit completion fish > ~/.config/fish/completions/venuekit.fish",
}


@click.command("completion", epilog=f"For bash: {_HINTS['bash']}")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """
    Print the script that makes a shell complete the words of venuekit.

    Accounts are those of the accounts file, venues the installed ones. Symbols are those of the account's guard and
    of the last list that was read: venuekit instruments ACCOUNT. Nothing is sent while a word is completed.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise ConfigurationError(f"click has no completion for {shell}")
    click.echo(f"# to keep it: {_HINTS[shell]}")
    click.echo(kind(context.find_root().command, {}, "venuekit", "_VENUEKIT_COMPLETE").source())
