"""
Two made-up venues with long histories and an order book, for what the command line does with them.

Only the time is asked of a venue: histories are counted out and walked as any other, the book is a table of this
module. ``TOY_MARKET`` names a JSON file that says how long the histories are, how their pages come, and what goes
wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import attrs

from venuekit.capabilities import (
    AdlQuantile,
    AdlReader,
    Amendment,
    ApiKey,
    ApiKeyReader,
    Bracket,
    BracketReader,
    ClosedPnl,
    ClosedPnlReader,
    CommissionRate,
    CommissionReader,
    Conversion,
    ConversionReader,
    Fill,
    FillReader,
    Income,
    IncomeKind,
    IncomeReader,
    Order,
    OrderAmendControl,
    OrderControl,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderTestControl,
    Pager,
    PositionSide,
    Unit,
    Withdrawal,
    WithdrawalReader,
    WithdrawalStatus,
)
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import NotFound, OperationError, Throttled
from venuekit.hooks import hookimpl
from venuekit.parameters import Parameter, Role
from venuekit.parts.histories import Numbered, Origin, Page, Pages, Span, Track
from venuekit.plugin import from_milliseconds
from venuekit.venue import Environment, EnvironmentName
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.venue import TOY_PERP

from .items import BEGIN, conversion, fill, income, order, pnl, withdrawal

VENUEKIT_API = 1

T = TypeVar("T")

PLACE = Endpoint(
    "POST", "/v1/orders", decode=bytes, effect=Effect.KEYED, parameters=(Parameter("id", role=Role.CLIENT_ID),)
)

#: (venue, client id) to an order; what a call of ``place``, ``cancel_all`` and so on raises, by venue and method
BOOK: dict[tuple[str, str], Order] = {}
FAILURES: dict[tuple[str, str], OperationError] = {}
#: client ids that cannot be cancelled
STUBBORN: set[str] = set()
#: called by ``cancel_all_orders`` before it does anything
ARRIVED: list[Callable[[], Any]] = []
TESTED: list[OrderRequest] = []


def _told() -> dict[str, Any]:
    """Return what the file says: rows, page, pause (seconds), most, held (rows before an error, a halt), warning."""
    told: dict[str, Any] = json.loads(Path(os.environ["TOY_MARKET"]).read_text(encoding="utf-8"))
    return {"rows": 0, "page": 100, "pause": 0, "most": None, "held": None, "warning": None, **told}


class ToyMarketAccount(
    ToyPerpAccount,
    IncomeReader,
    ClosedPnlReader,
    FillReader,
    WithdrawalReader,
    ConversionReader,
    OrderControl,
    OrderAmendControl,
    OrderTestControl,
    CommissionReader,
    AdlReader,
    ApiKeyReader,
    BracketReader,
):
    """An account whose histories are counted and whose book is a table."""

    __slots__ = ()

    # -- histories

    def _walk(
        self,
        make: Callable[[int], T],
        time: Callable[[T], datetime | None],
        start: datetime | None,
        end: datetime | None,
        after: T | None,
        *,
        wanted: Callable[[T], bool] = lambda _: True,
    ) -> Pager[T]:
        told = _told()

        def milliseconds(item: T) -> int:
            moment = time(item)
            return 0 if moment is None else round(moment.timestamp() * 1000)

        span = Span(
            BEGIN if start is None else round(start.timestamp() * 1000),
            BEGIN + 10**12 if end is None else round(end.timestamp() * 1000),
        )
        rows = [item for item in map(make, range(told["rows"])) if wanted(item)]

        async def read(window: Span | None, place: Mapping[str, Any]) -> Page[T]:
            assert window is not None
            if told["pause"]:
                await asyncio.sleep(told["pause"])
            begin = (place["page"] - 1) * told["page"]
            if told["most"] is not None and begin >= told["most"]:
                raise Throttled("slow down", venue=self.venue.id, operation="iter", code=2001)
            if told["held"] is not None and begin >= told["held"]:
                await asyncio.Event().wait()  # until the process is ended
            found = [item for item in rows if window.start <= milliseconds(item) <= window.end]
            return Page(found[begin : begin + told["page"]])

        async def windows() -> Sequence[Span]:
            if told["warning"]:
                warnings.warn(told["warning"], UserWarning, stacklevel=2)
            return [span]

        # items are told apart by all they hold, so that one that was not kept exactly is not found again
        track: Track[T] = Track(milliseconds, key=lambda item: item)
        pages = Pages(
            read=read,
            windows=windows,
            filters={},
            limit=told["page"],
            track=track,
            after=after,
            origin=Origin(self.venue.id, "iter"),
            account=self,
        )
        return Pager(lambda: Numbered("page").walk(pages, None), cost_per_page=30)

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """Walk the income."""

        def wanted(item: Income) -> bool:
            return symbol in {None, item.symbol} and asset in {None, item.asset} and kind in {None, item.kind}

        return self._walk(income, lambda item: item.time, start, end, after, wanted=wanted)

    def iter_closed_pnl(
        self,
        *,
        symbol: str | None = None,
        kind: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: ClosedPnl | None = None,
    ) -> Pager[ClosedPnl]:
        """Walk closed positions."""
        return self._walk(pnl, lambda item: item.closed_at, start, end, after)

    def iter_fills(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Fill | None = None,
    ) -> Pager[Fill]:
        """Walk fills."""
        return self._walk(lambda number: fill(number, symbol), lambda item: item.time, start, end, after)

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk orders."""
        return self._walk(order, lambda item: item.created_at, start, end, after)

    def iter_withdrawals(
        self,
        *,
        asset: str | None = None,
        status: WithdrawalStatus | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Withdrawal | None = None,
    ) -> Pager[Withdrawal]:
        """Walk withdrawals."""
        return self._walk(
            withdrawal,
            lambda item: item.created_at,
            start,
            end,
            after,
            wanted=lambda item: status in {None, item.status},
        )

    def iter_conversions(
        self,
        *,
        from_asset: str | None = None,
        to_asset: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Conversion | None = None,
    ) -> Pager[Conversion]:
        """Walk conversions."""
        return self._walk(
            conversion, lambda item: item.time, start, end, after, wanted=lambda item: to_asset in {None, item.to_asset}
        )

    # -- the book

    def _fail(self, method: str) -> None:
        if failure := FAILURES.get((self.venue.id, method)):
            raise failure

    def _found(self, order_id: str | None, client_id: str | None) -> Order:
        for (venue, _), one in BOOK.items():
            if venue == self.venue.id and (one.id == order_id or one.client_id == client_id):
                return one
        raise NotFound("no such order", venue=self.venue.id, operation="get_order", code=2010)

    def _keep(self, changed: Order) -> Order:
        BOOK[self.venue.id, str(changed.client_id)] = changed
        return changed

    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an order."""
        self._fail("get_order")
        return self._found(order_id, client_id)

    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an open order."""
        found = self._found(order_id, client_id)
        if found.status.is_final:
            raise NotFound("it is not open", venue=self.venue.id, operation="get_open_order", code=2010)
        return found

    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return what is open."""
        self._fail("get_open_orders")
        return tuple(
            one
            for (venue, _), one in BOOK.items()
            if venue == self.venue.id and not one.status.is_final and symbol in {None, one.symbol}
        )

    async def place_order(self, request: OrderRequest) -> Order:
        """Place an order."""
        self._fail("place_order")
        client_id = request.client_id or f"made-{len(BOOK)}"
        conditional = request.type.is_conditional
        return self._keep(
            Order(
                id=f"{len(BOOK):08d}-aaaa-bbbb-cccc-0123456789ab",
                client_id=client_id,
                symbol=request.symbol,
                kind=OrderKind.CONDITIONAL if conditional else OrderKind.PLAIN,
                side=request.side,
                type=request.type,
                status=OrderStatus.UNTRIGGERED if conditional else OrderStatus.OPEN,
                quantity=request.quantity,
                filled=Decimal(0),
                price=request.price,
                trigger_price=request.trigger_price,
                time_in_force=request.time_in_force,
                reduce_only=request.reduce_only,
                position_side=request.position_side,
                created_at=from_milliseconds(BEGIN),
            )
        )

    async def test_order(self, request: OrderRequest) -> None:
        """Take note of an order and place nothing."""
        self._fail("test_order")
        TESTED.append(request)

    async def amend_order(
        self,
        symbol: str,
        side: OrderSide,
        *,
        order_id: str | None = None,
        client_id: str | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> Order:
        """Change an order; its side must be right."""
        found = self._found(order_id, client_id)
        assert side is found.side
        changes = {"quantity": quantity, "price": price}
        changed: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
        return self._keep(attrs.evolve(found, **changed))

    async def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Order | OperationError, ...]:
        """Change orders one after another."""
        names = ("symbol", "side", "order_id", "client_id", "quantity", "price")
        return tuple([await self.amend_order(**{name: getattr(one, name) for name in names}) for one in amendments])

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Cancel an order."""
        self._fail("cancel_order")
        return self._keep(attrs.evolve(self._found(order_id, client_id), status=OrderStatus.CANCELED))

    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Cancel all but the stubborn."""
        for arrived in ARRIVED:
            await arrived()
        self._fail("cancel_all_orders")
        for one in await self.get_open_orders(symbol=symbol):
            if one.client_id not in STUBBORN:
                self._keep(attrs.evolve(one, status=OrderStatus.CANCELED))
        return await self.get_open_orders(symbol=symbol)

    # -- terms

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return a rate."""
        return CommissionRate(symbol, Decimal("-0.0001"), Decimal("0.00055"))

    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return a place."""
        return tuple(
            AdlQuantile(one, PositionSide.BOTH, rank, 5)
            for one, rank in (("TOYUSD", 3), ("GEMUSD", 0))
            if symbol in {None, one}
        )

    async def get_api_key(self) -> ApiKey:
        """Return what the key may do, and warn."""
        warnings.warn("this key may withdraw", UserWarning, stacklevel=2)
        return ApiKey(frozenset({"trade.orders", "account.read"}), False, (), None, None, True)

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return two tiers."""
        rates = (Decimal(50), Decimal("0.01"), Decimal(0)), (Decimal(20), Decimal("0.02"), Decimal(50))
        return tuple(
            Bracket(
                symbol or "TOYUSD",
                None,
                tier,
                Decimal(5000 * (tier - 1)),
                Decimal(5000 * tier),
                Unit.QUOTE,
                most,
                None,
                rate,
                deduction,
            )
            for tier, (most, rate, deduction) in enumerate(rates, start=1)
        )


@hookimpl
def venuekit_register_venues(register: Callable[[Any], None]) -> None:
    """Register both."""
    live = Environment(name=EnvironmentName.LIVE, rest=os.environ["TOY_MARKET_REST"])
    for name in ("toy_market", "toy_bazaar"):
        changes: dict[str, Any] = {
            "environments": (live,),
            "account": ToyMarketAccount,
            "endpoints": (*TOY_PERP.endpoints, PLACE),
        }
        register(attrs.evolve(TOY_PERP, id=name, **changes))
