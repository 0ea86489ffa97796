"""Orders that may still arrive: of this process, of another one, of a raw call, and of an endpoint that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journal_entries import line_of
from tests.plugins.closing.closing_stage import HELD, Stage, opened

import venuekit
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import OperationError, Outcome
from venuekit.parameters import Kind, Parameter, Role
from venuekit.payloads import read_json
from venuekit.pipeline.journal_lines import Unresolved
from venuekit.simulator import Delay, DropBefore

RAW: Endpoint[Any] = Endpoint(
    "POST",
    "/fapi/v1/order",
    decode=read_json,
    parameters=(Parameter("symbol", role=Role.SYMBOL), Parameter("quantity", Kind.DECIMAL)),
)


@asynccontextmanager
async def journalled(directory: Path) -> AsyncIterator[Stage]:
    """Open an account with a journal, on real time; nothing is held."""
    async with (
        venuekit.simulate("binance_usdm", scenario="flat") as sim,
        venuekit.Runtime(journal=directory) as runtime,
        venuekit.connect("binance_usdm", sim.credentials("binance_usdm"), runtime=runtime) as account,
    ):
        yield Stage(sim, account, is_hedge=False)


def _unfinished(stage: Stage, fence: datetime, **changes: Any) -> str:
    """Write a line that a killed process would have left, and return its client id."""
    journal = stage.account._session.journal
    verb, path, _ = stage.placing.name
    known: dict[str, Any] = {
        "id": journal.new_id(round(fence.timestamp() * 1000)),
        "operation": "place_order",
        "verb": verb,
        "path": path,
        "parameters": {"symbol": stage.symbol, "side": "BUY", "type": "MARKET", "quantity": stage.quantity}
        | {"newClientOrderId": "gone"},
        "sent_at": fence - timedelta(seconds=6),
        "fence": fence,
        "client_id": "gone",
        "effect": Effect.KEYED,
    }
    journal.begin(line_of(Unresolved(**(known | changes))))
    return "gone"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"path": "/fapi/v0/order"},  # a version had it that is not installed
    ],
    ids=["known", "unknown endpoint"],
)
async def test_an_order_of_a_killed_process(tmp_path: Path, changes: dict[str, str]) -> None:
    """It keeps the account from being flat until it cannot arrive any more; an old one does not."""
    async with journalled(tmp_path) as stage:
        now = datetime.now(UTC)
        _unfinished(stage, now - timedelta(hours=1), **changes)
        old = await stage.account.flatten(stage.symbol, deadline=4)
        client_id = _unfinished(stage, now + timedelta(hours=1), **changes)
        new = await stage.account.flatten(stage.symbol, deadline=1)

        assert old.is_flat, str(old)
        assert not new.is_flat
        assert [one.client_id for one in new.late] == [client_id]


async def test_an_order_of_another_symbol(tmp_path: Path) -> None:
    """An order of another symbol, or a write that is no order, is nobody's business here."""
    async with journalled(tmp_path) as stage:
        soon = datetime.now(UTC) + timedelta(hours=1)
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": stage.quantity}
        _unfinished(stage, soon, parameters={**order, "newClientOrderId": "gone"})
        _unfinished(
            stage, soon, path="/fapi/v1/leverage", parameters={"symbol": stage.symbol, "leverage": 5}, effect=Effect.SET
        )

        report = await stage.account.flatten(stage.symbol, deadline=4)

        assert report.is_flat, str(report)


@pytest.mark.looptime
async def test_a_raw_call() -> None:
    """A lost call of an endpoint that the venue does not declare may have been an order."""
    async with opened("binance_usdm") as stage:
        stage.disturb(stage.placing, DropBefore(), times=9)
        with pytest.raises(OperationError) as lost:
            await stage.account.call(RAW, symbol=stage.symbol, quantity=stage.quantity)
        assert lost.value.outcome is Outcome.UNKNOWN

        report = await stage.account.flatten("BTCUSDT", deadline=3)
        other = await stage.account.flatten(stage.symbol, deadline=3)

        assert report.is_flat, str(report)  # it named another symbol
        assert not other.is_flat
        assert [one.operation for one in other.late][:1] == ["POST /fapi/v1/order"]


@pytest.mark.looptime
async def test_an_order_under_way() -> None:
    """An order that another task is placing right now is waited for, and closed."""
    async with opened("binance_usdm") as stage:
        stage.disturb(stage.placing, Delay(before=2))
        placing = asyncio.create_task(stage.account.place_order(stage.market()))
        await stage.account.pause(0.1)

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        assert (await placing).filled == stage.quantity
        assert stage.quantities() == [0]


@pytest.mark.looptime
async def test_a_closing_that_is_cancelled() -> None:
    """A cancelled call leaves no task behind, and the next one has its turn."""
    async with opened("binance_usdm") as stage:
        stage.disturb(stage.placing, DropBefore())
        closing = asyncio.create_task(stage.account.flatten(stage.symbol))
        await stage.account.pause(1)
        closing.cancel()
        await asyncio.wait([closing])

        assert closing.cancelled()
        assert stage.quantities() == [HELD * stage.quantity]
        assert (await stage.account.flatten(stage.symbol)).is_flat


@pytest.mark.looptime
async def test_an_order_that_the_venue_has_not_decided() -> None:
    """An accepted order whose end is not seen is not sent again, and the report says so."""
    async with opened("bybit_inverse") as stage:
        stage.ledger.set_decision_delay(timedelta(seconds=20))

        report = await stage.account.flatten(stage.symbol, deadline=5)

        (order,) = report.orders
        assert not report.is_flat
        assert [leg.why_left for leg in report.legs] == [f"order {order.id} was accepted and is not seen to have ended"]
        assert report.doubt == "the end of a closing order is not known"
        assert len(stage.arrivals(stage.placing)) == 1
        await stage.check(report)
