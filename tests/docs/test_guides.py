"""The guides in docs/ are true: their blocks run one after another, and what they assert holds."""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import Any

import pytest

GUIDES = (
    "instruments_page",
    "orders_page",
    "closing_page",
    "order_check_page",
    "dead_man_page",
    "histories_page",
    "simulator_page",
    "worlds_page",
    "budgets_page",
    "fleet_page",
    "portfolio_page",
    "settings_page",
    "disturbances_page",
    "streams_page",
    "sync_page",
)


class _Raises(ast.NodeTransformer):
    """What a block expects to be raised is raised."""

    def visit_Try(self, node: ast.Try) -> ast.Try:
        node.orelse = ast.parse('raise AssertionError("nothing was raised")').body
        return node


@pytest.mark.parametrize("guide", GUIDES)
async def test_the_blocks_run_as_written(guide: str, request: pytest.FixtureRequest) -> None:
    """Typed where ``await`` may stand at the top, each block of a page does what it asserts and raises what it says."""
    page = request.getfixturevalue(guide)
    names: dict[str, Any] = {}
    async with asyncio.timeout(30):
        try:
            for number, block in enumerate(page.blocks):
                tree = ast.fix_missing_locations(_Raises().visit(ast.parse(block.code)))
                code = compile(tree, f"{page.path.name}, block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                running = eval(code, names)  # noqa: S307 - our own documentation
                if inspect.isawaitable(running):
                    await running
        finally:
            if "stack" in names:
                await names["stack"].aclose()


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_is_short_and_all_of_it_is_run(guide: str, request: pytest.FixtureRequest) -> None:
    """No block is only to be looked at, most of them assert something, and the page is read in one go."""
    page = request.getfixturevalue(guide)

    assert {block.language for block in page.blocks} == {"python"}
    assert page.text.count("```") == 2 * len(page.blocks)
    assert sum("assert" in block.code for block in page.blocks) >= len(page.blocks) - 3
    assert len(page.text.splitlines()) < 200


def test_every_disturbance_is_told(simulator_page: Any, disturbances_page: Any, streams_page: Any) -> None:
    """Two pages name each of them, and the simulator's page each command that scripts a ledger."""
    from venuekit import simulator
    from venuekit.simulator.ledger.ledger import ScenarioCommands

    disturbances = [
        name
        for name in simulator.__all__
        if inspect.isclass(found := getattr(simulator, name)) and issubclass(found, simulator.Disturbance)
    ]
    of_streams = [
        name
        for name in simulator.__all__
        if inspect.isclass(found := getattr(simulator, name)) and issubclass(found, simulator.StreamDisturbance)
    ]
    commands = [
        name for name, _ in inspect.getmembers(ScenarioCommands, inspect.isfunction) if name in vars(ScenarioCommands)
    ]

    assert [name for name in disturbances if f"`{name}" not in disturbances_page.text] == []
    assert [name for name in of_streams if f"`{name}" not in streams_page.text] == []
    assert [name for name in commands if f"ledger.{name}" not in simulator_page.text] == []
