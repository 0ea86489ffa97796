"""The keys and sums of the contracts that each venue lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from venuekit.account import Account
from venuekit.capabilities import (
    BracketReader,
    CandleReader,
    FillReader,
    FundingRateReader,
    InstrumentReader,
    LeverageControl,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionCloseControl,
    PriceReader,
)
from venuekit.errors import InvalidRequest
from venuekit.plugins import make_plugins
from venuekit.testing.staged import on_stage
from venuekit.venue import Venue

PLUGINS = make_plugins()
VENUES = [PLUGINS.venue(venue_id) for venue_id in PLUGINS.venue_ids()]
EXCHANGES = [venue for venue in VENUES if not venue.id.startswith("toy_")]


@pytest.mark.parametrize("venue", VENUES, ids=[venue.id for venue in VENUES])
async def test_a_key_is_one_contract_and_its_notional_gives_its_contracts(venue: Venue[Any]) -> None:
    """Of every listed contract; the key finds it again, and so do its steps."""
    async with on_stage(venue) as stage:
        reader = InstrumentReader.of(stage.account)
        listed = await reader.get_instruments()
        keys = Counter(one.key for one in listed)

        assert listed
        assert not [key for key, count in keys.items() if count > 1]
        assert await reader.find(key=listed[-1].key) == (listed[-1],)
        for one in listed:
            for steps in (1, 3, 1009):
                quantity, price = steps * (one.quantity_step or 1), Decimal("60123.4")
                notional = one.notional(Decimal(quantity), price)
                if one.is_quanto or one.contract_size is None:
                    assert notional is None
                else:
                    assert one.contracts(notional=notional, price=price) == quantity


@pytest.mark.parametrize("venue", EXCHANGES, ids=[venue.id for venue in EXCHANGES])
async def test_an_order_for_a_symbol_that_is_not_listed_gets_the_one_that_was_meant(venue: Venue[Any]) -> None:
    """In lower case, and by its key; nothing is sent for it."""
    async with on_stage(venue) as stage:
        orders, listed = OrderControl.of(stage.account), await InstrumentReader.of(stage.account).get_instruments()
        for meant in (listed[0].symbol.lower(), listed[0].key):
            request = OrderRequest(symbol=meant, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(1))
            with pytest.raises(InvalidRequest, match=f"did you mean {listed[0].symbol}") as caught:
                await orders.place_order(request)
            assert caught.value.subject == meant


def _asked(account: Account, symbol: str) -> dict[str, Awaitable[Any]]:
    """Return the calls of methods that are about a symbol."""
    control = PositionCloseControl.of(account)
    return {
        "prices": PriceReader.of(account).get_prices(symbol),
        "positions": control.get_positions(symbol=symbol),
        "open orders": control.cancel_all_orders(symbol=symbol),
        "cancel": OrderReader.of(account).get_open_orders(symbol=symbol),
        "leverage": LeverageControl.of(account).set_leverage(symbol, 5),
        "brackets": BracketReader.of(account).get_brackets(symbol=symbol),
        "fills": FillReader.of(account).iter_fills(symbol).all(),
        "funding": FundingRateReader.of(account).iter_funding_rates(symbol).all(),
        "candles": CandleReader.of(account).iter_candles(symbol, timedelta(hours=1)).all(),
        "flatten": control.flatten(symbol),
        "close": control.close_position(symbol),
    }


@pytest.mark.parametrize("venue", EXCHANGES, ids=[venue.id for venue in EXCHANGES])
async def test_every_method_names_the_symbol_that_was_meant_once_instruments_were_read(venue: Venue[Any]) -> None:
    """In lower case, and by its key, behind the venue's words."""
    async with on_stage(venue) as stage:
        listed = await InstrumentReader.of(stage.account).get_instruments()
        for text in (listed[0].symbol.lower(), listed[0].key):
            for name, call in _asked(stage.account, text).items():
                with pytest.raises(InvalidRequest) as caught:
                    await call
                assert caught.value.message.count(f"did you mean {listed[0].symbol}?") == 1, (name, text)
