"""Tools of core itself; nothing outside core imports them."""

from __future__ import annotations
