"""Rows that were read from a list, and how many of it were not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

__all__ = ["KeptList", "KeptTuple", "count_left_out"]

T = TypeVar("T")


class KeptList(list[T]):
    """A list of rows of which some were left out."""

    left_out: int = 0


class KeptTuple(tuple[T, ...]):  # noqa: SLOT001  (it says how many were left out)
    """A tuple of rows of which some were left out."""

    left_out: int = 0


def count_left_out(rows: Sequence[Any]) -> int:
    """Return how many rows of an answer are not among these; 0 where that is unknown."""
    return getattr(rows, "left_out", 0)
