"""The simulator's half of the venue."""

from __future__ import annotations

from venuekit_binance_usdm.aster.front.front import AsterFront

__all__ = ["AsterFront"]
