"""Orders: one route for plain and conditional ones; a table is asked for one of them by a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

import venuekit.capabilities as cap
import venuekit.parts.orders as parts
import venuekit.plugin as vk
from venuekit.parts.rows import quick_copy
from venuekit_bitmex import rows
from venuekit_bitmex.markets import LISTING, SYMBOL, private, write
from venuekit_bitmex.positions import FILTER, filter_by
from venuekit_bitmex.refusals import ENDED, NO_ORDER, TAKEN

#: the most rows of one answer
MOST = 500


def _words(table: Mapping[str, Any]) -> dict[Any, str]:
    return {value: word for word, value in table.items()}


_SIDES, _TYPES = _words(rows.SIDES), _words(rows.TYPES)
_TIMES, _PRICES = _words(rows.TIMES), _words(rows.PRICES)

BEHAVIOUR = cap.OrderBehaviour(
    types=frozenset(_TYPES),
    times_in_force=frozenset({*_TIMES, cap.TimeInForce.POST_ONLY}),
    client_id_pattern="[A-Za-z0-9_-]{1,36}",
    place_batch=0,
    cancel_batch=0,
    amend_batch=0,
    decides_later=False,
    client_id_reuse="An id is unique among open orders; whether an ended one's can be used again is not documented.",
    countdown="all orders of the account, in milliseconds",
    tells_creation=False,
)


class _Names(parts.OrderNames):
    """The ids of an order: parameters of a write, and a filter of the table."""

    def parameters(self, endpoint: vk.Endpoint[Any], name: vk.OrderName) -> dict[str, Any]:
        """Return the parameters that name an order in a request."""
        filtered = {"filter": filter_by(**self.ids(name))} if FILTER in endpoint.parameters else {}
        return {**super().parameters(endpoint, name), **filtered}


_NAMES = _Names(order_id="orderID", client_id="clOrdID", new_client_id="clOrdID")
_NAME = (vk.Parameter("orderID", role=vk.Role.ORDER_ID), vk.Parameter("clOrdID", role=vk.Role.CLIENT_ID))
_ECHOES = {"symbol": "symbol", "orderID": "id", "clOrdID": "client_id"}
COUNT = vk.Parameter("count", vk.Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(MOST))
START = vk.Parameter("start", vk.Kind.INTEGER, minimum=Decimal(0))
SPAN = (vk.Parameter("startTime", vk.Kind.TIME), vk.Parameter("endTime", vk.Kind.TIME))

TABLE = private(
    "/order",
    rows.ORDERS.read_all,
    attrs.evolve(SYMBOL, required=False),
    *(FILTER, COUNT, START, *SPAN),
    *(attrs.evolve(one, local=True) for one in _NAME),
    rows=((),),
    echoes=vk.Echoes.each(_ECHOES),
    serves=(
        cap.OrderReader.get_order,
        cap.OrderReader.get_open_order,
        cap.OrderReader.get_open_orders,
        cap.OrderReader.iter_orders,
    ),
)
_ONLY_OPEN = {"filter": filter_by(open=True), "count": MOST}


async def _read_open(
    account: vk.Account, lookup: parts.Lookup, parameters: Mapping[str, Any], skip_odd: bool
) -> Sequence[parts.ReadRow]:
    """Read page after page of the open orders."""
    if parameters.get("symbol") is not None:
        await LISTING.find(account, parameters["symbol"])
    read, found, skipped = account.answer_rows if skip_odd else account.answer, list[parts.ReadRow](), 0
    while True:
        answer = await read(lookup.endpoint, **parameters, start=skipped)
        found += lookup.shape.read(answer)
        count = len(answer.value) + len(answer.odd)
        skipped += count
        if count < MOST:
            return found


async def read_open_orders(account: vk.Account) -> list[cap.Order]:
    """Return the open orders of every contract."""
    return [one.row for one in await _read_open(account, _OPEN, _ONLY_OPEN, skip_odd=False)]


def _fits(order: cap.Order, form: Mapping[str, Any]) -> bool:
    words, asked = (_SIDES.get(order.side), _TYPES.get(order.type)), form.get("orderQty")
    return words == (form["side"], form["ordType"]) and (asked is None or order.quantity == Decimal(asked))


def _notional(form: Mapping[str, Any]) -> Decimal | None:
    return None if form.get("notional") is None else Decimal(form["notional"])


def _rests(form: Mapping[str, Any]) -> bool:
    return form["ordType"] != "Market" and form.get("timeInForce") not in {"ImmediateOrCancel", "FillOrKill"}


_ONE = parts.Lookup(endpoint=TABLE, shape=parts.MANY)
_OPEN = parts.Lookup(endpoint=TABLE, shape=parts.MANY, lists=True)
_READS = parts.OrderReads(
    names=_NAMES,
    rows=parts.OrderRows(open_statuses=rows.OPEN_STATES, fits=_fits),
    one=(_ONE,),
    open_one=(_OPEN,),
    placed=(_ONE, _OPEN),
    open_orders=_OPEN,
    open_parameters=_ONLY_OPEN,
    read_open=_read_open,
    history=_ONE,
)
_WRITES = parts.OrderWrites(
    lost=parts.LostOrders(reads=_READS, proof=vk.AbsenceProof(after=timedelta(seconds=2))),
    ask=lambda form: vk.Ask(symbol=form["symbol"], buys=form["side"] == "Buy", notional=_notional(form)),
    notional=_notional,
    reduces=lambda form: bool({rows.REDUCE_ONLY, rows.CLOSE} & rows.instructions(form.get("execInst"))),
    rests=_rests,
    taken={TAKEN},
    not_open={ENDED, *NO_ORDER},
)

PLACE = write(
    "POST /order",
    rows.ORDER.read_one,
    SYMBOL,
    vk.Parameter("side", required=True, choices=frozenset(rows.SIDES)),
    vk.Parameter("ordType", required=True, choices=frozenset(rows.TYPES)),
    vk.Parameter("orderQty", vk.Kind.NUMBER, role=vk.Role.QUANTITY),
    vk.Parameter("price", vk.Kind.NUMBER, role=vk.Role.PRICE),
    vk.Parameter("stopPx", vk.Kind.NUMBER),
    vk.Parameter("timeInForce", choices=frozenset(rows.TIMES)),
    vk.Parameter("execInst"),
    vk.Parameter("clOrdID", required=True, role=vk.Role.CLIENT_ID, pattern=BEHAVIOUR.client_id_pattern),
    vk.Parameter("notional", vk.Kind.DECIMAL, local=True),
    echoes=vk.Echoes({"symbol": "symbol", "clOrdID": "client_id"}),
    **_WRITES.place,
)
CANCEL = write(
    "DELETE /order",
    vk.Changing(rows.ORDER_IN_LIST.read_one),
    *(*_NAME, attrs.evolve(SYMBOL, required=False, local=True)),
    echoes=vk.Echoes(_ECHOES),
    **_WRITES.cancel,
)
#: the remaining orders are read afterwards
CANCEL_ALL = write(
    "DELETE /order/all",
    vk.Changing(vk.read_json),
    SYMBOL,
    no_change=frozenset({ENDED, *NO_ORDER}),
    **_WRITES.cancel_all,
)
CANCEL_ALL_AFTER = write(
    "POST /order/cancelAllAfter",
    vk.read_json,
    vk.Parameter("timeout", vk.Kind.NUMBER, required=True, minimum=Decimal(0)),
    pools={"minute": None},
    effect=vk.Effect.SESSION,
    area=vk.Area.ORDERS,
    serves=(cap.CountdownControl.set_countdown, cap.DeadManControl.dead_man_switch),
)


def _form(request: cap.OrderRequest) -> dict[str, Any]:
    instructions = (
        rows.POST_ONLY if request.time_in_force is cap.TimeInForce.POST_ONLY else None,
        rows.CLOSE if request.close_position else rows.REDUCE_ONLY if request.reduce_only else None,
        _PRICES.get(request.working_price),
    )
    form = {
        "symbol": request.symbol,
        "side": _SIDES[request.side],
        "ordType": _TYPES[request.type],
        "orderQty": request.quantity,
        "price": request.price,
        "stopPx": request.trigger_price,
        "timeInForce": _TIMES.get(request.time_in_force),
        "execInst": ",".join(filter(None, instructions)) or None,
        "clOrdID": request.client_id,
    }
    return {name: value for name, value in form.items() if value is not None}


def _request(form: dict[str, Any], contract: cap.Instrument | None) -> Mapping[str, Any]:
    """Return the parameters of an order, with its worth in the quote where that is known."""
    known = contract is not None and "orderQty" in form
    worth = contract.notional(form["orderQty"], form.get("price")) if contract and known else None
    return form if worth is None else {**form, "notional": worth}


_complete = quick_copy(cap.Order, "contract_size", "contract_unit", "received_at", "raw")


def order_of(order: cap.Order, contract: cap.Instrument | None, received_at: datetime | None, raw: Any) -> cap.Order:
    """Return the order of a row, with the size of its contracts."""
    size, unit = (None, None) if contract is None else (contract.contract_size, contract.contract_unit)
    return _complete(order, size, unit, received_at, raw)


_NO = ["position_side", "price_protect", "activation_price", "callback_rate", "expires_at", "stp_mode", "price_match"]
_MISSING = {name: f"an order takes no {name} here" for name in _NO}


def _misfit(behaviour: cap.OrderBehaviour, request: cap.OrderRequest) -> str | None:
    if words := parts.common_misfit(behaviour, request) or parts.missing_term(_MISSING, request):
        return words
    if request.working_price is not None and request.working_price not in _PRICES:
        return f"a trigger watches the last, mark or index price, not {request.working_price}"
    if request.close_position and (request.quantity is not None or request.reduce_only):
        return "an order that closes the position has neither a quantity nor reduce_only"
    return None


ROUTES = parts.OrderRoutes(
    routes=(
        parts.OrderRoute(
            kind=cap.OrderKind.PLAIN,
            takes=lambda _: True,
            reads=_READS,
            place=PLACE,
            cancel=CANCEL,
            cancel_all=CANCEL_ALL,
            form=_form,
            request=_request,
            order_of=order_of,
            acknowledges=True,
            unknown_order={ENDED, *NO_ORDER},
        ),
    ),
    misfit=_misfit,
    steps=LISTING.steps,
    sizes=LISTING.sizes,
    not_found=("the venue has no such order", None),
)
