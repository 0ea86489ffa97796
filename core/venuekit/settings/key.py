"""Keys: which setting of which account is meant, whoever names it."""

from __future__ import annotations

import attrs

from venuekit.capabilities import PositionSide, Setting

__all__ = ["Key"]


@attrs.frozen
class Key:
    """
    One setting that holds one value at a time.

    ``account_index`` is the number of the account at its venue; two venues that share a setting share the key of the
    first. ``symbol`` is None for a setting of the account, ``side`` unless sides are set apart.
    """

    account_index: int
    setting: Setting
    symbol: str | None = None
    side: PositionSide | None = None

    def __str__(self) -> str:
        side = f" ({self.side})" if self.side is not None else ""
        return f"{self.setting}{side} of {self.symbol}" if self.symbol is not None else f"{self.setting}{side}"
