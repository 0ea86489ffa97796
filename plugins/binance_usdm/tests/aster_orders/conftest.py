"""An account of Aster that places orders."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from plugins.binance_usdm.tests.aster_orders.order_types import MARK, Stage
from tests.plugins.stages import leaping

looptime = pytest.mark.looptime


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A flat account, and a mark price of 3000."""
    async with leaping("aster_usdm_v1", "flat") as (sim, account):
        sim.ledger.set_mark("ETHUSDT", MARK)
        yield Stage(sim, account)
