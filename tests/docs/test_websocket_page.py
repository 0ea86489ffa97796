"""docs/websocket_api.md is true: its code reads an account over the WebSocket API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import Page

import venuekit


async def test_the_code_of_the_page_works(root: Path) -> None:
    """The balances of a simulated account are read over its WebSocket API."""
    pytest.importorskip("venuekit_binance_usdm", reason="the page is about a venue that is not installed")
    names = dict[str, Any]()
    (block,) = Page(root / "docs" / "websocket_api.md").in_language("python")
    exec(compile(block.code, "websocket_api.md", "exec"), names)  # noqa: S102 - our own documentation
    async with venuekit.simulate("binance_usdm") as sim:
        assert "USDT" in await names["read"](sim.credentials("binance_usdm"))


def test_each_test_of_the_page_is_there(root: Path) -> None:
    """The promises name test modules of this repository."""
    page = (root / "docs" / "websocket_api.md").read_text(encoding="utf-8")
    named = {word.strip("`,") for word in page.split() if word.strip("`,").endswith(".py")}

    assert len(named) == 7
    for name in named:
        assert [*root.glob(f"**/{name}")], name
