"""Toy Perpetuals: a made-up venue, and the smallest complete plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.plugin import Venue, hookimpl
from venuekit_toy_perp.venue import TOY_PERP

__all__ = ["TOY_PERP", "VENUEKIT_API", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the only venue."""
    register(TOY_PERP)
