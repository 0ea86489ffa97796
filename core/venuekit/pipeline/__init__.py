"""
The pipeline: the way of one request.

The names are loaded when they are first asked for, so that a venue's declarations load without any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession, VenueSession
    from venuekit.pipeline.budget import Budget, PoolName
    from venuekit.pipeline.budget_store import BudgetStore, PoolReport, PoolState, Receipt, WaitingRequest
    from venuekit.pipeline.guard import Guard
    from venuekit.pipeline.journal import FileJournal
    from venuekit.pipeline.journal_lines import UnreadableLine, Unresolved
    from venuekit.pipeline.observe import Event, EventKind, Observer, WaitReason
    from venuekit.pipeline.options import UNSET, Options, RetryPolicy
    from venuekit.pipeline.pools import BucketBudget, SlidingBudget, make_budget
    from venuekit.pipeline.proxy import Proxy as Proxy
    from venuekit.pipeline.transport import AiohttpTransport
    from venuekit.pipeline.wire import RestWire
    from venuekit.pipeline.write_scopes import WriteScopes

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazy(
        __name__,
        {
            "budget": "Budget PoolName",
            "budget_store": "BudgetStore PoolReport PoolState Receipt WaitingRequest",
            "guard": "Guard",
            "journal": "FileJournal",
            "journal_lines": "UnreadableLine Unresolved",
            "account_session": "AccountSession VenueSession",
            "observe": "Event EventKind Observer WaitReason",
            "options": "UNSET Options RetryPolicy",
            "pools": "BucketBudget SlidingBudget make_budget",
            "proxy": "Proxy",
            "transport": "AiohttpTransport",
            "write_scopes": "WriteScopes",
            "wire": "RestWire",
        },
    )

__all__ = [
    "UNSET",
    "AccountSession",
    "AiohttpTransport",
    "BucketBudget",
    "Budget",
    "BudgetStore",
    "Event",
    "EventKind",
    "FileJournal",
    "Guard",
    "Observer",
    "Options",
    "PoolName",
    "PoolReport",
    "PoolState",
    "Proxy",
    "Receipt",
    "RestWire",
    "RetryPolicy",
    "SlidingBudget",
    "UnreadableLine",
    "Unresolved",
    "VenueSession",
    "WaitReason",
    "WaitingRequest",
    "WriteScopes",
    "make_budget",
]
