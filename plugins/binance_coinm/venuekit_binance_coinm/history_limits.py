"""How far the histories of this product go back: the venue documents no end, so it is when the product opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from venuekit_binance_common.history_limits import HistoryLimit

__all__ = ["INCOME_LIMIT", "MARGIN_LIMIT"]

_OPENED = datetime(2020, 8, 10, tzinfo=UTC)
_WORDS = "the product opened on 2020-08-10"

INCOME_LIMIT = HistoryLimit(since=_OPENED, width=timedelta(days=365), words=_WORDS)
#: how wide a stretch may be is not documented here either: what holds on the other product
MARGIN_LIMIT = HistoryLimit(since=_OPENED, width=timedelta(days=30), words=_WORDS)
