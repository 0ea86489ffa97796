"""A journal that cannot be written: what reduces risk passes and is told, everything else is not sent."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.journal_entries import line_of
from tests.plugins.stages import VENUES, venues

import venuekit
from venuekit import errors
from venuekit.capabilities import (
    LeverageControl,
    OrderBatchControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMarginControl,
    PositionReader,
)
from venuekit.errors import Outcome
from venuekit.pipeline import EventKind, FileJournal
from venuekit.pipeline.journal_lines import Begun, Ended, Unresolved, begin_text
from venuekit.plugin import from_milliseconds
from venuekit.simulator import SecondActor, Simulation
from venuekit.testing import InstantClock, Watch, plugins_with
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal


@attrs.frozen(kw_only=True)
class Stage:
    """An account that keeps a journal, its simulated venue, and what spoils and mends the journal's directory."""

    sim: Simulation
    account: Any
    watch: Watch
    directory: Path
    symbol: str
    quantity: D

    def bid(self, **changes: Any) -> OrderRequest:
        values: dict[str, Any] = {
            "symbol": self.symbol,
            "side": OrderSide.BUY,
            "type": OrderType.LIMIT,
            "quantity": self.quantity,
            "price": D(2000),
        }
        return OrderRequest(**values | changes)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for path in self.directory.glob("*.jsonl") for line in path.read_text().split()]

    def sent(self) -> int:
        return sum(one.verb != "GET" for one in self.sim.requests)


@asynccontextmanager
async def staged(venue: str, directory: Path) -> AsyncIterator[Stage]:
    clock, watch = InstantClock(), Watch()
    async with (
        venuekit.simulate(venue, clock=clock, scenario="holding") as sim,
        venuekit.Runtime(clock=clock, journal=directory, plugins=plugins_with(watch)) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        symbol, quantity = VENUES[venue]
        yield Stage(sim=sim, account=account, watch=watch, directory=directory, symbol=symbol, quantity=quantity)


@pytest.fixture(autouse=True)
def always_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a journal that is spoiled noticed by the very next line."""
    monkeypatch.setattr("venuekit.pipeline.journal._LOOK_HOLDS", 0.0)


def fill(directory: Path) -> None:
    """Make every line of the day end on a device that is full."""
    for path in directory.glob("*.jsonl"):
        path.rename(path.with_suffix(".kept"))
        path.symlink_to("/dev/full")


def replace(directory: Path) -> None:
    """Put a file where the directory was."""
    directory.rename(directory.with_suffix(".kept"))
    directory.write_text("a file")


def mend(directory: Path) -> None:
    """Undo either."""
    for path in directory.glob("*.jsonl") if directory.is_dir() else ():
        path.unlink()
        path.with_suffix(".kept").rename(path)
    if not directory.is_dir():
        directory.unlink()
        directory.with_suffix(".kept").rename(directory)


async def not_sent(stage: Stage, call: Awaitable[Any]) -> None:
    before = stage.sent()
    with pytest.raises(errors.NeverSent, match="the journal cannot be written") as caught:
        await call
    assert (caught.value.outcome, stage.sent()) == (Outcome.NOT_SENT, before)


@venues
@pytest.mark.parametrize("spoil", [fill, replace])
async def test_only_what_reduces_passes(venue: str, spoil: Callable[[Path], None], tmp_path: Path) -> None:
    """Orders, batches, settings and margin are not sent; cancels and a close are, and are in the journal afterwards."""
    async with staged(venue, tmp_path / "journal") as stage:
        account, orders = stage.account, OrderControl.of(stage.account)
        resting = await orders.place_order(stage.bid())
        held = next(one for one in await PositionReader.of(account).get_positions() if one.quantity)
        spoil(stage.directory)

        await not_sent(stage, orders.place_order(stage.bid()))
        both = [stage.bid(), stage.bid(side=OrderSide.SELL, price=D(4000))]
        await not_sent(stage, OrderBatchControl.of(account).place_orders(both))
        await not_sent(stage, LeverageControl.of(account).set_leverage(stage.symbol, 9))
        await not_sent(stage, PositionMarginControl.of(account).add_margin(held.symbol, D("0.01")))
        close = OrderRequest(
            symbol=held.symbol,
            side=OrderSide.SELL if held.quantity > 0 else OrderSide.BUY,
            type=OrderType.MARKET,
            quantity=min(abs(held.quantity), D(1000)),
            position_side=None if venue == "bybit_inverse" else held.side,
            reduce_only=True,
        )
        assert (await told(orders.cancel_order(stage.symbol, order_id=resting.id))).status.is_final
        assert (await told(orders.place_order(close))).quantity == close.quantity
        assert await told(orders.cancel_all_orders(symbol=stage.symbol)) == ()
        events = [event.operation for event in stage.watch.events if event.kind is EventKind.UNWRITTEN]
        assert {"cancel_order", "place_order", "cancel_all_orders"} == set(events)
        assert account.unresolved == ()

        mend(stage.directory)
        await orders.place_order(stage.bid())
        begun = [line for line in stage.lines() if "begin" in line]
        sweeps = ["cancel_all_orders"] * (len(begun) - 4)
        names = ["place_order", "cancel_order", "place_order", *sweeps, "place_order"]
        assert [line["operation"] for line in begun] == names
        assert {line["begin"] for line in begun} == {line["end"] for line in stage.lines() if "end" in line}


async def told(call: Awaitable[Any]) -> Any:
    """Return what a call returns that is sent although the journal cannot be written, and that says so."""
    with pytest.warns(UserWarning, match="the journal cannot be written") as warned:
        found = await call
    assert any("is sent all the same" in str(one.message) for one in warned)
    return found


@pytest.mark.parametrize("mended", [True, False])
async def test_what_could_not_be_written_is_written_at_the_end(tmp_path: Path, mended: bool) -> None:
    """The runtime's close writes what was kept, and says so where it still cannot."""
    directory = tmp_path / "journal"

    async def session() -> None:
        async with staged("binance_usdm", directory) as stage:
            await OrderControl.of(stage.account).place_order(stage.bid())
            fill(directory)
            await OrderControl.of(stage.account).cancel_all_orders(symbol=stage.symbol)
            if mended:
                mend(directory)

    with pytest.warns(UserWarning, match=r"the journal") as warned:
        await session()

    lost = [one for one in warned if "are lost with this process" in str(one.message)]
    assert bool(lost) is not mended
    if mended:
        (path,) = directory.glob("*.jsonl")
        assert path.read_text().count("cancel_all_orders") > 0


async def test_a_full_disk_at_the_closing_line_changes_no_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is returned; its line is closed as soon as there is room."""
    async with staged("binance_usdm", tmp_path / "journal") as stage:
        orders = OrderControl.of(stage.account)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        actor = SecondActor(lambda _: monkeypatch.setattr(os, "write", full))
        stage.sim.disturb("binance_usdm", ("POST", "/fapi/v1/order"), actor)
        with pytest.warns(UserWarning, match=r"ended \(applied\)"):
            placed = await orders.place_order(stage.bid())
        assert (placed.quantity, stage.account.unresolved) == (stage.quantity, ())
        monkeypatch.undo()
        await orders.cancel_order(stage.symbol, order_id=placed.id)
        begun, ended, *_ = stage.lines()
        assert (ended["end"], ended["outcome"]) == (begun["begin"], "applied")


async def test_a_directory_that_vanished_is_made_again(tmp_path: Path) -> None:
    """Lines never go to a file that is not there any more."""
    async with staged("binance_usdm", tmp_path / "deep" / "journal") as stage:
        orders = OrderControl.of(stage.account)
        await orders.place_order(stage.bid())
        shutil.rmtree(tmp_path / "deep")
        await orders.place_order(stage.bid(price=D(1990)))
        begun, _ = stage.lines()
        assert begun["parameters"]["price"] == {"decimal": "1990"}
        assert stage.directory.stat().st_mode & 0o777 == 0o700
        (path,) = stage.directory.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("attached", [{"takeProfit": D(4000)}, {"stopLoss": D(1000)}])
async def test_what_is_attached_may_open_something(tmp_path: Path, attached: dict[str, D]) -> None:
    """An order that only reduces and carries a take-profit or stop-loss does not pass, nor after a halt."""
    async with staged("bybit_inverse", tmp_path / "journal") as stage:
        account = stage.account
        held = next(one for one in await PositionReader.of(account).get_positions() if one.quantity)
        order: dict[str, Any] = {
            "category": "inverse",
            "symbol": held.symbol,
            "side": "Sell" if held.quantity > 0 else "Buy",
            "orderType": "Market",
            "qty": D(100),
            "reduceOnly": True,
        }
        await OrderControl.of(account).place_order(stage.bid())
        fill(stage.directory)
        await not_sent(stage, account.call(BYBIT.CREATE_ORDER, **order, **attached))
        mend(stage.directory)
        account.halt()
        with pytest.raises(errors.GuardRefused):
            await account.call(BYBIT.CREATE_ORDER, **order, **attached)
        items = [{name: str(value) if isinstance(value, D) else value for name, value in {**order, **attached}.items()}]
        with pytest.raises(errors.GuardRefused):
            await account.call(BYBIT.CREATE_BATCH, category="inverse", request=items)
        await account.call(BYBIT.CREATE_ORDER, **order, **dict.fromkeys(attached, D(0)))


def test_a_part_of_a_line_is_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a line is cut by a full disk, its write was not sent, and the next lines stand whole."""
    genuine = os.write
    journal = FileJournal(tmp_path / "acme-live-1")
    moment = InstantClock().now
    when = from_milliseconds(moment)

    def entry() -> Begun:
        name = journal.new_id(moment)
        return line_of(Unresolved(name, "set_leverage", "PUT", "/v1/leverage", {"leverage": D(7)}, when, when))

    journal.begin(entry())
    kept = []
    for length in range(0, len(begin_text(entry())), 7):
        monkeypatch.setattr(os, "write", lambda file, text, length=length: genuine(file, text[:length]))
        cut = entry()
        with pytest.raises(OSError, match="only a part"):
            journal.begin(cut)
        monkeypatch.setattr(os, "write", genuine)
        whole = entry()
        journal.begin(whole)
        kept.append(whole.id)
        if length % 2:
            assert journal.end(Ended(kept.pop(), "applied"))

    with pytest.warns(UserWarning, match="cannot be read"):
        found = [one.id for one in FileJournal(tmp_path / "acme-live-1").open_writes()]
    assert found[1:] == kept


def test_a_part_of_a_later_line_leaves_the_earlier_attempt_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt whose line was cut was not sent, but the one before it may still arrive."""
    genuine = os.write
    journal = FileJournal(tmp_path / "acme-live-1")
    moment = InstantClock().now
    when = from_milliseconds(moment)
    begun = line_of(Unresolved(journal.new_id(moment), "set_leverage", "PUT", "/v1/leverage", {}, when, when))
    journal.begin(begun)
    monkeypatch.setattr(os, "write", lambda file, text: genuine(file, text[:7]))
    with pytest.raises(OSError, match="only a part"):
        journal.begin(begun, is_again=True)
    monkeypatch.setattr(os, "write", genuine)
    journal.begin(line_of(Unresolved(journal.new_id(moment), "set_leverage", "PUT", "/v1/leverage", {}, when, when)))

    with pytest.warns(UserWarning, match="cannot be read"):
        found = FileJournal(tmp_path / "acme-live-1").open_writes()
    assert len(found) == 2
    assert found[0].id == begun.id


@venues
async def test_lines_kept_in_a_long_outage_are_bounded(
    venue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancels pass all the same; their lines are lost, counted and told, and the journal says later how many."""
    monkeypatch.setattr("venuekit.pipeline.journal._KEPT_LINES_MAX", 3)
    async with staged(venue, tmp_path / "journal") as stage:
        account, orders = stage.account, OrderControl.of(stage.account)
        resting = [await orders.place_order(stage.bid()) for _ in range(4)]
        fill(stage.directory)
        for cancelled, order in enumerate(resting, start=1):
            with pytest.warns(UserWarning, match="the journal cannot be written") as warned:
                assert (await orders.cancel_order(stage.symbol, order_id=order.id)).status.is_final
            words = "\n".join(str(one.message) for one in warned)
            lost = max(0, 2 * cancelled - 3)
            assert ("its line is kept in memory" in words) is (cancelled < 3)
            assert (f"its line is lost, and {lost} in all" in words) is (lost > 0)
        (gap,) = account.unreadable
        assert (gap.number, gap.reason.split(":")[0]) == (None, "5 lines are lost here")
        assert [one.operation for one in account.unresolved] == ["cancel_order"]

        mend(stage.directory)
        await orders.place_order(stage.bid())
        assert [line["lost"] for line in stage.lines() if "lost" in line] == [5]
        assert stage.lines()[-2]["operation"] == "place_order"
        assert stage.lines()[-3] == {"lost": 5}
        assert [one.operation for one in account.unresolved] == ["cancel_order"]
        (gap,) = account.unreadable
        assert gap.number is not None
        assert gap.reason.startswith("5 lines are lost here")
