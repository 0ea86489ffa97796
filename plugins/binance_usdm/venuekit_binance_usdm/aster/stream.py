"""The user stream, which is alike in both versions; its messages may come in another order than their changes."""

from __future__ import annotations

from venuekit_binance_common.stream.session import user_stream
from venuekit_binance_usdm.aster.endpoints import ASTER, ASTER_V1
from venuekit_binance_usdm.aster.terms import ORDER_TERMS
from venuekit_binance_usdm.stream import usd_margined_messages

MESSAGES = usd_margined_messages(ORDER_TERMS)
STREAM = user_stream(ASTER.ORDERS, ASTER.STREAM, MESSAGES, is_ordered=False)
V1_STREAM = user_stream(ASTER_V1.ORDERS, ASTER_V1.STREAM, MESSAGES, is_ordered=False)
