"""Expecting an error, without importing pytest before a test runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pytest

__all__ = ["raises"]

E = TypeVar("E", bound=BaseException)


def raises(*kinds: type[E]) -> pytest.RaisesExc[E]:
    """Return ``pytest.raises`` of these kinds of error."""
    import pytest

    return pytest.raises(kinds)
