"""Bybit inverse contracts (V5, ``category=inverse``, unified account 2.0) for venuekit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.plugin import Venue, hookimpl
from venuekit_bybit_inverse.account import BybitInverseAccount
from venuekit_bybit_inverse.venue import BYBIT_INVERSE

__all__ = ["BYBIT_INVERSE", "VENUEKIT_API", "BybitInverseAccount", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the one venue of this distribution."""
    register(BYBIT_INVERSE)
