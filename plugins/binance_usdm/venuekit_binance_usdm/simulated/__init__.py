"""The server's side of the venue: its answers, in its own words, shapes and codes."""

from __future__ import annotations

from venuekit_binance_usdm.simulated.venue import SimulatedUsdm

__all__ = ["SimulatedUsdm"]
