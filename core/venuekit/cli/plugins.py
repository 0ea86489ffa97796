"""``plugins``: every installed plugin, with the tier that it was tested at or the reason why it is out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import click

from venuekit._entry_points import EntryPointGroup
from venuekit.capabilities import Capability, SupportState
from venuekit.cli.commands import json_option, state_of
from venuekit.cli.errors import Status, print_flaw
from venuekit.cli.output import print_rows
from venuekit.cli.tables import columns
from venuekit.exports.rows import Row
from venuekit.plugins import InstalledPlugin, Plugins, PluginState
from venuekit.venue import core_capabilities, venue_support

#: the beginning that all hooks share, and no table needs
_HOOK = "venuekit_"


@click.command("plugins")
@json_option
@click.pass_context
def plugins_command(context: click.Context, as_json: bool) -> int:
    """List the installed plugins: hooks, capabilities, tier, load time, and those that are broken or disabled."""
    plugins = state_of(context).plugins
    capabilities = core_capabilities()
    rows = [_row(plugins, one, capabilities) for one in plugins.list_installed()]
    if rows or as_json:
        shown = rows if as_json else [_shorten(row) for row in rows]
        names = columns("plugin kind distribution version hooks capabilities tier load_ms state")
        print_rows(shown, names, as_json=as_json)
    else:
        click.echo("no plugin is installed")
    for broken in plugins.broken():
        if broken not in plugins.broken_operators():  # those are reported by every command
            print_flaw(broken, as_json=as_json)
    return Status.ERROR if plugins.broken() else Status.DONE


def _row(plugins: Plugins, one: InstalledPlugin, capabilities: Collection[type[Capability]]) -> Row:
    """Return a flat row; ``capabilities`` counts those that a venue supports, None for a plugin of another kind."""
    supported = None
    if one.state is PluginState.READY and one.group is EntryPointGroup.VENUES:
        venue = plugins.venue(one.name)
        states = [venue_support(venue, capability).state for capability in capabilities]
        supported = states.count(SupportState.SUPPORTED)
    return {
        "plugin": one.name,
        "kind": "venue" if one.group is EntryPointGroup.VENUES else "operator",
        "distribution": " and ".join(origin.distribution for origin in one.origins),
        "version": " and ".join(origin.version for origin in one.origins),
        "hooks": ", ".join(one.hooks),
        "capabilities": supported,
        "tier": one.tier,
        "tested": one.tested,
        "load_ms": None if one.seconds is None else round(one.seconds * 1000),
        "state": one.state,
        "problem": one.problem,
    }


def _shorten(row: Row) -> dict[str, Any]:
    """Return a row for people: hooks without their common beginning, and the tested version where it is another one."""
    short = {**row, "hooks": row["hooks"].replace(_HOOK, "") or None}
    if row["tier"] is not None and row["tested"] != row["version"]:
        short["tier"] = f"{row['tier']} ({row['tested']})"
    return short
