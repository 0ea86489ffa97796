"""Documented brackets, instruments, settings and modes become typed values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.plugins.binance.answers import asked

from venuekit.capabilities import (
    AssetModeReader,
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
from venuekit.errors import InvalidArgument, InvalidRequest, UnsupportedCapability
from venuekit.testing.fake import FakeTransport
from venuekit_binance_coinm.account import BinanceCoinmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceCoinmAccount]]
D = Decimal
INFO = "get_dapi_v1_exchangeInfo_perpetual"


async def test_brackets_by_symbol(answering: Answering) -> None:
    """Caps and floors are base quantities; the documented spelling of the floor is read."""
    async with answering("get_dapi_v2_leverageBracket") as account:
        brackets = await account.get_brackets(symbol="BTCUSD_PERP")

    expected = Bracket(
        symbol="BTCUSD_PERP",
        pair=None,
        tier=1,
        floor=D(0),
        cap=D(50),
        unit=Unit.BASE,
        max_leverage=D(125),
        initial_margin_rate=1 / D(125),
        maintenance_margin_rate=D("0.004"),
        deduction=D(0),
        coefficient=D("1.5"),
    )
    assert brackets == (expected,)


async def test_brackets_by_pair(answering: Answering, transport: FakeTransport) -> None:
    """The version that knows pairs is asked by pair, and its tiers carry the pair and no symbol."""
    async with answering("get_dapi_v1_leverageBracket") as account:
        (bracket,) = await account.get_brackets(pair="BTCUSD")
        with pytest.raises(InvalidArgument, match="not by both"):
            await account.get_brackets(symbol="BTCUSD_PERP", pair="BTCUSD")

    assert asked(transport) == ["v1/leverageBracket?pair=BTCUSD"]
    assert (bracket.symbol, bracket.pair, bracket.tier, bracket.cap) == (None, "BTCUSD", 1, D(50))
    assert bracket.coefficient is None


async def test_brackets_of_all_symbols(answering: Answering) -> None:
    """One flat tuple by symbol, then tier; the floor is read as clients have seen it spelt, too."""
    async with answering("get_dapi_v2_leverageBracket_all") as account:
        brackets = await account.get_brackets()

    assert [(row.symbol, row.tier, row.floor, row.deduction) for row in brackets] == [
        ("BTCUSD_201225", 1, D(0), D(0)),
        ("BTCUSD_PERP", 1, D(0), D(0)),
        ("BTCUSD_PERP", 2, D(5), D("0.005")),
    ]


async def test_instruments(answering: Answering) -> None:
    """Every field comes from the instrument and its filters; one contract is 100 US dollars."""
    async with answering("get_dapi_v1_exchangeInfo") as account:
        (instrument,) = await account.get_instruments()
        with pytest.raises(InvalidRequest, match="no such symbol"):
            await account.get_instruments(symbol="NOPE")

    assert instrument == Instrument(
        symbol="BTCUSD_200925",
        pair="BTCUSD",
        base="BTC",
        quote="USD",
        settle="BTC",
        kind=InstrumentKind.DELIVERY,
        is_inverse=True,
        contract_size=D(100),
        contract_unit=Unit.QUOTE,
        status=InstrumentStatus.TRADING,
        listed_at=datetime(2020, 5, 29, 8, 0, tzinfo=UTC),
        price_tick=D("0.1"),
        min_price=D("0.1"),
        max_price=D(100000),
        quantity_step=D(1),
        min_quantity=D(1),
        max_quantity=D(100000),
        max_market_quantity=D(100000),
        max_price_ratio=D("1.05"),
        min_price_ratio=D("0.95"),
        max_open_orders=200,
        leverage_min=D(1),
        leverage_step=D(1),
        expires_at=datetime(2020, 9, 25, 8, 0, tzinfo=UTC),
    )


async def test_perpetual_never_expires(answering: Answering) -> None:
    """The far date of a perpetual is no expiry."""
    async with answering(INFO) as account:
        (instrument,) = await account.get_instruments(symbol="ETHUSD_PERP")

    assert (instrument.kind, instrument.expires_at) == (InstrumentKind.PERPETUAL, None)
    assert (instrument.contract_size, instrument.settle) == (D(10), "ETH")


async def test_settings_of_a_symbol(answering: Answering, transport: FakeTransport) -> None:
    """One read of weight 1 tells leverage, largest size and margin type of a flat symbol, too."""
    async with answering("get_dapi_v1_positionRisk_isolated") as account:
        assert await account.get_leverage("ETHUSD_PERP") == LeverageSetting(
            "ETHUSD_PERP", D(20), D(20), D(2500), Unit.BASE, None
        )
        assert await account.get_margin_type("BTCUSD_PERP") == MarginTypeSetting("BTCUSD_PERP", MarginType.ISOLATED)
        with pytest.raises(InvalidArgument, match="name one"):
            await account.get_margin_type()

    assert asked(transport) == ["v1/positionRisk"] * 2


@pytest.mark.parametrize(
    ("case", "mode"), [("", PositionMode.HEDGE), ("_one_way", PositionMode.ONE_WAY)], ids=["hedge", "one-way"]
)
async def test_position_mode(answering: Answering, case: str, mode: PositionMode) -> None:
    """The mode is that of both products."""
    async with answering(f"get_dapi_v1_positionSide_dual{case}") as account:
        assert await account.get_position_mode() == PositionModeSetting(mode, ("binance_usdm",))


async def test_asset_mode_is_refused_with_the_reason(answering: Answering, transport: FakeTransport) -> None:
    """Nothing is sent for what the product does not have."""
    async with answering() as account:
        transport.requests.clear()
        with pytest.raises(UnsupportedCapability, match="each coin backs its own positions"):
            AssetModeReader.of(account)

    assert transport.requests == []
