"""All settings at once: their values and their cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import AssetMode, MarginType, PositionMode, SettingsSnapshot, SymbolSettings
from venuekit.errors import InvalidRequest
from venuekit.message import HttpRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_usdm.account import BinanceUsdmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceUsdmAccount]]
HOLDS = (
    "get_fapi_v1_accountConfig_one_way",
    "get_fapi_v1_symbolConfig_all",
    "get_fapi_v3_positionRisk_isolated_and_flat",
)
D = Decimal


def paths(transport: FakeTransport) -> list[str]:
    """Return the path and parameters of each request, without those that signing adds."""
    urls = [
        request.url.partition("/fapi/")[2].partition("recvWindow")[0].rstrip("?&") for request in transport.requests
    ]
    return sorted(url for url in urls if not url.endswith("/time"))


def plain(snapshot: SettingsSnapshot) -> SettingsSnapshot:
    """Return a snapshot as the planner sees it, without the instant."""
    assert snapshot.as_of is not None
    fields = {field.name: getattr(snapshot, field.name) for field in attrs.fields(SettingsSnapshot)}
    return SettingsSnapshot(**{**fields, "as_of": None})


async def test_three_reads_tell_what_holds(answering: Answering, transport: FakeTransport) -> None:
    """Modes, the symbols asked for, and every other one that is isolated, has a position or a listed row."""
    async with answering(*HOLDS) as account:
        snapshot = await account.get_settings(["COMPUSDT"])

    assert plain(snapshot) == SettingsSnapshot(
        position_mode=PositionMode.ONE_WAY,
        asset_mode=AssetMode.SINGLE,
        symbols=(
            SymbolSettings("COMPUSDT", MarginType.CROSS, D(20), D(20), D(0)),
            SymbolSettings("ADAUSDT", MarginType.CROSS, D(20), D(20), D(0)),
            SymbolSettings("BTCUSDT", MarginType.ISOLATED, D(20), D(20), D("1.5")),
        ),
        open_positions=1,
        weight=15,
    )
    assert paths(transport) == ["v1/accountConfig", "v1/symbolConfig", "v3/positionRisk"]


async def test_legs_of_hedge_mode_are_summed(answering: Answering) -> None:
    """The size of a symbol is that of all its legs, and each leg counts as a position."""
    async with answering(
        "get_fapi_v1_accountConfig", "get_fapi_v1_symbolConfig_all", "get_fapi_v3_positionRisk_hedge"
    ) as account:
        snapshot = await account.get_settings(["ADAUSDT"])

    assert snapshot.position_mode is PositionMode.HEDGE
    assert {row.symbol: row.position for row in snapshot.symbols} == {
        "ADAUSDT": D(30),
        "COMPUSDT": D(1),
        "BTCUSDT": D(0),
    }
    assert snapshot.open_positions == 2


async def test_orders_of_symbols_are_laid_over_a_known_snapshot(answering: Answering, transport: FakeTransport) -> None:
    """Both books of the symbol are read at a weight of 1 each; nothing else is read again."""
    async with answering(*HOLDS, "get_fapi_v1_openOrders", "get_fapi_v1_openAlgoOrders") as account:
        known = await account.get_settings(["BTCUSDT"])
        transport.requests.clear()
        snapshot = await account.get_settings(["BTCUSDT"], orders=["BTCUSDT"], known=known)

    assert paths(transport) == ["v1/openAlgoOrders?symbol=BTCUSDT", "v1/openOrders?symbol=BTCUSDT"]
    assert snapshot.weight == 15 + 2
    assert (snapshot.symbol("BTCUSDT") or SymbolSettings("")).open_orders == 1
    assert (snapshot.symbol("ADAUSDT") or SymbolSettings("")).open_orders is None
    assert snapshot.open_orders is None
    assert attrs.evolve(plain(snapshot), symbols=(), weight=0) == attrs.evolve(plain(known), symbols=(), weight=0)


async def test_orders_of_the_account_are_counted_by_symbol(answering: Answering, transport: FakeTransport) -> None:
    """Two reads of weight 40 count both books; symbols that only have orders join the snapshot."""
    async with answering(*HOLDS, "get_fapi_v1_openOrders", "get_fapi_v1_openAlgoOrders") as account:
        snapshot = await account.get_settings(["COMPUSDT"], orders=True)

    assert {row.symbol: row.open_orders for row in snapshot.symbols} == {
        "COMPUSDT": 0,
        "ADAUSDT": 0,
        "BTCUSDT": 1,
        "BNBUSDT": 1,
    }
    assert (snapshot.open_orders, snapshot.weight) == (2, 15 + 80)
    assert "v1/openOrders" in paths(transport)


async def test_orders_of_many_symbols_are_read_at_once(answering: Answering, transport: FakeTransport) -> None:
    """Beyond forty symbols the two reads of the whole account cost less."""
    async with answering(*HOLDS, "get_fapi_v1_openOrders", "get_fapi_v1_openAlgoOrders") as account:
        known = await account.get_settings(["BTCUSDT"])
        snapshot = await account.get_settings(["BTCUSDT"], orders=[f"S{n}USDT" for n in range(41)], known=known)

    assert snapshot.weight == 15 + 80


@pytest.mark.parametrize(
    ("row", "highest"),
    [
        ({}, 50),  # a notional of 132,000
        ({"bidNotional": "0", "askNotional": "900000"}, 25),  # orders that would make the short larger
        ({"bidNotional": "100000", "askNotional": "0"}, 50),  # orders that would only close it
        ({"positionAmt": "0", "notional": "0"}, 125),
        ({"notional": "-50000"}, 125),
        ({"notional": "-50000.01"}, 50),
        ({"notional": "99000000"}, 25),
    ],
)
async def test_highest_leverage_allows_for_position_and_orders(
    answering: Answering, transport: FakeTransport, row: dict[str, str], highest: int
) -> None:
    """The tier of the largest notional that can come about says how high the leverage may be."""
    tier = {"notionalFloor": 0, "maintMarginRatio": 0.01, "cum": 0}
    caps = {125: 50_000, 50: 600_000, 25: 3_000_000}
    brackets = [
        {"bracket": n, "initialLeverage": leverage, "notionalCap": cap, **tier}
        for n, (leverage, cap) in enumerate(caps.items(), start=1)
    ]
    async with answering(*HOLDS) as account:
        tell = transport.reply

        def reply(request: HttpRequest) -> Any:
            if "leverageBracket" in request.url:
                return json_answer({"symbol": "BTCUSDT", "brackets": brackets})
            answer: Any = tell(request)
            if "positionRisk" in request.url:
                import json

                (first, *others) = json.loads(answer.body)
                return json_answer([{**first, **row}, *others])
            return answer

        transport.reply = reply
        known = await account.get_settings(["BTCUSDT"])
        transport.requests.clear()
        snapshot = await account.get_settings(["BTCUSDT"], brackets=True, known=known)

    assert paths(transport) == ["v1/leverageBracket?symbol=BTCUSDT"]
    assert (snapshot.symbol("BTCUSDT") or SymbolSettings("")).max_leverage == highest
    assert snapshot.weight == 15 + 1


async def test_brackets_of_several_symbols_are_one_read(answering: Answering, transport: FakeTransport) -> None:
    """The read without a symbol tells all; only the symbols asked for are filled in."""
    async with answering(*HOLDS, "get_fapi_v1_leverageBracket") as account:
        snapshot = await account.get_settings(["BTCUSDT"], brackets=["ETHUSDT", "COMPUSDT"])

    assert "v1/leverageBracket" in paths(transport)
    assert {row.symbol: row.max_leverage for row in snapshot.symbols if row.max_leverage} == {"ETHUSDT": D(75)}


async def test_unknown_symbol_is_refused_in_the_words_of_the_venue(answering: Answering) -> None:
    """A symbol that is not listed is asked for by name, so that the venue says what is wrong."""
    async with answering(*HOLDS, "get_fapi_v1_symbolConfig_1121") as account:
        with pytest.raises(InvalidRequest, match="-1121"):
            await account.get_settings(["NOPE"])
