"""docs/observers.md is true: its observers are hooks, and the page of the plugin knows every metric."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.docs.pages import Page

import venuekit
from venuekit.event_log import EventLog
from venuekit.plugin import Event, EventKind
from venuekit.testing import plugins_with


@pytest.fixture
def modules(root: Path) -> list[Any]:
    """Return the blocks of the page as modules."""
    found = []
    for number, block in enumerate(Page(root / "docs" / "observers.md").in_language("python")):
        module = ModuleType(f"block_{number}")
        exec(compile(block.code, module.__name__, "exec"), vars(module))  # noqa: S102 - our own documentation
        found.append(module)
    return found


async def test_observers_of_the_page_are_hooks(modules: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    """One notes slow answers by account and operation, the other one logs."""
    slow, log = modules
    async with venuekit.simulate("toy_perp") as sim:
        with caplog.at_level("INFO", logger="venuekit.events"):
            async with (
                venuekit.Runtime(plugins=plugins_with(slow, log), journal=False) as runtime,
                venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime, name="desk"),
            ):
                pass
    slow.slow.clear()
    for seconds in (0.9, 1.1):
        slow.note(Event(EventKind.ANSWER, "acme", "get_balances", None, 1, seconds=seconds, account="desk"))
    assert slow.slow == [("desk", "get_balances", 1.1)]
    assert isinstance(log.venuekit_observe(None), EventLog)
    assert {"answer", "clock", "end"} <= {json.loads(record.getMessage())["kind"] for record in caplog.records}


def test_page_of_the_plugin_lists_the_metrics_of_its_board(root: Path) -> None:
    """Each metric that the board shows has a row, and no row is of another one."""
    plugin = root / "plugins" / "opentelemetry"
    board = (plugin / "venuekit_opentelemetry" / "board.json").read_text(encoding="utf-8")
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"(?:http|venuekit)_\w+(?=\{)", board)}
    rows = re.findall(r"^\| `[^|]+\| ([^|]+) \|", (plugin / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    listed: set[str] = set()
    for row in rows:
        first, *rest = re.findall(r"`(\w+)`", row)
        listed |= {first, *(f"{first.rpartition('_')[0]}{end}" if end.count("_") == 1 else end for end in rest)}

    assert shown == listed
