"""Markets: instruments, prices, the account's commission rates, and the venue's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import attrs

import venuekit.capabilities as cap
import venuekit.plugin as vk
from venuekit.parts.listing import Listing
from venuekit.parts.prices import name_symbols, prices_by_symbol
from venuekit_bitmex.rows import QUOTES, read_instruments

T = TypeVar("T")

SYMBOL = vk.Parameter("symbol", required=True, role=vk.Role.SYMBOL, pattern="[A-Z0-9_]{3,30}")


def public(path: str, decode: Callable[[bytes], T], *parameters: vk.Parameter, **more: Any) -> vk.Endpoint[T]:
    """Declare a read that anybody may do."""
    security, pools = vk.Security.NONE, {"public": None}
    return vk.Endpoint(
        "GET", f"/api/v1{path}", decode=decode, parameters=parameters, security=security, pools=pools, **more
    )


def private(path: str, decode: Callable[[bytes], T], *parameters: vk.Parameter, **more: Any) -> vk.Endpoint[T]:
    """Declare a read of the account."""
    return vk.Endpoint("GET", f"/api/v1{path}", decode=decode, parameters=parameters, pools={"minute": None}, **more)


def write(name: str, decode: Callable[[bytes], T], *parameters: vk.Parameter, **more: Any) -> vk.Endpoint[T]:
    """Declare a change, by verb and path; those of orders and positions are counted by the second as well."""
    (verb, path), encoding = name.split(), vk.Encoding.JSON
    pools = more.pop("pools", {"minute": None, "second": 1})
    return vk.Endpoint(
        verb, f"/api/v1{path}", decode=decode, parameters=parameters, encoding=encoding, pools=pools, **more
    )


SERVER_TIME = public(
    "", vk.payload_decoder(datetime, within=("timestamp",)), serves=(cap.ServerTimeReader.get_server_time,)
)
INSTRUMENTS = public(
    "/instrument/active",
    read_instruments,
    rows=((),),
    answer_limit=16_000_000,
    serves=(cap.InstrumentReader.get_instruments, cap.PriceReader.get_prices),
)
INSTRUMENT = public(
    "/instrument",
    QUOTES.read_all,
    SYMBOL,
    echoes=vk.Echoes.each({"symbol": "symbol"}),
    serves=(cap.PriceReader.get_prices,),
)
COMMISSIONS = private(
    "/user/commission",
    vk.payload_decoder(dict[str, dict[str, Decimal | None]]),
    serves=(cap.CommissionReader.get_commission_rate,),
)
LISTING = Listing(INSTRUMENTS)
_ALL: vk.Endpoint[Any] = INSTRUMENTS
#: the prices of all that is listed, spot pairs too
ALL_PRICES: vk.Endpoint[tuple[cap.Price, ...]] = attrs.evolve(_ALL, decode=QUOTES.read_all)


class BitmexMarkets(vk.Account, cap.InstrumentReader, cap.PriceReader, cap.CommissionReader, cap.ServerTimeReader):
    """The contracts, their prices and fees, and the time."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[cap.Instrument, ...]:
        """Return the perpetual and expiring contracts, or the requested one."""
        if symbol is not None:
            return (await LISTING.find(self, symbol, renew=True),)
        return (await self.answer_rows(INSTRUMENTS)).value

    async def get_prices(self, symbols: str | Iterable[str] | None = None) -> Mapping[str, cap.Price]:
        """Return the prices of one contract by its row, of several by those of all."""
        names = name_symbols(symbols)
        for symbol in names or ():
            await LISTING.find(self, symbol)
        if names is None:
            names = tuple(await LISTING.by_symbol(self))
        if not names:
            return {}
        rows = await (self.call(INSTRUMENT, symbol=names[0]) if len(names) == 1 else self.call(ALL_PRICES))
        prices = prices_by_symbol(rows, names)
        return {symbol: prices[symbol] for symbol in names if symbol in prices}

    async def get_commission_rate(self, symbol: str) -> cap.CommissionRate:
        """Return the rates of a contract for this account."""
        await LISTING.find(self, symbol)
        fees = (await self.call(COMMISSIONS)).get(symbol, {})
        maker, taker = fees.get("makerFee"), fees.get("takerFee")
        if maker is None or taker is None:
            words = "the venue names no rates of this contract"
            raise self.make_error(vk.PayloadMismatch, words, subject=symbol, outcome=vk.Outcome.NOT_APPLIED)
        return cap.CommissionRate(symbol, maker=maker, taker=taker)

    async def get_server_time(self) -> datetime:
        """Return the venue's clock."""
        return await self.call(SERVER_TIME)
