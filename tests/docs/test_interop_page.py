"""How the page of other people's clients comes about: its results, their marks, and the guard around the clients."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.interop.guard import LeftTheMachineError, stay_on_this_machine
from tests.interop.page import render
from tests.interop.results import Outcome, Result, read_results, write_results

PASSED = Result(
    client="some-client",
    version="1.2",
    language="Python",
    venue="binance_usdm",
    subject="orders",
    check="An order rests.",
    outcome=Outcome.PASSED,
)
BUG = attrs.evolve(PASSED, check="It asks another path.", outcome=Outcome.CLIENT_BUG, proof="api.py:12 is wrong.")
MODULE = '''
import pytest

pytestmark = pytest.mark.interop(client="pytest one", venue="binance_usdm", subject="orders")


@pytest.mark.parametrize("side", ["buy", pytest.param("sell", marks=pytest.mark.interop(venue="binance_coinm"))])
def test_place(side):
    """U05: an order rests."""


@pytest.mark.interop(subject="refusals", client_bug="api.py:12")
def test_wrong():
    """It asks another path."""


def test_failing():
    """An order is filled."""
    assert 1 == 2
'''


def test_a_cell_counts_what_passed_of_all() -> None:
    """A client's own error counts among the checks, not among those that passed, and is told with its proof."""
    page = render([PASSED, BUG, attrs.evolve(PASSED, subject="market")])

    lines = page.splitlines()
    assert "| some-client | 1.2 | binance_usdm | - | - | - | - | - | - | 1/2 | - | 1/1 | - | - | - |" in lines
    assert "- `some-client` 1.2, `binance_usdm`: It asks another path. api.py:12 is wrong." in lines
    assert "## Failures" not in page


def test_a_failure_of_ours_shows() -> None:
    """It has a heading of its own, which the committed page does not have."""
    page = render([attrs.evolve(PASSED, outcome=Outcome.FAILED)])

    assert "## Failures" in page
    assert "- `some-client`, `binance_usdm`, orders: An order rests." in page


def test_the_order_of_results_does_not_matter(tmp_path: Path) -> None:
    """Whatever ran first, file and page are the same."""
    results = [PASSED, BUG, attrs.evolve(PASSED, language="Node", client="a"), attrs.evolve(PASSED, venue="a")]
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write_results(first, results)
    write_results(second, reversed(results))

    assert first.read_bytes() == second.read_bytes()
    assert render(read_results(first)) == render(results) == render(reversed(results))


@pytest.mark.parametrize(
    "change", [{"subject": "weather"}, {"outcome": "lost"}, {"proof": "why"}, {"outcome": "client bug"}]
)
def test_what_is_no_result(change: dict[str, Any]) -> None:
    """An unknown subject or outcome is refused, and so is a client bug without proof, or a proof of anything else."""
    with pytest.raises(ValueError, match=r"subject|lost|proof"):
        attrs.evolve(PASSED, **change)


@pytest.mark.parametrize("option", ["-n0", "-n1"])
def test_a_whole_run_is_recorded(option: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks of module, test and parameter complete each other; with or without workers, all of it is written."""
    run_recorded(pytester, monkeypatch, option)
    told = {(one.check, one.venue, one.subject, one.outcome) for one in read_results(pytester.path / "python.json")}

    assert told == {
        ("an order rests. (buy)", "binance_usdm", "orders", Outcome.PASSED),
        ("an order rests. (sell)", "binance_coinm", "orders", Outcome.PASSED),
        ("It asks another path.", "binance_usdm", "refusals", Outcome.CLIENT_BUG),
        ("An order is filled.", "binance_usdm", "orders", Outcome.FAILED),
    }


@pytest.mark.parametrize("options", [["-k", "place"], ["-x"], ["test_some.py::test_place"]])
def test_a_part_of_a_run_is_not(options: list[str], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was chosen, or cut short by a failure, leaves the last whole run's results alone."""
    run_recorded(pytester, monkeypatch, *options)

    assert not (pytester.path / "python.json").exists()


def test_a_test_without_its_marks_is_an_error(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody forgets to say which client a test is about."""
    outcome = run_recorded(pytester, monkeypatch, module=MODULE.replace('venue="binance_usdm", ', ""))

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    assert "its marks of interop lack ['venue']" in outcome.stderr.str()


def run_recorded(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *options: str, module: str = MODULE
) -> pytest.RunResult:
    """Run a module of tests as if its folder were that of the clients."""
    from tests.interop import recorder

    root = Path(recorder.__file__).parents[2]
    pytester.makeconftest(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(root)!r})
        from tests.interop import recorder
        recorder.HERE = recorder.FOLDER = Path({str(pytester.path)!r})
        pytest_plugins = ["tests.interop.recorder"]
    """)
    pytester.makepyfile(test_some=module)
    return pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *options)


async def test_nothing_leaves_this_machine() -> None:
    """Another machine is neither looked up nor connected to, by blocking and by asynchronous clients; ours is."""
    with socket.create_server(("127.0.0.1", 0)) as server, stay_on_this_machine() as asked:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        with pytest.raises(LeftTheMachineError):
            socket.create_connection(("192.0.2.1", 80))
        with pytest.raises(LeftTheMachineError):
            await asyncio.open_connection("192.0.2.2", 80)
        with pytest.raises(LeftTheMachineError), socket.socket() as probe:
            probe.connect_ex(("192.0.2.3", 80))
        with pytest.raises(LeftTheMachineError):
            await asyncio.open_connection("venue.invalid", 80)

    assert asked == ["192.0.2.1", "192.0.2.2", "192.0.2.3", "venue.invalid"]
