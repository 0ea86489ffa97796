"""An account of each product that places orders."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.plugins.binance.orders.order_stage import Stage
from tests.plugins.stages import BINANCE, leaping


@pytest.fixture(params=BINANCE)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """An account of each product."""
    async with leaping(request.param, "flat", keep_raw=True) as (sim, account):
        yield Stage(sim, account)
