"""
Closing positions: market orders that can do nothing but reduce, sent until the reads show that nothing is left.

:class:`PositionClosePart` needs no code of a venue: it goes through the methods by which an account reads its positions
and places its orders.
"""

from __future__ import annotations

from venuekit.parts.closing.part import PositionClosePart

__all__ = ["PositionClosePart"]
