"""The decoders of orders and fills; what they need is imported when the first answer arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venuekit.parts.orders import BatchItem
    from venuekit_binance_common.orders.rows import AlgoOrderRow, CountdownRow, OrderRow, TradeRow

__all__ = [
    "decode_algo_order",
    "decode_algo_orders",
    "decode_batch",
    "decode_countdown",
    "decode_order",
    "decode_orders",
    "decode_trades",
]


def decode_order(body: bytes) -> OrderRow:
    """Return one plain order."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_order(body)


def decode_orders(body: bytes) -> tuple[OrderRow, ...]:
    """Return plain orders."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_orders(body)


def decode_algo_order(body: bytes) -> AlgoOrderRow:
    """Return one conditional order."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_algo_order(body)


def decode_algo_orders(body: bytes) -> tuple[AlgoOrderRow, ...]:
    """Return conditional orders."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_algo_orders(body)


def decode_trades(body: bytes) -> tuple[TradeRow, ...]:
    """Return fills."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_trades(body)


def decode_countdown(body: bytes) -> CountdownRow:
    """Return an armed countdown."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_countdown(body)


def decode_batch(body: bytes) -> tuple[BatchItem, ...]:
    """Return what became of each item of a batch."""
    from venuekit_binance_common.orders import rows as order_rows

    return order_rows.decode_batch(body)
