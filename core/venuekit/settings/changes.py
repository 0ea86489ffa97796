"""Changes of settings: the key of a setting, a change of it, and the requirements of a change."""

from __future__ import annotations

import enum
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide, Setting
from venuekit.settings.target import Value, text_of


@attrs.frozen
class Key:
    """
    One setting, which has one value at a time.

    ``account_index`` is the index of the account at its venue; two venues that share a setting share the key of the
    first. ``symbol`` is None for a setting of the account, ``side`` unless the sides are set separately.
    """

    account_index: int
    setting: Setting
    symbol: str | None = None
    side: PositionSide | None = None

    def __str__(self) -> str:
        side = f" ({self.side})" if self.side is not None else ""
        return f"{self.setting}{side} of {self.symbol}" if self.symbol is not None else f"{self.setting}{side}"


@attrs.frozen
class Requirement:
    """Another setting that must be ``value``, or with ``negated`` must not be; ``why`` in the venue's words or ours."""

    key: Key
    value: enum.StrEnum | Decimal
    why: str
    negated: bool = False

    def allows(self, value: Value) -> bool:
        """Return whether a value of the other setting fulfils this requirement."""
        return (value == self.value) is not self.negated

    def __str__(self) -> str:
        return f"{self.key} {'other than' if self.negated else '='} {text_of(self.value)}"


@attrs.frozen
class SettingChange:
    """A setting that differs from its target."""

    key: Key
    target: Value
    needs: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        return f"{self.key} = {text_of(self.target)}"
