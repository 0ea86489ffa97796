"""The server's side of the venue."""

from __future__ import annotations

from venuekit_binance_usdm.aster.simulated.venue import SimulatedAster

__all__ = ["SimulatedAster"]
