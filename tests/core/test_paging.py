"""Walks: whatever the venue's way of paging, they yield exactly its rows, oldest first."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import tracemalloc
import warnings
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Pager
from venuekit.errors import InvalidArgument, Outcome, PayloadMismatch
from venuekit.parts.histories import (
    FromCursor,
    FromId,
    FromTime,
    Numbered,
    Origin,
    Page,
    Pages,
    Retention,
    Span,
    Track,
    VenueWords,
    merge_histories,
)
from venuekit.payloads import count_left_out, payload_decoder
from venuekit.plugin import from_milliseconds

T = TypeVar("T")

WEEK = 7 * 24 * 3600 * 1000
#: when and which: several rows may share a millisecond
Row = tuple[int, int]
TRACK: Track[Row] = Track(time=lambda row: row[0], key=lambda row: row[1])


@attrs.define
class Venue:
    """A history as a venue keeps it, and what was asked of it."""

    rows: list[Row]
    limit: int
    upcoming: list[Row] = attrs.field(factory=list)
    shuffled: random.Random | None = None
    asked: int = 0

    def _within(self, window: Span) -> list[Row]:
        self.asked += 1
        if self.upcoming:
            self.rows.append(self.upcoming.pop(0))
        return [row for row in self.rows if window.start <= row[0] <= window.end]

    async def by_number(self, window: Span, number: int) -> Page[Row]:
        """Answer a page by its number, from old to new; inside of it in any order but that of equal times."""
        found = self._within(window)[(number - 1) * self.limit : number * self.limit]
        if self.shuffled is not None:
            moments = [list(group) for _, group in itertools.groupby(found, lambda row: row[0])]
            self.shuffled.shuffle(moments)
            found = [row for moment in moments for row in moment]
        return Page(found)

    async def by_time(self, window: Span, filters: Mapping[str, Any]) -> Page[Row]:
        """Answer the oldest rows of a window, inside of the page in any order but that of equal times."""
        found = [row for row in self._within(window) if row[1] % 50 == filters.get("part", row[1] % 50)][: self.limit]
        if self.shuffled is not None:
            moments = [list(group) for _, group in itertools.groupby(found, lambda row: row[0])]
            self.shuffled.shuffle(moments)
            found = [row for moment in moments for row in moment]
        return Page(found)

    async def by_offset(self, window: Span, cursor: str | None) -> Page[Row]:
        """Answer newest first; the cursor is a place that moves on when rows arrive, a full page always has one."""
        start = int(cursor or 0)
        found = self._within(window)[::-1][start : start + self.limit]
        return Page(found, str(start + self.limit) if len(found) == self.limit else None)

    async def by_row(self, window: Span, cursor: str | None) -> Page[Row]:
        """Answer newest first; the cursor names the last row, and the last page has none, or an empty one."""
        rows = self._within(window)[::-1]
        if cursor is not None:
            rows = rows[[row[1] for row in rows].index(int(cursor)) + 1 :]
        found = rows[: self.limit]
        return Page(found, str(found[-1][1]) if len(rows) > self.limit else "")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own: hypothesis calls tests many times."""
    return asyncio.run(work)


async def drain(rows: AsyncIterator[T]) -> list[T]:
    """Return everything a walk yields."""
    return [row async for row in rows]


async def into(found: list[T], rows: AsyncIterator[T]) -> None:
    """Walk into a list, which has what was handed on before an error."""
    async for row in rows:
        found.append(row)  # noqa: PERF401  (an error must leave what was found)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 60) -> list[Row]:
    """Rows with growing times, many of them equal, each with its own key."""
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 2, 50, 400]), max_size=most))
    keys = draw(st.permutations(range(len(steps))))
    return list(zip(itertools.accumulate(steps, initial=1), keys, strict=False))


def windows(width: int) -> Sequence[Span]:
    """Cut all the time there is into windows."""
    return Span(0, 25_000).windows(width)


def later(spans: Sequence[Span]) -> Callable[[], Awaitable[Sequence[Span]]]:
    """Return windows as :func:`walk_pages` asks for them."""

    async def asked() -> Sequence[Span]:
        return spans

    return asked


Windows = Callable[[], Awaitable[Sequence[Span]]]


def pages_of(read: Callable[[Span, Mapping[str, Any]], Awaitable[Page[Any]]], spans: Windows, **which: Any) -> Any:
    """Return the pages of a history of :class:`Row` values, unless another ``track`` is given."""
    given_by_default = {"limit": 1, "track": TRACK, "after": None, "origin": Origin("", "")}
    return Pages(**{"read": read, "windows": spans, "filters": {}, "account": None, **given_by_default, **which})


def walk_pages(fetch: Callable[[Span, int], Awaitable[Page[T]]], spans: Windows, **which: Any) -> AsyncIterator[T]:
    """Walk page after page; ``fetch`` reads the page of a window with a number."""
    pages: Pages[T] = pages_of(lambda window, place: fetch(window, place["page"]), spans, **which)
    return Numbered("page").walk(pages, None)


def by_time(
    fetch: Callable[[Span, Mapping[str, Any]], Awaitable[Page[T]]], spans: Windows, split: Any = None, **which: Any
) -> AsyncIterator[T]:
    """Walk time after time; ``fetch`` reads the oldest rows of a window, narrowed by filters."""
    pages: Pages[T] = pages_of(fetch, spans, **which)
    return FromTime(None if split is None else lambda _, filters, rows: split(filters, rows)).walk(pages, None)


def walk_by_cursor(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]], spans: Windows, most_pages: int = 10, **which: Any
) -> AsyncIterator[T]:
    """Walk cursor after cursor; ``fetch`` reads the page of a window behind a cursor."""
    pages: Pages[T] = pages_of(lambda window, place: fetch(window, place.get("cursor")), spans, **which)
    return FromCursor(most_pages=most_pages).walk(pages, None)


async def by_identity(
    fetch: Callable[[int], Awaitable[Page[T]]],
    first: int,
    *,
    identity: Callable[[T], int],
    last: int = 2**40,
    **which: Any,
) -> AsyncIterator[T]:
    """Walk items from a number on, up to another one, which is their time as well."""
    track = Track(time=identity, key=identity)
    pages: Pages[T] = pages_of(lambda _, place: fetch(place["from"]), later([]), track=track, **which)
    async for items in FromId("from", identity).from_id(pages, first, last):
        for item in items:
            yield item


def walk_by_time(venue: Venue, width: int, after: Row | None) -> AsyncIterator[Row]:
    """Walk by time; a page holds more than any millisecond does."""
    every = Counter(row[0] for row in (*venue.rows, *venue.upcoming))
    venue.limit = max(venue.limit, 1 + max(every.values(), default=0))
    return by_time(venue.by_time, later(windows(width)), limit=venue.limit, track=TRACK, after=after)


limits = st.integers(1, 9)
widths = st.sampled_from([700, 5_000, 30_000])
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


# -- rows that were left out


@attrs.frozen
class Entry:
    """A row as a decoder makes it."""

    id: int
    kind: str


ENTRIES = payload_decoder(tuple[Entry, ...], drop=lambda row: row["kind"] == "pending")


def entries(first: int) -> bytes:
    """Return ten rows of thirty; one of them is left out by the decoder."""
    numbers = range(first, min(first + 10, 30))
    return json.dumps([{"id": one, "kind": "pending" if one == 7 else "pnl"} for one in numbers]).encode()


async def test_a_row_that_was_left_out_does_not_end_a_walk() -> None:
    """A page is full by all the rows that the venue sent, whatever became of them."""
    track: Track[Entry] = Track(time=lambda entry: entry.id, key=lambda entry: entry.id)

    async def by_page(_: Span, number: int) -> Page[Entry]:
        return Page(ENTRIES(entries((number - 1) * 10)))

    async def from_number(number: int) -> Page[Entry]:
        rows = ENTRIES(entries(number))
        return Page([*rows], rows=len(rows) + count_left_out(rows))

    async def from_time(window: Span, _: Mapping[str, Any]) -> Page[Entry]:
        return Page(ENTRIES(entries(window.start)) if window.start < window.end else [])

    spans = later([Span(0, 100)])
    walks: dict[str, AsyncIterator[Entry]] = {
        "paged": walk_pages(by_page, spans, limit=10, track=track),
        "by identity": by_identity(from_number, 0, limit=10, identity=lambda entry: entry.id),
        "by time": by_time(from_time, spans, limit=10, track=track),
    }
    for walk in walks.values():
        assert [entry.id for entry in [one async for one in walk]] == [one for one in range(30) if one != 7]


async def test_a_full_page_of_which_nothing_can_be_read_ends_with_an_error() -> None:
    """What lies behind it cannot be asked for."""

    async def nothing(*_: Any) -> Page[Any]:
        return Page([], rows=2)

    walks = (
        walk_pages(nothing, later([Span(0, 9)]), limit=2, track=TRACK),
        by_identity(nothing, 0, limit=2, identity=int),
        by_time(nothing, later([Span(0, 9)]), limit=2, track=TRACK),
    )
    for walk in walks:
        with pytest.raises(PayloadMismatch, match="not one of the 2 rows"):
            await drain(walk)


# -- filters by words


def test_an_unknown_word_is_left_out_and_told_once() -> None:
    """What is known to be something else is left out without a word."""
    means = {"a": "first", "b": "second"}
    is_first = VenueWords(word="word", known=lambda: means).only("meaning", "first", "iter_income")
    items = [SimpleNamespace(word=word, meaning=means.get(word, "other")) for word in "abcabc"]
    with pytest.warns(UserWarning, match="iter_income: left out what the venue calls 'c'.*may be first") as caught:
        assert [item.word for item in items if is_first(item)] == ["a", "a"]
    assert len(caught) == 1


# -- venues that repeat themselves


async def test_a_repeated_page_ends_with_an_error() -> None:
    """A venue that answers every page number with its last page is not asked for ever."""

    async def fetch(_: Span, __: int) -> Page[Row]:
        return Page([(1, 1), (2, 2)])

    with pytest.raises(PayloadMismatch, match="page 2 repeats page 1"):
        await drain(walk_pages(fetch, later(windows(30_000)), limit=2, track=TRACK))


async def test_pages_that_alternate_end_with_an_error() -> None:
    """Two pages that follow each other in turn go back in time."""

    async def fetch(_: Span, number: int) -> Page[Row]:
        return Page([(number % 2, number % 2)])

    with pytest.raises(PayloadMismatch, match="back in time"):
        await drain(walk_pages(fetch, later(windows(30_000)), limit=1, track=TRACK))


async def test_a_repeated_cursor_ends_with_an_error() -> None:
    """A cursor that was there before leads nowhere new."""

    async def fetch(_: Span, cursor: str | None) -> Page[Row]:
        return Page([(1, int(cursor or 0))], "1" if cursor == "2" else "2")

    with pytest.raises(PayloadMismatch, match="repeats a cursor"):
        await drain(walk_by_cursor(fetch, later([Span(1, 1)]), track=TRACK))


async def test_an_endless_last_page_ends_with_an_error() -> None:
    """Ever new cursors that lead to the same rows are given up."""
    numbers = itertools.count()

    async def fetch(window: Span, _: str | None) -> Page[Row]:
        return Page([(1, 1)] if window.start <= 1 <= window.end else [], str(next(numbers)))

    walk = walk_by_cursor(fetch, later([Span(0, 2**40)]), track=TRACK, most_pages=4)
    assert await anext(walk) == (1, 1)
    with pytest.raises(PayloadMismatch, match=r"4 pages in a row hold nothing new.* the millisecond 1,"):
        await anext(walk)
    assert next(numbers) < 200


async def test_a_cursor_that_leads_to_its_own_page_loses_nothing_older() -> None:
    """The window is halved until it holds one millisecond, and what was found is handed on before the error."""
    rows = [(moment, moment) for moment in range(0, 1000, 100)]

    async def fetch(window: Span, cursor: str | None) -> Page[Row]:
        found = [row for row in rows if window.start <= row[0] <= window.end][::-1]
        # pages of three; from 500 on each leads to itself
        place = int(cursor or 0)
        page = found[place : place + 3]
        stalls = any(row[0] >= 500 for row in page)
        return Page(page, str(place) if stalls else str(place + 3) if len(found) > place + 3 else "")

    found: list[Row] = []
    with pytest.raises(PayloadMismatch, match="repeats a cursor in the millisecond 500"):
        await into(found, walk_by_cursor(fetch, later([Span(0, 999)]), track=TRACK))
    assert found == rows[:6]


async def test_numbers_that_do_not_ascend_end_with_an_error() -> None:
    """A venue that ignores where to begin is found out."""

    async def fetch(_: int) -> Page[int]:
        return Page([1, 2])

    with pytest.raises(PayloadMismatch, match="from 3 on, got 1"):
        await drain(by_identity(fetch, 1, limit=2, identity=lambda key: key))


# -- spans


NOW = datetime(2026, 1, 31, tzinfo=UTC)
MILLISECONDS = round(NOW.timestamp() * 1000)
DAY = 24 * 3600 * 1000


def span(**which: Any) -> Span:
    """Return a span of a venue that keeps thirty days."""
    after = which.pop("after", None)
    behind = None if after is None else from_milliseconds(after)
    ends = which.pop("start", None), which.pop("end", None)
    return Retention(age=timedelta(days=30), words="30 d").span(*ends, now=NOW, after=behind)


def test_a_span_is_what_the_venue_keeps() -> None:
    """Without bounds from the oldest row kept up to now; a bound in the future is now."""
    assert span() == Span(MILLISECONDS - 30 * DAY, MILLISECONDS)
    assert span(end=NOW + timedelta(days=3)) == span()
    assert span(start=NOW - timedelta(days=1), after=MILLISECONDS - 5) == Span(MILLISECONDS - 5, MILLISECONDS)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"start": NOW, "end": NOW - timedelta(days=1)}, "reversed"),
        ({"end": NOW - timedelta(days=40)}, "reversed"),
        ({"start": NOW - timedelta(days=31)}, "further back than the venue keeps: 30 d"),
        ({"start": NOW.replace(tzinfo=None)}, "no time zone"),
    ],
)
def test_an_impossible_span_is_refused(bounds: dict[str, Any], words: str) -> None:
    """Reversed, too far back, or without a time zone."""
    with pytest.raises(InvalidArgument, match=words):
        span(**bounds)


def test_continuing_behind_what_is_no_longer_kept_is_said() -> None:
    """There may be a gap: a warning names the limit."""
    with pytest.warns(UserWarning, match=r"gap behind it: 30 d"):
        assert span(after=MILLISECONDS - 31 * DAY) == span()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        span(after=MILLISECONDS - 29 * DAY)


@given(start=st.integers(0, 1000), length=st.integers(0, 1000), width=st.integers(1, 300))
def test_windows_cover_a_span_once(start: int, length: int, width: int) -> None:
    """They follow each other without overlap or gap, none is wider than allowed, and halves do the same."""
    whole = Span(start, start + length)
    assert [moment for w in whole.windows(width) for moment in range(w.start, w.end + 1)] == list(
        range(whole.start, whole.end + 1)
    )
    assert all(w.end - w.start < width for w in whole.windows(width))
    for w in whole.windows(width):
        if w.end > w.start:
            older, newer = w.halves()
            assert (older.start, older.end + 1, newer.end) == (w.start, newer.start, w.end)


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


# -- what errors tell


async def same_page(window: Span, _: str | None) -> Page[Row]:
    """Answer the same two rows of one millisecond on every page."""
    return Page([(5, 1), (5, 0)] if window.start <= 5 <= window.end else [], "more")


async def same_number(_: Span, __: Any) -> Page[Row]:
    """Answer the same full page under every number, and with every filter."""
    return Page([(5, 0), (5, 1)])


async def numbers_behind(_: int) -> Page[int]:
    """Answer a number that lies behind what was asked for."""
    return Page([3])


ORIGIN = Origin("acme_perp", "iter_income")
TROUBLED: dict[str, Callable[[], AsyncIterator[Any]]] = {
    "paged": lambda: walk_pages(same_number, later([Span(0, 9)]), limit=2, track=TRACK, origin=ORIGIN),
    "by time": lambda: by_time(same_number, later([Span(0, 9)]), limit=2, track=TRACK, origin=ORIGIN),
    "by identity": lambda: by_identity(numbers_behind, 7, limit=2, identity=lambda number: number, origin=ORIGIN),
    "bisected": lambda: walk_by_cursor(same_page, later([Span(0, 9)]), track=TRACK, most_pages=1, origin=ORIGIN),
}


@pytest.mark.parametrize("way", TROUBLED.values(), ids=TROUBLED)
async def test_errors_say_whose_history_it_is(way: Callable[[], AsyncIterator[Any]]) -> None:
    """Venue and method stand in every error, and that nothing was changed."""
    with pytest.raises(PayloadMismatch, match=r"^acme_perp: iter_income could not read the answer: ") as caught:
        await drain(way())
    assert (caught.value.venue, caught.value.operation) == ("acme_perp", "iter_income")
    assert caught.value.outcome is Outcome.NOT_APPLIED


async def test_more_rows_of_a_millisecond_than_a_page_name_the_limit() -> None:
    """What cannot be parted any more, and has no second page, is told by how many rows the venue gives of it."""
    with pytest.raises(PayloadMismatch, match="gives 2 rows of the millisecond 5, and none of those behind them"):
        await drain(walk_by_cursor(same_page, later([Span(0, 9)]), track=TRACK, most_pages=1))
