"""Documented bodies become typed values; values are compared whole, so what is not named here is None."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.binance.answers import timeless

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AssetMode,
    Balance,
    MarginType,
    Position,
    PositionMode,
    PositionSide,
    Unit,
)
from venuekit.errors import InvalidArgument, InvalidRequest, PayloadMismatch
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_usdm.account import BinanceUsdmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceUsdmAccount]]
D = Decimal


ADA_LONG = Position(
    symbol="ADAUSDT",
    side=PositionSide.BOTH,
    quantity=D("30"),
    contract_size=D(1),
    contract_unit=Unit.BASE,
    settle="USDT",
    entry_price=D("0.385"),
    break_even_price=D("0.385077"),
    mark_price=D("0.41047590"),
    notional=D("12.31427700"),
    value=D("12.31427700"),
    unrealized_pnl=D("0.76427700"),
    leverage=D(20),
    margin_type=MarginType.CROSS,
    position_initial_margin=D("0.61571385"),
    open_order_initial_margin=D("0"),
    initial_margin=D("0.61571385"),
    maintenance_margin=D("0.08004280"),
    max_position=D("2000000"),
    max_position_unit=Unit.QUOTE,
    auto_add_margin=False,
    adl_rank=2,
    adl_rank_of=4,
    updated_at=datetime(2024, 7, 11, 22, 20, 17, 660000, UTC),
)
COMP_SHORT = Position(
    symbol="COMPUSDT",
    side=PositionSide.SHORT,
    quantity=D("-1.000"),
    contract_size=D(1),
    contract_unit=Unit.BASE,
    settle="USDT",
    entry_price=D("70.92841"),
    break_even_price=D("70.900038636"),
    mark_price=D("49.72023376"),
    notional=D("49.72023376"),
    value=D("49.72023376"),
    unrealized_pnl=D("21.20817624"),
    leverage=D(20),
    margin_type=MarginType.CROSS,
    position_initial_margin=D("2.48601168"),
    open_order_initial_margin=D("0"),
    initial_margin=D("2.48601168"),
    maintenance_margin=D("0.49720233"),
    liquidation_price=D("2260.56757210"),
    max_position=D("250000"),
    max_position_unit=Unit.QUOTE,
    auto_add_margin=False,
    adl_rank=2,
    adl_rank_of=4,
    updated_at=datetime(2024, 2, 26, 10, 31, 51, 656000, UTC),
)
BTC_ISOLATED = Position(
    symbol="BTCUSDT",
    side=PositionSide.BOTH,
    quantity=D("-1.500"),
    contract_size=D(1),
    contract_unit=Unit.BASE,
    settle="USDT",
    entry_price=D("86500"),
    break_even_price=D("86456.75"),
    mark_price=D("88000.00000000"),
    notional=D("132000.00000000"),
    value=D("132000.00000000"),
    unrealized_pnl=D("-2250.00000000"),
    leverage=D(20),
    margin_type=MarginType.ISOLATED,
    isolated_wallet=D("6487.50000000"),
    isolated_margin=D("4237.50000000"),
    position_initial_margin=D("6600.00000000"),
    open_order_initial_margin=D("0"),
    initial_margin=D("6600.00000000"),
    maintenance_margin=D("610.00000000"),
    liquidation_price=D("90396.51741294"),
    max_position=D("100000000"),
    max_position_unit=Unit.QUOTE,
    auto_add_margin=True,
    adl_rank=3,
    adl_rank_of=4,
    updated_at=datetime(2024, 7, 11, 22, 20, 17, 661000, UTC),
)
ADA_FLAT = attrs.evolve(
    ADA_LONG,
    quantity=D(0),
    entry_price=None,
    break_even_price=None,
    notional=D(0),
    value=D(0),
    unrealized_pnl=D(0),
    position_initial_margin=D(0),
    open_order_initial_margin=D("1.5"),
    initial_margin=D("1.5"),
    maintenance_margin=D(0),
    adl_rank=0,
    updated_at=None,
)


async def test_server_time(answering: Answering) -> None:
    """The venue's clock is an aware instant, exact to the millisecond."""
    async with answering("get_fapi_v1_time") as account:
        assert await account.get_server_time() == datetime(2017, 7, 12, 2, 41, 59, 559000, UTC)


async def test_balances(answering: Answering) -> None:
    """Every field of the balance read reaches the value; equity and margins are not told by it."""
    async with answering("get_fapi_v3_balance") as account:
        (balance,) = await account.get_balances()
        assert await account.get_balances(asset="USDT") == (balance,)
        assert await account.get_balances(asset="BTC") == ()

    assert timeless(balance) == Balance(
        asset="USDT",
        wallet=D("122607.35137903"),
        cross_wallet=D("23.72469206"),
        cross_unrealized_pnl=D("0"),
        available=D("23.72469206"),
        withdrawable=D("23.72469206"),
        is_collateral=True,
        account_alias="SgsR",
        updated_at=datetime(2021, 4, 9, 3, 31, 50, 373000, UTC),
    )
    assert balance.raw is None


async def test_positions_one_way(answering: Answering) -> None:
    """A row is joined with leverage, margin type and largest size of its symbol."""
    async with answering("get_fapi_v3_positionRisk", "get_fapi_v1_symbolConfig_all") as account:
        positions = await account.get_positions()

    assert [timeless(position) for position in positions] == [ADA_LONG]


async def test_positions_hedge(answering: Answering) -> None:
    """Legs keep their side, and a short leg is negative while its notional is not."""
    async with answering("get_fapi_v3_positionRisk_hedge", "get_fapi_v1_symbolConfig_all") as account:
        positions = await account.get_positions()

    assert [timeless(position) for position in positions] == [
        attrs.evolve(ADA_LONG, side=PositionSide.LONG),
        COMP_SHORT,
    ]


async def test_positions_isolated_and_flat(answering: Answering) -> None:
    """Isolated margins are told where the margin is isolated; a flat row with orders is listed when asked for."""
    async with answering("get_fapi_v3_positionRisk_isolated_and_flat", "get_fapi_v1_symbolConfig_all") as account:
        open_ones = await account.get_positions()
        listed = await account.get_positions(include_flat=True)

    assert [timeless(position) for position in open_ones] == [BTC_ISOLATED]
    assert [timeless(position) for position in listed] == [BTC_ISOLATED, ADA_FLAT]


async def test_position_without_configuration_has_no_made_up_settings(answering: Answering) -> None:
    """The fields of the configuration are None when it has no row for the symbol."""
    async with answering("get_fapi_v3_positionRisk_isolated_and_flat", "get_fapi_v1_symbolConfig") as account:
        (joined,) = await account.get_positions()
    async with answering("get_fapi_v3_positionRisk", "get_fapi_v1_symbolConfig") as account:
        (alone,) = await account.get_positions()

    assert (joined.margin_type, joined.isolated_wallet) == (MarginType.CROSS, None)
    assert timeless(alone) == attrs.evolve(
        ADA_LONG, leverage=None, margin_type=None, max_position=None, max_position_unit=None, auto_add_margin=None
    )


async def test_raw_keeps_the_objects_of_the_venue(answering: Answering) -> None:
    """With keep_raw each value carries the row it was made from."""
    names = ("get_fapi_v3_positionRisk_isolated_and_flat", "get_fapi_v1_symbolConfig_all", "get_fapi_v3_balance")
    async with answering(*names, "get_fapi_v1_leverageBracket", "get_fapi_v1_exchangeInfo", keep_raw=True) as account:
        positions = await account.get_positions(include_flat=True)
        (balance,) = await account.get_balances()
        (bracket,) = await account.get_brackets()
        (instrument,) = await account.get_instruments()

    assert [(row.raw or {})["symbol"] for row in positions] == ["BTCUSDT", "ADAUSDT"]
    assert (balance.raw or {})["accountAlias"] == "SgsR"
    assert (bracket.raw or {})["initialLeverage"] == 75
    assert (instrument.raw or {})["liquidationFee"] == "0.010000"


@pytest.mark.parametrize(
    ("rows", "config", "side", "expected"),
    [
        ("isolated_and_flat", "one_way", None, PositionSide.BOTH),
        ("isolated_and_flat", "one_way", PositionSide.BOTH, PositionSide.BOTH),
        ("empty", "one_way", None, PositionSide.BOTH),
        ("empty", None, PositionSide.LONG, PositionSide.LONG),
        ("empty", None, PositionSide.SHORT, PositionSide.SHORT),
    ],
)
async def test_position_of_a_symbol_is_always_a_value(
    answering: Answering, rows: str, config: str | None, side: PositionSide | None, expected: PositionSide
) -> None:
    """Where the venue lists no row the position is flat, with the symbol's settings and no made-up price."""
    flags = "get_fapi_v1_accountConfig" + (f"_{config}" if config else "")
    async with answering(f"get_fapi_v3_positionRisk_{rows}", "get_fapi_v1_symbolConfig_all", flags) as account:
        position = await account.get_position("BTCUSDT", side=side)

    if rows == "isolated_and_flat":
        assert timeless(position) == BTC_ISOLATED
    else:
        assert timeless(position) == Position(
            symbol="BTCUSDT",
            side=expected,
            quantity=D(0),
            contract_size=D(1),
            contract_unit=Unit.BASE,
            leverage=D(20),
            margin_type=MarginType.ISOLATED,
            max_position=D("100000000"),
            max_position_unit=Unit.QUOTE,
            auto_add_margin=True,
        )


@pytest.mark.parametrize(
    ("rows", "config", "side"),
    [
        ("isolated_and_flat", "one_way", PositionSide.LONG),
        ("empty", "one_way", PositionSide.SHORT),
        ("empty", None, None),
        ("empty", None, PositionSide.BOTH),
        ("hedge", None, None),
    ],
)
async def test_side_of_a_position_must_fit_the_mode(
    answering: Answering, rows: str, config: str | None, side: PositionSide | None
) -> None:
    """LONG and SHORT exist in hedge mode only, BOTH in one-way mode only."""
    flags = "get_fapi_v1_accountConfig" + (f"_{config}" if config else "")
    async with answering(f"get_fapi_v3_positionRisk_{rows}", "get_fapi_v1_symbolConfig_all", flags) as account:
        with pytest.raises(InvalidArgument, match="mode: the side of a position is"):
            await account.get_position("BTCUSDT", side=side)


@pytest.mark.parametrize("filters", [{"pair": "BTCUSDT"}, {"margin_asset": "USDT"}])
async def test_filter_that_the_venue_lacks_is_refused_before_sending(
    answering: Answering, transport: FakeTransport, filters: dict[str, Any]
) -> None:
    """Pair and margin asset are no filters here."""
    async with answering() as account:
        transport.requests.clear()
        with pytest.raises(InvalidArgument, match="cannot be filtered by"):
            await account.get_positions(**filters)

    assert transport.requests == []


async def test_account_in_single_asset_mode(answering: Answering) -> None:
    """Totals, flags, assets and positions of four answers make one value, as of the earliest of them."""
    async with answering(
        "get_fapi_v3_account",
        "get_fapi_v1_accountConfig",
        "get_fapi_v3_positionRisk_hedge",
        "get_fapi_v1_symbolConfig_all",
    ) as account:
        info = await account.get_account()

    assert [timeless(position) for position in info.positions] == [
        attrs.evolve(ADA_LONG, side=PositionSide.LONG),
        COMP_SHORT,
    ]
    at = datetime(2021, 7, 5, 8, 38, 24, 765000, UTC)
    none = D("0.00000000")
    margins: dict[str, Any] = dict.fromkeys(
        ("initial_margin", "maintenance_margin", "position_initial_margin", "open_order_initial_margin"), none
    )
    usdt, usdc = D("23.72469206"), D("103.12345678")
    assert [timeless(balance) for balance in info.balances] == [
        Balance(
            asset="USDT",
            wallet=usdt,
            cross_wallet=usdt,
            cross_unrealized_pnl=none,
            unrealized_pnl=none,
            equity=usdt,
            available=usdt,
            withdrawable=usdt,
            updated_at=at,
            **margins,
        ),
        Balance(
            asset="USDC",
            wallet=usdc,
            cross_wallet=usdc,
            cross_unrealized_pnl=none,
            unrealized_pnl=none,
            equity=usdc,
            available=D("126.72469206"),
            withdrawable=usdc,
            updated_at=at,
            **margins,
        ),
    ]
    assert timeless(attrs.evolve(info, balances=(), positions=())) == AccountInfo(
        valuation_asset="USDT",
        total_wallet=usdc,
        total_equity=usdc,
        total_unrealized_pnl=none,
        total_initial_margin=none,
        total_maintenance_margin=none,
        total_available=usdc,
        total_withdrawable=usdc,
        position_mode=PositionMode.HEDGE,
        asset_mode=AssetMode.SINGLE,
        kind=AccountKind.STANDARD,
        can_trade=True,
        can_deposit=True,
        can_withdraw=True,
        fee_tier=0,
    )


async def test_account_in_multi_assets_mode(answering: Answering) -> None:
    """Totals are valued in USD and the margin ratio is derived from them."""
    async with answering(
        "get_fapi_v3_account_multi_assets",
        "get_fapi_v1_accountConfig_multi_assets",
        "get_fapi_v3_positionRisk_isolated_and_flat",
        "get_fapi_v1_symbolConfig_all",
    ) as account:
        info = await account.get_account(include_flat=True)

    total = D("126.72469206")
    assert [balance.asset for balance in info.balances] == ["USDT", "BUSD"]
    assert [timeless(position) for position in info.positions] == [BTC_ISOLATED, ADA_FLAT]
    assert timeless(attrs.evolve(info, balances=(), positions=())) == AccountInfo(
        valuation_asset="USD",
        total_wallet=total,
        total_equity=total,
        total_unrealized_pnl=D(0),
        total_initial_margin=D(0),
        total_maintenance_margin=D(0),
        total_available=total,
        total_withdrawable=total,
        margin_ratio=D(0),
        position_mode=PositionMode.ONE_WAY,
        asset_mode=AssetMode.MULTI,
        kind=AccountKind.STANDARD,
        can_trade=True,
        can_deposit=True,
        can_withdraw=True,
        fee_tier=0,
    )


@pytest.mark.parametrize(
    ("case", "ask"),
    [
        ("get_fapi_v1_symbolConfig_1121", lambda account: account.get_leverage("NOPE")),
        ("get_fapi_v1_symbolConfig_1121", lambda account: account.get_margin_type("NOPE")),
        ("get_fapi_v1_leverageBracket_1121", lambda account: account.get_brackets(symbol="NOPE")),
    ],
)
async def test_unknown_symbol_is_refused_in_the_words_of_the_venue(
    answering: Answering, case: str, ask: Callable[[BinanceUsdmAccount], Any]
) -> None:
    """The error carries code, words and symbol."""
    async with answering(case) as account:
        with pytest.raises(InvalidRequest, match=r"for NOPE: -1121 Invalid symbol\.") as caught:
            await ask(account)

    assert (caught.value.code, caught.value.status, caught.value.subject) == (-1121, 400, "NOPE")


async def test_unknown_symbol_of_joined_reads_is_refused_once(answering: Answering) -> None:
    """Two reads run at once; the first refusal is raised as it is."""
    async with answering("get_fapi_v1_symbolConfig_1121", "get_fapi_v3_positionRisk_1121") as account:
        with pytest.raises(InvalidRequest, match="-1121"):
            await account.get_positions(symbol="NOPE")
        with pytest.raises(InvalidRequest, match="-1121"):
            await account.get_position("NOPE")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entryPrice", "abc", "entryPrice: expected a decimal number"),
        ("positionAmt", None, "positionAmt: expected a decimal number"),
        ("updateTime", "soon", "updateTime: expected a time in milliseconds"),
    ],
)
async def test_position_of_another_shape_names_the_field(
    answering: Answering, transport: FakeTransport, field: str, value: object, said: str
) -> None:
    """The hot read says which field does not fit, and for which endpoint."""
    async with answering("get_fapi_v3_positionRisk", "get_fapi_v1_symbolConfig_all") as account:
        tell = transport.reply

        def reply(request: Any) -> Any:
            answer: Any = tell(request)
            if "positionRisk" not in request.url:
                return answer
            (row,) = json.loads(answer.body)
            return json_answer([{**row, field: value}])

        transport.reply = reply
        with pytest.raises(PayloadMismatch, match="positionRisk could not read the answer") as caught:
            await account.get_positions()

    assert said in str(caught.value)
