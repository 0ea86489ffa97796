"""What makes the simulator speak like Bybit; imported only when the simulator is asked for."""

from __future__ import annotations

from venuekit_bybit_inverse.simulated.bybit_venue import SimulatedBybit

__all__ = ["SimulatedBybit"]
