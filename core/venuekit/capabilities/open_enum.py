"""Enumerations that a venue may extend without breaking anybody."""

from __future__ import annotations

import enum
from typing import Self

__all__ = ["OpenEnum"]


class OpenEnum(enum.StrEnum):
    """
    A text enumeration whose unknown members stay readable.

    ``Kind("brand-new")`` does not fail: it gives a member named ``OTHER`` whose value is the venue's own word.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "OTHER"
        member._value_ = value
        return member
