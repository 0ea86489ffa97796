"""The counts by symbol of the writes under way, which spare a write that meets none of them a look at each."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.scope_writes import Write, forever

from venuekit.endpoint import WriteScope
from venuekit.pipeline.write_scopes import Footprint, WriteScopes

#: footprints of settings of their own, so that many of one symbol run side by side
SETTINGS = [
    Footprint(WriteScope.SYMBOL, symbols, (), frozenset({name}))
    for symbols in (("A",), ("B",), ("A", "B"), ())
    for name in ("leverage", "margin type", "tier")
]


def touched(scopes: WriteScopes) -> Counter[str | None]:
    """Return how many writes touch a symbol, None for all of them, by a look at each."""
    return Counter(symbol for held, _ in scopes._under_way for symbol in held.symbols or (None,))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(SETTINGS)), max_size=20))
async def test_the_counts_are_those_of_the_writes_under_way(steps: list[tuple[bool, Footprint]]) -> None:
    """From the second write on, whether they were let in at once or had waited, until none is left."""
    scopes = WriteScopes()
    running: list[Footprint] = []
    waiting: list[tuple[Footprint, asyncio.Task[None]]] = []
    for begins, footprint in steps:
        if begins and scopes.try_enter(footprint, Write("at once")):
            running.append(footprint)
        elif begins:
            waiting.append((footprint, asyncio.create_task(scopes.enter(footprint, Write("waited"), forever))))
        elif running:
            scopes.leave(running.pop(0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running += [one for one, task in waiting if task.done()]
        waiting = [(one, task) for one, task in waiting if not task.done()]

        assert len(running) == len(tuple(scopes._under_way))
        assert scopes._touched == touched(scopes) or (scopes._touched is None and len(running) < 2)
    for _, task in waiting:
        task.cancel()
    await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
