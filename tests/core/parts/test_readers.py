"""Readers and settings over declared rows: instruments, balances, positions, and the settings that positions show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import pytest

from venuekit.capabilities import LeverageBehaviour, MarginType, PositionSide
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.readers import BalancePart, InstrumentPart, PositionPart
from venuekit.parts.settings import AccountSettings, PositionSettings, SymbolLeverage, position_lens, settings_of
from venuekit.testing import Stage, on_stage
from venuekit.venue import Venue
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP
from venuekit_toy_swap.rows import POSITIONS

SHOW_FLAT = {"flat": True}


class Endpoints(EndpointBook):
    """Those of Toy Swaps, by the names of the parts."""

    INSTRUMENTS = SWAP.CONTRACTS
    BALANCES = SWAP.BALANCES
    POSITIONS = SWAP.POSITIONS
    SYMBOL_LENS = position_lens(SWAP.POSITIONS, show_flat=SHOW_FLAT)
    SET_LEVERAGE = SWAP.SET_LEVERAGE


class PartAccount(InstrumentPart, BalancePart, PositionPart, SymbolLeverage, AccountSettings):
    """An account that is nothing but parts."""

    __slots__ = ()

    SHOW_FLAT: ClassVar[dict[str, Any]] = SHOW_FLAT
    endpoints = Endpoints()
    settings_source = PositionSettings(
        positions=SWAP.POSITIONS,
        reads=POSITIONS,
        show_flat=SHOW_FLAT,
        instruments=SWAP.CONTRACTS,
        open_orders=(SWAP.OPEN_ORDERS,),
    )


SWAPS: Venue[Any] = TOY_SWAP
VENUE = attrs.evolve(
    SWAPS,
    account=PartAccount,
    behaviours=(LeverageBehaviour(minimum=Decimal(1), step=Decimal(1)),),
    blockers=(),
    unsupported={},
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account with an isolated position in ALTXBT."""
    async with on_stage(VENUE) as stage:
        yield stage


async def test_instruments_and_balances_can_be_picked(stage: Stage) -> None:
    """A symbol or an asset leaves nothing else, and without one all are there."""
    account = stage.account

    assert [one.symbol for one in await account.get_instruments()] == ["ALTXBT", "GEMXBT", "ALTUSD"]
    assert [one.symbol for one in await account.get_instruments(symbol="GEMXBT")] == ["GEMXBT"]
    assert [one.wallet for one in await account.get_balances(asset="XBT")] == [stage.ledger.balance("XBT").wallet]
    assert await account.get_balances(asset="USD") == ()


async def test_positions_are_open_ones_or_all(stage: Stage) -> None:
    """Flat positions are there on request, one symbol leaves nothing else, and a position that is flat can be read."""
    account = stage.account

    assert [one.symbol for one in await account.get_positions()] == ["ALTXBT"]
    assert len(await account.get_positions(include_flat=True)) == 3
    assert [one.quantity for one in await account.get_positions(symbol="ALTXBT")] == [Decimal(100)]
    assert (await account.get_position("GEMXBT")).quantity == 0
    assert (await account.get_position("ALTXBT", side=PositionSide.BOTH)).quantity == 100


async def test_a_side_that_the_symbol_does_not_have_is_refused(stage: Stage) -> None:
    """The error names the sides that there are; no filter is ignored."""
    with pytest.raises(InvalidArgument, match="name the side both, not long"):
        await stage.account.get_position("ALTXBT", side=PositionSide.LONG)
    with pytest.raises(InvalidArgument, match="can be filtered by symbol only"):
        await stage.account.get_positions(pair="ALTXBT")


class AllEndpoints(Endpoints):
    """Reads that take no symbol, and so return everything."""

    INSTRUMENTS = attrs.evolve(SWAP.CONTRACTS, parameters=(), echoes=())
    POSITIONS = attrs.evolve(
        SWAP.POSITIONS, parameters=tuple(one for one in SWAP.POSITIONS.parameters if one.role is None), echoes=()
    )


class AllAccount(PartAccount):
    """An account of a venue whose reads take no symbol."""

    __slots__ = ()

    endpoints = AllEndpoints()


async def test_symbol_is_picked_where_the_venue_takes_none() -> None:
    """An instrument or position of another symbol is never returned, and one that is not listed is refused."""
    book = AllEndpoints()
    of_all: dict[object, Endpoint[Any]] = {
        SWAP.CONTRACTS.name: book.INSTRUMENTS,
        SWAP.POSITIONS.name: book.POSITIONS,
    }
    endpoints = tuple(of_all.get(one.name, one) for one in VENUE.endpoints)
    async with on_stage(attrs.evolve(VENUE, account=AllAccount, endpoints=endpoints)) as stage:
        account = stage.account

        assert [one.symbol for one in await account.get_instruments(symbol="GEMXBT")] == ["GEMXBT"]
        assert await account.get_positions(symbol="GEMXBT") == ()
        assert [one.symbol for one in await account.get_positions(symbol="ALTXBT")] == ["ALTXBT"]
        assert (await account.get_position("GEMXBT")).symbol == "GEMXBT"
        with pytest.raises(
            InvalidRequest, match=r"get_position refused for NOSUCH: the venue lists no position of this symbol"
        ):
            await account.get_position("NOSUCH")


async def test_positions_show_the_settings(stage: Stage) -> None:
    """Margin type, leverage and position are those of the row, and the highest leverage is that of the instrument."""
    stage.ledger.set_leverage("GEMXBT", Decimal(7))
    snapshot = await stage.account.get_settings(("GEMXBT",), orders=True, brackets=True)
    by_symbol = {row.symbol: row for row in snapshot.symbols}

    assert (await stage.account.get_leverage("GEMXBT")).long == 7
    assert by_symbol["GEMXBT"].leverage_long == by_symbol["GEMXBT"].leverage_short == 7
    assert by_symbol["GEMXBT"].max_leverage == 50
    assert by_symbol["ALTXBT"].margin_type is MarginType.ISOLATED
    assert by_symbol["ALTXBT"].position == 100
    assert (snapshot.open_positions, by_symbol["GEMXBT"].open_orders) == (1, 0)
    position = await stage.account.get_position("ALTXBT")
    assert settings_of(position).leverage == stage.ledger.leverage("ALTXBT")


async def test_settings_of_an_unknown_symbol_are_refused(stage: Stage) -> None:
    """The venue's own words say that it is not listed."""
    with pytest.raises(InvalidRequest, match="NOSUCH is not listed"):
        await stage.account.get_settings(("NOSUCH",))
