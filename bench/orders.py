"""
CPU of USD-M's order history of 1,000 orders into values with every field, beside ``orjson.loads`` on the same bytes.

Prints JSON: microseconds per body, for each case one number per read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from books import ORDERS, orders_body
from measure import pin

from venuekit.capabilities import Unit
from venuekit_binance_common.orders.rows import Size, complete_order, plain_rows

READS, WARM_UP = 40, 5


def main() -> None:
    pin(0)
    decode = plain_rows(in_base=True).orders.read_all
    body, size, now = orders_body(), Size(Decimal(1), Unit.BASE), datetime.now(UTC)

    def ours(text: bytes) -> Any:
        return [complete_order(order, size, now) for order in decode(text)]

    cases: dict[str, Callable[[bytes], Any]] = {"orjson": orjson.loads, "venuekit": ours}
    figures: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(READS + WARM_UP):
        for name, case in cases.items():
            started = time.process_time()
            answer = case(body)
            took = (time.process_time() - started) * 1e6
            assert len(answer) == ORDERS
            del answer
            if number >= WARM_UP:
                figures[name].append(took)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
