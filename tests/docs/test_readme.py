"""The README is true: its commands run as written, its example is an example, its tables are the declarations'."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from venuekit.cli import main
from venuekit.cli.root import COMMANDS
from venuekit.credentials.accounts_file import load_accounts
from venuekit.plugins import make_plugins
from venuekit.settings import parse_target

#: what the README says about the status of a command, if it says anything
STATUS = re.compile(r"status (\d+)")


def _render(root: Path) -> Any:
    specification = importlib.util.spec_from_file_location("render", root / "docs" / "render.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_readme_is_up_to_date(root: Path, readme: Any) -> None:
    """Features, example and output are what declarations, examples/ and ``plan`` say; else run docs/render.py."""
    assert readme.text == _render(root).rendered(readme.text)


def test_the_pages_of_disturbances_are_up_to_date(root: Path, disturbances_page: Any, streams_page: Any) -> None:
    """Their tables are those of the kinds that can be written; else run docs/render.py."""
    assert streams_page.text == _render(root).rendered_streams(streams_page.text)
    assert disturbances_page.text == _render(root).rendered_disturbances(disturbances_page.text)


def test_the_feature_table_shows_every_venue_and_what_it_cannot_do(root: Path, readme: Any) -> None:
    """Each venue of this repository has a column, and each of its refusals its reason."""
    render = _render(root)
    table = readme.text.partition("<!-- begin: features -->")[2].partition("<!-- end: features -->")[0]

    for venue in render.venues():
        assert f"`{venue.id}`" in table.splitlines()[1]
        for reason in venue.unsupported.values():
            assert reason in table
    assert "| yes |" in table


def test_the_readmes_python_is_an_example(root: Path, readme: Any) -> None:
    """There is one block, it is examples/strategy.py (which the tests run), and it is about twenty lines."""
    (block,) = readme.in_language("python")

    assert (root / "examples" / "strategy.py").read_text(encoding="utf-8") == block.code
    assert sum(bool(line.strip()) for line in block.code.splitlines()) <= 20


def test_the_readmes_target_file_is_the_examples(root: Path, readme: Any) -> None:
    """The example's target says the same as the README's, and both can be read."""
    (shown,) = [block.code for block in readme.in_language("toml") if block.title == "target.toml"]
    kept = (root / "examples" / "target.toml").read_text(encoding="utf-8")

    assert parse_target(shown).target == parse_target(kept).target


def test_the_readmes_accounts_file_can_be_read(readme: Any, tmp_path: Path) -> None:
    """It names an installed venue, holds references, and is read-only; with another mode it is refused by the line."""
    (shown,) = [block.code for block in readme.in_language("toml") if block.title == "accounts.toml"]
    path = tmp_path / "accounts.toml"
    path.touch(mode=0o600)
    path.write_text(shown, encoding="utf-8")

    entry = load_accounts(path).entry("main")

    assert entry.venue in make_plugins().venue_ids()
    assert (entry.environment, entry.read_only) == ("testnet", True)
    assert f"chmod 600 {path.name}" in readme.text


@pytest.fixture
def simulation(readme: Any, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The README's first terminal: its ``venuekit sim`` line as written, running in a directory of its own."""
    (line,) = [line for line in _commands(readme) if line.startswith("venuekit sim")]
    process = subprocess.Popen(  # noqa: S603 - the README's own words
        [sys.executable, "-m", *shlex.split(line, comments=True)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def _commands(page: Any) -> list[str]:
    """Return the lines of the shell blocks, in order."""
    return [line for block in page.in_language("sh") for line in block.code.splitlines() if line.strip()]


def test_the_readmes_commands_run_as_written(
    readme: Any,
    simulation: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The second terminal: every command that needs no keys of one's own, in order, with the status that is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VENUEKIT_ACCOUNTS", raising=False)
    for block in readme.in_language("toml"):
        if block.title == "target.toml":
            Path(block.title).write_text(block.code, encoding="utf-8")
    lines = [line for line in _commands(readme) if line.startswith("venuekit ") and "main" not in line]
    ran = [line.partition("#")[0].split()[1] for line in lines]
    for line in lines:
        _, command, *words = shlex.split(line, comments=True)
        if command in {"sim", "demo"}:
            continue  # one runs as the first terminal, the other has tests of its own
        said = STATUS.search(line)
        assert (int(said[1]) if said else 0) == main([command, *words]), line
        capfd.readouterr()

    settings = ["demo", "sim", "balances", "positions", "capabilities", "plan", "apply", "apply"]
    assert ran == [*settings, *["order"] * 4, *["history"] * 2, "close", "panic", "panic"]
    assert len(Path("income.csv").read_text(encoding="utf-8").splitlines()) > 5
    assert {"binance_usdm", "bybit_inverse"} <= simulation["venues"].keys()
    assert main(["plan", "target.toml"]) == 0, "what was applied holds"


def test_the_readme_names_commands_and_targets_that_exist(root: Path, readme: Any) -> None:
    """What it tells to type is there: make's targets, and the command line's commands."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)", "\n".join(_commands(readme))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    typed = "\n".join((*_commands(readme), *re.findall(r"`[^`\n]+`", readme.text)))
    named = re.findall(r"(?:^|`)venuekit ([a-z-]+)", typed, re.MULTILINE)
    assert {"demo", "sim", "resolve"} <= set(named) <= COMMANDS.keys()
