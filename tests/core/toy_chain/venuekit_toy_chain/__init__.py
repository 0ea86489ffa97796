"""Toy Chain: a made-up venue whose accounts are wallets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.plugin import Venue, hookimpl
from venuekit_toy_chain.venue import TOY_CHAIN

__all__ = ["TOY_CHAIN", "VENUEKIT_API", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the only venue."""
    register(TOY_CHAIN)
