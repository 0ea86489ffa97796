"""The keys and sums of the contracts that each venue lists."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import InstrumentReader, OrderControl, OrderRequest, OrderSide, OrderType
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
