"""Live accounts: a view of an account that its user stream keeps up to date, and that knows when it may not be."""

from __future__ import annotations

from venuekit.live.account_view import AccountView
from venuekit.live.changes import ChangeReader, Subscription, ViewChange
from venuekit.live.freshness import StaleView, ViewPhase, ViewStatus
from venuekit.live.live_values import LiveBalance, LiveOrder, LivePosition
from venuekit.live.provenance import Provenance, ValueSource, ViewPart
from venuekit.live.view_policy import ViewPolicy

__all__ = [
    "AccountView",
    "ChangeReader",
    "LiveBalance",
    "LiveOrder",
    "LivePosition",
    "Provenance",
    "StaleView",
    "Subscription",
    "ValueSource",
    "ViewChange",
    "ViewPart",
    "ViewPhase",
    "ViewPolicy",
    "ViewStatus",
]
