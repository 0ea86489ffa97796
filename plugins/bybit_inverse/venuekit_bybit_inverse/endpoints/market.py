"""Endpoints of the market: the time, the contracts and their risk limits, and the rows of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import attrs

from venuekit.capabilities import (
    Bracket,
    BracketReader,
    CandleReader,
    FundingRate,
    FundingRateReader,
    InstrumentReader,
    Price,
    PriceReader,
    ServerTimeReader,
    Unit,
    UserStream,
)
from venuekit.parts.candles import CandleColumns
from venuekit.parts.columns import Same, derived, milliseconds, number, price, text, whole
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.prices import rate_of_funding
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.plugin import Echoes, Endpoint, Kind, Parameter, Security, WireRow, payload_decoder
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import (
    BASE_COIN,
    CURSOR,
    END,
    INVERSE,
    START,
    SYMBOL,
    THE_SYMBOL,
    limit,
    page_decoder,
    wire_page,
)


@attrs.frozen(eq=False, repr=False)
class FilterRow(WireRow):
    """The leverages, prices or quantities that an instrument takes: each filter has some of the fields."""

    min_leverage: Decimal | None = None
    max_leverage: Decimal | None = None
    leverage_step: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    tick_size: Decimal | None = None
    min_order_qty: Decimal | None = None
    max_order_qty: Decimal | None = None
    max_mkt_order_qty: Decimal | None = None
    qty_step: Decimal | None = None
    min_notional_value: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class InstrumentRow(WireRow):
    """Row of ``GET /v5/market/instruments-info``."""

    symbol: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    contract_type: str = ""
    status: str = "unknown"
    launch_time: datetime | None = None
    delivery_time: datetime | None = None
    funding_interval: int | None = None
    leverage_filter: FilterRow = FilterRow()
    price_filter: FilterRow = FilterRow()
    lot_size_filter: FilterRow = FilterRow()


@attrs.frozen(eq=False, repr=False)
class _Envelope(WireRow):
    """The time that every answer carries, in milliseconds."""

    time: datetime


_decode_envelope = payload_decoder(_Envelope)
#: each tier from 0 on; rates are fractions, and the deduction is empty on the first tier
_BRACKETS = Reads(
    Bracket,
    within=("result", "list"),
    symbol=text("symbol", is_required=True),
    pair=None,
    tier=whole("id"),
    floor=Decimal(0),
    cap=number("riskLimitValue"),
    unit=Unit.SETTLE,
    max_leverage=number("maxLeverage"),
    initial_margin_rate=number("initialMargin", is_required=True),
    maintenance_margin_rate=number("maintenanceMargin"),
    deduction=number("mmDeduction", may_be_blank=True),
)


#: a side of the book that nobody offers is empty
_PRICES = Reads(
    Price,
    within=("result", "list"),
    given=("time",),
    symbol=text("symbol", is_required=True),
    bid=price("bid1Price", may_be_blank=True),
    ask=price("ask1Price", may_be_blank=True),
    last=price("lastPrice", may_be_blank=True),
    mark=price("markPrice", may_be_blank=True),
    index=price("indexPrice", may_be_blank=True),
    next_funding_at=milliseconds("nextFundingTime", as_text=True, may_be_blank=True),
    funding_rate=derived(rate_of_funding, number("fundingRate", may_be_blank=True), Same("next_funding_at")),
)
_MOMENT = Reads(_Envelope, is_single=True, time=milliseconds("time"))


def _prices_of_a_moment(prices: Rows[Price], moment: Rows[_Envelope]) -> tuple[Price, ...]:
    """Return the prices with the time of their answer."""
    return prices.values(time=moment.values()[0].time)


_FUNDING_RATES = Reads(
    FundingRate,
    within=("result", "list"),
    symbol=text("symbol", is_required=True),
    rate=number("fundingRate"),
    time=milliseconds("fundingRateTimestamp", as_text=True),
)
#: the word of each length; months, which are of several lengths, are left out
CANDLE_WORDS: Mapping[timedelta, str] = MappingProxyType(
    {
        **{timedelta(minutes=count): str(count) for count in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
        timedelta(days=1): "D",
        timedelta(weeks=1): "W",
    }
)

#: without it, the venue takes linear contracts to be meant
_OPTIONAL_INVERSE = attrs.evolve(INVERSE, required=False)


class MarketEndpoints(EndpointBook):
    """Reads of the market; they need no key."""

    SERVER_TIME = Endpoint(
        "GET",
        "/v5/market/time",
        decode=lambda body: _decode_envelope(body).time,
        security=Security.NONE,
        pools=cost(),
        serves=(ServerTimeReader.get_server_time,),
    )

    INSTRUMENTS = Endpoint(
        "GET",
        "/v5/market/instruments-info",
        decode=wire_page(InstrumentRow, FilterRow),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, SYMBOL, Parameter("symbolType"), Parameter("status"), BASE_COIN, limit(1000), CURSOR),
        security=Security.NONE,
        pools=cost(),
        serves=(InstrumentReader.get_instruments, UserStream.events),
    )

    RISK_LIMITS = Endpoint(
        "GET",
        "/v5/market/risk-limit",
        decode=page_decoder(_BRACKETS),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, SYMBOL, CURSOR),
        security=Security.NONE,
        pools=cost(),
        serves=(BracketReader.get_brackets,),
    )

    TICKERS = Endpoint(
        "GET",
        "/v5/market/tickers",
        decode=Document(_prices_of_a_moment, prices=_PRICES, moment=_MOMENT),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, SYMBOL),
        security=Security.NONE,
        pools=cost(),
        serves=(PriceReader.get_prices,),
        note="Every inverse contract without a symbol; at the same cost.",
    )

    CANDLES = Endpoint(
        "GET",
        "/v5/market/kline",
        decode=CandleColumns(within=("result", "list"), turnover=6),
        rows=(("result", "list"),),
        parameters=(
            _OPTIONAL_INVERSE,
            THE_SYMBOL,
            Parameter("interval", required=True, choices=frozenset({*CANDLE_WORDS.values(), "M"})),
            Parameter("start", Kind.INTEGER, minimum=Decimal(0)),
            Parameter("end", Kind.INTEGER, minimum=Decimal(0)),
            limit(1000),
        ),
        security=Security.NONE,
        pools=cost(),
        serves=(CandleReader.iter_candles,),
        note="Newest first.",
    )

    FUNDING_RATES = Endpoint(
        "GET",
        "/v5/market/funding/history",
        decode=_FUNDING_RATES.read_all,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, THE_SYMBOL, START, END, limit(200)),
        security=Security.NONE,
        pools=cost(),
        serves=(FundingRateReader.iter_funding_rates,),
        note="Newest first; a start is taken together with an end alone.",
    )
