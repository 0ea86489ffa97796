"""What the private stream pushed, replayed, is the account: no order, fill, position or coin is missed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from venuekit.capabilities import MarginType
from venuekit.plugin import from_milliseconds
from venuekit.simulator import LedgerChange, open_ledger
from venuekit.simulator.ledger import Book, Event, Ledger, Refused, Side, TradeKind
from venuekit_bybit_inverse.simulated.account_routes import wallet_row
from venuekit_bybit_inverse.simulated.order_rows import execution_row, order_row
from venuekit_bybit_inverse.simulated.position_routes import position_row
from venuekit_bybit_inverse.simulated.stream_messages import list_messages
from venuekit_bybit_inverse.simulated.venue import SimulatedBybit

D = Decimal
TOPICS = frozenset({"order", "execution", "position", "wallet"})
#: fields that follow the market, or that differ by their form alone
MOVING = frozenset({"markPrice", "liqPrice", "unrealisedPnl", "positionMM", "positionIM", "positionMMByMp"})
MOVING |= {"positionIMByMp", "takeProfit", "stopLoss", "positionValue", "riskId", "riskLimitValue"}
SYMBOLS = st.sampled_from(["BTCUSD", "ETHUSD"])
SIDES = st.sampled_from(Side)
QUANTITIES = st.integers(1, 2000).map(lambda number: D(number * 100))
FACTORS = st.sampled_from([D("0.7"), D("0.98"), D("1.01"), D("1.3")])


def act(ledger: Ledger, action: tuple[str, str, Side, Decimal, Decimal]) -> None:
    """Carry out one command, refused or not."""
    name, symbol, side, quantity, factor = action
    price = (ledger.mark(symbol) * factor).quantize(D("0.5"))
    with contextlib.suppress(Refused):
        match name:
            case "fill":
                ledger.fill(symbol, side, quantity, price)
            case "rest":
                ledger.rest_order(symbol, side, quantity, price)
            case "stop":
                ledger.rest_order(symbol, side, quantity, price, book=Book.CONDITIONAL)
            case "move":
                ledger.set_mark(symbol, price)
            case "fund":
                ledger.fund(symbol, factor / 1000)
            case "cancel":
                ledger.cancel_orders()
            case "lever":
                ledger.set_leverage(symbol, quantity % 20 + 1)
            case "margin":
                ledger.adjust_margin(symbol, quantity / 1_000_000)
            case "mode":
                ledger.set_margin_type(MarginType.CROSS if factor < 1 else MarginType.ISOLATED)


NAMES = st.sampled_from(["fill", "rest", "stop", "move", "fund", "cancel", "lever", "margin", "mode"])
ACTIONS = st.lists(st.tuples(NAMES, SYMBOLS, SIDES, QUANTITIES, FACTORS), min_size=1, max_size=15)


@given(ACTIONS)
@settings(max_examples=30, deadline=None)
def test_the_last_rows_are_those_of_reads(actions: Sequence[tuple[str, str, Side, Decimal, Decimal]]) -> None:
    """The last row of each order, position and coin is what a read shows; each fill comes once, in its sequence."""
    simulated = SimulatedBybit()
    ledger = open_ledger([simulated], lambda: from_milliseconds(1_795_000_000_000))
    simulated.scenarios[0].stage(ledger)
    begun = {order.id for order in ledger.orders()}, len(ledger.fills(kinds=frozenset(TradeKind)))
    last: dict[tuple[str, str], dict[str, Any]] = {}
    fills: list[dict[str, Any]] = []
    ids: set[object] = set()

    def push(_: object, events: tuple[Event, ...]) -> None:
        for topic, message in list_messages(LedgerChange("1", ledger, events), 1, TOPICS):
            assert (topic, message.id) not in ids
            ids.add((topic, message.id))
            for row in message.rows:
                if topic == "execution":
                    fills.append(row)
                elif topic == "wallet":
                    last.update({(topic, coin["coin"]): coin for coin in row["coin"]})
                else:
                    last[topic, row["orderId" if topic == "order" else "symbol"]] = row

    ledger.listener = push
    for action in actions:
        act(ledger, action)

    orders = {order.id: order for order in ledger.orders()}
    assert {name for topic, name in last if topic == "order"} >= orders.keys() - begun[0]
    for (topic, name), row in last.items():
        if topic == "order":
            known = order_row(orders[name], ledger)
            same = {
                "orderStatus",
                "price",
                "qty",
                "leavesQty",
                "cumExecQty",
                "cumExecFee",
                "updatedTime",
                "rejectReason",
            }
        elif topic == "position":
            known = position_row(ledger.position(name), ledger)
            assert row["entryPrice"] == known["avgPrice"]
            same = (known.keys() & row.keys()) - MOVING
        else:
            (known,) = wallet_row([ledger.balance(name)], ledger)["coin"]
            same = {"walletBalance", "cumRealisedPnl"}
        assert {field: row[field] for field in same} == {field: known[field] for field in same}
    for symbol in ledger.contracts:
        if ("position", symbol) not in last:
            assert ledger.position(symbol).quantity == (16_000_000 if symbol == "BTCUSD" else 0)
    executed = ledger.fills(kinds=frozenset(TradeKind))[begun[1] :]
    shared = {"execId", "execQty", "execFee", "execType", "seq", "closedSize", "orderId"}
    expected = [execution_row(fill, orders.get(fill.order_id or ""), ledger) for fill in executed]
    by_sequence = sorted(fills, key=lambda row: int(row["seq"]))
    assert [[row[name] for name in shared] for row in by_sequence] == [
        [row[name] for name in shared] for row in expected
    ]
