"""A rule about many things is one test, which lists everything that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def each(items: Iterable[Any], name: Callable[[Any], str] = str) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """
    Make a test of a rule that asserts something of one item; it fails with all items of which that is not so.

    Args:
        items: What the rule is about, at least one; a tuple is passed as several arguments.
        name: How an item is called in the list.
    """
    everything = list(items)

    def decorate(rule: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            offenders: list[str] = []
            for item in everything:
                try:
                    rule(*item) if isinstance(item, tuple) else rule(item)
                except AssertionError as error:
                    offenders.append(f"{name(item)}: {error}")
            assert not offenders, "\n".join(offenders)
            assert everything, "there is nothing to look at"

        test.__name__, test.__qualname__ = rule.__name__, rule.__qualname__
        test.__doc__, test.__module__ = rule.__doc__, rule.__module__
        return test

    return decorate
