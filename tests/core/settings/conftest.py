"""Two venues in memory, and an account of the first one."""

from __future__ import annotations

import types
from typing import Any

import pytest
from tests.core.settings.fake_accounts import (
    HELD,
    ISOLATED_NEEDS_SINGLE,
    LOWER,
    MODE_HELD,
    MODE_RESTING,
    ONE_WAY_ONLY,
    POOL_NEEDS_CROSS,
    POOL_RESTING,
    RESTING,
    AcmeAccount,
    GlobexAccount,
    Row,
    SetsLeverage,
    World,
)
from tests.core.settings.fake_venues import acme, globex


@pytest.fixture(scope="session")
def fake() -> types.SimpleNamespace:
    """The two venues and what is needed to play with them."""
    return types.SimpleNamespace(
        World=World,
        Row=Row,
        Acme=AcmeAccount,
        Globex=GlobexAccount,
        SetsLeverage=SetsLeverage,
        acme=acme,
        globex=globex,
        words=types.SimpleNamespace(
            held=HELD,
            resting=RESTING,
            mode_held=MODE_HELD,
            mode_resting=MODE_RESTING,
            pool_resting=POOL_RESTING,
            lower=LOWER,
            pool_needs_cross=POOL_NEEDS_CROSS,
            isolated_needs_single=ISOLATED_NEEDS_SINGLE,
            one_way_only=ONE_WAY_ONLY,
        ),
    )


@pytest.fixture
def main(fake: types.SimpleNamespace) -> Any:
    """An acme account with BTC and ETH, flat, cross, leverage 10."""
    world = fake.World()
    world.rows("acme_perp").update(BTC=fake.Row(), ETH=fake.Row())
    return fake.Acme(fake.acme(), world)
