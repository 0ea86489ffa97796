"""Two made-up venues with orders, on the toy venue's ground: one route of orders, and two."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

import attrs
from tests.core.parts.toy_order_handlers import NO_SUCH_ORDER, NOT_OPEN, REFUSALS, TAKEN, OrderHandlers, make_refusal

from venuekit.capabilities import (
    Order,
    OrderBehaviour,
    OrderKind,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
)
from venuekit.parts.orders import (
    MANY,
    AmendRoute,
    BatchItem,
    BatchRoute,
    Lookup,
    LostOrders,
    OrderAmendPart,
    OrderBatchPart,
    OrderNames,
    OrderPart,
    OrderReads,
    OrderRoute,
    OrderRoutes,
    OrderRows,
    OrderSteps,
    OrderWrites,
    common_misfit,
)
from venuekit.plugin import (
    AbsenceProof,
    Account,
    Ask,
    Changing,
    Echoes,
    Endpoint,
    Fault,
    FaultRow,
    FaultTable,
    Kind,
    OrderName,
    Pager,
    Parameter,
    Role,
    Venue,
    payload_decoder,
)
from venuekit.simulator import Response, SimRequest
from venuekit.simulator.ledger import Book
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.codes import FAULTS
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

_POOLS = {"weight": None}
_WORDS = {OrderType.LIMIT: "limit", OrderType.MARKET: "market", OrderType.STOP_MARKET: "stop"}
_STATUSES = {
    "open": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "triggered": OrderStatus.TRIGGERED,
}


@attrs.frozen
class Row:
    """An order as the venue prints it."""

    id: int
    mine: str | None
    contract: str
    side: str
    type: str
    state: str
    size: Decimal
    at: datetime
    limit: Decimal | None = None
    trigger: Decimal | None = None
    done: Decimal = Decimal(0)


@attrs.frozen
class _Result:
    order: Row | None = None
    code: int | None = None
    message: str = ""


_decode_results = payload_decoder(tuple[_Result, ...], within=("results",))
_decode_orders = payload_decoder(tuple[Row, ...], within=("orders",))


def _decode_batch(body: bytes) -> tuple[BatchItem, ...]:
    return tuple(BatchItem(row=one.order, code=one.code, message=one.message) for one in _decode_results(body))


def _order(row: Row, _: Any, received_at: datetime | None, raw: Any) -> Order:
    waits = row.type == "stop" and row.state == "open"
    return Order(
        id=str(row.id),
        client_id=row.mine,
        symbol=row.contract,
        kind=OrderKind.CONDITIONAL if row.type == "stop" else OrderKind.PLAIN,
        side=OrderSide(row.side),
        type=next(kind for kind, word in _WORDS.items() if word == row.type),
        status=OrderStatus.UNTRIGGERED if waits else _STATUSES[row.state],
        quantity=row.size,
        filled=row.done,
        price=row.limit,
        trigger_price=row.trigger,
        created_at=row.at,
        received_at=received_at,
        raw=raw,
    )


def _form(request: OrderRequest) -> dict[str, Any]:
    form = {
        "contract": request.symbol,
        "side": request.side.value,
        "type": _WORDS[request.type],
        "size": request.quantity,
        "limit": request.price,
        "trigger": request.trigger_price,
        "mine": request.client_id,
    }
    return {name: value for name, value in form.items() if value is not None}


def _texts(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in item.items() if value is not None}


def _fits(row: Row, item: Mapping[str, Any]) -> bool:
    return (row.side, row.type, row.size) == (item["side"], item["type"], Decimal(item["size"]))


def _is_amended(row: Row, item: Mapping[str, Any]) -> bool:
    return all(getattr(row, name) == Decimal(item[name]) for name in ("size", "limit") if item.get(name) is not None)


def _ask(item: Mapping[str, Any]) -> Ask:
    price, size = item.get("limit") or item.get("trigger"), item.get("size")
    value = None if price is None or size is None else Decimal(price) * Decimal(size)
    return Ask(symbol=item["contract"], buys=item.get("side") == "buy", notional=value)


_CONTRACT = Parameter("contract", required=True, role=Role.SYMBOL)
_NAME = (Parameter("id", role=Role.ORDER_ID), Parameter("mine", role=Role.CLIENT_ID))
_NAMES = OrderNames(order_id="id", client_id="mine", new_client_id="mine", symbol="contract")
_ITEMS = Parameter("items", Kind.LIST, required=True, role=Role.QUANTITY)
_PROOF = AbsenceProof(after=timedelta(seconds=2))


def _read(path: str, decode: Any, *parameters: Parameter) -> Endpoint[Any]:
    return Endpoint(
        "GET",
        path,
        decode=decode,
        parameters=parameters,
        pools=_POOLS,
        serves=(
            OrderReader.get_order,
            OrderReader.get_open_order,
            OrderReader.get_open_orders,
            OrderReader.iter_orders,
        ),
    )


def _items(parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = parameters["items"]
    return items


def _route(root: str, kind: OrderKind, takes: frozenset[OrderType], *, has_batches: bool) -> OrderRoute:
    """Return a route of orders whose endpoints are below ``root``."""
    one = Lookup(endpoint=_read(f"{root}/order", payload_decoder(Row), _CONTRACT, *_NAME))
    listed = Lookup(
        endpoint=_read(f"{root}/open", _decode_orders, Parameter("contract", role=Role.SYMBOL)), shape=MANY, lists=True
    )
    history = Lookup(endpoint=_read(f"{root}/all", _decode_orders, _CONTRACT), shape=MANY)
    reads = OrderReads(
        names=_NAMES,
        rows=OrderRows(
            symbol=attrgetter("contract"),
            order_id=attrgetter("id"),
            client_id=attrgetter("mine"),
            created_at=attrgetter("at"),
            status=attrgetter("state"),
            open_statuses={"open", "partially_filled"},
            fits=_fits,
            terms=attrgetter("size", "limit"),
            is_amended=_is_amended,
        ),
        one=(one,),
        open_one=(listed,),
        placed=(one, listed),
        open_orders=listed,
        history=history,
        no_such_order={NO_SUCH_ORDER},
    )
    lost = LostOrders(
        reads=reads,
        proof=_PROOF,
        items="items",
        canceled_names=lambda parameters: list(map(_NAMES.name_in, _items(parameters))),
        scopes=("contract",),
    )
    writes = OrderWrites(
        lost=lost,
        ask=_ask,
        notional=lambda item: _ask(item).notional,
        reduces=lambda _: False,
        rests=lambda item: item.get("type") != "market",
        taken={TAKEN},
        not_open={NOT_OPEN},
    )

    def write(verb: str, path: str, decode: Any, *parameters: Parameter, **details: Any) -> Endpoint[Any]:
        return Endpoint(verb, f"{root}/{path}", decode=decode, parameters=parameters, pools=_POOLS, **details)

    decode_row, mine = payload_decoder(Row), {"contract": "contract", "mine": "mine"}
    numbers = (Parameter("size", Kind.DECIMAL, role=Role.QUANTITY), Parameter("limit", Kind.DECIMAL, role=Role.PRICE))
    new = (
        Parameter("side", required=True),
        Parameter("type", required=True),
        *numbers,
        Parameter("trigger", Kind.DECIMAL),
        Parameter("mine", required=True, role=Role.CLIENT_ID),
    )
    place = write("POST", "order", decode_row, _CONTRACT, *new, echoes=Echoes(mine), **writes.place)
    cancel = write("DELETE", "order", Changing(decode_row), _CONTRACT, *_NAME, **writes.cancel)
    cancel_all = write("DELETE", "all", Changing(_decode_orders), _CONTRACT, **writes.cancel_all)
    amending = AmendRoute(
        endpoint=write("PUT", "order", Changing(decode_row), _CONTRACT, *_NAME, *numbers, **writes.amend),
        batch=write("PUT", "batch", Changing(_decode_batch), _ITEMS, **writes.amend_batch),
        form=lambda one: {
            "contract": one.symbol,
            **_NAMES.ids(OrderName(one.symbol, one.order_id, one.client_id)),
            "size": one.quantity,
            "limit": one.price,
        },
    )
    items = Echoes.of_items("items", {"mine": "mine"}, told="row")
    batches = BatchRoute(
        place=write("POST", "batch", _decode_batch, _ITEMS, echoes=items, **writes.place_batch),
        cancel=write("DELETE", "batch", Changing(_decode_batch), _ITEMS, **writes.cancel_batch),
        items="items",
        request=lambda forms, _: {"items": list(map(_texts, forms))},
        cancel_requests=lambda symbol, names: [
            ({"items": [_texts({"contract": symbol, **_NAMES.ids(name)}) for name in names]}, names)
        ],
    )
    return OrderRoute(
        kind=kind,
        takes=lambda request: request.type in takes,
        reads=reads,
        place=place,
        cancel=cancel,
        cancel_all=cancel_all if has_batches else None,
        form=_form,
        order_of=_order,
        acknowledges=True,
        amending=amending if has_batches else None,
        batches=batches if has_batches else None,
        unknown_order={NOT_OPEN},
    )


async def _steps(account: Account, symbol: str, renew: bool) -> OrderSteps:
    rows = await (account.refresh(TOY.CONTRACTS, symbol) if renew else account.read_once(TOY.CONTRACTS))
    row = next(row for row in rows if row.contract == symbol)
    return OrderSteps(row.step, row.tick)


def _routes(*routes: OrderRoute) -> OrderRoutes:
    return OrderRoutes(
        routes=routes, misfit=common_misfit, steps=_steps, not_found=("the venue has no such order", NO_SUCH_ORDER)
    )


_ALL, _STOPS = frozenset(_WORDS), frozenset({OrderType.STOP_MARKET})
_ONE = _routes(_route("/v1/orders", OrderKind.PLAIN, _ALL, has_batches=True))
_TWO = _routes(
    _route("/v1/orders", OrderKind.PLAIN, _ALL - _STOPS, has_batches=True),
    _route("/v1/stops", OrderKind.CONDITIONAL, _STOPS, has_batches=False),
)


class ToyOrderAccount(ToyPerpAccount, OrderPart, OrderBatchPart, OrderAmendPart):
    """An account of the toy venue that also trades."""

    __slots__ = ()

    ORDER_ROUTES: ClassVar[OrderRoutes] = _ONE

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk no orders: histories have tests of their own."""

        async def walk() -> AsyncGenerator[Order, None]:
            return
            yield

        return Pager(walk, cost_per_page=1)


class ToyTwoRoutesAccount(ToyOrderAccount):
    """The same where stops have a route of their own."""

    __slots__ = ()

    ORDER_ROUTES = _TWO


def _endpoints(route: OrderRoute) -> list[Endpoint[Any]]:
    reads = route.reads
    writes = [route.place, route.cancel, route.cancel_all]
    if route.batches is not None:
        writes += [route.batches.place, route.batches.cancel]
    if route.amending is not None:
        writes += [route.amending.endpoint, route.amending.batch]
    found = [reads.one[0].endpoint, reads.open_orders.endpoint, reads.history.endpoint, *writes]
    return [endpoint for endpoint in found if endpoint is not None]


class _SimulatedOrders(SimulatedToy):
    """The toy venue with the orders of its routes."""

    routes: OrderRoutes = _ONE

    def handlers(self) -> Mapping[Endpoint[Any], Any]:
        found = dict(super().handlers())
        for route in self.routes:
            book = None if len(self.routes.routes) == 1 else Book(route.kind.value)
            own, reads = OrderHandlers(book), route.reads
            found[reads.one[0].endpoint] = own.order
            found[reads.open_orders.endpoint] = own.listed
            found[reads.history.endpoint] = own.listed
            found[route.place] = own.single(own.place)
            found[route.cancel] = own.single(own.cancel)
            if route.cancel_all is not None:
                found[route.cancel_all] = own.cancel_all
            if route.batches is not None:
                found[route.batches.place] = own.batch(own.place)
                found[route.batches.cancel] = own.batch(own.cancel)
            if route.amending is not None:
                found[route.amending.endpoint] = own.single(own.amend)
                found[route.amending.batch] = own.batch(own.amend)
        return found

    def refuse(self, refusal: Any, request: SimRequest, milliseconds: int) -> Response:
        if refusal.reason in REFUSALS:
            return make_refusal(*REFUSALS[refusal.reason])
        return super().refuse(refusal, request, milliseconds)


class _SimulatedTwoRoutes(_SimulatedOrders):
    routes = _TWO


def _venue(name: str, account: type[ToyOrderAccount], simulated: type[_SimulatedOrders]) -> Venue[Any]:
    orders = [endpoint for route in account.ORDER_ROUTES for endpoint in _endpoints(route)]
    rows = (
        FaultRow(Fault.NOT_FOUND, NO_SUCH_ORDER),
        FaultRow(Fault.REJECTED, NOT_OPEN),
        FaultRow(Fault.REJECTED, TAKEN),
        FaultRow(Fault.REJECTED, 4009),
    )
    return attrs.evolve(
        TOY_PERP,
        id=name,
        realm=name,
        account=account,
        endpoints=(*TOY_PERP.endpoints, *orders),
        faults=FaultTable((*FAULTS.rows, *rows)),
        behaviours=(
            *TOY_PERP.behaviours,
            OrderBehaviour(
                types=_ALL,
                times_in_force=frozenset({TimeInForce.GTC}),
                client_id_pattern="[a-z0-9-]{1,30}",
                place_batch=3,
                cancel_batch=3,
                amend_batch=3,
                decides_later=False,
                client_id_reuse="An id is unique among open orders.",
            ),
        ),
        simulated=simulated,
    )


ONE_ROUTE = _venue("toy_one_route", ToyOrderAccount, _SimulatedOrders)
TWO_ROUTES = _venue("toy_two_routes", ToyTwoRoutesAccount, _SimulatedTwoRoutes)
