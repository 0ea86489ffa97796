"""``sim``: serve simulated venues on this machine, for other programs or the commands of this process; script them."""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from venuekit.cli.commands import Group, WholeNumber, state_of
from venuekit.cli.once import refuse_repeats
from venuekit.key_kinds import KeyKind

if TYPE_CHECKING:
    from venuekit.plugins import Plugins
    from venuekit.simulator import Simulation

#: the port of ``--control`` without a number, which the subcommands use by default
_CONTROL_PORT = 7799


#: options that a subcommand cannot have: they are about serving
_SERVING = ("venues", "port", "scenario", "seed", "keys", "write_accounts", "world", "disturb", "control")


class _Sim(Group):
    """Serves without a subcommand; each command of the control port is one, made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        from venuekit.simulator.control import COMMANDS

        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by its name."""
        from venuekit.cli.sim_control import make_subcommand
        from venuekit.simulator.control import COMMANDS

        command = COMMANDS.get(cmd_name)
        return None if command is None else refuse_repeats(make_subcommand(command))


@click.group("sim", cls=_Sim, invoke_without_command=True, subcommand_metavar="[COMMAND [ARGS]...]")
@click.option("--venue", "venues", multiple=True, metavar="ID", help="A venue to serve.  [default: all that can be]")
@click.option("--port", type=WholeNumber(0, 65535), default=0, metavar="N", help="Port to listen on.  [default: any]")
@click.option(
    "--scenario", default="holding", show_default=True, metavar="NAME", help="The initial accounts: holding, flat."
)
@click.option("--seed", type=WholeNumber(0), default=0, metavar="N", help="The seed of keys and of all randomness.")
@click.option(
    "--keys",
    type=click.Choice([kind.value for kind in KeyKind]),
    help="The kind of all keys. The private half of an RSA or Ed25519 key is in a file, mode 600.  [default: hmac]",
)
@click.option(
    "--write-accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write an accounts file for the other commands.",
)
@click.option(
    "--world",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Markets, accounts, prices, movements and disturbances from a file of TOML.",
)
@click.option(
    "--disturb",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Disturbances from a file of TOML: lost answers, delays, refusals.",
)
@click.option(
    "--control",
    type=WholeNumber(0, 65535),
    is_flag=False,
    flag_value=_CONTROL_PORT,
    metavar="[=PORT]",
    help=f"Serve the control port, which the commands below use.  [default port: {_CONTROL_PORT}; 0 for any]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON on a terminal, too.")
@click.pass_context
def sim_command(
    context: click.Context,
    *,
    venues: Sequence[str],
    port: int,
    scenario: str,
    seed: int,
    keys: str | None,
    write_accounts: Path | None,
    world: Path | None,
    disturb: Path | None,
    control: int | None,
    as_json: bool,
) -> Coroutine[Any, Any, None] | None:
    """
    Serve simulated venues on this machine until interrupted; or script those that another terminal serves.

    Once they are ready, a person at a terminal reads where they are and the next steps. A program gets one line of
    JSON instead, with the URLs, and the key and secret that open each venue, or the file of the private key.

    They accept all kinds of orders, countdowns and batches, and keep every history. The commands below move prices, pay
    funding, lose answers and show the true state, where the simulation is served with --control. For Python see
    venuekit.simulate and docs/simulator.md, for other languages docs/simulator_control.md, for disturbances
    docs/disturbances.md.
    """
    if context.invoked_subcommand is not None:
        if given := [name for name in _SERVING if context.get_parameter_source(name) is not ParameterSource.DEFAULT]:
            option = f"--{given[0].removesuffix('s').replace('_', '-')}"
            raise click.UsageError(f"{option} is about serving, and {context.invoked_subcommand} serves nothing")
        return None
    from venuekit.simulator import read_disturbances, read_world
    from venuekit.simulator.serve import serve

    return serve(
        venues,
        port=port,
        scenario=scenario,
        seed=seed,
        keys=keys,
        write_accounts=write_accounts,
        world=None if world is None else read_world(world),
        disturbances=None if disturb is None else read_disturbances(disturb),
        control=control,
        for_person=not as_json and sys.stdout.isatty(),
        plugins=state_of(context).plugins,
    )


@contextmanager
def simulation_thread(plugins: Plugins, accounts: Path) -> Iterator[Simulation]:
    """Serve every installed venue that brings a simulator, and write the accounts file that opens them."""
    from venuekit.simulator.background import BackgroundSimulation
    from venuekit.simulator.serve import write_accounts_file

    with BackgroundSimulation(plugins=plugins) as background:
        background.call(lambda simulation: write_accounts_file(accounts, simulation))
        yield background.simulation
