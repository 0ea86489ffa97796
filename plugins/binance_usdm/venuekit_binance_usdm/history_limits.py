"""How far the histories of this product go back."""

from __future__ import annotations

from datetime import timedelta

from venuekit_binance_common.history_limits import HistoryLimit

__all__ = ["INCOME_LIMIT", "MARGIN_LIMIT"]

#: a minute less than the venue says, so that what is asked for is not too old when it arrives
_GRACE = timedelta(minutes=1)

INCOME_LIMIT = HistoryLimit(
    keeps=timedelta(days=90) - _GRACE, width=timedelta(days=30), words="income of the last three months (90 days)"
)
MARGIN_LIMIT = HistoryLimit(
    keeps=timedelta(days=30) - _GRACE, width=timedelta(days=30), words="margin changes of the last 30 days"
)
