"""docs/plugins.md is true: its venue installs and works, and each hook's example does what the page says."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import venuekit
from venuekit import Runtime, hooks
from venuekit.cli.commands import State
from venuekit.cli.root import root as command_line
from venuekit.credentials import references
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import Simulation
from venuekit.venue import Limit

HOOKS = [name for name in hooks.__all__ if name.startswith("venuekit_")]


def test_the_venue_in_one_file_installs_and_works(plugins_page: Any, tmp_path: Path) -> None:
    """Its blocks, put together and announced by its pyproject, are a plugin that is found, opened and asked."""
    blocks = plugins_page.in_language("python")
    parts = [one.code for one in blocks if one.title.startswith("venuekit_acme_perp.py")]
    (program,) = [one.code for one in blocks if one.title == "try_acme.py"]
    (pyproject,) = [
        tomllib.loads(one.code) for one in plugins_page.in_language("toml") if one.title == "pyproject.toml"
    ]
    project = pyproject["project"]
    (group,) = project["entry-points"]
    (tmp_path / "venuekit_acme_perp.py").write_text("\n".join(parts), encoding="utf-8")
    info = tmp_path / "venuekit_acme_perp-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    announced = [f"{name} = {module}" for name, module in project["entry-points"][group].items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *announced]) + "\n")

    done = subprocess.run(  # noqa: S603 - our own documentation
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(parts) == 7
    assert "never sent: acme_perp: set_leverage was not sent for ACMEUSD: leverage" in done.stdout
    assert "settled in one asset" in done.stdout


def test_every_python_block_is_run_by_a_test_here(plugins_page: Any) -> None:
    """No block is only to be looked at: each is a part of the venue, the suite's line, or a hook's example."""
    names = {"venuekit_acme_perp.py", "venuekit_acme_perp.py, continued", "try_acme.py", "test_conformance.py"}

    others = [block for block in plugins_page.in_language("python") if block.title not in names]

    assert [block.heading.strip("`").partition("(")[0] for block in others] == [
        name for name in _in_order(plugins_page) if name in HOOKS
    ]


def _in_order(page: Any) -> list[str]:
    return [block.heading.strip("`").partition("(")[0] for block in page.in_language("python")]


def test_the_suites_line_makes_a_test_class(plugins_page: Any) -> None:
    """The one line gives a class that pytest collects, with a test for everything the venue declares."""
    (block,) = [one for one in plugins_page.in_language("python") if one.title == "test_conformance.py"]
    namespace: dict[str, Any] = {}

    exec(compile(block.code, "test_conformance.py", "exec"), namespace)  # noqa: S102 - our own documentation

    suite = namespace["TestToyPerp"]
    assert sum(name.startswith("test_") and callable(getattr(suite, name)) for name in dir(suite)) > 10


Install = Callable[[str], tuple[ModuleType, Plugins]]


@pytest.fixture
def installed(plugins_page: Any, monkeypatch: pytest.MonkeyPatch) -> Install:
    """The example below a hook's heading, as a plugin that was installed by its entry point."""

    def install(hook: str) -> tuple[ModuleType, Plugins]:
        (block,) = [one for one in plugins_page.in_language("python") if one.heading.startswith(f"`{hook}(")]
        module = ModuleType(f"example_of_{hook}")
        exec(compile(block.code, f"{hook}.py", "exec"), vars(module))  # noqa: S102 - our own documentation
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points = [EntryPoint("acme_desk", module.__name__, "venuekit.plugins")]
        if hook == "venuekit_register_venues":
            points = [EntryPoint("toy_perp", module.__name__, "venuekit.venues")]
        else:
            points.append(EntryPoint("toy_perp", "venuekit_toy_perp", "venuekit.venues"))
        plugins = make_plugins(entry_points=points)
        plugins.venue("toy_perp")
        assert plugins.broken() == ()
        return module, plugins

    return install


@pytest.mark.parametrize("hook", HOOKS)
async def test_an_account_works_beside_the_example(hook: str, installed: Install) -> None:
    """Installed as it stands, the example keeps the contract, and an account opens, reads and writes with it."""
    _, plugins = installed(hook)
    venue = plugins.venue("toy_perp")

    async with Simulation((venue,)) as sim, Runtime(plugins=plugins, journal=False) as runtime:
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        change = await account.set_leverage("GEMUSD", 7)

    assert change.changed is True


async def test_the_examples_do_what_the_page_says(
    installed: Install, caplog: pytest.LogCaptureFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The signer tells of what it signs, the transport of what it sends, the observer counts, and so on."""
    caplog.set_level("INFO", logger="acme.desk")
    for hook in ("venuekit_make_signer", "venuekit_make_transport", "venuekit_observe"):
        module, plugins = installed(hook)
        venue = plugins.venue("toy_perp")
        async with Simulation((venue,)) as sim, Runtime(plugins=plugins, journal=False) as runtime:
            account = await runtime.open(venue, sim.credentials("toy_perp"))
            await account.get_balances()
    assert "signing" in caplog.text
    assert "HttpRequest(GET" in caplog.text
    assert "signature=" not in caplog.text
    assert module.counts["toy_perp", "answer"] == 2

    _, plugins = installed("venuekit_retry_policy")
    assert plugins.retry_policy(plugins.venue("toy_perp")).attempts == 2

    _, plugins = installed("venuekit_make_budget")
    pool = venuekit.pipeline.PoolName("toy", "live", Limit("weight", amount=10, seconds=60))
    budget = plugins.make_budget(pool)
    budget.spend(5, 0.0)
    assert budget.wait(1, 0.0) > 0

    _, plugins = installed("venuekit_resolve_secret")
    (tmp_path / "keys.json").write_text(json.dumps({"main": "made up"}))
    found = references.resolve_reference(f"json:{tmp_path / 'keys.json'}#main", others=plugins.resolve_secret)
    assert found.reveal() == "made up"
    assert plugins.resolve_secret("vault:x") is None

    _, plugins = installed("venuekit_register_commands")
    state = State()
    state.plugins = plugins
    running = threading.Thread(
        target=command_line.main, args=(["desk"],), kwargs={"obj": state, "standalone_mode": False}
    )
    running.start()
    running.join()
    assert capsys.readouterr().out == "hello acme\n"


def test_the_group_on_the_page_is_the_one_that_is_read(plugins_page: Any) -> None:
    """The snippets of pyproject.toml use our two groups and no other, and every block is valid Python."""
    groups = [
        group
        for block in plugins_page.in_language("toml")
        for group in tomllib.loads(block.code)["project"].get("entry-points", {})
    ]

    assert sorted(groups) == ["venuekit.plugins", "venuekit.venues"]
    assert all(ast.parse(block.code) for block in plugins_page.in_language("python"))
