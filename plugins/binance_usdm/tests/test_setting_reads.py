"""Documented settings, modes, brackets and instruments become typed values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from venuekit.capabilities import (
    AssetMode,
    AssetModeSetting,
    Bracket,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    LeverageSetting,
    MarginType,
    MarginTypeSetting,
    PositionMode,
    PositionModeSetting,
    Unit,
)
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_usdm.account import BinanceUsdmAccount
from venuekit_binance_usdm.endpoints import USDM

Answering = Callable[..., AbstractAsyncContextManager[BinanceUsdmAccount]]
D = Decimal


async def test_settings_of_a_symbol(answering: Answering) -> None:
    """One read tells leverage, largest size and margin type of a flat symbol, too."""
    async with answering("get_fapi_v1_symbolConfig") as account:
        assert await account.get_leverage("BTCUSDT") == LeverageSetting(
            "BTCUSDT", D(21), D(21), D("1000000"), Unit.QUOTE, None
        )
        assert await account.get_margin_type("BTCUSDT") == MarginTypeSetting("BTCUSDT", MarginType.CROSS, None)
        with pytest.raises(InvalidArgument, match="name one"):
            await account.get_margin_type()


async def test_modes_of_the_account(answering: Answering) -> None:
    """One read of weight 5 tells both modes."""
    async with answering("get_fapi_v1_accountConfig") as account:
        assert await account.get_position_mode() == PositionModeSetting(PositionMode.HEDGE, ("binance_coinm",))
        assert await account.get_asset_mode() == AssetModeSetting(AssetMode.SINGLE)
    async with answering("get_fapi_v1_accountConfig_multi_assets") as account:
        assert (await account.get_position_mode()).mode is PositionMode.ONE_WAY
        assert (await account.get_asset_mode()).mode is AssetMode.MULTI


async def test_plain_reads_of_the_modes(answering: Answering) -> None:
    """The reads that accountConfig replaces are declared and can be called."""
    async with answering("get_fapi_v1_positionSide_dual", "get_fapi_v1_multiAssetsMargin") as account:
        assert (await account.call(USDM.POSITION_MODE)).dual_side_position is True
        assert (await account.call(USDM.ASSET_MODE)).multi_assets_margin is True


@pytest.mark.parametrize("case", ["get_fapi_v1_leverageBracket", "get_fapi_v1_leverageBracket_symbol"])
async def test_brackets_in_a_list_and_alone(answering: Answering, case: str) -> None:
    """The same tiers come from a list and from the object that a named symbol is answered with."""
    async with answering(case) as account:
        brackets = await account.get_brackets(symbol="ETHUSDT")

    assert brackets == (
        Bracket(
            symbol="ETHUSDT",
            pair=None,
            tier=1,
            floor=D(0),
            cap=D(10000),
            unit=Unit.QUOTE,
            max_leverage=D(75),
            initial_margin_rate=1 / D(75),
            maintenance_margin_rate=D("0.0065"),
            deduction=D(0),
            coefficient=D("1.5"),
        ),
    )
    assert str(brackets[0].maintenance_margin_rate) == "0.0065"


async def test_brackets_are_ordered_by_symbol_then_tier(answering: Answering, transport: FakeTransport) -> None:
    """One flat tuple, whatever order the venue sends; an absent coefficient is None."""
    tier = {"notionalCap": 10, "notionalFloor": 0, "maintMarginRatio": 0.01, "cum": 0}
    rows = [
        {"symbol": name, "brackets": [{"bracket": n, "initialLeverage": 10 // n, **tier} for n in (2, 1)]}
        for name in ("ZUSDT", "AUSDT")
    ]
    async with answering() as account:
        transport.reply = lambda _: json_answer(rows)
        brackets = await account.get_brackets()

    assert [(row.symbol, row.tier) for row in brackets] == [("AUSDT", 1), ("AUSDT", 2), ("ZUSDT", 1), ("ZUSDT", 2)]
    assert {row.coefficient for row in brackets} == {None}


async def test_brackets_of_a_pair_are_refused_before_sending(answering: Answering) -> None:
    """Brackets belong to symbols here."""
    async with answering() as account:
        with pytest.raises(InvalidArgument, match="not to pairs"):
            await account.get_brackets(pair="BTCUSDT")


async def test_instruments(answering: Answering) -> None:
    """Every field comes from the instrument and its filters."""
    async with answering("get_fapi_v1_exchangeInfo") as account:
        (instrument,) = await account.get_instruments()
        assert await account.get_instruments(symbol="BLZUSDT") == (instrument,)
        with pytest.raises(InvalidRequest, match="no such symbol"):
            await account.get_instruments(symbol="NOPE")

    assert instrument == Instrument(
        symbol="BLZUSDT",
        pair="BLZUSDT",
        base="BLZ",
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.PERPETUAL,
        is_inverse=False,
        contract_size=D(1),
        contract_unit=Unit.BASE,
        status=InstrumentStatus.TRADING,
        listed_at=datetime(2020, 8, 24, 7, 0, tzinfo=UTC),
        price_tick=D("0.0001"),
        min_price=D("0.0001"),
        max_price=D("300"),
        quantity_step=D(1),
        min_quantity=D(1),
        max_quantity=D(10000000),
        max_market_quantity=D(590119),
        min_notional=D("5.0"),
        max_price_ratio=D("1.15"),
        min_price_ratio=D("0.85"),
        max_open_orders=200,
        leverage_min=D(1),
        leverage_step=D(1),
    )


async def test_instrument_that_expires_or_does_not_trade(answering: Answering, transport: FakeTransport) -> None:
    """A delivery contract says when; an undocumented status keeps the venue's word."""
    row = {
        "symbol": "BTCUSDT_260327",
        "pair": "BTCUSDT",
        "contractType": "CURRENT_QUARTER",
        "status": "SETTLING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "deliveryDate": 1774598400000,
        "onboardDate": 0,
        "filters": [],
    }
    async with answering() as account:
        transport.reply = lambda _: json_answer({"symbols": [row]})
        (instrument,) = await account.get_instruments()

    assert instrument.kind is InstrumentKind.DELIVERY
    assert instrument.expires_at == datetime(2026, 3, 27, 8, 0, tzinfo=UTC)
    assert instrument.status == "SETTLING"
    assert (instrument.listed_at, instrument.price_tick, instrument.min_notional) == (None, None, None)
