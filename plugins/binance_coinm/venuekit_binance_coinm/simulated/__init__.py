"""The server's side of the venue: its answers, in its own words, shapes and codes."""

from __future__ import annotations

from venuekit_binance_coinm.simulated.venue import SimulatedCoinm

__all__ = ["SimulatedCoinm"]
