"""What makes the simulator speak like Bybit; imported only when the simulator is asked for."""

from __future__ import annotations

from venuekit_bybit_inverse.front.bybit_front import BybitFront

__all__ = ["BybitFront"]
