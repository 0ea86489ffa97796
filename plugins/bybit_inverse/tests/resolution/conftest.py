"""An account whose answers are lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from plugins.bybit_inverse.tests.resolution.fates import VENUE, Stage
from tests.plugins.stages import leaping

from venuekit_bybit_inverse import BybitInverseAccount


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account in isolated margin with a large long position."""
    async with leaping(VENUE) as (sim, account):
        assert isinstance(account, BybitInverseAccount)
        yield Stage(sim, account)
