"""Documented bodies become typed values; values are compared whole, so what is not named here is None."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.binance.answers import asked, timeless

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    Balance,
    MarginType,
    Position,
    PositionMode,
    PositionSide,
    Unit,
)
from venuekit.errors import InvalidArgument, InvalidRequest, OddRow, PayloadMismatch
from venuekit.message import HttpRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_coinm.account import BinanceCoinmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceCoinmAccount]]
D = Decimal
INFO = "get_dapi_v1_exchangeInfo_perpetual"
LONG_AT = datetime(2021, 7, 23, 7, 54, 41, 327000, UTC)


FLAT = Position(
    symbol="BTCUSD_201225",
    side=PositionSide.BOTH,
    quantity=D(0),
    contract_size=D(100),
    contract_unit=Unit.QUOTE,
    settle="BTC",
    notional=D(0),
    value=D(0),
    unrealized_pnl=D(0),
    leverage=D(125),
    margin_type=MarginType.CROSS,
    max_position=D(50),
    max_position_unit=Unit.BASE,
    auto_add_margin=False,
)
LONG = attrs.evolve(
    FLAT,
    side=PositionSide.LONG,
    quantity=D(1),
    entry_price=D("11707.70000003"),
    break_even_price=D("11707.80000005"),
    mark_price=D("11788.66626667"),
    notional=D(100),
    value=D("0.008482723807588750264899180862307528"),
    unrealized_pnl=D("0.00005866"),
    liquidation_price=D("11667.63509587"),
    updated_at=LONG_AT,
)
ISOLATED_SHORT = Position(
    symbol="BTCUSD_PERP",
    side=PositionSide.BOTH,
    quantity=D(-250),
    contract_size=D(100),
    contract_unit=Unit.QUOTE,
    settle="BTC",
    entry_price=D(25000),
    break_even_price=D(24990),
    mark_price=D(26000),
    notional=D(25000),
    value=D("0.9615384615384615384615384615384615"),
    unrealized_pnl=D("-0.03846153"),
    leverage=D(10),
    margin_type=MarginType.ISOLATED,
    isolated_wallet=D("0.10000000"),
    isolated_margin=D("0.06153847"),
    liquidation_price=D("29762.1"),
    max_position=D(200),
    max_position_unit=Unit.BASE,
    auto_add_margin=True,
    updated_at=LONG_AT,
)


async def test_server_time(answering: Answering) -> None:
    """The venue's clock is an aware instant, exact to the millisecond."""
    async with answering("get_dapi_v1_time") as account:
        assert await account.get_server_time() == datetime(2017, 7, 12, 2, 41, 59, 559000, UTC)


async def test_balances(answering: Answering) -> None:
    """Every field of the balance read reaches the value; equity and margins are not told by it."""
    async with answering("get_dapi_v1_balance") as account:
        (balance,) = await account.get_balances()
        assert await account.get_balances(asset="BTC") == (balance,)
        assert await account.get_balances(asset="USDT") == ()

    assert timeless(balance) == Balance(
        asset="BTC",
        wallet=D("0.00250000"),
        cross_wallet=D("0.00241969"),
        cross_unrealized_pnl=D(0),
        available=D("0.00241969"),
        withdrawable=D("0.00250000"),
        account_alias="SgsR",
        updated_at=datetime(2020, 6, 18, 8, 19, 13, 979000, UTC),
    )


async def test_positions_hedge(answering: Answering) -> None:
    """Flat rows, BOTH among them, are dropped unless asked for; contracts have the size that the venue lists."""
    async with answering("get_dapi_v1_positionRisk_hedge", INFO) as account:
        open_ones = await account.get_positions()
        listed = await account.get_positions(include_flat=True)

    assert [timeless(position) for position in open_ones] == [LONG]
    assert [timeless(position) for position in listed] == [
        FLAT,
        LONG,
        attrs.evolve(FLAT, side=PositionSide.SHORT, updated_at=LONG_AT),
    ]


async def test_positions_one_way(answering: Answering) -> None:
    """A flat account has no positions, and lists its flat rows when asked."""
    async with answering("get_dapi_v1_positionRisk", INFO) as account:
        assert await account.get_positions() == ()
        (listed,) = await account.get_positions(include_flat=True)

    assert timeless(listed) == FLAT


async def test_positions_isolated(answering: Answering) -> None:
    """A short is negative while notional and value are not; the isolated wallet is the margin less the profit."""
    async with answering("get_dapi_v1_positionRisk_isolated", INFO) as account:
        (position,) = await account.get_positions()

    assert timeless(position) == ISOLATED_SHORT


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ({}, "v1/positionRisk"),
        ({"pair": "ETHUSD"}, "v1/positionRisk?pair=ETHUSD"),
        ({"margin_asset": "ETH"}, "v1/positionRisk?marginAsset=ETH"),
        ({"pair": "ETHUSD", "margin_asset": "ETH"}, "v1/positionRisk?pair=ETHUSD&marginAsset=ETH"),
        ({"symbol": "BTCUSD_PERP"}, "v1/positionRisk?pair=BTCUSD"),
    ],
)
async def test_filters(answering: Answering, transport: FakeTransport, filters: dict[str, str], sent: str) -> None:
    """Pair and margin asset travel; a symbol travels as its pair and is picked out here."""
    async with answering("get_dapi_v1_positionRisk_isolated", INFO) as account:
        positions = await account.get_positions(**filters, include_flat=True)

    assert sent in asked(transport)
    expected = ["BTCUSD_PERP"] if "symbol" in filters else ["BTCUSD_PERP", "ETHUSD_PERP"]
    assert [position.symbol for position in positions] == expected


async def test_instruments_are_read_once_per_venue_and_environment(
    answering: Answering, transport: FakeTransport
) -> None:
    """Contract sizes cost one read for all the reads of positions that follow."""
    async with answering("get_dapi_v1_positionRisk_isolated", INFO) as account:
        for _ in range(3):
            await account.get_positions()

    assert asked(transport).count("v1/exchangeInfo") == 1


async def test_contract_listed_since_is_read_anew(answering: Answering, transport: FakeTransport) -> None:
    """A position on a contract that was not listed at the first read makes the instruments be read again."""
    async with answering("get_dapi_v1_positionRisk_isolated", "get_dapi_v1_exchangeInfo", INFO) as account:
        (position,) = await account.get_positions()

    assert position.contract_size == 100
    assert asked(transport).count("v1/exchangeInfo") == 2


async def test_position_in_a_contract_that_is_not_listed_is_told_without_its_size(
    answering: Answering, transport: FakeTransport
) -> None:
    """No size is made up, nor what follows from it; and the instruments are read again once, not for every read."""
    async with answering("get_dapi_v1_positionRisk_isolated", "get_dapi_v1_exchangeInfo") as account:
        for _ in range(3):
            (position,) = await account.get_positions()

    assert (position.symbol, position.quantity) == (ISOLATED_SHORT.symbol, ISOLATED_SHORT.quantity)
    assert (position.contract_size, position.notional, position.settle) == (None, None, None)
    assert asked(transport).count("v1/exchangeInfo") == 2


@pytest.mark.parametrize(
    ("rows", "symbol", "side", "expected"),
    [
        ("hedge", "BTCUSD_201225", PositionSide.LONG, LONG),
        (
            "hedge",
            "BTCUSD_201225",
            PositionSide.SHORT,
            attrs.evolve(FLAT, side=PositionSide.SHORT, updated_at=LONG_AT),
        ),
        ("isolated", "BTCUSD_PERP", None, ISOLATED_SHORT),
        ("isolated", "BTCUSD_PERP", PositionSide.BOTH, ISOLATED_SHORT),
    ],
)
async def test_position_of_a_symbol(
    answering: Answering, rows: str, symbol: str, side: PositionSide | None, expected: Position
) -> None:
    """The leg that is asked for, flat or not."""
    async with answering(f"get_dapi_v1_positionRisk_{rows}", INFO) as account:
        assert timeless(await account.get_position(symbol, side=side)) == expected


@pytest.mark.parametrize(
    ("rows", "symbol", "side"),
    [
        ("hedge", "BTCUSD_201225", None),
        ("hedge", "BTCUSD_201225", PositionSide.BOTH),
        ("isolated", "BTCUSD_PERP", PositionSide.LONG),
        ("isolated", "BTCUSD_PERP", PositionSide.SHORT),
    ],
)
async def test_side_of_a_position_must_fit_the_mode(
    answering: Answering, rows: str, symbol: str, side: PositionSide | None
) -> None:
    """The flat BOTH row beside live legs is never handed out as the position."""
    async with answering(f"get_dapi_v1_positionRisk_{rows}", INFO) as account:
        with pytest.raises(InvalidArgument, match="mode: the side of a position is"):
            await account.get_position(symbol, side=side)


@pytest.mark.parametrize(
    ("mode", "side", "expected"),
    [
        ("", PositionSide.LONG, PositionSide.LONG),
        ("_one_way", None, PositionSide.BOTH),
    ],
    ids=["hedge", "one-way"],
)
async def test_contract_without_a_row_is_flat(
    answering: Answering,
    transport: FakeTransport,
    mode: str,
    side: PositionSide | None,
    expected: PositionSide,
) -> None:
    """A listed contract that does not trade has no row: the mode is read, and nothing but the contract is known."""
    async with answering(INFO, f"get_dapi_v1_positionSide_dual{mode}") as account:
        tell = transport.reply
        transport.reply = lambda request: json_answer([]) if "positionRisk" in request.url else tell(request)
        position = await account.get_position("ETHUSD_PERP", side=side)

    assert timeless(position) == Position("ETHUSD_PERP", expected, D(0), D(10), Unit.QUOTE, settle="ETH")


async def test_account_hedge(answering: Answering) -> None:
    """Every field of the documented body reaches the value; there are no totals, and the rows show the mode."""
    async with answering("get_dapi_v1_account_hedge", INFO) as account:
        info = await account.get_account()
        listed = await account.get_account(include_flat=True)

    wallet, none = D("0.00241969"), D(0)
    (balance,) = info.balances
    assert timeless(balance) == Balance(
        asset="BTC",
        wallet=wallet,
        cross_wallet=wallet,
        cross_unrealized_pnl=none,
        unrealized_pnl=none,
        equity=wallet,
        available=wallet,
        withdrawable=wallet,
        position_initial_margin=none,
        open_order_initial_margin=none,
        initial_margin=none,
        maintenance_margin=none,
        updated_at=datetime(2021, 7, 5, 8, 38, 24, 765000, UTC),
    )
    assert info.positions == ()
    assert timeless(attrs.evolve(info, balances=())) == AccountInfo(
        position_mode=PositionMode.HEDGE,
        kind=AccountKind.STANDARD,
        can_trade=True,
        can_deposit=True,
        can_withdraw=True,
        fee_tier=2,
    )
    margins: dict[str, Any] = dict.fromkeys(
        ("position_initial_margin", "open_order_initial_margin", "initial_margin", "maintenance_margin"), none
    )
    flat = attrs.evolve(FLAT, auto_add_margin=None, **margins)
    assert [timeless(position) for position in listed.positions] == [
        flat,
        attrs.evolve(flat, side=PositionSide.LONG),
        attrs.evolve(flat, side=PositionSide.SHORT, updated_at=LONG_AT),
    ]


async def test_account_one_way(answering: Answering) -> None:
    """BOTH rows alone mean one-way mode; it is not asked for at a weight of 30."""
    async with answering("get_dapi_v1_account", INFO) as account:
        info = await account.get_account(include_flat=True)

    assert info.position_mode is PositionMode.ONE_WAY
    assert [position.side for position in info.positions] == [PositionSide.BOTH]


async def test_account_isolated(answering: Answering) -> None:
    """Margins come from this read; value and isolated wallet where it tells them, mark and liquidation price never."""
    async with answering("get_dapi_v1_account_isolated", INFO) as account:
        info = await account.get_account()

    (position,) = info.positions
    margin = D("0.09615384")
    assert timeless(position) == attrs.evolve(
        ISOLATED_SHORT,
        mark_price=None,
        value=D("0.96153846"),
        isolated_margin=None,
        position_initial_margin=margin,
        open_order_initial_margin=D(0),
        initial_margin=margin,
        maintenance_margin=D("0.00384615"),
        liquidation_price=None,
        auto_add_margin=None,
    )


async def test_account_without_rows_asks_for_the_mode(answering: Answering, transport: FakeTransport) -> None:
    """Where no row shows the mode its own read does."""
    async with answering("get_dapi_v1_account", INFO, "get_dapi_v1_positionSide_dual") as account:
        tell = transport.reply

        def reply(request: HttpRequest) -> Any:
            answer: Any = tell(request)
            if "/dapi/v1/account" not in request.url:
                return answer
            return json_answer({**json.loads(answer.body), "positions": []})

        transport.reply = reply
        info = await account.get_account()

    assert (info.position_mode, info.positions) == (PositionMode.HEDGE, ())


async def test_raw_keeps_the_objects_of_the_venue(answering: Answering) -> None:
    """With keep_raw each value carries the row it was made from."""
    names = ("get_dapi_v1_positionRisk_hedge", "get_dapi_v1_account_hedge", "get_dapi_v2_leverageBracket", INFO)
    async with answering(*names, keep_raw=True) as account:
        (position,) = await account.get_positions()
        info = await account.get_account(include_flat=True)
        (bracket,) = await account.get_brackets()

    assert (position.raw or {})["positionSide"] == "LONG"
    assert [(row.raw or {})["positionSide"] for row in info.positions] == ["BOTH", "LONG", "SHORT"]
    assert (info.balances[0].raw or {})["walletBalance"] == "0.00241969"
    assert (bracket.raw or {})["qtylFloor"] == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda account: account.get_leverage("NOPE"),
        lambda account: account.get_margin_type("NOPE"),
        lambda account: account.get_positions(symbol="NOPE"),
        lambda account: account.get_position("NOPE"),
        lambda account: account.get_settings(["NOPE"]),
    ],
)
async def test_unknown_symbol_is_refused(answering: Answering, ask: Callable[[BinanceCoinmAccount], Any]) -> None:
    """Reads of all symbols do not list it; the error says which read was asked."""
    async with answering("get_dapi_v1_positionRisk", INFO) as account:
        with pytest.raises(InvalidRequest, match=r"for NOPE: /dapi/v1/\w+ lists no such symbol") as caught:
            await ask(account)

    assert caught.value.subject == "NOPE"


@pytest.mark.parametrize(
    ("case", "ask", "code"),
    [
        ("get_dapi_v2_leverageBracket_1121", lambda account: account.get_brackets(symbol="NOPE"), -1121),
        ("get_dapi_v1_leverageBracket_4087", lambda account: account.get_brackets(pair="NOPE"), -4087),
    ],
)
async def test_unknown_bracket_is_refused_in_the_words_of_the_venue(
    answering: Answering, case: str, ask: Callable[[BinanceCoinmAccount], Any], code: int
) -> None:
    """The error carries code and words."""
    async with answering(case) as account:
        with pytest.raises(InvalidRequest, match=r"Invalid (symbol|pair)\.") as caught:
            await ask(account)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entryPrice", "abc", "[1].entryPrice: expected a decimal number, got 'abc'"),
        ("positionAmt", "many", "[1].positionAmt: expected a decimal number, got 'many'"),
        ("positionAmt", None, "[1].positionAmt: expected a decimal number, got null"),
        (
            "updateTime",
            "soon",
            "[1].updateTime: expected a time in milliseconds, or in ISO 8601 with its offset, got 'soon'",
        ),
    ],
)
async def test_position_of_another_shape_is_told_and_hides_no_other(
    answering: Answering, transport: FakeTransport, field: str, value: object, said: str
) -> None:
    """
    Whether the type or the number does not fit: a warning says which field of which row, and of which endpoint.

    Asked for by its symbol, the same is an error.
    """
    async with answering("get_dapi_v1_positionRisk_hedge", INFO) as account:
        tell = transport.reply

        def reply(request: HttpRequest) -> Any:
            answer: Any = tell(request)
            if "positionRisk" not in request.url:
                return answer
            rows = json.loads(answer.body)
            rows[1][field] = value
            return json_answer(rows)

        transport.reply = reply
        is_number = isinstance(value, str) and "decimal" in said
        with pytest.warns(OddRow) as told:
            positions = await account.get_positions(include_flat=True)
        with nullcontext() if is_number else pytest.warns(OddRow), pytest.raises(PayloadMismatch) as caught:
            await account.get_position("BTCUSD_201225", side=PositionSide.LONG)

    (warning,) = told
    assert said in str(warning.message)
    assert "GET /dapi/v1/positionRisk" in str(warning.message)
    assert len(positions) == 2
    assert said.removeprefix("[1]") in str(caught.value)
