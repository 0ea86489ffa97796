"""What all tests share."""

from __future__ import annotations

import asyncio


def pytest_configure() -> None:
    """Start without an event loop: pytest-asyncio would make one only to put it back later, and nobody closes it."""
    asyncio.set_event_loop(None)
