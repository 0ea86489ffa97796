"""docs/tutorial.md is true: its patches fit the generated plugin, which passes the suite after each step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.core.new_plugin.generated import generate, run_kit
from tests.docs.conftest import Page

from venuekit.new_plugin import PluginAnswers

#: the steps by their headings, each with the tests that tell about it; None for all
STEPS = {
    "The wallet": "recorded or account_agrees or balances or accounts",
    "Positions": "recorded or position or settings",
    "Cancel all orders": None,
}
_FILE = re.compile(r"^--- (.+)$", re.MULTILINE)
_NAMED = re.compile(r"`(tests/recorded/\w+\.json)`")


@pytest.fixture
def tutorial(root: Path) -> Page:
    """docs/tutorial.md."""
    return Page(root / "docs" / "tutorial.md")


def test_each_step_passes_the_suite(tutorial: Page, tmp_path: Path) -> None:
    """The skeleton takes each patch of the page, and passes."""
    directory = generate(PluginAnswers(name="acme_perp"), tmp_path)

    for heading, tests in STEPS.items():
        _apply(tutorial, heading, directory)
        assert " passed" in run_kit(directory, *(() if tests is None else ("-k", tests)))


def test_every_block_belongs_to_a_step(tutorial: Page) -> None:
    """Patches and recorded answers stand below the headings of steps; only the beginning has commands."""
    blocks = [(block.language, block.heading) for block in tutorial.blocks]

    assert {heading for language, heading in blocks if language in {"diff", "json"}} == set(STEPS)
    assert [heading for language, heading in blocks if language == "sh"] == ["Begin"]


def _apply(page: Any, heading: str, directory: Path) -> None:
    sections = re.split(r"^## ", page.text, flags=re.MULTILINE)
    (text,) = [part for part in sections if part.partition("\n")[0] == heading]
    names = iter(_NAMED.findall(text))
    for block in page.blocks:
        if block.heading != heading:
            continue
        if block.language == "json":
            (directory / next(names)).write_text(block.code)
        for name, before, after in _hunks(block.code) if block.language == "diff" else ():
            path = directory / name
            whole = path.read_text()
            assert whole.count(before) == 1, f"{heading}: {name} has {whole.count(before)} times\n{before}"
            path.write_text(whole.replace(before, after))


def _hunks(patch: str) -> Iterator[tuple[str, str, str]]:
    """Yield of each part of a patch its file, its lines before, and its lines after."""
    _, *parts = _FILE.split(patch)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = body.strip("\n").splitlines()
        before = "\n".join(line[1:] for line in lines if line[:1] != "+")
        after = "\n".join(line[1:] for line in lines if line[:1] != "-")
        yield name, before, after
