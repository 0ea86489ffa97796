"""An account of each product whose answers about orders are lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.plugins.binance.order_resolution.fates import Stage
from tests.plugins.stages import BINANCE, leaping


@pytest.fixture(params=BINANCE)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """An account of each product."""
    async with leaping(request.param, "flat") as (sim, account):
        yield Stage(sim, account)
