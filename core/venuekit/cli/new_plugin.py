"""``new-plugin``: write a distribution for a venue of one's own, which passes the conformance suite as it is."""

from __future__ import annotations

import enum
from pathlib import Path

import click

from venuekit.new_plugin import Contracts, PluginAnswers, Positions, RouteCount, SigningStyle, make_plugin


def _choice(answers: type[enum.StrEnum]) -> click.Choice[str]:
    return click.Choice([answer.value for answer in answers])


@click.command("new-plugin")
@click.argument("name", required=False)
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--signing", type=_choice(SigningStyle), help="How requests are signed.")
@click.option("--positions", type=_choice(Positions), help="One position for a contract, or one for each side.")
@click.option("--contracts", type=_choice(Contracts), help="Contracts of the base, or of the quote.")
@click.option("--order-routes", type=_choice(RouteCount), help="No orders, one route, or one more for stop orders.")
@click.option("--defaults", is_flag=True, help="Ask nothing: the usual answer to each open question.")
def new_plugin_command(
    name: str | None,
    directory: Path | None,
    *,
    signing: str | None,
    positions: str | None,
    contracts: str | None,
    order_routes: str | None,
    defaults: bool,
) -> None:
    """
    Write a plugin for the venue NAME, such as acme_perp, into DIRECTORY.

    It is a made-up venue that passes the conformance suite at once; replace it step by step (docs/tutorial.md).
    Questions without an option are asked. DIRECTORY is venuekit-NAME by default, and must be empty.
    """
    if name is None:
        default = PluginAnswers().name
        name = default if defaults else click.prompt("Id of the venue, by which users ask for it", default=default)
    answers = PluginAnswers(
        name=name,
        signing=None if signing is None else SigningStyle(signing),
        positions=None if positions is None else Positions(positions),
        contracts=None if contracts is None else Contracts(contracts),
        order_routes=None if order_routes is None else RouteCount(order_routes),
    )
    target = directory or Path(answers.distribution)
    make_plugin(answers, target, ask=not defaults)
    click.echo(f"{target} holds {answers.distribution}: a made-up venue for you to replace, step by step")
    click.echo(f"cd {target}")
    click.echo("python -m venv .venv")
    click.echo(".venv/bin/python -m pip install --editable '.[dev]'")
    click.echo(".venv/bin/pytest -q    # the conformance suite")
