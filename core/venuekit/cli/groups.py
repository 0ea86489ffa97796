"""Groups of commands that offer the nearest name when one is not known."""

from __future__ import annotations

import click

from venuekit.nearest import did_you_mean

__all__ = ["Group"]


class Group(click.Group):
    """A group whose error for an unknown command says which one may have been meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or offer the nearest."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise click.UsageError(f"no command {name!r}{did_you_mean(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)
