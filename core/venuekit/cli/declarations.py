"""``venues``, ``capabilities``, ``endpoints``: the declarations of plugins; needs no account and no network."""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import click

from venuekit.capabilities import Support, SupportState, capability_of
from venuekit.cli.commands import json_option, output_option, state_of
from venuekit.cli.errors import Status, print_error, print_flaw
from venuekit.cli.output import print_rows
from venuekit.cli.row_forms import chosen_form
from venuekit.cli.tables import columns, table, width
from venuekit.endpoint import EndpointName
from venuekit.errors import PluginError
from venuekit.exports.rows import Row
from venuekit.key_kinds import KeyKind
from venuekit.plugins import HOW_TO_INSTALL, Plugins
from venuekit.venue import EnvironmentName, Venue, core_capabilities, venue_support


@click.command("venues")
@json_option
@output_option
@click.pass_context
def venues_command(context: click.Context, as_json: bool) -> int:
    """List the installed venues with the further keys that their accounts have, and broken plugins."""
    plugins = state_of(context).plugins
    rows = [_venue_row(plugins, venue_id) for venue_id in plugins.venue_ids()]
    if rows or as_json:
        print_rows(rows, columns("venue environments distribution version state"), as_json=as_json)
        for row in () if as_json or chosen_form() else rows:
            if row["fields"]:
                _print_fields(plugins.venue(str(row["venue"])))
    else:
        click.echo(f"no venue is installed; {HOW_TO_INSTALL}")
    for broken in plugins.broken():
        if broken not in plugins.broken_operators():  # those are reported by every command
            print_flaw(broken, as_json=as_json)
    return Status.ERROR if plugins.broken() else Status.DONE


def _venue_row(plugins: Plugins, venue_id: str) -> Row:
    origin = plugins.distribution(venue_id)
    row: dict[str, object] = {"venue": venue_id, "title": None, "realm": None, "environments": None, "fields": None}
    row |= {"keys": None, "distribution": origin.distribution, "version": origin.version}
    row |= {"state": "ready", "problem": None}
    try:
        venue = plugins.venue(venue_id)
    except PluginError as error:
        return row | {"state": "broken", "problem": str(error)}
    fields = ", ".join(field.name for field in venue.credential_fields)
    names = ", ".join(_environments(venue))
    row |= {"title": venue.title, "realm": venue.realm, "environments": names, "fields": fields}
    if venue.make_signer is not None:
        return row  # its own signer takes keys of its own kind, such as a wallet's
    return row | {"keys": ", ".join(kind.label for kind in KeyKind if kind in venue.key_kinds)}


def _print_fields(venue: Venue[Any]) -> None:
    """Print a line for each field that a venue's credentials have besides key and secret."""
    for field in venue.credential_fields:
        kind = "" if field.required else " (optional)"
        line = f"{venue.id}: an account also has {field.name}{kind}: {field.why}"
        click.echo(textwrap.fill(line, width(), subsequent_indent="    "))


def _environments(venue: Venue[Any]) -> list[str]:
    names = [environment.name for environment in venue.environments]
    if venue.simulated is not None and EnvironmentName.SIM not in names:
        names.append(EnvironmentName.SIM)
    return [name.value for name in names]


@click.command("capabilities")
@click.argument("venue", required=False)
@json_option
@output_option
@click.pass_context
def capabilities_command(context: click.Context, venue: str | None, as_json: bool) -> int:
    """Show the capabilities of VENUE, or of all installed venues side by side."""
    plugins = state_of(context).plugins
    venues = list(usable_venues(plugins, as_json=as_json)) if venue is None else [plugins.venue(venue)]
    if venue is None and not as_json and not chosen_form():
        click.echo(capability_matrix(venues))
    else:
        rows = [row for listed in venues for row in _capability_rows(listed)]
        print_rows(rows, columns("capability support environments reason"), as_json=as_json)
    return Status.ERROR if plugins.broken() else Status.DONE


def usable_venues(plugins: Plugins, *, as_json: bool) -> Iterator[Venue[Any]]:
    """Yield the installed venues; broken ones are reported."""
    for venue_id in plugins.venue_ids():
        try:
            yield plugins.venue(venue_id)
        except PluginError as error:
            print_error(error, as_json=as_json)


def _capability_rows(venue: Venue[Any]) -> Iterator[Row]:
    """Yield a row for each capability and kind of support; ``environments`` are those with this support."""
    declared = {environment.name.value: environment for environment in venue.environments}
    for capability in core_capabilities():
        answers: dict[Support, list[str]] = {}
        for name in _environments(venue):
            answers.setdefault(venue_support(venue, capability, declared.get(name)), []).append(name)
        for support, environments in answers.items():
            yield {
                "venue": venue.id,
                "capability": capability.__name__,
                "support": support.state,
                "environments": ", ".join(environments),
                "reason": support.reason,
            }


#: characters between two columns, and of the longest cell of the matrix
_GAP, _LONGEST_CELL = 2, len("no [99]")


def capability_matrix(venues: Iterable[Venue[Any]]) -> str:
    """
    Return a table of all capabilities with one column for each venue, followed by the reasons for every no.

    Where the ids are too wide for it, letters stand above the columns, and the ids above the table.
    """
    venues = tuple(venues)
    reasons: dict[str, int] = {}
    rows = []
    for capability in core_capabilities():
        row = {"capability": capability.__name__}
        for venue in venues:
            support = venue_support(venue, capability)
            row[venue.id] = {SupportState.SUPPORTED: "yes", SupportState.NOT_IMPLEMENTED: "-"}.get(support.state, "no")
            if support.reason:
                number = reasons.setdefault(f"{venue.id}: {support.reason}", len(reasons) + 1)
                row[venue.id] = f"no [{number}]"
        rows.append(row)
    notes = [
        textwrap.fill(f"[{number}] {reason}", width(), subsequent_indent="    ") for reason, number in reasons.items()
    ]
    names = {venue.id: venue.id for venue in venues}
    legend: list[str] = []
    if (
        max(len(row["capability"]) for row in rows) + sum(_GAP + max(len(name), _LONGEST_CELL) for name in names)
        > width()
    ):
        names = dict(zip(names, string.ascii_uppercase, strict=False))
        legend = [textwrap.fill(", ".join(f"{letter}: {name}" for name, letter in names.items()), width())]
    return "\n".join([*legend, table(rows, {"capability": "capability", **names}), *notes])


@click.command("endpoints")
@click.argument("venue")
@json_option
@output_option
@click.pass_context
def endpoints_command(context: click.Context, venue: str, as_json: bool) -> None:
    """List every operation that VENUE's plugin declares."""
    rows = _endpoint_rows(state_of(context).plugins.venue(venue))
    action = "action " if any(row["action"] for row in rows) else ""
    print_rows(rows, columns(f"verb path {action}security weight effect capability method"), as_json=as_json)


def _endpoint_rows(venue: Venue[Any]) -> list[Row]:
    """Return one row for each endpoint and method; ``weight`` is the highest cost of a call."""
    rows: dict[tuple[EndpointName, str | None], dict[str, Any]] = {}
    for endpoint in venue.endpoints:
        for method in endpoint.serves or (None,):
            name = None if method is None else method.__name__
            row = rows.setdefault(
                (endpoint.name, name),
                {
                    "venue": venue.id,
                    "verb": endpoint.verb,
                    "path": endpoint.path,
                    "action": " ".join(f"{name}={value}" for name, value in endpoint.name.action) or None,
                    "security": endpoint.security,
                    "weight": endpoint.weight_most,
                    "effect": endpoint.effect,
                    "capability": None if method is None else capability_of(method).__name__,
                    "method": name,
                },
            )
            row["weight"] = max(row["weight"], endpoint.weight_most)
    return list(rows.values())
