"""docs/streams.md is true: its code follows an account and declares a stream."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.docs.pages import Page

import venuekit
from venuekit import capabilities
from venuekit.capabilities import StreamEvent, UserStream


async def test_the_code_of_the_page_works(root: Path) -> None:
    """The first block prints events and gaps, the second one declares a stream."""
    follow, declare = (dict[str, Any](), dict[str, Any]())
    for block, names in zip(Page(root / "docs" / "streams.md").in_language("python"), (follow, declare), strict=True):
        exec(compile(block.code, "streams.md", "exec"), names)  # noqa: S102 - our own documentation
    shown: asyncio.Queue[Any] = asyncio.Queue()
    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.connect("toy_perp", sim.credentials("toy_perp")) as account,
    ):
        task = asyncio.create_task(follow["follow"](account, shown.put_nowait))
        async with UserStream.of(account).events():
            sim.ledger.set_leverage("GEMUSD", Decimal(12))
            assert (await shown.get()).leverage == Decimal(12)
            sim.streams.connections[0].close()
            assert (await shown.get()).startswith("events may be missing since 20")
        task.cancel()
        await asyncio.wait({task})

    assert declare["STREAM"].session.path_in("live") == "/ws?listenKey={key}"


def test_every_event_is_on_the_page(root: Path) -> None:
    """The table names each kind of event."""
    text = Page(root / "docs" / "streams.md").text
    kinds = [
        name
        for name, value in vars(capabilities).items()
        if isinstance(value, type) and issubclass(value, StreamEvent) and value is not StreamEvent
    ]

    assert [name for name in kinds if f"`{name}`" not in text] == []
