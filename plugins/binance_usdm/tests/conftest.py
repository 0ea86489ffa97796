"""The parts that these tests share: the recorded answers, and accounts that are answered by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.plugins.binance import answers
from tests.plugins.binance.exchange import Exchange, open_exchange

from venuekit.testing.fake import FakeTransport
from venuekit.testing.recorded import Recorded, load_recorded
from venuekit_binance_usdm.venue import VENUE


@pytest.fixture(scope="session", name="recorded")
def load_answers() -> Recorded:
    """Return the recorded answers of this venue."""
    return load_recorded(Path(__file__).parent / "recorded")


@pytest.fixture
def transport() -> FakeTransport:
    """A transport that :func:`answering` teaches what to answer."""
    return answers.time_telling_transport()


@pytest.fixture
def answering(recorded: Recorded, transport: FakeTransport) -> Any:
    """Open an account whose requests are answered by the named cases."""
    return answers.answering(VENUE, recorded, transport)


@pytest.fixture
def exchange() -> Exchange:
    """An account that holds an isolated position on BTCUSDT."""
    return open_exchange(VENUE, "holding")


@pytest.fixture
def flat() -> Exchange:
    """An account without positions."""
    return open_exchange(VENUE, "flat")
