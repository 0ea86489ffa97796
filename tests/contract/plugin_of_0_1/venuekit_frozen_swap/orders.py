"""Orders: limit and market orders over one route, whose refusals are recognised by how they begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import Order, OrderBehaviour, OrderKind, OrderReader, OrderRequest, OrderType, TimeInForce
from venuekit.parts.orders import (
    MANY,
    Lookup,
    LostOrders,
    OrderNames,
    OrderReads,
    OrderRoute,
    OrderRoutes,
    OrderRows,
    OrderSteps,
    OrderWrites,
    common_misfit,
    missing_term,
)
from venuekit.parts.rows import quick_copy
from venuekit.plugin import (
    AbsenceProof,
    Account,
    Ask,
    Changing,
    Echoes,
    Encoding,
    Endpoint,
    InvalidRequest,
    Kind,
    Outcome,
    Parameter,
    Role,
)
from venuekit_frozen_swap.markets import CONTRACTS
from venuekit_frozen_swap.refusals import NO_ORDER, NOT_OPEN, TAKEN
from venuekit_frozen_swap.rows import OPEN_STATES, ORDER, ORDERS, SIDES, TYPES, page_of
from venuekit_frozen_swap.settings import SYMBOL

_READING = {"requests": None}
_WRITING = {"requests": None, "contract": None}
_IN_PATH = Parameter("contract", required=True, role=Role.SYMBOL, pattern=SYMBOL)
_NAME = (Parameter("id", role=Role.ORDER_ID), Parameter("client_id", role=Role.CLIENT_ID))
_NAMES = OrderNames(order_id="id", client_id="client_id", new_client_id="client_id", symbol="contract")
_SIDE_WORDS = {side: word for word, side in SIDES.items()}
_TYPE_WORDS = {kind: word for word, kind in TYPES.items()}

BEHAVIOUR = OrderBehaviour(
    types=frozenset(_TYPE_WORDS),
    times_in_force=frozenset({TimeInForce.GTC}),
    client_id_pattern="[A-Za-z0-9_-]{1,36}",
    place_batch=0,
    cancel_batch=0,
    amend_batch=0,
    decides_later=False,
    client_id_reuse="An id is unique among open orders.",
    countdown="all orders of the account, in whole seconds",
)

_LOOKS = (OrderReader.get_order, OrderReader.get_open_order)
ORDER_BY_NAME = Endpoint(
    "GET",
    "/v1/contracts/{contract}/order",
    decode=ORDER.read_one,
    parameters=(_IN_PATH, *_NAME),
    pools=_READING,
    echoes=Echoes({"contract": "symbol", "id": "id", "client_id": "client_id"}),
    serves=_LOOKS,
)
OPEN_ORDERS = Endpoint(
    "GET",
    "/v1/orders/open",
    decode=ORDERS.read_all,
    rows=(("orders",),),
    parameters=(Parameter("contract", role=Role.SYMBOL, pattern=SYMBOL),),
    pools=_READING,
    echoes=Echoes.each({"contract": "symbol"}),
    serves=(OrderReader.get_open_orders, OrderReader.get_open_order),
)
ORDER_HISTORY = Endpoint(
    "GET",
    "/v1/orders",
    decode=page_of(ORDERS),
    rows=(("orders",),),
    parameters=(
        Parameter("contract", role=Role.SYMBOL, pattern=SYMBOL),
        Parameter("from", Kind.TIME),
        Parameter("to", Kind.TIME),
        Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(50)),
        Parameter("cursor"),
    ),
    pools=_READING,
    serves=(OrderReader.iter_orders,),
)


def _fits(order: Order, item: Mapping[str, Any]) -> bool:
    words = _SIDE_WORDS.get(order.side), _TYPE_WORDS.get(order.type)
    return (*words, order.quantity) == (item["side"], item["type"], Decimal(item["size"]))


def _ask(item: Mapping[str, Any]) -> Ask:
    return Ask(symbol=item["contract"], buys=item["side"] == "buy", notional=_notional(item))


def _notional(item: Mapping[str, Any]) -> Decimal | None:
    """Return the worth in the quote, None for a market order and for a quanto contract, which has no lot."""
    price, lot = item.get("price"), item.get("lot")
    return None if price is None or lot is None else Decimal(price) * Decimal(item["size"]) * Decimal(lot)


_ONE, _OPEN = Lookup(endpoint=ORDER_BY_NAME), Lookup(endpoint=OPEN_ORDERS, shape=MANY, lists=True)
_READS = OrderReads(
    names=_NAMES,
    rows=OrderRows(open_statuses=OPEN_STATES, fits=_fits),
    one=(_ONE,),
    open_one=(_OPEN,),
    placed=(_ONE, _OPEN),
    open_orders=_OPEN,
    history=Lookup(endpoint=ORDER_HISTORY, shape=MANY),
    no_such_order={NO_ORDER},
)
_WRITES = OrderWrites(
    lost=LostOrders(reads=_READS, proof=AbsenceProof(after=timedelta(seconds=2)), scopes=("contract",)),
    ask=_ask,
    notional=_notional,
    reduces=lambda item: bool(item.get("reduce_only")),
    rests=lambda item: item["type"] != "market",
    taken={TAKEN},
    not_open={NOT_OPEN, NO_ORDER},
)

PLACE = Endpoint(
    "POST",
    "/v1/contracts/{contract}/orders",
    decode=ORDER.read_one,
    encoding=Encoding.FORM,
    parameters=(
        _IN_PATH,
        Parameter("side", required=True, choices=frozenset(SIDES)),
        Parameter("type", required=True, choices=frozenset(TYPES)),
        Parameter("size", Kind.DECIMAL, required=True, role=Role.QUANTITY),
        Parameter("price", Kind.DECIMAL, role=Role.PRICE),
        Parameter("lot", Kind.DECIMAL, local=True),
        Parameter("reduce_only", Kind.BOOLEAN),
        Parameter("client_id", required=True, role=Role.CLIENT_ID, pattern=BEHAVIOUR.client_id_pattern),
    ),
    pools={**_WRITING, "orders": 1},
    echoes=Echoes({"contract": "symbol", "client_id": "client_id"}),
    **_WRITES.place,
)
CANCEL = Endpoint(
    "DELETE",
    "/v1/contracts/{contract}/order",
    decode=Changing(ORDER.read_one),
    parameters=(_IN_PATH, *_NAME),
    pools=_WRITING,
    echoes=Echoes({"contract": "symbol", "id": "id", "client_id": "client_id"}),
    **_WRITES.cancel,
)
CANCEL_ALL = Endpoint(
    "DELETE",
    "/v1/contracts/{contract}/orders",
    decode=Changing(ORDERS.read_all),
    parameters=(_IN_PATH,),
    pools=_WRITING,
    **_WRITES.cancel_all,
)


def _form(request: OrderRequest) -> dict[str, Any]:
    form = {
        "contract": request.symbol,
        "side": _SIDE_WORDS[request.side],
        "type": _TYPE_WORDS[request.type],
        "size": request.quantity,
        "price": request.price,
        "reduce_only": request.reduce_only or None,
        "client_id": request.client_id,
    }
    return {name: value for name, value in form.items() if value is not None}


_complete = quick_copy(Order, "received_at", "raw")


def _order_of(order: Order, _: Any, received_at: datetime | None, raw: Any) -> Order:
    return _complete(order, received_at, raw)


async def _lots(account: Account) -> Callable[[str], Decimal | None]:
    """Return the base of one contract by symbol, None for a quanto contract."""
    contracts = await account.read_once(CONTRACTS)
    lots = {one.symbol: None if one.is_quanto else one.contract_size for one in contracts}
    return lots.get


async def _steps(account: Account, symbol: str, renew: bool) -> OrderSteps:
    contracts = await (account.refresh(CONTRACTS, symbol) if renew else account.read_once(CONTRACTS))
    for contract in contracts:
        if contract.symbol == symbol:
            return OrderSteps(contract.quantity_step, contract.price_tick)
    words = "the venue lists no such contract"
    raise account.make_error(InvalidRequest, words, subject=symbol, outcome=Outcome.NOT_APPLIED)


#: terms that other venues have and this one lacks
_MISSING = {
    "position_side": "positions are one-way here, and an order names no side of one",
    "close_position": "an order has a size here: give the quantity, with reduce_only",
    "expires_at": "orders do not expire here",
    "callback_rate": "orders do not trail here",
    "activation_price": "orders do not trail here",
    "stp_mode": "orders of one account trade with each other here",
    "price_match": "the venue does not choose prices",
}


def _misfit(behaviour: OrderBehaviour, request: OrderRequest) -> str | None:
    return missing_term(_MISSING, request) or common_misfit(behaviour, request)


ROUTES = OrderRoutes(
    routes=(
        OrderRoute(
            kind=OrderKind.PLAIN,
            takes=lambda request: request.type in {OrderType.LIMIT, OrderType.MARKET},
            reads=_READS,
            place=PLACE,
            cancel=CANCEL,
            cancel_all=CANCEL_ALL,
            form=_form,
            request=lambda form, lot: form if lot is None else {**form, "lot": lot},
            order_of=_order_of,
            acknowledges=True,
            unknown_order={NOT_OPEN, NO_ORDER},
        ),
    ),
    misfit=_misfit,
    steps=_steps,
    sizes=_lots,
    not_found=("the venue has no such order", None),
)
