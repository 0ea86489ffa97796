"""Aster futures for venuekit, by the API keys that were issued until March 2026."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from venuekit.plugin import hookimpl

if TYPE_CHECKING:
    from venuekit.plugin import Venue

__all__ = ["VENUEKIT_API", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the venue ``aster_usdm_v1``."""
    from venuekit_binance_usdm.aster.venue import VENUE_V1

    register(VENUE_V1)
