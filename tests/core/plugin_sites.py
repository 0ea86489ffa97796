"""Directories of made-up distributions, whose plugins are found, loaded and refused."""

from __future__ import annotations

from collections.abc import Callable

from venuekit.plugins import Plugins

VENUE = """
import sys
from decimal import Decimal
from venuekit.account import Account
from venuekit.endpoint import Endpoint
from venuekit.faults import FaultTable
from venuekit.hooks import hookimpl
from venuekit.venue import Venue

VENUEKIT_API = 1

def venue(id):
    time = Endpoint("GET", "/time", decode=bytes)
    return Venue(id=id, title=id, account=Account, environments=(), limits=(), signing=None, answers=None,
                 faults=FaultTable(()), server_time=time, endpoints=(time,))
"""
REGISTER = """
@hookimpl
def venuekit_register_venues(register):
    for id in {ids!r}:
        register(venue(id))
"""

Install = Callable[..., None]
Discover = Callable[..., Plugins]


def venue_code(*ids: str) -> str:
    """Return the code of a plugin that registers venues of these ids."""
    return VENUE + REGISTER.format(ids=ids)
