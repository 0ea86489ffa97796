"""The server's side of Bybit for the simulator; imported only when it is used."""

from __future__ import annotations

from venuekit_bybit_inverse.simulated.bybit_venue import SimulatedBybit

__all__ = ["SimulatedBybit"]
