"""What planning reads: the cheapest reads that tell, and no more than a difference needs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from venuekit.settings import plan

CHEAP = {"/fapi/v1/accountConfig": 5, "/fapi/v1/symbolConfig": 5, "/fapi/v3/positionRisk": 5}
BRACKETS = {"/fapi/v1/leverageBracket": 1}
ORDERS_OF_SYMBOL = {"/fapi/v1/openAlgoOrders": 1, "/fapi/v1/openOrders": 1}
ORDERS_OF_ACCOUNT = {"/fapi/v1/openAlgoOrders": 40, "/fapi/v1/openOrders": 40}


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("symbols.BTCUSDT.leverage = 20", {}),
        ("symbols.ETHUSDT.leverage = 10", {}),
        ("symbols.ETHUSDT.leverage = 21", BRACKETS),
        ('symbols.ETHUSDT.margin_type = "isolated"', ORDERS_OF_SYMBOL),
        ('symbols.ETHUSDT = { margin_type = "isolated", leverage = 21 }', {**ORDERS_OF_SYMBOL, **BRACKETS}),
        ('position_mode = "hedge"', ORDERS_OF_ACCOUNT),
        ('asset_mode = "multi"', ORDERS_OF_ACCOUNT),
    ],
)
async def test_usdm_plan_reads_what_the_difference_needs(
    holding: Any, connected: Any, checked: Any, body: str, extra: dict[str, int]
) -> None:
    """15 for what holds, 1 for brackets when a leverage rises, the order books of the symbol or of the account."""
    account = await connected(holding, "binance_usdm")
    holding.requests.clear()
    made = await plan(checked(account, body), {"main": account})

    signed = sorted(request.path for request in holding.requests if request.path != "/fapi/v1/time")
    assert signed == sorted([*CHEAP, *extra])
    assert [read.weight for read in made.reads] == [sum({**CHEAP, **extra}.values())]


async def test_usdm_orders_are_asked_for_the_symbol_alone(holding: Any, connected: Any, checked: Any) -> None:
    """A margin type asks both books for its own symbol, a mode for all of them."""
    account = await connected(holding, "binance_usdm")
    await plan(checked(account, 'symbols.ETHUSDT.margin_type = "isolated"'), {"main": account})
    of_symbol = {r.parameters.get("symbol") for r in holding.requests if r.path in ORDERS_OF_SYMBOL}
    holding.requests.clear()
    await plan(checked(account, 'position_mode = "hedge"'), {"main": account})
    of_account = {r.parameters.get("symbol") for r in holding.requests if r.path in ORDERS_OF_SYMBOL}

    assert (of_symbol, of_account) == ({"ETHUSDT"}, {None})


async def test_inverse_plan_reads_account_positions_and_tiers_where_a_leverage_rises(
    holding: Any, connected: Any, checked: Any
) -> None:
    """The account, the held positions and one read for a flat symbol; tiers only when a leverage rises."""
    account = await connected(holding, "bybit_inverse")
    holding.requests.clear()
    lower = await plan(checked(account, "symbols.ETHUSD.leverage = 5"), {"main": account})
    paths = [request.path for request in holding.requests]
    higher = await plan(checked(account, "symbols.ETHUSD.leverage = 50"), {"main": account})

    assert sorted(paths) == ["/v5/account/info", "/v5/position/list", "/v5/position/list"]
    assert lower.reads[0].weight == 3
    assert higher.reads[0].weight > lower.reads[0].weight
    assert any(request.path == "/v5/market/risk-limit" for request in holding.requests)


@pytest.mark.parametrize(
    ("venue_id", "body"),
    [
        ("binance_usdm", 'position_mode = "hedge"\nsymbols.ETHUSDT = { margin_type = "isolated", leverage = 5 }'),
        ("bybit_inverse", 'margin_type = "isolated"\nsymbols.ETHUSD.leverage = 5'),
    ],
)
async def test_step_weighs_what_its_endpoint_declares(
    flat: Any, connected: Any, checked: Any, venue_id: str, body: str
) -> None:
    """Every pending step carries the weight of the write that serves it and of the reading right before it."""
    account = await connected(flat, venue_id)
    made = await plan(checked(account, body), {"main": account})
    declared: Counter[str] = Counter()
    for endpoint in account.venue.endpoints:
        for served in endpoint.serves:
            if served.__name__.startswith("set_" if endpoint.is_write else "get_"):
                declared[served.__name__.partition("_")[2]] += endpoint.weight_most

    assert made.pending
    assert [step.weight for step in made.pending] == [declared[step.setting.value] for step in made.pending]
