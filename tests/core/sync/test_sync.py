"""venuekit.sync: the same names without await, in a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from venuekit import capabilities, errors, sync
from venuekit._util.loop_thread import LoopThread
from venuekit.capabilities import Capability
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import write_accounts_file
from venuekit.sync import capabilities as blocking
from venuekit.sync import shared_thread
from venuekit.sync.capabilities import IncomeReader, LeverageControl, PositionReader

_UNOFFERED = {"DeadManControl", "UserStream"}


@pytest.fixture
def sim() -> Iterator[BackgroundSimulation]:
    """The toy venue; afterwards no thread of blocking accounts is left."""
    with sync.simulate("toy_perp") as simulation:
        yield simulation
    assert shared_thread._thread is None
    assert not [one for one in threading.enumerate() if one.name == "venuekit.sync"]


def test_capabilities_return_when_they_are_done(sim: BackgroundSimulation) -> None:
    """Reads and writes give values, and the venue has what was written."""
    with sync.connect("toy_perp", sim.credentials("toy_perp")) as account:
        assert LeverageControl.of(account).set_leverage("GEMUSD", 7).long == 7
        [position] = PositionReader.of(account).get_positions()

    assert position.quantity > 0


def test_errors_are_those_of_the_calls(sim: BackgroundSimulation) -> None:
    """A refusal is raised where the call was made, with the venue's words; a closed account sends nothing."""
    account = sync.open("toy_perp", sim.credentials("toy_perp"))
    with pytest.raises(errors.InvalidRequest, match="no such contract"):
        LeverageControl.of(account).get_leverage("NONE")

    account.close()
    account.close()

    with pytest.raises((errors.AccountClosed, RuntimeError)):
        LeverageControl.of(account).get_leverage("TOYUSD")


def test_a_history_is_an_iterator(sim: BackgroundSimulation) -> None:
    """Item after item it is what ``all()`` returns; it can be stopped and continued behind any item."""
    with sync.connect("toy_perp", sim.credentials("toy_perp")) as account:
        reader = IncomeReader.of(account)
        rows = reader.iter_income().all()
        walk = reader.iter_income()
        first = next(walk)
        walk.close()

        assert len(rows) > 1
        assert tuple(reader.iter_income()) == rows
        assert (first, *reader.iter_income(after=first)) == rows
        assert walk.cost_per_page > 0


def test_several_threads_may_use_one_account(sim: BackgroundSimulation) -> None:
    """Calls of several threads run side by side in the one loop."""
    results: list[str] = []
    with sync.connect("toy_perp", sim.credentials("toy_perp")) as account:
        reader = LeverageControl.of(account)
        threads = [
            threading.Thread(target=lambda: results.append(reader.get_leverage("TOYUSD").symbol)) for _ in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    assert results == ["TOYUSD"] * 8


def test_accounts_of_a_file_are_opened_together(sim: BackgroundSimulation, tmp_path: Path) -> None:
    """They are a mapping, with their capabilities, and a function is called with each, side by side."""
    file = tmp_path / "accounts.toml"
    sim.call(lambda simulation: write_accounts_file(file, simulation))
    with sync.open_accounts(file, read_only=True) as accounts:
        [name] = accounts
        assert accounts.of(LeverageControl)[name].get_leverage("TOYUSD").symbol == "TOYUSD"
        answers = accounts.each(lambda account: PositionReader.of(account).get_positions())
        assert answers.values.keys() == {name}
        with pytest.raises(errors.GuardRefused):
            LeverageControl.of(accounts[name]).set_leverage("TOYUSD", 3)


def test_every_async_function_runs_in_the_same_loop(sim: BackgroundSimulation) -> None:
    """``sync.run`` gives what has no blocking name of its own, with the account itself."""
    with sync.connect("toy_perp", sim.credentials("toy_perp")) as account:
        reader = capabilities.LeverageReader.of(account.asynchronous)

        assert sync.run(reader.get_leverage, "TOYUSD") == LeverageControl.of(account).get_leverage("TOYUSD")


def test_a_blocking_call_in_its_own_thread_is_refused(sim: BackgroundSimulation) -> None:
    """It would wait for itself for ever."""
    with sync.connect("toy_perp", sim.credentials("toy_perp")) as account:

        async def call() -> None:
            LeverageControl.of(account).get_leverage("TOYUSD")

        with pytest.raises(RuntimeError, match="use await there"):
            sync.run(call)


def test_an_account_that_nobody_closed_says_how_to_close_it() -> None:
    """The warning is that of an account, with the words of blocking calls; the program ends all the same."""
    code = (
        "from venuekit import sync\n"
        "with sync.simulate('toy_perp') as sim:\n"
        "    account = sync.open('toy_perp', sim.credentials('toy_perp'), name='main')\n"
        "    del account\n"
    )
    command = [sys.executable, "-W", "always", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - ours

    assert "ResourceWarning: main <ToyPerpAccount" in done.stderr
    assert "was never closed; call `account.close()`, or use it in `with account:`" in done.stderr


def test_ctrl_c_ends_the_call_and_closes_the_account(sim: BackgroundSimulation) -> None:
    """The interruption comes out of the call once it has ended, with its notes, and the block closes the account."""
    code = (
        "import asyncio, signal, sys\n"
        "from venuekit import sync\n"
        "async def wait():\n"
        "    print('waiting', flush=True)\n"
        "    try:\n"
        "        await asyncio.sleep(60)\n"
        "    except asyncio.CancelledError as cut:\n"
        "        cut.add_note('a write was cut off')\n"
        "        raise\n"
        "try:\n"
        "    with sync.simulate('toy_perp') as sim, sync.connect('toy_perp', sim.credentials('toy_perp')):\n"
        "        sync.run(wait)\n"
        "except KeyboardInterrupt as interruption:\n"
        "    print(interruption.__notes__, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "['a write was cut off']\n"
    assert process.returncode == 0


@pytest.mark.parametrize("is_scheduled", [True, False])
def test_ctrl_c_before_the_call_has_begun_ends_it(monkeypatch: pytest.MonkeyPatch, *, is_scheduled: bool) -> None:
    """Whether the loop was already told of the call or not, it does not go on behind the caller's back."""
    thread = LoopThread("a test")
    schedule = thread._loop.call_soon_threadsafe
    callbacks: list[Any] = []

    def interrupt_first(callback: Any, **context: Any) -> None:
        callbacks.append(callback)
        if is_scheduled or len(callbacks) > 1:
            schedule(callback, **context)
        if len(callbacks) == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(thread._loop, "call_soon_threadsafe", interrupt_first)
        with pytest.raises(KeyboardInterrupt) as interrupted:
            thread.run(asyncio.sleep, 60)
    assert isinstance(interrupted.value.__cause__, asyncio.CancelledError)
    thread.stop()


def test_every_capability_without_a_block_has_its_blocking_class() -> None:
    """Names, methods, their parameters and docstrings are those of the capabilities."""
    offered = {name: getattr(blocking, name) for name in vars(blocking)["__all__"]}
    declared = {
        name: value
        for name in capabilities.__all__
        if inspect.isclass(value := getattr(capabilities, name)) and issubclass(value, Capability)
    }

    assert declared.keys() - offered.keys() == {"Capability", *_UNOFFERED}
    assert offered.keys() <= declared.keys()
    for name, cls in offered.items():
        assert cls.__doc__ == declared[name].__doc__
        for method in (one for one in vars(cls) if not one.startswith("_") and one != "asynchronous"):
            assert inspect.signature(getattr(cls, method)) == inspect.signature(getattr(declared[name], method))


async def test_blocking_accounts_work_beside_a_running_loop() -> None:
    """In a notebook, whose loop runs, a cell may block: the accounts have a loop of their own."""
    with sync.simulate("toy_perp") as sim, sync.connect("toy_perp", sim.credentials("toy_perp")) as account:
        assert asyncio.get_running_loop() is not None
        assert LeverageControl.of(account).get_leverage("TOYUSD").symbol == "TOYUSD"
