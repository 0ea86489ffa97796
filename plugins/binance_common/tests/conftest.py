"""What these tests share."""

from __future__ import annotations

import asyncio

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Start without an event loop: pytest-asyncio would make one only to put it back later, and nobody closes it."""
    asyncio.set_event_loop(None)
