"""The figures of orders and fills, field by field: those of a request, of a value that was read, and of a fill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    Fill,
    FillKind,
    Order,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)
from venuekit.simulator.ledger import Book, Contract, Execution, Ledger, LedgerOrder, LedgerOrderRequest, Side
from venuekit.testing.conformance.figures import UNKNOWN, Figures, OneOf, same
from venuekit.testing.conformance.plain_values import check_plain

_PERCENT = 100
_NOTHING = Decimal(0)


# -- requests


def _request_time(request: OrderRequest) -> Any:
    """Return the time in force of the ledger's order: good till a date is GTC with an end there."""
    if request.type.is_market:  # it takes at once, whatever its time in force is
        return UNKNOWN
    given = request.time_in_force
    return TimeInForce.GTC if given is None or given == TimeInForce.GTD else TimeInForce(given)


def _rises(request: OrderRequest) -> Any:
    """Return whether the trigger is reached from below; a venue that does not ask derives it from type and side."""
    alike = LedgerOrderRequest(symbol=request.symbol, side=Side(request.side.value), type=request.type)
    return alike.rises_to_trigger if request.type.is_conditional else UNKNOWN


#: the ledger's order as a request asks for it
REQUEST = Figures(
    LedgerOrder,
    fields={
        **same("symbol", "type", "price", "trigger_price", "activation_price", "reduce_only", "close_position"),
        **same("expires_at"),
        "side": lambda request: Side(request.side.value),
        "quantity": lambda request: request.quantity or _NOTHING,
        "callback_rate": lambda request: None if request.callback_rate is None else request.callback_rate / _PERCENT,
        "position_side": lambda request: request.position_side or PositionSide.BOTH,
        "time_in_force": _request_time,
        "trigger_rises": _rises,
        "watches_index": lambda request: request.working_price == WorkingPrice.INDEX,
        "client_id": lambda request: UNKNOWN if request.client_id is None else request.client_id,
    },
    needed=("price", "trigger_price", "activation_price", "callback_rate", "expires_at", "client_id"),
    beyond=frozenset({"callback_distance", "of_position", "attached", "labels"})
    | frozenset({"id", "book", "status", "created_at", "updated_at", "leverage", "filled", "average_price"})
    | frozenset({"filled_value", "commission", "realized_pnl", "amendments", "reject_reason", "triggered_order_id"})
    | frozenset({"triggered_by", "forced", "extreme", "visible_at"}),
)


def check_placed(order: LedgerOrder, request: OrderRequest) -> None:
    """Fail unless the ledger's order is the requested one, term by term."""
    REQUEST.check(order, request, f"the ledger's order for a {request.side} {request.type} order that was requested")


# -- orders


@attrs.frozen
class OrderFacts:
    """An order as a ledger has it."""

    order: LedgerOrder
    ledger: Ledger

    @property
    def contract(self) -> Contract:
        """The contract of the order."""
        return self.ledger.contract(self.order.symbol)


def _status(facts: OrderFacts) -> Any:
    """Return the status of a value; a venue may have one word for all orders that came to nothing."""
    status = facts.order.status
    if status is OrderStatus.OPEN and facts.order.book is Book.CONDITIONAL:
        return OrderStatus.UNTRIGGERED
    has_another_word = status in {OrderStatus.EXPIRED, OrderStatus.REJECTED}
    return OneOf((status, OrderStatus.CANCELED)) if has_another_word else status


def _time_in_force(facts: OrderFacts) -> Any:
    order = facts.order
    if order.type.is_market:
        return UNKNOWN
    return order.time_in_force if order.expires_at is None else TimeInForce.GTD


def _callback_rate(facts: OrderFacts) -> Decimal | None:
    rate = facts.order.callback_rate
    return None if rate is None else rate * _PERCENT


ORDER = Figures(
    Order,
    fields={
        **same("id", "symbol", "type", "position_side", "filled", "trigger_price", "average_price", of="order"),
        **same("filled_value", "commission", "reduce_only", "close_position", "expires_at", of="order"),
        **same("activation_price", "triggered_order_id", "created_at", "updated_at", of="order"),
        **same("contract_size", "contract_unit", of="contract"),
        "client_id": lambda facts: UNKNOWN if facts.order.client_id is None else facts.order.client_id,
        "kind": lambda facts: OrderKind.CONDITIONAL if facts.order.type.is_conditional else OrderKind.PLAIN,
        "side": lambda facts: OrderSide(facts.order.side.value),
        "status": _status,
        "margin_type": lambda facts: facts.ledger.margin_type(facts.order.symbol),
        "time_in_force": _time_in_force,
        # the quantity of an order that closes a position is that of the position, whenever it triggers
        "quantity": lambda facts: UNKNOWN if facts.order.close_position else facts.order.quantity,
        "price": lambda facts: None if facts.order.type.is_market else facts.order.price,
        "callback_rate": _callback_rate,
    },
    needed=("client_id", "quantity", "price", "trigger_price", "triggered_order_id"),
    beyond=frozenset({"working_price", "price_protect", "stp_mode", "price_match", "reject_reason", "venue_status"})
    | frozenset({"take_profit", "stop_loss", "triggered_filled", "triggered_price"})
    | frozenset({"received_at", "raw"}),
    rounded=frozenset({"average_price", "filled_value", "commission"}),
)
#: of the answer of a venue that decides later: the others are not decided yet
_PENDING = Figures(
    Order,
    fields={
        name: figure
        for name, figure in ORDER.fields.items()
        if name not in {"kind", "status", "filled", "average_price", "filled_value", "commission", "updated_at"}
    },
    needed=("client_id", "quantity", "price", "trigger_price"),
    beyond=ORDER.beyond | {"kind", "status", "filled", "average_price", "filled_value", "commission", "updated_at"},
)


def check_order(given: Order, order: LedgerOrder, ledger: Ledger, *, may_be_pending: bool = False) -> None:
    """
    Fail unless a value is the ledger's order: every field that it gives, and those without which it is worthless.

    An order that ``may_be_pending`` is the answer of a venue that decides later: its status may be PENDING, and its
    figures are those that were requested.
    """
    check_plain(given, Order)
    name, facts = f"order {order.id} ({order.side} {order.type})", OrderFacts(order, ledger)
    if may_be_pending and given.status is OrderStatus.PENDING:
        _PENDING.check(given, facts, name)
        return
    needed = [flag for flag in ("reduce_only", "close_position") if getattr(order, flag)]
    needed += [] if order.type.is_conditional else ["filled"]
    ORDER.check(given, facts, name, (*ORDER.needed, *needed, *_leg(order.position_side)))


def _leg(side: PositionSide) -> tuple[str, ...]:
    """Return the field that is needed of an order or fill in hedge mode."""
    return () if side is PositionSide.BOTH else ("position_side",)


# -- fills


@attrs.frozen
class FillFacts:
    """An execution as a ledger has it, and its contract."""

    execution: Execution
    contract: Contract


FILL = Figures(
    Fill,
    fields={
        **same("order_id", "symbol", "position_side", "price", "quantity", "value", "realized_pnl", of="execution"),
        **same("commission", "commission_asset", "fee_rate", "is_maker", "time", of="execution"),
        **same("contract_size", "contract_unit", of="contract"),
        "client_id": lambda facts: UNKNOWN if facts.execution.client_id is None else facts.execution.client_id,
        "side": lambda facts: OrderSide(facts.execution.side.value),
        "kind": lambda facts: FillKind(facts.execution.kind.value),
    },
    beyond=frozenset({"id", "raw"}),
    rounded=frozenset({"value", "realized_pnl", "commission"}),
)


def check_fill(given: Fill, execution: Execution, ledger: Ledger) -> None:
    """Fail unless a value is the ledger's execution, in every field that it gives."""
    check_plain(given, Fill)
    FILL.check(
        given,
        FillFacts(execution, ledger.contract(execution.symbol)),
        f"fill {execution.trade_id}",
        _leg(execution.position_side),
    )
