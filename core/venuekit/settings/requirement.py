"""Requirements: what must hold at the moment a setting is changed."""

from __future__ import annotations

import enum
from decimal import Decimal

import attrs

from venuekit.settings.key import Key
from venuekit.settings.target import Value, text_of

__all__ = ["Requirement", "SettingChange"]


@attrs.frozen
class Requirement:
    """Another setting that must be ``value``, or with ``negated`` must not be; ``why`` in the venue's words or ours."""

    key: Key
    value: enum.StrEnum | Decimal
    why: str
    negated: bool = False

    def allows(self, value: Value) -> bool:
        """Say whether a value of the other setting is good enough."""
        return (value == self.value) is not self.negated

    def __str__(self) -> str:
        return f"{self.key} {'other than' if self.negated else '='} {text_of(self.value)}"


@attrs.frozen
class SettingChange:
    """A setting that is not yet what it should be."""

    key: Key
    target: Value
    needs: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        return f"{self.key} = {text_of(self.target)}"
