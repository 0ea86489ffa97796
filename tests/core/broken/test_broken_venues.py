"""Broken venues: each kind is told in one sentence, and every other venue, command and simulation works."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.core.broken.command import run_command
from tests.core.broken.kinds import FLAWED_VENUES, FRONTS, SLOW, VENUES, WAITS, Kind
from tests.core.plugin_sites import Discover, Install, venue_code

from venuekit import _loading
from venuekit.errors import PluginError
from venuekit.plugins import Broken, make_plugins
from venuekit.simulator import simulate


@pytest.mark.parametrize("kind", VENUES, ids=lambda kind: kind.name)
def test_a_broken_venue_is_named_and_harms_nobody(site: Path, kind: Kind) -> None:
    """One sentence has distribution, version, cause, file, line and the fitting mend, again and again; others work."""
    kind.install(site, "venuekit.venues")
    told: list[Any] = []
    plugins = make_plugins(on_flaw=told.append)

    for _ in range(2):
        with pytest.raises(PluginError) as caught:
            plugins.venue(kind.name)
        assert str(caught.value) == kind.sentence(site)

    (broken,) = plugins.broken()
    assert str(broken) == kind.sentence(site)
    assert (broken.name, broken.distribution, broken.version) == (kind.name, kind.distribution, "1.5")
    assert broken.traceback.startswith("Traceback") or "Error" in broken.traceback
    assert plugins.venue("toy_perp").id == "toy_perp"
    assert told == []  # it is an error of the venue that was asked for, and no warning for others


@pytest.mark.parametrize("kind", FLAWED_VENUES, ids=lambda kind: kind.name)
def test_a_flawed_venue_works_and_is_told_of(
    site: Path, discover: Discover, capsys: pytest.CaptureFixture[str], kind: Kind
) -> None:
    """It is usable, one sentence names the fault, and standard output stays empty."""
    kind.install(site, "venuekit.venues")
    told: list[Any] = []
    plugins = discover(on_flaw=told.append)

    assert plugins.venue(kind.name).id == kind.name
    assert plugins.venue(kind.name).id == kind.name

    assert list(map(str, told)) == [kind.sentence(site)]
    assert plugins.flaws() == tuple(told)
    assert plugins.broken() == ()
    assert capsys.readouterr() == ("", "hello world\nmore\n")


@pytest.fixture(scope="module")
def ruins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one distribution of each kind."""
    site = tmp_path_factory.mktemp("ruins")
    for kind in (*VENUES, *FRONTS, *FLAWED_VENUES):
        kind.install(site, "venuekit.venues")
    return site


def test_the_list_of_venues_tells_each(ruins: Path) -> None:
    """Standard output is one JSON list with a row for each; standard error has one sentence for each."""
    done = run_command(ruins, "venues", "--json")

    rows = {row["venue"]: row for row in json.loads(done.stdout)}
    assert {name: rows[name]["problem"] for name in (kind.name for kind in VENUES)} == {
        kind.name: kind.sentence(ruins) for kind in VENUES
    }
    assert rows["toy_perp"]["state"] == "ready"
    assert all(rows[kind.name]["state"] == "ready" for kind in (*FRONTS, *FLAWED_VENUES))
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    told = [json.loads(line) for line in lines]
    assert sorted(one.get("message") or one["warning"] for one in told) == sorted(
        kind.sentence(ruins) for kind in (*VENUES, *FLAWED_VENUES)
    )
    assert all(one["file"] and one["line"] for one in told)
    assert done.returncode == 1


def test_commands_of_other_venues_tell_nothing(ruins: Path) -> None:
    """Venues that were not asked for are neither imported nor told."""
    done = run_command(ruins, "endpoints", "toy_perp", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)


def test_a_simulation_leaves_each_out_with_one_line(site: Path) -> None:
    """The other venues are simulated; one that was asked for by name is the error."""
    for kind in (*VENUES, *FRONTS):
        kind.install(site, "venuekit.venues")
    told: list[Any] = []
    plugins = make_plugins(on_flaw=told.append)

    simulation = simulate(plugins=plugins)

    assert sorted(map(str, told)) == sorted(kind.sentence(site) for kind in (*VENUES, *FRONTS))
    names = {kind.name for kind in (*VENUES, *FRONTS)}
    assert set(simulation.venue_ids) == set(plugins.venue_ids()) - names
    for kind in FRONTS:
        with pytest.raises(PluginError) as caught:
            simulate(kind.name, plugins=plugins)
        assert str(caught.value) == kind.sentence(site)


def test_the_line_to_blame_is_the_innermost_of_the_plugins_own(site: Path) -> None:
    """In a package it may be in any module; an error in somebody else's module names the line that calls it."""
    package = site / "acme_package"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("from acme_package.deep import rows\n")
    (package / "deep" / "rows.py").write_text("import acme_helper\n\nacme_helper.read({})\n")
    (site / "acme_helper.py").write_text("def read(row):\n    return row['total']\n")
    info = site / "acme-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\nacme_perp = acme_package\n")

    with pytest.raises(PluginError) as caught:
        make_plugins().venue("acme_perp")

    assert f"cannot be used: KeyError: 'total' ({package / 'deep' / 'rows.py'}:3); mend it" in str(caught.value)


def test_three_distributions_claim_one_id(install: Install, discover: Discover) -> None:
    """None of them is taken silently; the sentence names all, and the way to choose."""
    for name in ("acme-one", "acme-two", "acme-three"):
        install(name, venue_code("acme_perp"), venues=("acme_perp",))
    plugins = discover()

    with pytest.raises(PluginError) as caught:
        plugins.venue("acme_perp")

    assert str(caught.value) == (
        "plugin acme_perp cannot be used: acme-one 1.5 and acme-three 1.5 and acme-two 1.5 provide venue acme_perp;"
        " uninstall all but one, or name its distribution in VENUEKIT_DISABLE"
    )
    (broken,) = plugins.broken()
    assert isinstance(broken, Broken)
    assert broken.distribution == "acme-one and acme-three and acme-two"


@pytest.mark.usefixtures("without_operators")
def test_a_slow_venue_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of loading is reported once, and the venue works."""
    seconds = iter((0.0, 1.26))
    monkeypatch.setattr(_loading, "time", SimpleNamespace(perf_counter=lambda: next(seconds), thread_time=lambda: 0.0))
    monkeypatch.setattr(_loading, "is_traced", lambda: False)
    SLOW.install(site, "venuekit.venues")
    told: list[Any] = []
    plugins = make_plugins(on_flaw=told.append)

    assert plugins.venue(SLOW.name) is plugins.venue(SLOW.name)
    assert list(map(str, told)) == [SLOW.sentence(site)]


async def test_a_slow_import_delays_neither_the_loop_nor_another_venue(site: Path, gate: threading.Event) -> None:
    """While one venue is imported, another one is imported and usable."""
    code = f"{WAITS}\n{venue_code('acme_waits')}"
    Kind("acme_waits", code, "", "").install(site, "venuekit.venues")
    plugins = make_plugins()

    slow = asyncio.create_task(plugins.load("acme_waits"))
    other = await plugins.load("toy_perp")
    assert not slow.done()
    gate.set()

    assert (other.id, (await slow).id) == ("toy_perp", "acme_waits")
