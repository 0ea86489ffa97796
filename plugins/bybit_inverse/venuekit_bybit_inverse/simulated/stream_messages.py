"""Messages of the private stream: the rows that a change of the account pushes, by topic."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import Setting
from venuekit.plugin import to_milliseconds
from venuekit.simulator import LedgerChange
from venuekit.simulator.ledger import (
    AccountEvent,
    Event,
    Execution,
    Ledger,
    LedgerOrder,
    OrderChange,
    OrderEvent,
    SettingEvent,
    TradeKind,
)
from venuekit_bybit_inverse.simulated.account_routes import wallet_row
from venuekit_bybit_inverse.simulated.messages import money, number
from venuekit_bybit_inverse.simulated.order_rows import execution_row, history_row, stop_type
from venuekit_bybit_inverse.simulated.position_routes import position_row

#: where the ids of messages come from, so that all connections of an account receive the same
_IDS = uuid.UUID("5a4d6b5e-6c0f-4d0a-9a55-2f7f0b6b0c1d")
_PRODUCT = {"category": "inverse"}
#: fields of reads that a pushed row lacks
_NOT_OF_ORDERS, _NOT_OF_POSITIONS = frozenset({"extraFees"}), frozenset({"avgPrice", "openTime"})
_ZEROS = frozenset({"takeProfit", "stopLoss"})
_FLAT_ZEROS = frozenset(
    {"positionValue", "positionIM", "positionMM", "positionIMByMp", "positionMMByMp", "unrealisedPnl", "liqPrice"}
)
_FAST_FIELDS = (
    *("category", "symbol", "execId", "execPrice", "execQty", "orderId", "isMaker", "orderLinkId", "side"),
    *("execTime", "seq"),
)


@attrs.frozen
class TopicMessage:
    """One message of a topic; ``id`` is None where the topic has none."""

    id: str | None
    created_at: datetime
    rows: list[dict[str, Any]]

    def body(self, topic: str) -> dict[str, Any]:
        """Return the message under the name of a topic: the one for all products, or that of a product."""
        named = {} if self.id is None else {"id": self.id}
        return {**named, "topic": topic, "creationTime": to_milliseconds(self.created_at), "data": self.rows}


def list_messages(change: LedgerChange, uid: int, topics: Collection[str]) -> Iterator[tuple[str, TopicMessage]]:
    """Yield the messages about a change, of these topics for all products, each with its topic."""
    for topic, make in _MAKERS.items():
        if topic in topics:
            yield from ((topic, message) for message in make(change, uid))


def _order_messages(change: LedgerChange, uid: int) -> Iterator[TopicMessage]:
    """Yield a message for each symbol; an order is there in its last state, and before it as triggered."""
    states: dict[object, OrderEvent] = {}
    for event in change.events:
        if isinstance(event, OrderEvent):
            state = event.order.id, event.change is OrderChange.TRIGGERED
            states.pop(state, None)
            states[state] = event
    for symbol in dict.fromkeys(event.order.symbol for event in states.values()):
        events = [event for event in states.values() if event.order.symbol == symbol]
        rows = [_order_row(event, change.ledger) for event in events]
        yield TopicMessage(_make_id(uid, events[-1], "order"), events[-1].time, rows)


def _execution_messages(change: LedgerChange, uid: int) -> Iterator[TopicMessage]:
    """Yield a message for each symbol, of trades and funding."""
    fills = list(_fills(change.events))
    for symbol in dict.fromkeys(fill.symbol for fill, _ in fills):
        of_symbol = [(fill, order) for fill, order in fills if fill.symbol == symbol]
        rows = [_execution_row(fill, order, change.ledger) for fill, order in of_symbol]
        last, _ = of_symbol[-1]
        yield TopicMessage(f"{uid}_{symbol}_{last.sequence}", last.time, rows)


def _fast_messages(change: LedgerChange, uid: int) -> Iterator[TopicMessage]:  # noqa: ARG001  - without an id
    """Yield a message for each trade with a few of its fields; nothing but trades is there."""
    for fill, order in _fills(change.events):
        if fill.kind is TradeKind.TRADE:
            row = _execution_row(fill, order, change.ledger)
            # only a taker is given the client's id
            row["orderLinkId"] = "" if fill.is_maker else row["orderLinkId"]
            yield TopicMessage(None, fill.time, [{name: row[name] for name in _FAST_FIELDS}])


def _position_messages(change: LedgerChange, uid: int) -> Iterator[TopicMessage]:
    """Yield a message of the positions that changed, or with an order that did, as they are after the change."""
    symbols = dict.fromkeys(_symbols(change.events))
    if symbols:
        rows = [_position_row(symbol, change.ledger) for symbol in symbols]
        yield TopicMessage(_make_id(uid, change.events[-1], "position"), change.events[-1].time, rows)


def _wallet_messages(change: LedgerChange, uid: int) -> Iterator[TopicMessage]:
    """Yield a message of the account with the coins that changed, as it is after the change."""
    events = [event for event in change.events if isinstance(event, AccountEvent)]
    assets = dict.fromkeys(balance.asset for event in events for balance in event.balances)
    if assets:
        row = wallet_row([change.ledger.balance(asset) for asset in assets], change.ledger)
        yield TopicMessage(_make_id(uid, events[-1], "wallet"), events[-1].time, [row])


_MAKERS: Mapping[str, Callable[[LedgerChange, int], Iterator[TopicMessage]]] = {
    "order": _order_messages,
    "execution": _execution_messages,
    "execution.fast": _fast_messages,
    "position": _position_messages,
    "wallet": _wallet_messages,
}


def _make_id(uid: int, event: Event, topic: str) -> str:
    return f"{uid}{uuid.uuid5(_IDS, f'{uid} {topic} {event.sequence}')}"


def _fills(events: Iterable[Event]) -> Iterator[tuple[Execution, LedgerOrder | None]]:
    for event in events:
        if isinstance(event, OrderEvent) and event.execution is not None:
            yield event.execution, event.order
        if isinstance(event, AccountEvent) and event.execution is not None:
            yield event.execution, None


def _symbols(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        match event:
            case OrderEvent():
                yield event.order.symbol
            case AccountEvent():
                yield from (position.symbol for position in event.positions)
            case SettingEvent(setting=Setting.LEVERAGE, symbol=str(symbol)):
                yield symbol


def _order_row(event: OrderEvent, ledger: Ledger) -> dict[str, Any]:
    """Return the row of an order: that of the history but for its blanks, and with the profit that it closed."""
    order = event.order
    row = {name: value for name, value in history_row(order, ledger).items() if name not in _NOT_OF_ORDERS}
    conditional = stop_type(order)
    closed = [one.pnl for one in ledger.closed_pnls(order.symbol) if one.order_id == order.id] if order.filled else []
    return {
        **_PRODUCT,
        **row,
        "orderStatus": "Triggered" if event.change is OrderChange.TRIGGERED else row["orderStatus"],
        "avgPrice": money(order.average_price),
        "stopOrderType": conditional or "",
        "triggerPrice": row["triggerPrice"] if conditional else "",
        "triggerBy": row["triggerBy"] if conditional else "",
        "tpslMode": row["tpslMode"] if row["takeProfit"] or row["stopLoss"] else "UNKNOWN",
        "tpLimitPrice": row["tpLimitPrice"] or "0",
        "slLimitPrice": row["slLimitPrice"] or "0",
        "slippageTolerance": "0",
        "marketUnit": "",
        "feeCurrency": "",
        "closedPnl": money(sum(closed, start=Decimal(0))),
    }


def _execution_row(fill: Execution, order: LedgerOrder | None, ledger: Ledger) -> dict[str, Any]:
    """Return the row of a fill with the rest of its order and its profit."""
    return {
        **_PRODUCT,
        **execution_row(fill, order, ledger),
        "leavesQty": number(order.remaining) if order is not None and order.is_open else "0",
        "isLeverage": "0",
        "marketUnit": "",
        "execPnl": money(fill.realized_pnl),
    }


def _position_row(symbol: str, ledger: Ledger) -> dict[str, Any]:
    """Return the row of a position: its entry price has another name, and an absent protection or value is 0."""
    figures = ledger.position(symbol)
    row = position_row(figures, ledger)
    zeros = _ZEROS if figures.quantity else _ZEROS | _FLAT_ZEROS
    shown = {name: value for name, value in row.items() if name not in _NOT_OF_POSITIONS}
    shown |= {name: "0" for name in zeros if not shown[name]}
    return {**_PRODUCT, **shown, "entryPrice": row["avgPrice"]}
