"""``demo``: shows venuekit by the commands that a user would type, against simulated venues."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from venuekit.capabilities import BracketReader, LeverageControl
from venuekit.cli.commands import state_of
from venuekit.cli.errors import Status
from venuekit.cli.output import say_aside
from venuekit.cli.root import main
from venuekit.cli.sim import simulation_thread
from venuekit.cli.tables import width
from venuekit.credentials.accounts_file import ACCOUNTS_VARIABLE, FILE_NAME
from venuekit.errors import UnsupportedCapability

if TYPE_CHECKING:
    from venuekit.plugins import Plugins
    from venuekit.simulator import Simulation
    from venuekit.venue import Venue


@click.command("demo")
@click.pass_context
def demo_command(context: click.Context) -> int:
    """Demonstrate venuekit: no keys, nothing leaves this machine."""
    plugins = state_of(context).plugins
    click.echo(click.style("no keys, nothing leaves this machine", bold=True))
    with _own_directory() as directory, simulation_thread(plugins, directory / "accounts.toml") as simulation:
        demo = _Demo(plugins, simulation)
        demo.discover()
        demo.plan_and_apply()
        demo.read()
        demo.refusal()
        demo.show_unsupported()
        demo.show_lost_answer()
    _what_next()
    return demo.status


@contextlib.contextmanager
def _own_directory() -> Iterator[Path]:
    """Work in an empty directory whose accounts file takes precedence over the user's."""
    users = os.environ.get(ACCOUNTS_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="venuekit-demo-") as name, contextlib.chdir(name):
        os.environ[ACCOUNTS_VARIABLE] = FILE_NAME
        try:
            yield Path(name)
        finally:
            del os.environ[ACCOUNTS_VARIABLE]
            if users is not None:
                os.environ[ACCOUNTS_VARIABLE] = users


def _say(text: str) -> None:
    click.echo(f"\n{click.style(f'# {text}', fg='cyan')}")


class _Demo:
    """The scenes. Accounts are called like their venues; symbols and settings come from each venue's scenario."""

    def __init__(self, plugins: Plugins, simulation: Simulation) -> None:
        self._plugins = plugins
        self._simulation = simulation
        self._venues = [plugins.venue(venue_id) for venue_id in simulation.venue_ids]
        self.status = Status.DONE

    def _run(self, *words: str, status: int = Status.DONE) -> None:
        """Show a command and run it; an exit status other than the expected one fails the demo."""
        click.echo(click.style(f"$ venuekit {' '.join(words)}", bold=True))
        with contextlib.redirect_stderr(sys.stdout):  # so that errors appear in the order of the story
            ended = main(words)
        if ended == Status.UNHEARD:
            raise BrokenPipeError(errno.EPIPE, "standard output was closed")
        if ended != status:
            say_aside(f"this should have ended with status {status}, not {ended}")
            self.status = Status.ERROR

    def discover(self) -> None:
        """Show the installed venues and their capabilities."""
        _say("a simulated exchange for each installed plugin, on a free port of 127.0.0.1")
        click.echo(click.style("$ venuekit sim --write-accounts accounts.toml", bold=True))
        for venue in self._venues:
            click.echo(self._simulation.rest(venue.id))
        status = Status.ERROR if self._plugins.broken() else Status.DONE  # a stranger's plugin does not fail the demo
        _say("plugins are found by their entry points")
        self._run("venues", status=status)
        _say("missing capabilities of a venue are known before anything is sent")
        self._run("capabilities", status=status)

    def plan_and_apply(self) -> None:
        """Plan a target, apply it, and apply it again."""
        from venuekit.settings import target_toml

        targets = {
            venue.id: {"venue": venue.id, **self._simulation.scenario(venue.id).target} for venue in self._venues
        }
        Path("settings.toml").write_text(target_toml(targets), encoding="utf-8")
        _say("settings as code: declare the desired settings")
        click.echo(f"{click.style('$ cat settings.toml', bold=True)}\n{target_toml(targets).rstrip()}")
        _say("see the changes and their cost; status 5: changes are pending")
        self._run("plan", "settings.toml", status=Status.PENDING)
        _say("apply and verify them")
        self._run("apply", "settings.toml", "--undo", "undo.toml")
        _say("a second time nothing is left to change")
        self._run("apply", "settings.toml")

    def read(self) -> None:
        """Read balances and positions."""
        _say("typed values, the same for every venue; --json has every field")
        self._run("balances")
        self._run("positions")

    def refusal(self) -> None:
        """Show a refusal of a venue."""
        venue = self._venues[0]
        symbol = self._simulation.scenario(venue.id).held
        highest = asyncio.run(self._highest_leverage(venue, symbol)) if symbol else None
        if symbol is None or highest is None:
            symbol, highest = "NOSUCH", Decimal(5)
        _say("a refusal, in the venue's own words; status 3")
        self._run("leverage", venue.id, symbol, f"{highest.normalize():f}", status=Status.REFUSED)

    async def _highest_leverage(self, venue: Venue[Any], symbol: str) -> Decimal | None:
        """Return the highest leverage that the venue lists, for which the scenario's position is too large."""
        from venuekit import connect

        async with connect(venue, self._simulation.credentials(venue.id), read_only=True) as account:
            if not account.support(BracketReader):
                return None
            brackets = await BracketReader.of(account).get_brackets(symbol=symbol)
            return max((bracket.max_leverage for bracket in brackets if bracket.max_leverage), default=None)

    def show_unsupported(self) -> None:
        """Ask for a capability that a venue does not have."""
        from venuekit import connect

        lacking = [(venue, capability) for venue in self._venues for capability in venue.unsupported]
        if not lacking:
            return
        venue, capability = lacking[0]
        _say("an unsupported capability, as a strategy sees it")
        click.echo(f'>>> async with venuekit.connect("{venue.id}", credentials) as account:')
        click.echo(f"...     {capability.__name__}.of(account)")

        async def ask() -> None:
            async with connect(venue, self._simulation.credentials(venue.id)) as account:
                capability.of(account)

        try:
            asyncio.run(ask())
        except UnsupportedCapability as error:
            click.echo(textwrap.fill(f"{type(error).__name__}: {error}", width()))
        else:
            self.status = Status.ERROR

    def show_lost_answer(self) -> None:
        """Cut the connection after a write was carried out, and let venuekit resolve it."""
        from venuekit.simulator import DropAfter

        writes = [
            (venue, endpoint)
            for venue in self._venues
            for endpoint in venue.endpoints
            if LeverageControl.set_leverage in endpoint.serves and endpoint.is_write
        ]
        if not writes:
            return
        venue, endpoint = writes[:2][-1]  # another venue than in the refusal, where there are two
        self._simulation.disturb(venue.id, endpoint, DropAfter())
        self._simulation.requests.clear()
        _say("a lost answer: the venue applies the change, and the connection breaks before the answer")
        self._run("leverage", venue.id, self._simulation.scenario(venue.id).flat, "3")
        click.echo("changed is '-': the value holds, verified by a read. The venue saw:")
        for arrival in self._simulation.requests:
            fate = "carried out, its answer lost" if arrival.verb == endpoint.verb else f"status {arrival.status}"
            click.echo(f"  {arrival.verb} {arrival.path}: {fate}")


def _what_next() -> None:
    _say("to try next")
    click.echo("venuekit sim --write-accounts accounts.toml    # leave it running, go on in another terminal")
    click.echo("venuekit positions --json                      # the open positions, every field")
    click.echo("venuekit plan --help                           # then your own settings file")
