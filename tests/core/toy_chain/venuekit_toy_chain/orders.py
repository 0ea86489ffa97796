"""Orders: one route, whose every order names the margin type of the position that it opens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from venuekit.capabilities import (
    MarginType,
    Order,
    OrderBehaviour,
    OrderKind,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Pager,
    Unit,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.histories import HistoryCall, Retention
from venuekit.parts.orders import (
    MANY,
    Lookup,
    LostOrders,
    OrderNames,
    OrderPart,
    OrderReads,
    OrderRoute,
    OrderRoutes,
    OrderRows,
    OrderSteps,
    OrderWrites,
    common_misfit,
    missing_term,
)
from venuekit.plugin import AbsenceProof, Account, Ask, Changing, Echoes, Kind, Parameter, Role, to_milliseconds
from venuekit_toy_chain.endpoints import ANY_MARKET, MARKET, ChainEndpoints, decoder, exchange, info
from venuekit_toy_chain.rows import OrderRow

TYPES = {OrderType.LIMIT: "limit", OrderType.MARKET: "market"}
_STATES = {
    "open": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
}
_KEPT = Retention(words="every order")
_NAMES = OrderNames(order_id="oid", client_id="cloid", new_client_id="cloid", symbol="market")
_NAME = (Parameter("oid", role=Role.ORDER_ID), Parameter("cloid", role=Role.CLIENT_ID))
_READS = (OrderReader.get_order, OrderReader.get_open_order, OrderReader.get_open_orders, OrderReader.iter_orders)


def _order(row: OrderRow, _: Any, received_at: datetime | None, raw: Any) -> Order:
    return Order(
        id=row.oid,
        client_id=row.cloid,
        symbol=row.market,
        kind=OrderKind.PLAIN,
        side=OrderSide(row.side),
        type=next(kind for kind, word in TYPES.items() if word == row.type),
        status=_STATES[row.state],
        quantity=row.size,
        filled=row.done,
        contract_size=Decimal(1),
        contract_unit=Unit.BASE,
        price=row.price,
        margin_type=MarginType(row.margin),
        venue_status=row.state,
        created_at=row.at,
        received_at=received_at,
        raw=raw,
    )


def _form(request: OrderRequest) -> dict[str, Any]:
    form = {
        "market": request.symbol,
        "side": request.side.value,
        "kind": TYPES[request.type],
        "size": request.quantity,
        "price": request.price,
        "margin": (request.margin_type or MarginType.CROSS).value,
        "cloid": request.client_id,
    }
    return {name: value for name, value in form.items() if value is not None}


#: terms that other venues have and this one lacks
_MISSING = {
    "reduce_only": "orders cannot be reduce-only here",
    "close_position": "an order has a size here",
    "position_side": "positions are one-way here, and an order names no side of one",
    "expires_at": "orders do not expire here",
    "callback_rate": "orders do not trail here",
    "activation_price": "orders do not trail here",
    "stp_mode": "orders of one account trade with each other here",
    "price_match": "the venue does not choose prices",
}


def _misfit(behaviour: OrderBehaviour, request: OrderRequest) -> str | None:
    return missing_term(_MISSING, request) or common_misfit(behaviour, request)


def _ask(form: Mapping[str, Any]) -> Ask:
    price, size = form.get("price"), form["size"]
    value = None if price is None else Decimal(price) * Decimal(size)
    return Ask(symbol=form["market"], buys=form["side"] == "buy", notional=value)


def _fits(row: OrderRow, form: Mapping[str, Any]) -> bool:
    return (row.side, row.type, row.size) == (form["side"], form["kind"], Decimal(form["size"]))


class ChainOrderReads(ChainEndpoints):
    """The reads of orders."""

    ORDER = info("order", decoder(OrderRow), *_NAME, serves=_READS)
    OPEN_ORDERS = info("openOrders", decoder(tuple[OrderRow, ...]), ANY_MARKET, serves=_READS)
    ORDERS = info("orders", decoder(tuple[OrderRow, ...]), ANY_MARKET, serves=_READS)


_ONE = Lookup(endpoint=ChainOrderReads.ORDER)
_LISTED = Lookup(endpoint=ChainOrderReads.OPEN_ORDERS, shape=MANY, lists=True)
_ORDER_READS = OrderReads(
    names=_NAMES,
    rows=OrderRows(
        symbol=attrgetter("market"),
        order_id=attrgetter("oid"),
        client_id=attrgetter("cloid"),
        created_at=attrgetter("at"),
        status=attrgetter("state"),
        open_statuses={"open", "partially_filled"},
        fits=_fits,
    ),
    one=(_ONE,),
    open_one=(_LISTED,),
    placed=(_ONE, _LISTED),
    open_orders=_LISTED,
    history=Lookup(endpoint=ChainOrderReads.ORDERS, shape=MANY),
    no_such_order={"unknown_order"},
)
_WRITES = OrderWrites(
    lost=LostOrders(
        reads=_ORDER_READS,
        proof=AbsenceProof(after=timedelta(seconds=1)),
        items="orders",
        canceled_names=lambda _: [],
        scopes=("market",),
    ),
    ask=_ask,
    notional=lambda form: _ask(form).notional,
    reduces=lambda _: False,
    rests=lambda form: form["kind"] != "market",
    taken={"duplicate"},
    not_open={"not_open"},
)


class ChainBook(ChainOrderReads, EndpointBook):
    """All endpoints of Toy Chain."""

    PLACE_ORDER = exchange(
        "order",
        decoder(OrderRow),
        MARKET,
        Parameter("side", required=True, choices=frozenset({"buy", "sell"})),
        Parameter("kind", required=True, choices=frozenset(TYPES.values())),
        Parameter("size", Kind.NUMBER, required=True, role=Role.QUANTITY),
        Parameter("price", Kind.NUMBER, role=Role.PRICE),
        Parameter("margin", required=True, choices=frozenset({"cross", "isolated"})),
        Parameter("cloid", required=True, role=Role.CLIENT_ID),
        echoes=Echoes({"market": "market", "cloid": "cloid"}),
        **_WRITES.place,
    )
    CANCEL_ORDER = exchange("cancel", Changing(decoder(OrderRow)), MARKET, *_NAME, **_WRITES.cancel)
    CANCEL_ORDERS = exchange("cancelAll", Changing(decoder(tuple[OrderRow, ...])), MARKET, **_WRITES.cancel_all)


CHAIN = ChainBook()


async def _steps(account: Account, symbol: str, renew: bool) -> OrderSteps:
    rows = await (account.refresh(CHAIN.MARKETS, symbol) if renew else account.read_once(CHAIN.MARKETS))
    for row in rows:
        if row.market == symbol:
            return OrderSteps(row.lot, row.tick)
    raise account.refuse(f"{symbol} is not listed", subject=symbol)


class ChainOrders(OrderPart):
    """Orders of limit and market type."""

    __slots__ = ()

    ORDER_ROUTES: ClassVar[OrderRoutes] = OrderRoutes(
        routes=(
            OrderRoute(
                kind=OrderKind.PLAIN,
                takes=lambda _: True,
                reads=_ORDER_READS,
                place=CHAIN.PLACE_ORDER,
                cancel=CHAIN.CANCEL_ORDER,
                cancel_all=CHAIN.CANCEL_ORDERS,
                form=_form,
                order_of=_order,
                acknowledges=True,
                unknown_order={"not_open", "unknown_order"},
            ),
        ),
        misfit=_misfit,
        steps=_steps,
        not_found=("the venue has no such order", "unknown_order"),
    )

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk all orders, oldest first: one answer of the venue holds them."""
        call = HistoryCall(self)

        async def walk() -> AsyncGenerator[Order, None]:
            span = await call.span(_KEPT, start, end)
            answer = await self.answer(CHAIN.ORDERS, market=symbol)
            orders = sorted((_order(row, None, answer.received_at, None) for row in answer.value), key=_place_of)
            for order in orders:
                created = order.created_at
                is_in_span = created is None or span.start <= to_milliseconds(created) <= span.end
                if is_in_span and (after is None or _place_of(order) > _place_of(after)):
                    yield order

        return Pager(walk, cost_per_page=1)


def _place_of(order: Order) -> int:
    """Return the place of an order in the venue's count."""
    return int(order.id)
