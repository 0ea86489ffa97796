"""Take-profit, stop-loss and trailing stop: of a position, and of an order whose fill opens one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import OrderType
from venuekit.simulator import Denied, Visit
from venuekit.simulator.ledger import Book, Ledger, LedgerOrder, LedgerOrderRequest, PositionFigures, Side
from venuekit_bybit_inverse.simulated.messages import number, refusal, scale_price
from venuekit_bybit_inverse.simulated.parameters import Parameters

_WORDS = {"tpTriggerBy", "slTriggerBy", "tpOrderType", "slOrderType", "tpslMode"}
TRAILING = "trailingStop"
_NONE = Decimal(0)
_LAST, _INDEX = "LastPrice", "IndexPrice"


@attrs.frozen
class _Kind:
    """One of the two: its word in parameters and orders, its types, and whether it is above a long position."""

    word: str
    short: str
    market: OrderType
    limit: OrderType
    is_above_long: bool

    @property
    def parameter(self) -> str:
        """The name of its price in a request and in the row of a position."""
        return self.word[0].lower() + self.word[1:]


_KINDS = (
    _Kind("TakeProfit", "tp", OrderType.TAKE_PROFIT_MARKET, OrderType.TAKE_PROFIT, is_above_long=True),
    _Kind("StopLoss", "sl", OrderType.STOP_MARKET, OrderType.STOP, is_above_long=False),
)
_NAMES = (*(kind.parameter for kind in _KINDS), TRAILING)


def guards_of(ledger: Ledger, symbol: str) -> Mapping[str, LedgerOrder]:
    """Return the orders that protect a whole position, by the names of their parameters."""
    return {
        str(order.labels["guards"]): order
        for order in ledger.open_orders(symbol, Book.CONDITIONAL)
        if order.of_position and order.close_position
    }


def trading_stop(parameters: Parameters, visit: Visit) -> object:
    """
    Answer ``POST /v5/position/trading-stop``: set, change or (with 0) remove what protects a position.

    In mode ``Partial`` each request adds orders about a part of the position.
    """
    symbol = parameters.inverse_contract().symbol
    if (parameters.text("positionIdx") or "0") != "0":
        raise parameters.invalid("position idx not match position mode")
    parameters.check_words(*_WORDS)
    position = visit.ledger.position(symbol)
    if not position.quantity:
        raise parameters.invalid("can not set tp/sl/ts for zero position")
    present = guards_of(visit.ledger, symbol)
    side = Side.SELL if position.quantity > 0 else Side.BUY
    requests = [
        *_requests(parameters, symbol, side, _price_finder(visit.ledger, symbol)),
        *_trailing(parameters, symbol, side),
    ]
    _check_sizes(parameters, position)
    removed = [present[name] for name in _NAMES if name in present and parameters.number(name) == 0]
    added = [request for request in requests if not _is_set(present.get(_name(request)), request)]
    if not added and not removed:
        raise Denied(refusal(34040, "not modified", visit.milliseconds))
    for request in added:
        visit.ledger.test(request)
    for request in added:
        _put(visit, present.get(_name(request)) if request.close_position else None, request)
    for order in removed:
        visit.ledger.cancel_order(order.id)
    return {}


def _price_finder(ledger: Ledger, symbol: str) -> Callable[[str], Decimal]:
    """Return the function that reads the price that a trigger watches; the last price is the mark here."""
    return lambda word: ledger.index(symbol) if word == _INDEX else ledger.mark(symbol)


def make_stops(item: Parameters, symbol: str, side: Side, base: Decimal) -> tuple[LedgerOrderRequest, ...]:
    """Return the take-profit and the stop-loss of an order of this side; ``base`` is the price that it expects."""
    return tuple(_requests(item, symbol, Side.SELL if side is Side.BUY else Side.BUY, lambda _: base))


def _requests(
    parameters: Parameters, symbol: str, side: Side, base: Callable[[str], Decimal]
) -> Iterator[LedgerOrderRequest]:
    """Yield the orders of this side that protect a position of the other one, at prices other than 0."""
    is_partial = parameters.text("tpslMode") == "Partial"
    for kind in _KINDS:
        price = parameters.number(kind.parameter)
        if price is None or price == 0:
            continue
        trigger = parameters.text(f"{kind.short}TriggerBy") or _LAST
        _check_side(parameters, kind, side, price, (base(trigger), trigger))
        is_limit = parameters.text(f"{kind.short}OrderType") == "Limit"
        if is_limit and not is_partial:
            raise parameters.invalid(f"params error: {kind.short}OrderType only supports Market for tpslMode Full")
        word = f"Partial{kind.word}" if is_partial else kind.word
        yield LedgerOrderRequest(
            symbol=symbol,
            side=side,
            type=kind.limit if is_limit else kind.market,
            quantity=(parameters.number("tpSize") or parameters.number("slSize") or _NONE) if is_partial else _NONE,
            price=parameters.require_number(f"{kind.short}LimitPrice") if is_limit else None,
            reduce_only=is_partial,
            close_position=not is_partial,
            of_position=True,
            trigger_price=price,
            watches_index=trigger == _INDEX,
            labels=_labels(parameters, kind.parameter, word, kind.short, trigger),
        )


def _trailing(parameters: Parameters, symbol: str, side: Side) -> Iterator[LedgerOrderRequest]:
    distance = parameters.number(TRAILING)
    if distance is None or distance == 0:
        return
    yield LedgerOrderRequest(
        symbol=symbol,
        side=side,
        type=OrderType.TRAILING_STOP_MARKET,
        close_position=True,
        of_position=True,
        callback_distance=distance,
        activation_price=parameters.number("activePrice") or None,
        labels=_labels(parameters, TRAILING, "TrailingStop", "sl", _LAST),
    )


def _labels(parameters: Parameters, name: str, word: str, short: str, trigger: str) -> dict[str, object]:
    return {
        "guards": name,
        "stopOrderType": word,
        "triggerBy": trigger,
        "tpslMode": parameters.text("tpslMode") or "Full",
        "timeInForce": "GTC" if parameters.text(f"{short}OrderType") == "Limit" else "IOC",
        "closeOnTrigger": "true",
    }


def _name(request: LedgerOrderRequest) -> str:
    return str(request.labels["guards"])


def _is_set(order: LedgerOrder | None, request: LedgerOrderRequest) -> bool:
    """Say whether an order is what a request asks for; a part of a position may be protected any number of times."""
    if order is None or not request.close_position:
        return False
    names = ("trigger_price", "callback_distance", "activation_price", "watches_index", "labels")
    return all(getattr(order, name) == getattr(request, name) for name in names)


def _put(visit: Visit, order: LedgerOrder | None, request: LedgerOrderRequest) -> None:
    """Change an order into what is asked for, which keeps its id, or place a new one, decided at once."""
    if order is not None and request.trigger_price is not None:
        visit.ledger.amend_order(
            order.id,
            trigger_price=request.trigger_price,
            watches_index=request.watches_index,
            labels=request.labels,
        )
        return
    if order is not None:
        visit.ledger.cancel_order(order.id)
    visit.ledger.decide(visit.ledger.place(request).id)


def _check_sizes(parameters: Parameters, position: PositionFigures) -> None:
    """Refuse sizes of parts that differ, or are larger than the position."""
    sizes = {parameters.number(name) for name in ("tpSize", "slSize")} - {None}
    if len(sizes) > 1:
        raise parameters.invalid("params error: tpSize must equal slSize")
    if any(size is not None and size > abs(position.quantity) for size in sizes):
        raise parameters.invalid("params error: tpSize or slSize is larger than the position")


def _check_side(parameters: Parameters, kind: _Kind, side: Side, price: Decimal, watched: tuple[Decimal, str]) -> None:
    """Refuse a price on the wrong side of the base price, of which there are several: it would trigger at once."""
    base, trigger = watched
    holds = "Buy" if side is Side.SELL else "Sell"
    is_above = kind.is_above_long is (side is Side.SELL)
    if price < 0:
        raise parameters.invalid(f"params error: {kind.parameter} invalid")
    if price > base if is_above else price < base:
        return
    relation = ("be higher" if kind.is_above_long else "greater") if is_above else "lower"
    words = f"{kind.word}:{scale_price(price)} set for {holds} position should {relation} than"
    raise parameters.invalid(f"{words} base_price:{scale_price(base)}??{trigger}")


def amend_stops(parameters: Parameters, order: LedgerOrder, base: Decimal) -> tuple[LedgerOrderRequest, ...]:
    """Return what an order has attached after an amendment: what it does not name stays."""
    before: dict[str, object] = {name: value for name, value in order.labels.items() if name != "closeOnTrigger"}
    merged = attrs.evolve(parameters, fields={**before, **parameters.fields})
    return make_stops(merged, order.symbol, order.side, base)


def show_guards(guards: Mapping[str, LedgerOrder]) -> dict[str, str]:
    """Return the fields of a position's row; empty, and a distance of 0, where nothing protects it."""
    prices = {kind.parameter: guards[kind.parameter].trigger_price for kind in _KINDS if kind.parameter in guards}
    trailing = guards[TRAILING].callback_distance if TRAILING in guards else Decimal(0)
    return {
        "takeProfit": number(prices.get("takeProfit")),
        "stopLoss": number(prices.get("stopLoss")),
        TRAILING: number(trailing),
    }
