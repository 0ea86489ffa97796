"""Writes and footprints for tests of write scopes."""

from __future__ import annotations

import asyncio

import attrs

from venuekit.endpoint import WriteScope
from venuekit.pipeline.write_scopes import Footprint


@attrs.frozen
class Write:
    """A write that says in words what it is."""

    description: str = "a write"


WRITE = Write()
ALL = Footprint(WriteScope.ACCOUNT)
A, B = (Footprint(WriteScope.SYMBOL, (symbol,)) for symbol in "AB")


async def forever() -> None:
    """Wait for as long as it takes."""
    await asyncio.Event().wait()
