"""Aster futures for venuekit, by a wallet: another venue of this distribution, from the same parts with other data."""

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
    """Register the venue ``aster_usdm``."""
    from venuekit_binance_usdm.aster.venue import VENUE

    register(VENUE)
