"""The keys of the screen of ``watch``: sort, turn round, filter, open one account, show events, leave."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.watched import WRONG, watch
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from venuekit.cli.watch.app import WatchApp, sort_summaries
from venuekit.cli.watch.figures import Figure
from venuekit.cli.watch.group import WatchGroup
from venuekit.cli.watch.summary import AccountSummary, WatchState
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side
from venuekit_toy_perp import TOY_PERP

D = Decimal
Press = Callable[["Shown"], Awaitable[None]]


class Shown:
    """The screen under test."""

    def __init__(self, app: WatchApp, pilot: Pilot[int], simulation: Simulation) -> None:
        self.app, self._pilot, self.simulation = app, pilot, simulation

    async def press(self, *keys: str) -> None:
        """Press keys and wait until they have had their effect."""
        await self._pilot.press(*keys)
        await self._pilot.pause()

    @property
    def names(self) -> list[str | None]:
        """The accounts from top to bottom."""
        return [option.id for option in self.app.query_one(OptionList).options]

    @property
    def chosen(self) -> str | None:
        """The highlighted account."""
        option = self.app.query_one(OptionList).highlighted_option
        return None if option is None else option.id

    @property
    def title(self) -> str:
        """The first line."""
        return str(self.app.query_one("#title", Static).render())

    @property
    def body(self) -> str:
        """The text of the screen above the list: of one account, or of events."""
        return str(self.app.screen.query_one(Static).render())

    async def wait_for(self, predicate: Callable[[], Any]) -> None:
        """Wait until something is shown."""
        async with asyncio.timeout(30):
            while not predicate():
                await self._pilot.pause(0.02)


@pytest.fixture
def on_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Press], Awaitable[WatchApp]]:
    """Show the accounts ``a``, ``b`` and ``wrong`` of the toy venue, press keys, and return the screen afterwards."""

    async def run(press: Press) -> WatchApp:
        apps = []
        async with Simulation((TOY_PERP,)) as simulation:

            async def show(group: WatchGroup) -> None:
                app = WatchApp(group)
                apps.append(app)
                async with app.run_test(size=(80, 24)) as pilot:
                    shown = Shown(app, pilot, simulation)
                    states = ["live", "live", "unreadable"]
                    await shown.wait_for(lambda: [one.state.value for one in group.summaries()] == states)
                    await pilot.pause(0.2)
                    await press(shown)

            await watch(tmp_path / "accounts.toml", monkeypatch, simulation, ("b", "a", WRONG), show)
        return apps[0]

    return run


async def test_sort_and_reverse(on_screen: Any) -> None:
    """S sorts by the next column, r turns the order round; the title says so, and the chosen account stays chosen."""

    async def press(shown: Shown) -> None:
        assert shown.names == ["a", "b", WRONG]
        await shown.press("down")
        assert shown.chosen == "b"
        await shown.press("r")
        assert (shown.names, shown.chosen) == ([WRONG, "b", "a"], "b")
        await shown.press(*"rsssss")
        assert "by state" in shown.title
        await shown.press("r")
        assert (shown.names, shown.chosen) == ([WRONG, "a", "b"], "b")
        assert "by state, reversed" in shown.title

    await on_screen(press)


async def test_filter(on_screen: Any) -> None:
    """/ asks for a text of name, venue, state or symbol; keys are then text, and Escape shows all again."""

    async def press(shown: Shown) -> None:
        await shown.press("slash", *"unread")
        assert (shown.names, "1 of 3" in shown.title) == ([WRONG], True)
        await shown.press(*["backspace"] * 6, *"toyusd")
        assert shown.names == ["a", "b"]
        await shown.press("enter", "down")
        assert (shown.names, shown.chosen) == (["a", "b"], "b")
        await shown.press("escape")
        assert shown.names == ["a", "b", WRONG]

    await on_screen(press)


async def test_open_one_account(on_screen: Any) -> None:
    """Enter shows positions, balances and orders of one account, as they change; Escape goes back to the list."""

    async def press(shown: Shown) -> None:
        await shown.press("enter")
        assert "positions (1)" in shown.body
        assert "open orders (0)" in shown.body
        shown.simulation.ledger.fill("TOYUSD", Side.BUY, D(7), D(100))
        await shown.wait_for(lambda: "107" in shown.body)
        await shown.press("escape")
        assert shown.names == ["a", "b", WRONG]
        await shown.press("down", "down", "enter")
        assert "unreadable" in shown.body
        assert "positions" not in shown.body

    await on_screen(press)


async def test_events(on_screen: Any) -> None:
    """E shows the last events of all accounts, the newest first, also while they come; e again leaves them."""

    async def press(shown: Shown) -> None:
        shown.simulation.ledger.fill("TOYUSD", Side.BUY, D(7), D(100))
        await shown.press("e")
        await shown.wait_for(lambda: shown.body.count("position symbol=TOYUSD") == 2)
        assert "status phase=live" in shown.body.splitlines()[-1]
        shown.simulation.streams.connections[0].close(4003, "goodbye")
        await shown.wait_for(lambda: shown.body.count(" gap ") == 2)
        assert "4003" in shown.body
        await shown.press("e")
        assert shown.names == ["a", "b", WRONG]

    await on_screen(press)


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("ctrl+c", 130)])
async def test_leave(on_screen: Any, key: str, status: int) -> None:
    """Q leaves with 0 and Ctrl-C with 130, also while a filter is typed."""

    async def press(shown: Shown) -> None:
        if key == "ctrl+c":
            await shown.press("slash")
        await shown.press(key)

    app = await on_screen(press)
    assert app.return_value == status


def test_unknown_numbers_are_last_in_both_directions() -> None:
    """An account without a number in the sorted column is never between those that have one."""
    summaries = [
        AccountSummary(name, "v", WatchState.LIVE, ratio=Figure(None if ratio is None else D(ratio)))
        for name, ratio in (("a", None), ("b", 9), ("c", 3), ("d", None))
    ]

    for is_reversed, names in ((False, "cbad"), (True, "bcad")):
        ordered = sort_summaries(summaries, "ratio", is_reversed=is_reversed)
        assert "".join(summary.name for summary in ordered) == names


def test_the_page_lists_the_keys() -> None:
    """Every key of the screen is in docs/watch.md, and no other one."""
    page = (Path(__file__).parents[3] / "docs" / "watch.md").read_text(encoding="utf-8")
    table = page.partition("## Keys")[2].partition("## ")[0]
    bindings = [binding.key for binding in WatchApp.BINDINGS if isinstance(binding, Binding)]

    assert set(re.findall(r"`([^`]+)`", table)) == set(bindings)


async def test_a_screen_that_is_taken_down_is_not_drawn(on_screen: Any) -> None:
    """The timer may look once more while the widgets go one after another."""

    async def press(shown: Shown) -> None:
        await shown.app.query_one("#title").remove()
        shown.app._draw()

    await on_screen(press)
