"""Walks: whatever the venue's way of paging, they yield exactly its rows, oldest first."""

from __future__ import annotations

import random
import tracemalloc
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.paged_venue import (
    TRACK,
    Row,
    Venue,
    by_identity,
    by_time,
    drain,
    histories,
    later,
    limits,
    run,
    same_number,
    walk_by_cursor,
    walk_pages,
    widths,
    windows,
)

from venuekit.capabilities import Pager
from venuekit.errors import PayloadMismatch
from venuekit.parts.histories import (
    Page,
    Span,
    merge_histories,
)

WEEK = 7 * 24 * 3600 * 1000


def walk_by_time(venue: Venue, width: int, after: Row | None) -> AsyncIterator[Row]:
    """Walk by time; a page holds more than any millisecond does."""
    every = Counter(row[0] for row in (*venue.rows, *venue.upcoming))
    venue.limit = max(venue.limit, 1 + max(every.values(), default=0))
    return by_time(venue.by_time, later(windows(width)), limit=venue.limit, track=TRACK, after=after)


WAYS: dict[str, Callable[[Venue, int, Row | None], AsyncIterator[Row]]] = {
    "paged": lambda venue, width, after: walk_pages(
        venue.by_number, later(windows(width)), limit=venue.limit, track=TRACK, after=after
    ),
    "by time": walk_by_time,
    "by offset": lambda venue, width, after: walk_by_cursor(
        venue.by_offset, later(windows(width)), track=TRACK, after=after, most_pages=3
    ),
    "by row": lambda venue, width, after: walk_by_cursor(
        venue.by_row, later(windows(width)), track=TRACK, after=after, most_pages=3
    ),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@ways
@given(rows=histories(), limit=limits, width=widths, chance=st.randoms())
def test_a_walk_yields_exactly_the_rows(
    way: Any, rows: list[Row], limit: int, width: int, chance: random.Random
) -> None:
    """No row is missing, none comes twice, and they come oldest first, those of one moment in the venue's order."""
    venue = Venue(rows, limit, shuffled=chance)
    assert run(drain(way(venue, width, None))) == rows


@ways
@given(rows=histories().filter(bool), limit=limits, width=widths, data=st.data())
def test_a_walk_continues_behind_any_item(
    way: Any, rows: list[Row], limit: int, width: int, data: st.DataObject
) -> None:
    """Whichever item it is, also among several of one moment, exactly what followed it comes."""
    place = data.draw(st.integers(0, len(rows) - 1))
    assert run(drain(way(Venue(rows, limit), width, rows[place]))) == rows[place + 1 :]


@ways
@given(rows=histories().filter(bool), limit=limits, data=st.data())
def test_an_item_that_is_gone_loses_nothing(way: Any, rows: list[Row], limit: int, data: st.DataObject) -> None:
    """Behind an item that the venue has forgotten, everything of its moment and later comes."""
    moment = data.draw(st.sampled_from(rows))[0]
    found = run(drain(way(Venue(rows, limit), 5_000, (moment, -1))))
    assert found == [row for row in rows if row[0] >= moment]


@ways
@given(rows=histories(most=30), more=histories(most=30), limit=limits, width=widths)
def test_rows_that_arrive_meanwhile_tear_no_gap(
    way: Any, rows: list[Row], more: list[Row], limit: int, width: int
) -> None:
    """While it walks, newer rows arrive at the end: what it yields has no gap, and continuing gives the rest."""
    newest = rows[-1][0] if rows else 0
    upcoming = [(newest + moment, key + len(rows)) for moment, key in more]
    venue = Venue(list(rows), limit, upcoming=upcoming)
    span = Span(0, newest)

    async def walk() -> list[Row]:
        pieces = span.windows(width)
        if way is WAYS["paged"]:
            return await drain(walk_pages(venue.by_number, later(pieces), limit=limit, track=TRACK))
        if way is WAYS["by time"]:
            return await drain(walk_by_time(venue, width, None))
        fetch = venue.by_offset if way is WAYS["by offset"] else venue.by_row
        return await drain(walk_by_cursor(fetch, later(pieces), track=TRACK, most_pages=3))

    found = run(walk())
    everything = [*venue.rows, *venue.upcoming]
    assert found == everything[: len(found)]
    assert len(found) >= len(rows)
    venue.rows, venue.upcoming = everything, []
    rest = run(drain(way(venue, width, found[-1] if found else None)))
    assert [*found, *rest] == everything


@given(keys=st.sets(st.integers(0, 300)), limit=limits, first=st.integers(0, 320), chance=st.randoms())
def test_a_walk_by_number_yields_exactly_the_rows(
    keys: set[int], limit: int, first: int, chance: random.Random
) -> None:
    """From any number on, whatever the order inside a page."""

    async def fetch(number: int) -> Page[int]:
        found = sorted(key for key in keys if key >= number)[:limit]
        chance.shuffle(found)
        return Page(found)

    walked = run(drain(by_identity(fetch, first, limit=limit, identity=lambda key: key)))
    assert walked == sorted(key for key in keys if key >= first)
    ended = run(drain(by_identity(fetch, 0, limit=limit, identity=lambda key: key, last=first - 1)))
    assert ended == sorted(key for key in keys if key < first)


@given(rows=histories(), data=st.data())
def test_merged_histories_are_one(rows: list[Row], data: st.DataObject) -> None:
    """Rows that stand in one, two or three histories come once, oldest first, and from any item on."""
    places = data.draw(st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=len(rows), max_size=len(rows)))

    def sources() -> list[AsyncIterator[Row]]:
        async def source(number: int) -> AsyncIterator[Row]:
            for row, stands_in in zip(rows, places, strict=True):
                if number in stands_in:
                    yield row

        return [source(number) for number in range(3)]

    found = run(drain(merge_histories(*sources(), track=TRACK)))
    assert sorted(found) == sorted(rows)
    assert [row[0] for row in found] == [row[0] for row in rows]
    if rows:
        place = data.draw(st.integers(0, len(rows) - 1))
        assert run(drain(merge_histories(*sources(), track=TRACK, after=found[place]))) == found[place + 1 :]


async def test_a_week_of_many_rows_needs_little_memory() -> None:
    """100,000 rows in one window of seven days: never more than ten pages are held, and few are read in vain."""
    count, limit, most_pages = 100_000, 50, 10
    chance = random.Random(7)  # noqa: S311  - a made-up history
    # half of them in one busy hour
    moments = sorted(chance.randrange(3_600_000 if number % 2 else WEEK) for number in range(count))
    asked = 0

    async def fetch(window: Span, cursor: str | None) -> Page[Row]:
        nonlocal asked
        asked += 1
        low, high = _between(moments, window)
        end = high if cursor is None else int(cursor)
        start = max(low, end - limit)
        return Page([(moments[place], place) for place in range(start, end)][::-1], str(start) if start > low else None)

    expected = iter(range(count))
    tracemalloc.start()
    try:
        async for row in walk_by_cursor(fetch, later([Span(0, WEEK - 1)]), track=TRACK, most_pages=most_pages):
            assert row[1] == next(expected)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert next(expected, None) is None
    assert peak < 2**20
    assert asked < 4 * count / limit


async def test_a_busy_hour_of_a_quiet_week_is_handed_on_soon() -> None:
    """Whoever stops in the middle has what was found by then: the first items come after few pages."""
    limit, asked = 50, 0
    moments = [WEEK - 3_600_000 + place * 600 for place in range(6_000)]

    async def fetch(window: Span, cursor: str | None) -> Page[Row]:
        nonlocal asked
        asked += 1
        low, high = _between(moments, window)
        end = high if cursor is None else int(cursor)
        start = max(low, end - limit)
        return Page([(moments[place], place) for place in range(start, end)][::-1], str(start) if start > low else None)

    walk = walk_by_cursor(fetch, later([Span(0, WEEK - 1)]), track=TRACK)
    assert await anext(walk) == (moments[0], 0)
    assert asked < 50
    rest = [row[1] async for row in walk]
    assert rest == [*range(1, 6_000)]
    assert asked < 3 * 6_000 / limit


def _between(moments: Sequence[int], window: Span) -> tuple[int, int]:
    return bisect_left(moments, window.start), bisect_right(moments, window.end)


# -- milliseconds that fill a page


async def in_parts(filters: Mapping[str, Any], some: Sequence[Row]) -> Sequence[Mapping[str, Any]]:
    """Return parts of which each holds one or two rows of a millisecond, none for a part."""
    return [] if filters else [{"part": part} for part in range(50)]


@given(rows=histories(), limit=st.integers(3, 5), width=widths, data=st.data())
def test_full_milliseconds_are_read_in_parts(rows: list[Row], limit: int, width: int, data: st.DataObject) -> None:
    """All rows come, once, oldest first, and from any item on."""

    def walk(after: Row | None = None) -> AsyncIterator[Row]:
        venue = Venue(rows, limit)
        return by_time(venue.by_time, later(windows(width)), limit=limit, track=TRACK, split=in_parts, after=after)

    found = run(drain(walk()))
    assert [row[0] for row in found] == [row[0] for row in rows]
    assert sorted(found) == sorted(rows)
    if rows:
        place = data.draw(st.integers(0, len(rows) - 1))
        assert run(drain(walk(found[place]))) == found[place + 1 :]


@given(counts=st.lists(st.integers(0, 4), max_size=30), limit=st.integers(5, 9), width=widths)
def test_rows_that_are_alike_are_neither_merged_nor_lost(counts: list[int], limit: int, width: int) -> None:
    """However many equal rows a millisecond has, and wherever a page ends, each of them comes."""
    rows = [(moment, 0) for moment, count in enumerate(counts) for _ in range(count)]
    assert run(drain(by_time(Venue(rows, limit).by_time, later(windows(width)), limit=limit, track=TRACK))) == rows


@pytest.mark.parametrize(
    ("rows", "split", "words"),
    [
        ([(5, 0), (5, 1), (5, 2)], None, "the millisecond 5 holds 3 rows or more, which is all"),
        ([(5, 0), (5, 50), (5, 100)], in_parts, "the millisecond 5 holds 3 rows or more with part=0, which is all"),
    ],
)
async def test_a_millisecond_that_cannot_be_parted_is_named(rows: list[Row], split: Any, words: str) -> None:
    """The error says which, how many and with which filters; what lies before it was handed on."""
    venue = Venue([(4, 4), *rows], 3)
    walk = by_time(venue.by_time, later([Span(0, 9)]), limit=3, track=TRACK, split=split)
    assert await anext(walk) == (4, 4)
    with pytest.raises(PayloadMismatch, match=words):
        await anext(walk)


async def test_parts_that_do_not_hold_all_rows_end_with_an_error() -> None:
    """A row that comes without a filter and with none of them would be lost."""

    async def some(_: Mapping[str, Any], __: Sequence[Row]) -> Sequence[Mapping[str, Any]]:
        return [{"part": 1}]

    venue = Venue([(5, 1), (5, 2), (5, 3)], 3)
    with pytest.raises(PayloadMismatch, match="2 rows of the millisecond 5 come without a filter and not with one"):
        await drain(by_time(venue.by_time, later([Span(0, 9)]), limit=3, track=TRACK, split=some))


async def test_a_full_page_of_the_newest_rows_ends_with_an_error() -> None:
    """What lies before it is looked for once."""
    rows = [(moment, moment) for moment in range(1, 8)]

    async def fetch(window: Span, _: Mapping[str, Any]) -> Page[Row]:
        return Page([row for row in rows if window.start <= row[0] <= window.end][-3:])

    with pytest.raises(PayloadMismatch, match="begins at 5, and there are rows before it"):
        await drain(by_time(fetch, later([Span(0, 9)]), limit=3, track=TRACK))


async def test_times_that_were_not_asked_for_end_with_an_error() -> None:
    """A venue that does not heed the times it is asked for would be walked for ever."""
    with pytest.raises(PayloadMismatch, match="asked for what is from 6 to 9, got 5"):
        await drain(by_time(same_number, later([Span(6, 9)]), limit=2, track=TRACK))


async def test_a_walk_can_be_stopped_and_collected() -> None:
    """A walk says its cost before it starts, collects, and stops at any item."""
    asked: list[int] = []

    async def numbers() -> Any:
        for number in range(5):
            asked.append(number)
            yield number

    assert await Pager(numbers, cost_per_page=3).all() == (0, 1, 2, 3, 4)
    asked.clear()
    walk = Pager(numbers, cost_per_page=3)
    assert (walk.cost_per_page, asked) == (3, [])
    assert await anext(walk) == 0
    await walk.aclose()
    assert [number async for number in walk] == []
    assert asked == [0]
