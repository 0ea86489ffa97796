"""The pages that promise something name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import Page

_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize(
    ("name", "least"), [("reliability.md", 11), ("streams.md", 11), ("dead_man.md", 5), ("closing.md", 7)]
)
def test_every_named_test_exists(root: Path, name: str, least: int) -> None:
    """Each promise is held by tests that are there."""
    page = Page(root / "docs" / name)
    named = _TEST.findall(page.text)
    tables = page.text.partition("## The last soak")[0]
    promises = [
        row
        for table in tables.split("| promise | held by |\n")[1:]
        for row in table.partition("\n\n")[0].splitlines()[1:]
    ]

    missing = [
        f"{path}::{test}"
        for path, test in named
        if not re.search(rf"^(async )?def {test}\(", (root / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert len(promises) >= least
    assert missing == []
    assert [line for line in promises if not _TEST.search(line)] == []
    assert len(page.text.splitlines()) <= 200
