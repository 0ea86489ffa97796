"""The simulator's half of the venue: what it answers, in its own words, shapes and codes."""

from __future__ import annotations

from venuekit_binance_usdm.front.front import BinanceUsdmFront

__all__ = ["BinanceUsdmFront"]
