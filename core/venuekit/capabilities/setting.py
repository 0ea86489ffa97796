"""What can be planned."""

from __future__ import annotations

import enum

__all__ = ["Setting"]


class Setting(enum.StrEnum):
    """A setting that can be planned."""

    POSITION_MODE = "position_mode"
    ASSET_MODE = "asset_mode"
    MARGIN_TYPE = "margin_type"
    LEVERAGE = "leverage"
