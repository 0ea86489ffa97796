"""Write scopes of two keys that turned out to be of one account: joined, they hold back what either held back."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.core.scope_writes import ALL, WRITE, A, B, Write, forever

from venuekit.pipeline.write_scopes import Fence, Footprint, WriteScopes

pytestmark = pytest.mark.looptime


@attrs.define(eq=False)
class Setting:
    """A lost setting."""

    is_overwritten: bool = False


@attrs.define(eq=False)
class Watcher:
    """Keeps the answers that it is told."""

    told: list[object] = attrs.Factory(list)

    def begin_write(self) -> object:
        return None

    def end_write(self, begun: object, value: object) -> None:
        """Note nothing."""

    def note_answer(self, value: object) -> None:
        self.told.append(value)


def test_every_watcher_of_joined_scopes_is_told_until_it_watches_no_more() -> None:
    """Those of either key, and one that leaves takes no other along."""
    kept, other = WriteScopes(), WriteScopes()
    watchers = stays, leaves, joins = Watcher(), Watcher(), Watcher()
    kept.watch_writes(stays)
    kept.watch_writes(leaves)
    other.watch_writes(joins)
    kept.absorb(other)
    kept.note_answer("first")
    kept.unwatch_writes(leaves)
    kept.note_answer("second")

    assert [watcher.told for watcher in watchers] == [["first", "second"], ["first"], ["first", "second"]]


async def test_later_write_is_noted_at_the_lost_settings_that_it_may_undo() -> None:
    """Also at those of scopes that were joined; a setting that nobody asks for any more is forgotten."""
    kept, other = WriteScopes(), WriteScopes()
    mine, theirs, account, forgotten = Setting(), Setting(), Setting(), Setting()
    kept.watch(A, mine)
    other.watch(B, theirs)
    other.watch(ALL, account)
    other.watch(B, forgotten)
    del forgotten
    kept.absorb(other)
    kept.note_write(None)
    kept.note_write(B)
    assert (mine.is_overwritten, theirs.is_overwritten, account.is_overwritten) == (False, True, True)
    kept.note_write(ALL)
    assert mine.is_overwritten


async def test_joined_scopes_hold_back_what_either_held_back() -> None:
    """What runs, waits or may still arrive in one keeps a write of the other out, and each ends where it began."""
    kept, other = WriteScopes(), WriteScopes()
    other.fences += (Fence(B, 1000, "leverage 20"),)
    other.claim("row 1")
    other.recent.note(["mine"], 500)
    other.countdowns, kept.countdowns = {"A": "theirs", "B": "theirs"}, {"B": "ours"}
    assert other.try_enter(A, WRITE)
    behind = asyncio.create_task(other.enter(ALL, WRITE, forever))
    await asyncio.sleep(0)

    kept.absorb(other)

    late = Footprint(*A)
    assert not kept.try_enter(late, WRITE)
    assert kept.fence_before(B, "leverage 30", 500) is not None
    assert (kept.claimed, kept.recent.latest("mine")) == ({"row 1"}, 500)
    assert kept.countdowns == {"A": "theirs", "B": "ours"}
    other.leave(A)
    await asyncio.wait_for(behind, 1)
    assert not kept.try_enter(late, WRITE)
    other.leave(ALL)
    assert kept.try_enter(late, WRITE)


async def test_writes_with_one_footprint_end_one_by_one_after_they_were_joined() -> None:
    """Two accounts that turned out to be one were both writing: the next write waits for both."""
    scopes = [WriteScopes() for _ in range(3)]
    for one in scopes:
        assert one.try_enter(ALL, Write("a write of its own"))
    scopes[1].absorb(scopes[2])
    scopes[0].absorb(scopes[1])

    for one in scopes:
        assert not scopes[0].try_enter(A, WRITE)
        one.leave(ALL)

    assert scopes[0].try_enter(A, WRITE)
    assert not scopes[0].try_enter(ALL, WRITE)


async def test_a_write_that_gives_up_waiting_is_forgotten_where_its_scopes_went() -> None:
    """Cancelled after it was joined, it holds up none of those behind it."""
    first, second, third = WriteScopes(), WriteScopes(), WriteScopes()
    assert third.try_enter(A, WRITE)
    behind = asyncio.create_task(third.enter(ALL, WRITE, forever))
    await asyncio.sleep(0)
    second.absorb(third)
    first.absorb(second)

    behind.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(behind, 1)

    assert first.try_enter(B, WRITE)
    third.leave(A)
    assert first.try_enter(Footprint(*A), WRITE)


def test_joined_scopes_have_the_fences_of_both() -> None:
    """Those of our own stay in front."""
    ours, theirs = WriteScopes(), WriteScopes()
    ours.fences, theirs.fences = (Fence(A, 1, "ours"),), (Fence(A, 2, "theirs"),)

    ours.absorb(theirs)

    assert [fence.write for fence in ours.fences] == ["ours", "theirs"]
