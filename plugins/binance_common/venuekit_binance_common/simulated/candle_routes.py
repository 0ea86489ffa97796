"""Public routes of candles: of a symbol, of the contracts of a pair, of marks and of indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from venuekit.plugin import Endpoint, Parameter, from_milliseconds
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, PricePoint
from venuekit.simulator.quotes import Candle, Interval, make_candles, make_premiums
from venuekit_binance_common.simulated.formatting import amount, milliseconds, plain, price, quantity
from venuekit_binance_common.simulated.public_routes import LIMIT, PublicRoutes, weigh_limit
from venuekit_binance_common.venue import SPAN, THE_SYMBOL

_MINUTES = (1, 3, 5, 15, 30)
_HOURS = (1, 2, 4, 6, 8, 12)
INTERVALS: Mapping[str, Interval] = MappingProxyType(
    {
        **{f"{number}m": Interval(timedelta(minutes=number)) for number in _MINUTES},
        **{f"{number}h": Interval(timedelta(hours=number)) for number in _HOURS},
        **{f"{number}d": Interval(timedelta(days=number)) for number in (1, 3)},
        "1w": Interval(timedelta(weeks=1)),
        "1M": Interval(None),
    }
)
_USUAL, _MOST = 500, 1500
_WEIGHTS = weigh_limit(_USUAL, (1, 1), (100, 2), (500, 5), (1001, 10))
_MILLISECOND = timedelta(milliseconds=1)

INTERVAL = Parameter("interval", required=True, choices=frozenset(INTERVALS))
THE_PAIR = Parameter("pair", required=True)
CONTRACT_TYPE = Parameter("contractType", required=True)
_SPANNED = (INTERVAL, *SPAN, LIMIT)

Row = list[object]


def contract_type(contract: Contract) -> str:
    """Return the type of a contract: perpetual, or delivered at the end of the quarter."""
    return "PERPETUAL" if contract.expires_at is None else "CURRENT_QUARTER"


class CandleRoutes(PublicRoutes):
    """Candles over the path of the mark, which is the last trade too."""

    #: the widest stretch of one request of a product that returns the newest candles of it; None for one that returns
    #: the oldest from its beginning on
    widest_candles: ClassVar[timedelta | None] = None

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {**super().handlers(), self.endpoints.CANDLES: self.candles}

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes, which the client does not use."""
        yield from super().extra_routes()
        yield self.public("markPriceKlines", self.mark_candles, THE_SYMBOL, *_SPANNED, costs=_WEIGHTS)
        yield self.public("indexPriceKlines", self.index_candles, THE_PAIR, *_SPANNED, costs=_WEIGHTS)

    def more_candles(self) -> Iterable[Route]:
        """Return the routes of candles of a pair and a type of contract, and of premiums, for products with them."""
        names = (THE_PAIR, CONTRACT_TYPE, *_SPANNED)
        yield self.public("continuousKlines", self.continuous_candles, *names, costs=_WEIGHTS)
        yield self.public("premiumIndexKlines", self.premium_candles, THE_SYMBOL, *_SPANNED, costs=_WEIGHTS)

    def candles(self, request: SimRequest, visit: Visit) -> object:
        """Return the candles of a symbol."""
        return self._list_trading(self.contract(self.require_symbol(request)), request, visit)

    def continuous_candles(self, request: SimRequest, visit: Visit) -> object:
        """Return the candles of the contract of a pair and a type; raises ``Denied`` for one that is not listed."""
        return self._list_trading(self._contract_of_type(request), request, visit)

    def mark_candles(self, request: SimRequest, visit: Visit) -> object:
        """Return the candles of the mark of a symbol, which tell no volume."""
        contract = self.contract(self.require_symbol(request))
        return self._list_prices(contract, visit.ledger.marks(contract.symbol), request, visit)

    def index_candles(self, request: SimRequest, visit: Visit) -> object:
        """Return the candles of the index of a pair; raises ``Denied`` for one that is not listed."""
        contract = self._contracts_of_pair(request)[0]
        return self._list_prices(contract, visit.ledger.indexes(contract.symbol), request, visit)

    def premium_candles(self, request: SimRequest, visit: Visit) -> object:
        """Return the candles of the premium of a symbol over its index."""
        contract = self.contract(self.require_symbol(request))
        premiums = make_premiums(visit.ledger.marks(contract.symbol), visit.ledger.indexes(contract.symbol))
        return self._list_prices(contract, premiums, request, visit)

    def _contracts_of_pair(self, request: SimRequest) -> Sequence[Contract]:
        pair = request.text("pair")
        if not pair:
            raise self.errors.missing("pair")
        of_pair = [contract for contract in self.contracts if contract.pair == pair]
        if not of_pair:
            raise self.errors.denial(self.errors.unknown_pair)
        return of_pair

    def _contract_of_type(self, request: SimRequest) -> Contract:
        of_pair, kind = self._contracts_of_pair(request), request.text("contractType")
        if not kind:
            raise self.errors.missing("contractType")
        for contract in of_pair:
            if contract_type(contract) == kind:
                return contract
        raise self.errors.denial(-4104)

    def _list_trading(self, contract: Contract, request: SimRequest, visit: Visit) -> list[Row]:
        """Return candles of trades, each at a mark."""
        candles = self._span(contract, visit.ledger.marks(contract.symbol), request, visit, is_traded=True)
        return [self._candle_row(contract, candle) for candle in candles]

    def _list_prices(
        self, contract: Contract, path: Sequence[PricePoint], request: SimRequest, visit: Visit
    ) -> list[Row]:
        """Return candles of prices that nobody trades at."""
        return [empty_row(candle) for candle in self._span(contract, path, request, visit, is_traded=False)]

    def _span(
        self, contract: Contract, path: Sequence[PricePoint], request: SimRequest, visit: Visit, *, is_traded: bool
    ) -> tuple[Candle, ...]:
        """Return the candles of a path that a request spans; raises ``Denied``."""
        interval = self._interval(request)
        start, end, newest = self._candle_span(request, visit)
        limit = self.limit(request, _USUAL, _MOST)
        return make_candles(
            path,
            contract,
            interval,
            # no candle opens later than now, whatever a request names
            since=None if start is None else from_milliseconds(min(start, visit.milliseconds + 1)),
            until=from_milliseconds(min(end, visit.milliseconds)),
            limit=limit,
            newest=newest,
            is_traded=is_traded,
        )

    def _interval(self, request: SimRequest) -> Interval:
        word = request.text("interval")
        if not word:
            raise self.errors.missing("interval")
        if word not in INTERVALS:
            raise self.errors.denial(-1120)
        return INTERVALS[word]

    def _candle_span(self, request: SimRequest, visit: Visit) -> tuple[int | None, int, bool]:
        """Return the first and last opening of a request, in milliseconds, and whether the newest are wanted."""
        sent_start, sent_end = (self.text(request, name) for name in ("startTime", "endTime"))
        start = None if sent_start is None else self.number(request, "startTime", 0)
        end = self.number(request, "endTime", visit.milliseconds)
        if self.widest_candles is not None:
            widest = self.widest_candles // _MILLISECOND
            if start is not None and sent_end is None:
                end = min(end, start + widest)
            start = end - widest if start is None else start
            if end - start > widest:
                raise self.errors.denial(-4088, days=self.widest_candles.days)
        if start is not None and start > end:
            raise self.errors.denial(-1023)
        return start, end, self.widest_candles is not None or sent_start is None

    def _candle_row(self, contract: Contract, candle: Candle) -> Row:
        return [
            milliseconds(candle.opens_at),
            *(price(each, contract) for each in (candle.open, candle.high, candle.low, candle.close)),
            quantity(candle.volume, contract),
            _last_millisecond(candle),
            plain(round(candle.value, 8)),
            candle.trades,
            quantity(candle.bought_volume, contract),
            plain(round(candle.bought_value, 8)),
            "0",
        ]


def empty_row(candle: Candle) -> Row:
    """Return a candle of prices that nobody traded at, with the number of its prices."""
    prices = (amount(each) for each in (candle.open, candle.high, candle.low, candle.close))
    return [
        milliseconds(candle.opens_at),
        *prices,
        *("0", _last_millisecond(candle), "0", candle.trades, "0", "0", "0"),
    ]


def _last_millisecond(candle: Candle) -> int:
    return milliseconds(candle.ends_at) - 1
