"""The simulator's half of the venue: what it answers, in its own words, shapes and codes."""

from __future__ import annotations

from venuekit_binance_usdm.simulated.venue import SimulatedUsdm

__all__ = ["SimulatedUsdm"]
