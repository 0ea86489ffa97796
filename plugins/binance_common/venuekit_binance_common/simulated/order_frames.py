"""Messages of the user stream about orders: plain ones, their fills, and conditional ones."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator.ledger import (
    Contract,
    Execution,
    Ledger,
    LedgerOrder,
    OrderChange,
    OrderEvent,
    TradeKind,
)
from venuekit_binance_common.simulated.account_frames import Frame, alias
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import amount_or_zero, milliseconds, plain, quantity
from venuekit_binance_common.simulated.order_rows import (
    ALGO_STATUSES,
    ALGO_TYPE,
    client_id_of,
    label_of,
    time_in_force_of,
    type_now,
)
from venuekit_binance_common.simulated.stream_terms import StreamTerms

_IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def trade_lite(execution: Execution, order: LedgerOrder, contract: Contract) -> Frame:
    """Return TRADE_LITE, the short message about a fill."""
    return {
        "e": "TRADE_LITE",
        "T": milliseconds(execution.time),
        "s": order.symbol,
        "q": quantity(order.quantity, contract),
        "p": plain(order.price),
        "m": execution.is_maker,
        "c": client_id_of(order),
        "S": order.side.name,
        "L": plain(execution.price),
        "l": quantity(execution.quantity, contract),
        "t": int(execution.trade_id),
        "i": int(order.id),
    }


def order_frame(event: OrderEvent, ledger: Ledger, contract: Contract, terms: StreamTerms) -> Frame:
    """Return ORDER_TRADE_UPDATE for a change of an order of the plain endpoints."""
    order, fill = event.order, event.execution
    is_triggered = event.change is OrderChange.TRIGGERED  # it goes on under the same id, as another type
    leg = ledger.position(order.symbol, order.position_side)
    body: Frame = {
        "s": order.symbol,
        "c": client_id_of(order),
        "S": order.side.name,
        "o": (order.type if is_triggered else type_now(order)).name,
        "f": time_in_force_of(order),
        "q": quantity(order.quantity, contract),
        "p": plain(order.price),
        "ap": plain(order.average_price),
        "sp": plain(order.trigger_price),
        "x": "EXPIRED" if is_triggered else event.change.name,
        "X": "EXPIRED" if is_triggered else _status(order),
        "i": int(order.id),
        "l": quantity(fill.quantity, contract) if fill else "0",
        "z": quantity(order.filled, contract) if order.filled else "0",
        "L": plain(fill.price) if fill else "0",
        **({"ma": contract.settle} if terms.has_margin_asset else {}),
        "N": fill.commission_asset if fill else contract.settle,
        "n": plain(terms.commission_sign * fill.commission) if fill else "0",
        "T": milliseconds(event.time),
        "t": int(fill.trade_id) if fill else 0,
        "rp": amount_or_zero(fill.realized_pnl) if fill else "0",
        "b": plain(leg.bid_value),
        "a": plain(leg.ask_value),
        "m": fill.is_maker if fill else False,
        "R": order.reduce_only,
        "wt": label_of(order, "workingType", "CONTRACT_PRICE"),
        "ot": order.type.name,
        "ps": order.position_side.name,
        "cp": order.close_position,
        "pP": label_of(order, "priceProtect", "") == "true",
        "V": label_of(order, "selfTradePreventionMode", "NONE"),
        "pm": label_of(order, "priceMatch", "NONE"),
        "er": _cause(event),
    }
    if order.type is OrderType.TRAILING_STOP_MARKET:
        body |= {"AP": plain(order.activation_price), "cr": plain((order.callback_rate or Decimal(0)) * 100)}
    if terms.has_strategy_fields:
        body |= {"si": 0, "ss": 0, "gtd": milliseconds(order.expires_at)}
    return {"e": "ORDER_TRADE_UPDATE", "T": milliseconds(event.time), **alias(terms), "o": body}


def _status(order: LedgerOrder) -> str:
    return "NEW" if order.status is OrderStatus.OPEN else order.status.name


def _cause(event: OrderEvent) -> str:
    """Return the venue's number for the cause of an expiry."""
    order = event.order
    if order.forced is TradeKind.LIQUIDATION:
        return "5"
    if event.change is not OrderChange.EXPIRED:
        return "8" if event.change is OrderChange.TRIGGERED else "0"
    if order.type.is_market:
        return "9"
    if order.time_in_force in _IMMEDIATE:
        return "2"
    return "6" if order.expires_at is not None and order.expires_at <= event.time else "4"


def algo_frames(event: OrderEvent, contract: Contract, errors: Errors) -> Iterator[Frame]:
    """Yield ALGO_UPDATE for a change of a conditional order; one that is triggered passes two states."""
    if event.change is OrderChange.TRIGGERED:
        yield algo_frame(event, event.order, contract, "TRIGGERING")
        yield algo_frame(event, event.order, contract, "TRIGGERED")
        return
    yield algo_frame(event, event.order, contract, ALGO_STATUSES[event.order.status], words=_words(event.order, errors))


def algo_frame(
    event: OrderEvent,
    order: LedgerOrder,
    contract: Contract,
    status: str,
    *,
    words: str = "",
    actual: LedgerOrder | None = None,
) -> Frame:
    """Return ALGO_UPDATE for a conditional order; ``actual`` is the plain order that it became, once that has ended."""
    trails = order.type is OrderType.TRAILING_STOP_MARKET
    has_actual = status not in {"NEW", "TRIGGERING"} and order.triggered_order_id
    body = {
        "caid": client_id_of(order),
        "aid": int(order.id),
        "at": ALGO_TYPE,
        "o": order.type.name,
        "s": order.symbol,
        "S": order.side.name,
        "ps": order.position_side.name,
        "f": time_in_force_of(order),
        "q": quantity(order.quantity, contract),
        "X": status,
        "ai": order.triggered_order_id if has_actual else "",
        "ap": f"{(actual and actual.average_price) or Decimal(0):.5f}",
        "aq": f"{actual.filled if actual else Decimal(0):.5f}",
        "act": _actual_type(order) if has_actual else "0",
        "tp": plain(order.trigger_price),
        "p": plain(order.price),
        "V": label_of(order, "selfTradePreventionMode", "EXPIRE_MAKER"),
        "wt": label_of(order, "workingType", "CONTRACT_PRICE"),
        "pm": label_of(order, "priceMatch", "NONE"),
        "cp": order.close_position,
        "pP": label_of(order, "priceProtect", "") == "true",
        "R": order.reduce_only,
        "tt": milliseconds(order.updated_at) if order.triggered_order_id else 0,
        "gtd": milliseconds(order.expires_at),
        "rm": words,
        **({"ia": order.extreme is not None} if trails else {}),
    }
    return {"e": "ALGO_UPDATE", "T": milliseconds(event.time), "o": body}


def _actual_type(order: LedgerOrder) -> str:
    return "MARKET" if order.type.is_market else "LIMIT"


def trigger_reject(event: OrderEvent, errors: Errors) -> Frame:
    """Return CONDITIONAL_ORDER_TRIGGER_REJECT for a conditional order that was refused when it was triggered."""
    order = event.order
    body = {"s": order.symbol, "i": int(order.id), "r": _words(order, errors)}
    return {"e": "CONDITIONAL_ORDER_TRIGGER_REJECT", "T": milliseconds(event.time), "or": body}


def _words(order: LedgerOrder, errors: Errors) -> str:
    """Return the venue's words for the refusal of an order, none where it was not refused."""
    return "" if order.reject_reason is None else errors.words_of(order.reject_reason)


def actual_end(event: OrderEvent, ledger: Ledger, contract: Contract) -> Iterator[Frame]:
    """Yield ALGO_UPDATE for the conditional order whose plain order has ended with an event."""
    order = event.order
    if order.triggered_by is None or order.is_open:
        return
    for parent in reversed(ledger.orders(hidden=True)):
        if parent.id == order.triggered_by:
            yield algo_frame(event, parent, contract, "FINISHED", actual=order)
