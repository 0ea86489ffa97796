"""
venuekit without ``await``, for scripts and notebooks: the same names, each call returns when it is done.

An event loop in a thread of its own carries all accounts; it begins with the first and ends with the last. Errors,
values, guards and limits are those of :mod:`venuekit`. :mod:`venuekit.sync.capabilities` has the capabilities.
"""

from __future__ import annotations

from venuekit.sync.account import Account
from venuekit.sync.accounts import Accounts, open_accounts
from venuekit.sync.blocking import BlockingCapability, Pager
from venuekit.sync.functions import check_order, fan_out, flatten, portfolio
from venuekit.sync.opening import connect, open  # noqa: A004 - sync.open, as gzip.open
from venuekit.sync.shared_thread import run
from venuekit.sync.simulation import simulate

__all__ = [
    "Account",
    "Accounts",
    "BlockingCapability",
    "Pager",
    "check_order",
    "connect",
    "fan_out",
    "flatten",
    "open",
    "open_accounts",
    "portfolio",
    "run",
    "simulate",
]
