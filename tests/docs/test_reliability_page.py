"""docs/reliability.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.conftest import Page

_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_every_named_test_exists(root: Path) -> None:
    """Each promise is held by tests that are there."""
    page = Page(root / "docs" / "reliability.md")
    named = _TEST.findall(page.text)
    tables = page.text.partition("## The last soak")[0]
    promises = [line for line in tables.splitlines() if line.startswith("| ") and not line.startswith("| promise")]

    missing = [
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^(async )?def {name}\(", (root / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert missing == []
    assert [line for line in promises if not _TEST.search(line)] == []
    assert len(page.text.splitlines()) <= 200
