"""Broken operators' plugins: each kind is told in one sentence by every command, and nothing is written on live."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from tests.core.broken.command import run_command
from tests.core.broken.kinds import ASKED_OPERATORS, FLAWED_OPERATORS, OPERATORS, OUTDATED, WAITS, Kind

from venuekit import Credentials, Runtime, Secret, _loading, errors, hooks
from venuekit.cli.commands import State
from venuekit.cli.root import root
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.testing import InstantClock
from venuekit.venue import Environment, EnvironmentName
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


@pytest.fixture
def sim_clock() -> InstantClock:
    """A clock on which waiting takes no time."""
    return InstantClock()


@pytest.mark.parametrize("kind", [*OPERATORS, *ASKED_OPERATORS], ids=lambda kind: kind.name)
async def test_a_broken_operator_is_told_and_bars_writes_on_live(
    site: Path, sim_clock: InstantClock, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """One sentence, told once, is also that of the refusal; reading goes on, and a disabled plugin bars nothing."""
    kind.install(site, "venuekit.plugins")
    told: list[Any] = []
    plugins = make_plugins(on_flaw=told.append)
    state = State()
    state.plugins = plugins
    await asyncio.to_thread(root.main, ["endpoints", "toy_perp"], obj=state, standalone_mode=False)
    async with Simulation((TOY_PERP,), clock=sim_clock) as sim:
        live = Environment(name=EnvironmentName.LIVE, rest=sim.rest("toy_perp"))
        venue = attrs.evolve(TOY_PERP, environments=(live,), simulated=None)
        keys = Credentials(Secret(sim.key), Secret(sim.secret), EnvironmentName.LIVE)
        async with Runtime(plugins=plugins, clock=sim_clock, journal=False) as runtime:
            account = await runtime.open(venue, keys)
            await account.call(TOY.SETTINGS)
            with pytest.raises(errors.GuardRefused) as caught:
                await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

        monkeypatch.setenv("VENUEKIT_DISABLE", kind.distribution)
        async with Runtime(clock=sim_clock, journal=False) as runtime:
            account = await runtime.open(venue, keys)
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=8)
        assert sim.ledger.leverage("GEMUSD") == 8

    assert list(map(str, told)) == [kind.sentence(site)]
    assert plugins.broken_operators() == tuple(told)
    assert kind.sentence(site) in str(caught.value)


@pytest.mark.usefixtures("without_operators")
@pytest.mark.parametrize("kind", FLAWED_OPERATORS, ids=lambda kind: kind.name)
def test_a_flawed_operator_works_and_is_told_of(site: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    """One sentence names the fault; nothing is broken."""
    seconds = iter((0.0, 10.2) if kind.name == "op_slow" else (0.0, 0.2))
    monkeypatch.setattr(_loading, "time", SimpleNamespace(perf_counter=lambda: next(seconds), thread_time=lambda: 0.0))
    monkeypatch.setattr(_loading, "is_traced", lambda: False)
    kind.install(site, "venuekit.plugins")
    told: list[Any] = []
    plugins = make_plugins(on_flaw=told.append)

    assert list(map(str, told)) == [kind.sentence(site)]
    assert plugins.broken() == ()


@pytest.mark.parametrize(
    ("seconds", "computed", "is_slow"),
    [(0.9, 0.9, False), (1.1, 1.05, True), (1.1, 0.0, True), (2.0, 0.6, False), (5.0, 0.6, True)],
)
def test_a_busy_machine_makes_no_plugin_slow(seconds: float, computed: float, is_slow: bool) -> None:
    """A second of computing or of waiting is too long; waiting for a processor in proportion to the work is not."""
    assert _loading.Loading(lambda: lambda _: False, seconds, computed).is_slow is is_slow
    assert not _loading.Loading(lambda: lambda _: False, seconds, computed, is_traced=True).is_slow


def test_every_command_tells_each(tmp_path: Path) -> None:
    """Standard output is JSON, and standard error has one sentence for each, with file and line."""
    kinds = [*OPERATORS, *(kind for kind in FLAWED_OPERATORS if kind.name != "op_slow")]
    for kind in kinds:
        kind.install(tmp_path, "venuekit.plugins")

    done = run_command(tmp_path, "endpoints", "toy_perp", "--json")

    assert json.loads(done.stdout)
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert sorted(one.get("message") or one["warning"] for one in told) == sorted(
        kind.sentence(tmp_path) for kind in kinds
    )
    assert all(one["file"] and one["line"] for one in told)
    assert done.returncode == 0


async def test_the_first_runtime_warns(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A program that opens accounts reads the sentence in its log before anything is sent."""
    OPERATORS[0].install(site, "venuekit.plugins")

    async with Runtime(journal=False):
        assert [record.getMessage() for record in caplog.records] == [OPERATORS[0].sentence(site)]
        assert caplog.records[0].levelname == "WARNING"


async def test_the_import_of_a_slow_operator_delays_no_beat(site: Path, gate: threading.Event) -> None:
    """A runtime that is opened loads the plugins in a worker thread: the loop goes on, and lets the import end."""
    code = "from venuekit.plugin import hookimpl\nVENUEKIT_API = 1\n"
    Kind("op_waits", f"{WAITS}{code}", "", "").install(site, "venuekit.plugins")

    asyncio.get_running_loop().call_soon(gate.set)
    async with Runtime(journal=False) as runtime:
        assert runtime.plugins.broken() == ()


def test_an_argument_that_is_to_go_is_given_on(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pluggy warns the author of a plugin that takes it, its user reads one sentence, and the plugin works."""

    def venuekit_observe(venue: Any, environment: Any) -> Any:
        """Return an observer."""

    words = DeprecationWarning("take venue.environments instead")
    marked = hooks.hookspec(warn_on_impl_args={"environment": words})(venuekit_observe)
    monkeypatch.setattr(hooks, "venuekit_observe", marked)
    OUTDATED.install(site, "venuekit.plugins")
    told: list[Any] = []

    with pytest.warns(DeprecationWarning, match="take venue.environments instead"):
        plugins = make_plugins(on_flaw=told.append)

    assert list(map(str, told)) == [OUTDATED.sentence(site)]
    assert plugins.broken() == ()
    assert plugins._caller.ask("venuekit_observe", venue=print, environment="live") == [print]
