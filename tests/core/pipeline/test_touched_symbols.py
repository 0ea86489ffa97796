"""The counts by symbol of the writes under way, which spare a write that meets none of them a look at each."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
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


async def test_the_counts_of_joined_scopes_begin_anew() -> None:
    """All writes of both count once another one begins, several of one symbol among them."""
    leverage, margin_type, tier = (one for one in SETTINGS if one.symbols == ("A",))
    kept, other = WriteScopes(), WriteScopes()
    for scopes, footprint in ((kept, leverage), (other, margin_type)):
        assert scopes.try_enter(footprint, Write("at once"))
        assert scopes.try_enter(next(one for one in SETTINGS if one.symbols == ("B",)), Write("beside it"))

    kept.absorb(other)
    assert kept.try_enter(tier, Write("later"))

    assert kept._touched == touched(kept) == {"A": 3, "B": 2}
    kept.leave(tier)
    other.leave(margin_type)
    kept.leave(leverage)
    assert kept._touched == touched(kept) == {"B": 2}


def test_a_write_that_meets_no_other_is_let_in_without_a_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is not even counted; one of a symbol under way, or of all of them, is compared."""
    scopes, compared = WriteScopes(), []
    writes = [Footprint(WriteScope.SYMBOL, (symbol,)) for symbol in "ABC"]

    def compare(footprint: Footprint, other: Footprint) -> bool:
        compared.append((footprint, other))
        return True

    monkeypatch.setattr(Footprint, "minds", compare)
    assert scopes.try_enter(writes[0], Write("alone"))
    assert scopes._touched is None
    assert not scopes.try_enter(writes[1], Write("compared with the only one"))
    scopes._count(writes[1])
    scopes._hold(writes[1], Write("beside it"))
    compared.clear()

    assert scopes.try_enter(writes[2], Write("beside both"))
    assert compared == []
    for write in (writes[2], Footprint(WriteScope.ACCOUNT)):
        assert not scopes.try_enter(write, Write("behind one of them"))
    assert len(compared) == 2
    scopes.leave(writes[2])
    assert scopes.try_enter(writes[2], Write("again"))
    assert len(compared) == 2
