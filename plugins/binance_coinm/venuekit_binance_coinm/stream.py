"""The user stream: its messages name no contract size and no margin asset, which the contracts of the venue have."""

from __future__ import annotations

from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.position_rows import POSITIONS
from venuekit_binance_coinm.terms import ORDER_TERMS
from venuekit_binance_common.stream.messages import event_messages
from venuekit_binance_common.stream.session import user_stream

MESSAGES = event_messages(
    ORDER_TERMS.rows,
    of_order={name: POSITIONS.sources[name] for name in ("contract_size", "contract_unit")},
    of_position={name: POSITIONS.sources[name] for name in ("contract_size", "contract_unit", "settle", "notional")},
)
STREAM = user_stream(COINM.ORDERS, COINM.STREAM, MESSAGES, needs_contracts=True)
