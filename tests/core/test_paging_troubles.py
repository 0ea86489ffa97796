"""Walks over rows that were left out, repeated or badly ordered lose nothing in silence; errors name the history."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from tests.core.paged_venue import (
    TRACK,
    Row,
    by_identity,
    by_time,
    drain,
    into,
    later,
    same_number,
    walk_by_cursor,
    walk_pages,
    windows,
)

from venuekit.errors import Outcome, PayloadMismatch
from venuekit.parts.histories import (
    Origin,
    Page,
    Span,
    Track,
    VenueWords,
)
from venuekit.payloads import count_left_out, payload_decoder

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


# -- what errors tell


async def same_page(window: Span, _: str | None) -> Page[Row]:
    """Answer the same two rows of one millisecond on every page."""
    return Page([(5, 1), (5, 0)] if window.start <= 5 <= window.end else [], "more")


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
