"""
A plugin of version 0.1 still works: a venue and an operator's plugin, installed as they were written for it.

``tests/contract/plugin_of_0_1`` is never edited, and the hashes in its RECORD say so: where it fails, the framework has
broken the plugins of others.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.contract.public_api import public_modules

from venuekit import Runtime
from venuekit.capabilities import MarginType, OrderRequest, OrderSide, OrderStatus, OrderType, PositionSide
from venuekit.plugins import make_plugins
from venuekit.simulator import simulate
from venuekit.testing import InstantClock

SITE = Path(__file__).parent / "plugin_of_0_1"
RECORD = SITE / "venuekit_frozen-0.1.0.dist-info" / "RECORD"


def record_of(site: Path) -> str:
    """Return the lines of a RECORD: each file with the hash of its bytes."""
    files = sorted(path for path in site.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return "".join(f"{path.relative_to(site)},sha256={_hash(path)}\n" for path in files if path.name != "RECORD")


def _hash(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")


def test_it_was_never_edited() -> None:
    """Each file is the one that was recorded."""
    assert record_of(SITE) == RECORD.read_text()


def test_it_imports_only_the_public_api() -> None:
    """It is a stranger's plugin: no module of core's own is named."""
    public = set(public_modules())
    imported = {
        node.module
        for path in SITE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "venuekit"
    }

    assert imported
    assert imported <= public


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The operator's module, with the distribution on the path; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(SITE))
    import importlib

    yield importlib.import_module("venuekit_frozen_desk")
    for name in [name for name in sys.modules if name.startswith("venuekit_frozen")]:
        del sys.modules[name]


async def test_its_venue_trades_and_its_operator_is_asked(installed: Any) -> None:
    """Reads, settings, an order and a history work over a real socket, and each hook had its say."""
    told: list[Any] = []
    plugins, clock = make_plugins(on_flaw=told.append), InstantClock()
    async with (
        simulate("frozen_swap", clock=clock, plugins=plugins) as simulation,
        Runtime(plugins=plugins, clock=clock, journal=False) as runtime,
    ):
        account: Any = await runtime.open(plugins.venue("frozen_swap"), simulation.credentials("frozen_swap"))
        (balance,) = await account.get_balances(asset="XBT")
        incomes = await account.iter_income(asset="XBT").all()
        assert sum(income.amount for income in incomes) == balance.wallet
        await account.set_leverage("GEMXBT", 7, side=PositionSide.SHORT, margin_type=MarginType.CROSS)
        request = OrderRequest(
            symbol="GEMXBT", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=Decimal(2), price=Decimal("0.01")
        )
        placed = await account.place_order(request)
        cancelled = await account.cancel_order("GEMXBT", order_id=placed.id)
        assert (cancelled.status, cancelled.price) == (OrderStatus.CANCELED, Decimal("0.01"))
        async with account.countdown(None, 30):
            assert await account.get_positions()
        settings = await account.get_settings(symbols=["GEMXBT"])
        assert "GEMXBT" in {one.symbol for one in settings.symbols}

    assert told == []
    assert plugins.resolve_secret("frozen:word").reveal() == "word"  # type: ignore[union-attr] # a secret it knows
    calls = Counter(call.partition(" ")[0] for call in installed.CALLS)
    assert set(calls) == {"make_signer", "sign", "retry_policy", "make_budget", "make_transport", "send", "observe"}
    assert {"request", "answer"} <= set(installed.EVENTS)


def test_the_command_line_lists_it_and_runs_its_command(tmp_path: Path) -> None:
    """In a process of its own nothing is warned of."""
    environment = os.environ | {"PYTHONPATH": str(SITE), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error"}
    listed, greeted = (
        subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "venuekit", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
            cwd=tmp_path,
        )
        for words in (["plugins", "--json"], ["frozen-desk"])
    )

    rows = {row["plugin"]: row for row in json.loads(listed.stdout)}
    assert [rows[name]["state"] for name in ("frozen_swap", "frozen_desk")] == ["ready", "ready"]
    assert len(rows["frozen_desk"]["hooks"].split(", ")) == 7
    assert (greeted.returncode, greeted.stdout, greeted.stderr) == (0, "hello from 0.1\n", "")


def test_a_frozen_file_that_is_edited_is_noticed(tmp_path: Path) -> None:
    """One byte is enough."""
    copy = tmp_path / "site"
    copy.mkdir()
    (copy / "module.py").write_text("x = 1\n")
    before = record_of(copy)
    (copy / "module.py").write_text("x = 2\n")

    assert record_of(copy) != before
