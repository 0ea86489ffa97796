"""Hundreds of symbols of one account: planned by the account-wide reads, changed at the venue's pace, and continued."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.settings import Result, Target, apply, parse_target, plan, report_exit_status
from venuekit.simulator import Market, SecondActor
from venuekit.simulator.serve import write_accounts_file
from venuekit.testing import InstantClock

TARGET = '[accounts.main.defaults]\nsymbols = ["C*"]\nleverage = { at_most = 5 }\n'
SYMBOLS = {"binance_usdm": "C{:03}USDT", "binance_coinm": "C{:03}USD_PERP", "bybit_inverse": "C{:03}USD"}
#: the reads of a plan that lowers leverages, each once, with its weight
READS = {
    "binance_usdm": {
        "/fapi/v1/exchangeInfo": 1,
        "/fapi/v1/accountConfig": 5,
        "/fapi/v1/symbolConfig": 5,
        "/fapi/v3/positionRisk": 5,
    },
    "binance_coinm": {"/dapi/v1/exchangeInfo": 1, "/dapi/v1/positionRisk": 1},
}


def markets(venue_id: str, number: int) -> dict[str, list[Market]]:
    return {venue_id: [Market(SYMBOLS[venue_id].format(index), mark="150", tick="0.1") for index in range(number)]}


@attrs.frozen
class Stage:
    """An account with many contracts, on a clock that does not wait."""

    sim: Any
    account: Any
    clock: InstantClock
    target: Target

    @property
    def paths(self) -> Counter[str]:
        return Counter(request.path for request in self.sim.requests)


Open = Callable[[str, int], Any]


@pytest.fixture
async def staged() -> AsyncIterator[Open]:
    """Simulate a venue with many contracts, and open its account."""
    async with AsyncExitStack() as stack:

        async def start(venue_id: str, number: int) -> Stage:
            clock = InstantClock()
            listed = markets(venue_id, number)
            serving = venuekit.simulate(venue_id, scenario="flat", markets=listed, clock=clock)
            sim = await stack.enter_async_context(serving)
            runtime = await stack.enter_async_context(venuekit.Runtime(clock=clock))
            opening = venuekit.connect(venue_id, sim.credentials(venue_id), runtime=runtime)
            account = await stack.enter_async_context(opening)
            sim.requests.clear()
            return Stage(sim, account, clock, parse_target(TARGET).check({"main": account.venue}))

        yield start


@pytest.mark.parametrize("venue_id", sorted(READS))
async def test_500_symbols_are_planned_by_a_few_reads(staged: Open, venue_id: str) -> None:
    """Each account-wide read once, however many symbols there are; the weight of the plan is theirs."""
    stage = await staged(venue_id, 500)

    made = await plan(stage.target, {"main": stage.account})

    assert len(made.pending) == 500
    assert stage.paths == Counter(dict.fromkeys(READS[venue_id], 1))
    assert [read.weight for read in made.reads] == [sum(READS[venue_id].values())]


async def test_orders_and_brackets_of_500_symbols_are_read_at_once(staged: Open) -> None:
    """A margin type needs open orders and a higher leverage the brackets: one read each for all of them."""
    stage = await staged("binance_usdm", 500)
    text = TARGET.replace("leverage = { at_most = 5 }", 'leverage = 25\nmargin_type = "isolated"')
    more = {"/fapi/v1/openOrders": 40, "/fapi/v1/openAlgoOrders": 40, "/fapi/v1/leverageBracket": 1}

    made = await plan(parse_target(text).check({"main": stage.account.venue}), {"main": stage.account})

    assert len(made.pending) == 1000
    assert stage.paths == Counter(dict.fromkeys([*READS["binance_usdm"], *more], 1))
    assert [read.weight for read in made.reads] == [sum(READS["binance_usdm"].values()) + sum(more.values())]


async def test_each_flat_symbol_is_one_read_where_no_read_has_all(staged: Open) -> None:
    """Bybit lists flat positions for one symbol at a time."""
    stage = await staged("bybit_inverse", 30)

    made = await plan(stage.target, {"main": stage.account})

    assert len(made.pending) == 30
    assert stage.paths == {"/v5/market/instruments-info": 1, "/v5/account/info": 1, "/v5/position/list": 1 + 30}


async def test_500_symbols_are_changed_at_the_pace_of_the_venue(staged: Open) -> None:
    """Reads wait for the next window of the weight, none is refused, and a fifth of it stays for other writes."""
    stage = await staged("binance_usdm", 500)
    accounts = {"main": stage.account}
    made = await plan(stage.target, accounts)
    [pace] = made.paces
    began = stage.clock.monotonic()
    stage.sim.requests.clear()

    report = await apply(made, accounts)

    assert Counter(result.status.value for result in report.results) == {"changed": 500}
    assert report_exit_status(report) == 0
    assert {request.status for request in stage.sim.requests} == {200}
    assert (pace.cost, pace.amount) == (3000, 1920)
    assert 60 <= stage.clock.monotonic() - began <= pace.seconds + 60
    ledger = stage.sim.ledger_of("binance_usdm")
    assert {int(ledger.leverage(SYMBOLS["binance_usdm"].format(index))) for index in range(500)} == {5}
    assert (await plan(stage.target, accounts)).is_empty


async def test_what_was_interrupted_is_continued(staged: Open) -> None:
    """A second run takes the rest, and no change twice."""
    stage = await staged("binance_usdm", 200)
    accounts = {"main": stage.account}
    ended: list[Result] = []

    def stop(result: Result) -> None:
        ended.append(result)
        if len(ended) == 70:
            task.cancel()

    task = asyncio.ensure_future(apply(await plan(stage.target, accounts), accounts, on_result=stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    rest = await plan(stage.target, accounts)
    report = await apply(rest, accounts)

    assert len(rest.pending) == 130
    assert {result.status.value for result in report.results} == {"changed", "unchanged"}
    writes = [request.parameters["symbol"] for request in stage.sim.requests if request.verb == "POST"]
    assert len(writes) == len(set(writes)) == 200
    assert (await plan(stage.target, accounts)).is_empty


async def test_ctrl_c_leaves_an_undo_file_and_running_again_goes_on(tmp_path: Path) -> None:
    """The command says how far it came and ends as 130; the next one has the rest; both undo files restore all."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "target.toml").write_text(TARGET.replace("accounts.main", "accounts.binance_usdm"))

    async def run(*words: str, interrupt: asyncio.Event | None = None) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "venuekit", *words),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            if interrupt is not None:
                await interrupt.wait()
                process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    arrived = asyncio.Event()
    counted = 0

    def count(_: Any) -> None:
        nonlocal counted
        counted += 1
        if counted == 30:
            arrived.set()

    async with venuekit.simulate("binance_usdm", scenario="flat", markets=markets("binance_usdm", 120)) as sim:
        write_accounts_file(tmp_path / "accounts.toml", sim)
        former = {symbol: sim.ledger_of("binance_usdm").leverage(symbol) for symbol in _symbols(120)}
        sim.disturb("binance_usdm", ("POST", "/fapi/v1/leverage"), *(SecondActor(count) for _ in range(30)))
        status, out, err = await run("apply", "target.toml", "--undo", "first.toml", interrupt=arrived)
        assert (status, out) == (130, "")
        assert "of 120 steps were taken; apply again to go on" in err
        assert "undo: venuekit apply first.toml" in err

        _, drift, _ = await run("plan", "target.toml", "--json")
        assert 0 < len(json.loads(drift)) <= 91
        status, out, _ = await run("apply", "target.toml", "--undo", "second.toml", "--json")
        assert (status, {row["status"] for row in json.loads(out)}) == (0, {"changed", "unchanged"})
        assert {int(sim.ledger_of("binance_usdm").leverage(symbol)) for symbol in _symbols(120)} == {5}

        for name in ("second.toml", "first.toml"):
            status, _, err = await run("apply", name)
            assert status == 0, err
        assert {symbol: sim.ledger_of("binance_usdm").leverage(symbol) for symbol in _symbols(120)} == former


def _symbols(number: int) -> list[str]:
    return [SYMBOLS["binance_usdm"].format(index) for index in range(number)]
