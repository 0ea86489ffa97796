"""``sim``: serve simulated venues on this machine, for other programs or beside the commands of this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from venuekit.cli.commands import WholeNumber, state_of

if TYPE_CHECKING:
    from venuekit.plugins import Plugins
    from venuekit.simulator import Simulation


@click.command("sim")
@click.option("--venue", "venues", multiple=True, metavar="ID", help="A venue to serve.  [default: all that can be]")
@click.option("--port", type=WholeNumber(0, 65535), default=0, metavar="N", help="Port to listen on.  [default: any]")
@click.option(
    "--scenario", default="holding", show_default=True, metavar="NAME", help="The initial accounts: holding, flat."
)
@click.option("--seed", type=WholeNumber(0), default=0, metavar="N", help="The seed of keys and of all randomness.")
@click.option(
    "--write-accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write an accounts file for the other commands.",
)
@click.pass_context
async def sim_command(
    context: click.Context, *, venues: Sequence[str], port: int, scenario: str, seed: int, write_accounts: Path | None
) -> None:
    """
    Serve simulated venues on this machine until interrupted.

    One line of JSON on standard output, printed when they are ready, has their URLs and the key and secret that open
    them.

    They accept all kinds of orders, countdowns and batches, and keep every history. Prices, funding, liquidation, other
    actors and lost answers are scripted from Python: see venuekit.simulate and docs/simulator.md.
    """
    from venuekit.simulator.serve import serve

    plugins = state_of(context).plugins
    await serve(venues, port=port, scenario=scenario, seed=seed, write_accounts=write_accounts, plugins=plugins)


@contextmanager
def simulation_thread(plugins: Plugins, accounts: Path) -> Iterator[Simulation]:
    """Serve every installed venue that brings a simulator, and write the accounts file that opens them."""
    from venuekit.simulator.background import BackgroundSimulation
    from venuekit.simulator.serve import write_accounts_file

    with BackgroundSimulation(plugins=plugins) as background:
        background.call(lambda simulation: write_accounts_file(accounts, simulation))
        yield background.simulation
