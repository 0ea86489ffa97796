"""Conversions, from the venue's two histories of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_histories import DAY, moment, plain, sim_now

from venuekit.capabilities import (
    Conversion,
)
from venuekit.errors import OddRow, PayloadMismatch
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_recorded_conversions(
    account: BybitInverseAccount, replay: Replay, last_page: Callable[[str], None]
) -> None:
    """Both histories are one, oldest first, every field."""
    replay("get_v5_asset_exchange_order_record", "get_v5_asset_exchange_query_convert_history")
    last_page("/v5/asset/exchange/order-record")
    first, second, third = await account.iter_conversions().all()
    assert plain(first) == Conversion(
        id="145102533285208544812654440448",
        from_asset="BTC",
        from_amount=D("-0.1"),
        to_asset="ETH",
        to_amount=D("1.38586623"),
        rate=D("13.85866238"),
        time=datetime(2022, 12, 28, 3, 22, 40, tzinfo=UTC),
    )
    assert plain(second) == Conversion(
        id="23070eb_convert_uta408933875189391360",
        from_asset="BTC",
        from_amount=D("-0.1"),
        to_asset="ETH",
        to_amount=D("1.773938248611074"),
        rate=D("17.73938248611074"),
        time=moment(1719974243256),
    )
    assert (third.id, third.from_asset, third.time) == (
        "10100108106409343501030232064",
        "ETH",
        moment(1720071899995),
    )


async def test_conversions_of_the_simulated_venue(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """What stands in both histories comes once; filters and continuing are done here; pages are walked to the end."""
    for number in range(120):
        source, target = ("BTC", "ETH") if number % 2 else ("USDT", "BTC")
        sim.ledger.convert(source, D("0.01"), target, D(number + 1) / 100)
    found = await account.iter_conversions().all()
    assert [one.id for one in found] == [one.id for one in sim.ledger.conversions()]
    assert (len(arrivals(BYBIT.EXCHANGES.path)), len(arrivals(BYBIT.CONVERTS.path))) == (3, 2)
    assert [one.id for one in await account.iter_conversions(from_asset="BTC").all()] == [
        one.id for one in found if one.from_asset == "BTC"
    ]
    assert len(await account.iter_conversions(to_asset="BTC", from_asset="BTC").all()) == 0
    assert await account.iter_conversions(after=found[70]).all() == found[71:]
    assert await account.iter_conversions(end=sim_now(sim) - DAY).all() == ()


async def test_conversion_whose_time_becomes_finer_comes_once(
    account: BybitInverseAccount, replay: Replay, recorded: Recorded, sim: Simulation, last_page: Callable[[str], None]
) -> None:
    """What only the history in seconds had, and then both have, is not given again behind itself."""
    replay("get_v5_asset_exchange_order_record")
    last_page(BYBIT.EXCHANGES.path)
    sim.disturb(VENUE, BYBIT.CONVERTS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}}))
    (first,) = await account.iter_conversions().all()
    body = json.loads(recorded.case("get_v5_asset_exchange_query_convert_history").body)
    row = body["result"]["list"][0] | {"exchangeTxId": first.id, "createdAt": "1672197760500"}
    sim.disturb(VENUE, BYBIT.CONVERTS, CannedAnswer.json(200, {**body, "result": {"list": [row]}}))
    assert await account.iter_conversions(after=first).all() == ()


@pytest.mark.parametrize("history", ["exchanges", "converts"])
async def test_conversions_that_never_end_are_found_out(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation, history: str
) -> None:
    """Pages that hold nothing new end in an error, whatever their cursor or number says."""
    exchange = json.loads(recorded.case("get_v5_asset_exchange_order_record").body)["result"]["orderBody"][0]
    quote = json.loads(recorded.case("get_v5_asset_exchange_query_convert_history").body)["result"]["list"][0]
    for number in range(10):
        rows = [quote | {"exchangeTxId": str((number + other) % 100)} for other in range(100)]
        body: dict[str, Any] = {"list": rows if history == "converts" else []}
        sim.disturb(VENUE, BYBIT.CONVERTS, CannedAnswer.json(200, {"retCode": 0, "result": body}))
        body = {"orderBody": [exchange] if history == "exchanges" else [], "nextPageCursor": f"{number}:1"}
        sim.disturb(VENUE, BYBIT.EXCHANGES, CannedAnswer.json(200, {"retCode": 0, "result": body}))
    with pytest.raises(PayloadMismatch, match="nothing new"):
        await account.iter_conversions().all()


async def test_conversions_that_failed_are_none(account: BybitInverseAccount, sim: Simulation) -> None:
    """Only what succeeded moved anything."""
    row = {"exchangeTxId": "1", "fromCoin": "BTC", "fromAmount": "1", "toCoin": "ETH", "toAmount": "20"}
    row |= {"exchangeStatus": "failure", "createdAt": str(sim.milliseconds()), "convertRate": "20"}
    sim.disturb(VENUE, BYBIT.CONVERTS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": [row]}}))
    assert await account.iter_conversions().all() == ()


@pytest.mark.parametrize("history", ["exchanges", "converts"])
async def test_an_odd_conversion_hides_no_other(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation, history: str
) -> None:
    """It is left out with a warning, and counts as a row of its page: the page behind is asked for."""
    exchange = json.loads(recorded.case("get_v5_asset_exchange_order_record").body)["result"]["orderBody"][0]
    quote = json.loads(recorded.case("get_v5_asset_exchange_query_convert_history").body)["result"]["list"][0]
    quotes = [quote | {"exchangeTxId": f"q{number}"} for number in range(101)]
    exchanges = [exchange | {"exchangeTxId": f"e{number}"} for number in range(3)]
    if history == "converts":
        quotes[7] |= {"fromAmount": "NaN"}
    else:
        exchanges[1] |= {"fromAmount": "NaN"}
    for page in (quotes[:100], quotes[100:]):
        sim.disturb(VENUE, BYBIT.CONVERTS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": page}}))
    sim.disturb(VENUE, BYBIT.EXCHANGES, CannedAnswer.json(200, {"retCode": 0, "result": {"orderBody": exchanges}}))
    with pytest.warns(OddRow, match="rom.*mount"):
        found = await account.iter_conversions().all()
    assert len(found) == 103
