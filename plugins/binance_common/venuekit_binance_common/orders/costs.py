"""What calls about orders pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit_binance_common.limits import WEIGHT

__all__ = ["paying"]


def paying(weight: int, pools: Mapping[str, int]) -> dict[str, Any]:
    """Return what a call costs, by an endpoint's names: its weight, nothing of it included, and its count of orders."""
    return {"weight": weight, "weight_most": weight, "pools": {WEIGHT: None, **pools}}
