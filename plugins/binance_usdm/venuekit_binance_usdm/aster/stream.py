"""The user stream, which is alike in both versions."""

from __future__ import annotations

from venuekit_binance_usdm.aster.terms import ORDER_TERMS
from venuekit_binance_usdm.stream import usd_margined_rows

ROWS = usd_margined_rows(ORDER_TERMS)
