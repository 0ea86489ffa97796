"""The simulator's half of the venue: what it answers, in its own words, shapes and codes."""

from __future__ import annotations

from venuekit_binance_coinm.simulated.venue import SimulatedCoinm

__all__ = ["SimulatedCoinm"]
