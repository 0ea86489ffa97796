"""``venuekit budget``: the pools of all processes from a real server, and the limits of venues without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.core.budget_store.servers import Server

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_store import PoolReport
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.venue import Limit, LimitScope

WEIGHT = PoolName("acme", "live", Limit("weight", amount=100, seconds=60), address="10.0.0.1")
ORDERS = PoolName("acme", "live", Limit("orders", amount=50, refill=2.5, scope=LimitScope.ACCOUNT), owner="desk")


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the environment names."""
    server = Server("valkey", tmp_path_factory.mktemp("own"))
    server.start()
    monkeypatch.setenv("VENUEKIT_BUDGET", f"{server.url}?start=open")
    yield server
    server.kill()


async def _spend(url: str) -> None:
    """Spend, wait and be shut out, as other processes do."""
    store = RedisStore(parse_store(f"{url}?start=open"))
    await store.pay([(WEIGHT, 90), (ORDERS, 10)], Priority.RISK, waiter="1", operation="place_order")
    await store.pay([(WEIGHT, 20)], Priority.READ, waiter="2", operation="get_positions")
    await store.pay([(WEIGHT, 20)], Priority.URGENT, waiter="3", operation="cancel_order")
    await store.report([PoolReport(ORDERS, closed_for=3600, is_banned=True)])
    await store.aclose()


def test_the_pools_of_all_processes_are_listed(call: Callable[..., Any], server: Server) -> None:
    """Use, reserves, the requests that wait in their order, and until when a pool is shut; also as JSON."""
    assert call("budget").out == "nothing was spent yet\n"
    asyncio.run(_spend(server.url))

    orders, weight = call("budget", "--json").rows
    assert (weight["pool"], weight["address"], weight["used"], weight["amount"]) == ("weight", "10.0.0.1", 90, 100)
    assert (weight["seconds"], weight["refill"], weight["reads_leave"], weight["history_leaves"]) == (
        "60",
        None,
        20,
        40,
    )
    first, second = weight["waiting"].split("; ")
    assert first.startswith("cancel_order (urgent) since 2")
    assert second.startswith("get_positions (read) since 2")
    assert (weight["closed_until"], weight["is_banned"]) == (None, False)
    assert (orders["owner"], orders["used"], orders["refill"], orders["is_banned"]) == ("desk", 10, "2.5", True)
    assert orders["closed_until"].endswith("Z")

    shown = call("budget")
    assert shown.status == 0
    text = " ".join(shown.out.split())
    assert "banned until" in text
    assert "refill 2.5/s" in text
    assert "weight of acme live is waited for by cancel_order (urgent) since 2" in text
    assert text.index("cancel_order") < text.index("get_positions")


def test_a_server_that_is_lost_is_an_error(call: Callable[..., Any], server: Server) -> None:
    """One sentence with the mend; a URL that is none likewise."""
    server.kill()
    called = call("budget", "--json")
    assert called.status == 1
    assert "store of shared budgets at unix://" in called.err
    assert "start it, or correct VENUEKIT_BUDGET" in called.err


def test_without_a_server_the_limits_of_venues_are_listed(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process has pools of its own then, which no other one sees."""
    monkeypatch.delenv("VENUEKIT_BUDGET", raising=False)
    called = call("budget", "--json")
    assert called.status == 0
    assert "VENUEKIT_BUDGET names no store" in called.error["note"]
    (weight,) = [row for row in called.rows if (row["realm"], row["pool"]) == ("toy_perp", "weight")]
    assert (weight["amount"], weight["used"], weight["waiting"]) == (1200, None, None)
    assert "weight" in call("budget").out

    monkeypatch.setenv("VENUEKIT_BUDGET", "rediz://host")
    called = call("budget")
    assert called.status != 0
    assert "VENUEKIT_BUDGET: 'rediz' is no kind of store; did you mean redis?" in called.err
