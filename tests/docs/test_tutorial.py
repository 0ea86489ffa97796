"""docs/tutorial.md is true: its blocks fit the generated plugin, and its commands pass after each step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.core.new_plugin.generated import generate, run, run_forked
from tests.docs.pages import Block, Page

from venuekit.new_plugin import PluginAnswers

#: the commands that a reader runs after the last step; pytest with -k after each other one
WHOLE = ["pytest -q", "mypy -p venuekit_acme_perp", "ruff check", "ruff format --check"]
_FILE = re.compile(r"^--- (.+)$", re.MULTILINE)
_NAMED = re.compile(r"`(tests/recorded/\w+\.json)`")


@pytest.fixture
def tutorial(root: Path) -> Page:
    """docs/tutorial.md."""
    return Page(root / "docs" / "tutorial.md")


def test_each_step_passes(tutorial: Page, tmp_path: Path) -> None:
    """The skeleton takes each block of the page in turn, and each command passes where it stands."""
    directory = generate(PluginAnswers(name="acme_perp"), tmp_path)
    _, *steps = _headings(tutorial)  # the first one makes and tests the skeleton, as the tests of new-plugin do

    for heading in steps:
        names = iter(_NAMED.findall(_section(tutorial, heading)))
        for block in tutorial.blocks:
            if block.heading == heading:
                _follow(block, directory, names)


def test_every_step_ends_with_a_result(tutorial: Page) -> None:
    """Each step ends with the tests of its subject, and the last one with all, types and form."""
    commands = {heading: _commands(tutorial, heading) for heading in _headings(tutorial)}
    _, *steps, last = commands

    assert steps == ["The wallet", "Positions", "Leverage", "Cancel all orders", "Income", "Trouble"]
    assert all(len(commands[step]) == 1 and commands[step][0].startswith("pytest -q -k ") for step in steps)
    assert commands[last] == WHOLE
    assert all([block for block in tutorial.blocks if block.heading == step][-1].language == "sh" for step in steps)


def _headings(page: Page) -> list[str]:
    """Return the headings that have blocks, in order."""
    return list(dict.fromkeys(block.heading for block in page.blocks))


def _section(page: Page, heading: str) -> str:
    sections = re.split(r"^## ", page.text, flags=re.MULTILINE)
    (text,) = [part for part in sections if part.partition("\n")[0] == heading]
    return text


def _commands(page: Page, heading: str) -> list[str]:
    blocks = [block.code for block in page.blocks if block.heading == heading and block.language == "sh"]
    return [line.removeprefix(".venv/bin/") for code in blocks for line in code.splitlines()]


def _follow(block: Block, directory: Path, names: Iterator[str]) -> None:
    """Do what a reader does with a block."""
    match block.language:
        case "json":
            (directory / next(names)).write_text(block.code)
        case "python":
            (directory / block.title).write_text(block.code.partition("\n")[2])
        case "diff":
            for name, before, after in _hunks(block.code):
                path = directory / name
                whole = path.read_text()
                assert whole.count(before) == 1, f"{block.heading}: {name} has {whole.count(before)} times\n{before}"
                path.write_text(whole.replace(before, after))
        case "sh":
            for line in block.code.splitlines():
                _execute(directory, *shlex.split(line.removeprefix(".venv/bin/")))
        case language:
            raise AssertionError(f"{block.heading}: a block of {language}")


def _execute(directory: Path, program: str, *words: str) -> None:
    """Run a command of the page, which must succeed."""
    if program == "pytest":
        status, output = run_forked(directory, "-x", *words)
    else:
        done = run(directory, program, *words)
        status, output = done.returncode, done.stdout + done.stderr
    assert status == 0, f"{program} {' '.join(words)}:\n{output[-8000:]}"


def _hunks(patch: str) -> Iterator[tuple[str, str, str]]:
    """Yield of each part of a patch its file, its lines before, and its lines after."""
    _, *parts = _FILE.split(patch)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = body.strip("\n").splitlines()
        before = "\n".join(line[1:] for line in lines if line[:1] != "+")
        after = "\n".join(line[1:] for line in lines if line[:1] != "-")
        yield name, before, after
