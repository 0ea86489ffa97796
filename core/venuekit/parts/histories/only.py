"""Filters by what a venue's word means."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container
from typing import Any, TypeVar

__all__ = ["only"]

T = TypeVar("T")


def only(
    wanted: object,
    meaning: Callable[[T], Any],
    *,
    word: Callable[[T], str],
    known: Container[str],
    operation: str,
) -> Callable[[T], bool]:
    """
    Return a filter of items by what the venue's word for them means.

    A word that is not known may mean what is wanted: such an item is left out, and the first of each word is warned
    of.

    Args:
        wanted: What the word must mean.
        meaning: What the word of an item means.
        word: The venue's own word of an item.
        known: The words whose meaning is known.
        operation: The method that is called, for the warning.
    """
    told: set[str] = set()

    def is_wanted(item: T) -> bool:
        if meaning(item) == wanted:
            return True
        said = word(item)
        if said not in known and said not in told:
            told.add(said)
            words = f"{operation}: left out what the venue calls {said!r}, a word that is not known, so it may be"
            warnings.warn(f"{words} {wanted}; without the filter it is there, as OTHER", UserWarning, stacklevel=2)
        return False

    return is_wanted
