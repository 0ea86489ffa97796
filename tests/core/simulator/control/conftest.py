"""A control port on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.core.simulator.control.stand import Stand

from venuekit.simulator import simulate
from venuekit.simulator.control import ControlServer


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """Toy Perpetuals with an open position, and a control port."""
    async with simulate("toy_perp") as sim, ControlServer(sim, port=0) as control:
        yield Stand(sim, control)
