"""The decoders of orders and fills; the rows that they need are imported when the first answer arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


def _decoder(name: str) -> Callable[[bytes], Any]:
    """Return the decoder of this name, which is loaded when it is first called."""

    def decode(body: bytes) -> Any:
        from venuekit_binance_common.orders import rows

        return getattr(rows, name)(body)

    return decode


decode_order: Callable[[bytes], OrderRow] = _decoder("decode_order")
decode_orders: Callable[[bytes], tuple[OrderRow, ...]] = _decoder("decode_orders")
decode_algo_order: Callable[[bytes], AlgoOrderRow] = _decoder("decode_algo_order")
decode_algo_orders: Callable[[bytes], tuple[AlgoOrderRow, ...]] = _decoder("decode_algo_orders")
decode_trades: Callable[[bytes], tuple[TradeRow, ...]] = _decoder("decode_trades")
decode_countdown: Callable[[bytes], CountdownRow] = _decoder("decode_countdown")
decode_batch: Callable[[bytes], tuple[BatchItem, ...]] = _decoder("decode_batch")
