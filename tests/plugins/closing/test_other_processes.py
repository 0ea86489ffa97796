"""Journals of other processes: an order that they show, or may hide, keeps an account from being called flat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.plugins.closing.closing_stage import Stage

import venuekit
from venuekit.capabilities import PositionCloseControl
from venuekit.errors import OutcomeUnknown
from venuekit.simulator import DropBefore

pytestmark = pytest.mark.looptime


async def test_an_order_of_another_process(tmp_path: Any) -> None:
    """An order in the journal of another process, which may still arrive, is told."""
    sim_clock = venuekit.simulate("binance_usdm", scenario="flat")
    async with sim_clock as sim:
        credentials = sim.credentials("binance_usdm")
        async with (
            venuekit.Runtime(journal=tmp_path) as one,
            venuekit.Runtime(journal=tmp_path) as other,
            venuekit.connect("binance_usdm", credentials, runtime=one) as maker,
            venuekit.connect("binance_usdm", credentials, runtime=other) as closer,
        ):
            stage = Stage(sim, maker, is_hedge=False)
            stage.disturb(stage.placing, DropBefore())
            with pytest.raises(OutcomeUnknown) as lost:
                await stage.account.with_options(deadline=0.3).place_order(stage.market())

            report = await PositionCloseControl.of(closer).flatten(stage.symbol, deadline=2)

            assert not report.is_flat
            assert [one.client_id for one in report.late] == [lost.value.client_id]


@pytest.mark.filterwarnings("ignore:.*cannot be read")
@pytest.mark.parametrize("days", [0, 1, 7])
async def test_a_line_of_the_journal_that_cannot_be_read_is_a_doubt(tmp_path: Any, days: int) -> None:
    """It may hide an order that another process has sent; one of a week ago hides none that can still arrive."""
    async with venuekit.simulate("binance_usdm", scenario="flat") as sim, venuekit.Runtime(journal=tmp_path) as runtime:
        credentials = sim.credentials("binance_usdm")
        async with venuekit.connect("binance_usdm", credentials, runtime=runtime) as account:
            stage = Stage(sim, account, is_hedge=False)
            await stage.account.place_order(stage.market())
            (today,) = tmp_path.glob("*.jsonl")
            path = today.with_name(f"{today.stem[:-8]}{datetime.now(UTC) - timedelta(days=days):%Y%m%d}.jsonl")
            with path.open("ab") as file:
                file.write(b"?\n")

            report = await PositionCloseControl.of(account).flatten(stage.symbol)

            assert report.is_flat is (days > 1)
            assert (f"may hide an order: {path}:" in str(report)) is (days <= 1)
