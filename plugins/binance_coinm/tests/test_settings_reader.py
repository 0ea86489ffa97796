"""All settings at once: their values and their cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import MarginType, PositionMode, SettingsSnapshot, SymbolSettings
from venuekit.message import HttpRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_coinm.account import BinanceCoinmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceCoinmAccount]]
HOLDS = "get_dapi_v1_positionRisk_isolated"
D = Decimal


async def test_one_read_tells_what_holds(answering: Answering, transport: FakeTransport) -> None:
    """Weight 1: the mode from the rows, the symbols asked for, and every other one that is isolated or held."""
    async with answering(HOLDS) as account:
        transport.requests.clear()
        snapshot = await account.get_settings(["ETHUSD_PERP"])

    assert len(transport.requests) == 1
    assert snapshot.as_of is not None
    assert attrs.evolve(snapshot, as_of=None) == SettingsSnapshot(
        position_mode=PositionMode.ONE_WAY,
        symbols=(
            SymbolSettings("ETHUSD_PERP", MarginType.CROSS, D(20), D(20), D(0)),
            SymbolSettings("BTCUSD_PERP", MarginType.ISOLATED, D(10), D(10), D(250)),
        ),
        open_positions=1,
        weight=1,
    )


async def test_rows_of_hedge_mode_are_one_symbol(answering: Answering) -> None:
    """BOTH, LONG and SHORT are summed up; legs show the mode."""
    async with answering("get_dapi_v1_positionRisk_hedge") as account:
        snapshot = await account.get_settings([])

    assert snapshot.position_mode is PositionMode.HEDGE
    assert snapshot.symbols == (SymbolSettings("BTCUSD_201225", MarginType.CROSS, D(125), D(125), D(1)),)
    assert (snapshot.open_positions, snapshot.weight) == (1, 1)


async def test_mode_is_asked_for_where_no_row_shows_it(answering: Answering, transport: FakeTransport) -> None:
    """An account without rows costs 30 more."""
    async with answering("get_dapi_v1_positionSide_dual") as account:
        tell = transport.reply
        transport.reply = lambda request: json_answer([]) if "positionRisk" in request.url else tell(request)
        snapshot = await account.get_settings([])

    assert (snapshot.position_mode, snapshot.symbols, snapshot.weight) == (PositionMode.HEDGE, (), 31)


async def test_orders_of_symbols_and_of_the_account(answering: Answering) -> None:
    """Both books count: 2 for a symbol, 80 for the account, whose other symbols then join."""
    async with answering(HOLDS, "get_dapi_v1_openOrders", "get_dapi_v1_openAlgoOrders") as account:
        of_symbol = await account.get_settings(["BTCUSD_PERP"], orders=["BTCUSD_PERP"])
        of_account = await account.get_settings(["BTCUSD_PERP"], orders=True)

    assert of_symbol.weight == 1 + 2
    assert (of_symbol.symbol("BTCUSD_PERP") or SymbolSettings("")).open_orders == 1
    assert (of_account.open_orders, of_account.weight) == (2, 1 + 80)
    assert {row.symbol: row.open_orders for row in of_account.symbols} == {"BTCUSD_PERP": 1, "BTCUSD_200925": 1}


@pytest.mark.parametrize(
    ("initial_margin", "leverage", "highest"),
    [("0", "10", 125), ("0.5", "10", 125), ("0.50000001", "10", 100), ("0.9", "10", 100), ("9", "10", 100)],
)
async def test_highest_leverage_allows_for_position_and_orders(
    answering: Answering, transport: FakeTransport, initial_margin: str, leverage: str, highest: int
) -> None:
    """Initial margin x leverage is what position and open orders are worth; the tier of it says what is allowed."""
    cases = (HOLDS, "get_dapi_v1_account_isolated", "get_dapi_v2_leverageBracket_all")
    async with answering(*cases) as account:
        tell = transport.reply

        def reply(request: HttpRequest) -> Any:
            answer: Any = tell(request)
            if "/dapi/v1/account" not in request.url:
                return answer
            body = json.loads(answer.body)
            body["positions"][0].update(initialMargin=initial_margin, leverage=leverage)
            return json_answer(body)

        transport.reply = reply
        known = await account.get_settings(["BTCUSD_PERP"])
        snapshot = await account.get_settings(["BTCUSD_PERP"], brackets=True, known=known)

    assert (snapshot.symbol("BTCUSD_PERP") or SymbolSettings("")).max_leverage == highest
    assert snapshot.weight == 1 + 1 + 5
