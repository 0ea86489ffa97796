"""Targets: the desired settings of any number of accounts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

import attrs

from venuekit.capabilities import AssetMode, MarginType, PositionMode

#: the value of a setting
Value: TypeAlias = PositionMode | AssetMode | MarginType | Decimal


def text_of(value: enum.StrEnum | Decimal | None) -> str:
    """Return a value as text for people: plain digits, lower-case words, ``unknown`` for None."""
    if value is None:
        return "unknown"
    return format(value, "f") if isinstance(value, Decimal) else value.value


@attrs.frozen
class LeverageTarget:
    """The leverage of a symbol; ``long`` and ``short`` differ, or one is None, only where sides are set separately."""

    long: Decimal | None
    short: Decimal | None

    @property
    def by_side(self) -> bool:
        """Whether the two sides have different targets."""
        return self.long != self.short


@attrs.frozen
class SymbolTarget:
    """The desired settings of one symbol; a None setting is left unchanged."""

    margin_type: MarginType | None = None
    leverage: LeverageTarget | None = None


@attrs.frozen
class AccountTarget:
    """The desired settings of one account; None is left unchanged. ``margin_type`` only where it is the account's."""

    venue: str | None = None
    position_mode: PositionMode | None = None
    asset_mode: AssetMode | None = None
    margin_type: MarginType | None = None
    symbols: Mapping[str, SymbolTarget] = attrs.field(factory=dict)


@attrs.frozen
class Target:
    """The desired settings, by the name of the account."""

    accounts: Mapping[str, AccountTarget]
