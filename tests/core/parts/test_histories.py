"""Histories as values: the made-up venue with every way of paging, asked through a whole account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Income, IncomeKind, IncomeReader, Pager
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidArgument, InvalidRequest, Outcome, PayloadMismatch
from venuekit.message import HttpRequest, HttpResponse
from venuekit.parameters import Kind, Parameter
from venuekit.parts.histories import (
    FromCursor,
    FromId,
    FromTime,
    Halved,
    History,
    NewestFirst,
    Numbered,
    Origin,
    Page,
    Pages,
    Paging,
    Retention,
    Span,
    Track,
    VenueWords,
)
from venuekit.parts.histories.page_cut import small_pages
from venuekit.plugin import Account, Answer, from_milliseconds, to_milliseconds
from venuekit.testing import FakeTransport, account_over, json_answer
from venuekit_toy_perp import TOY_PERP

NOW = 1_750_000_000_000
LIMIT = 4


@attrs.frozen
class Answered:
    """One page: its rows, and the cursor of the next one."""

    rows: tuple[dict[str, Any], ...]
    next: str | None


def decode(body: bytes) -> Answered:
    """Return a page."""
    document = json.loads(body)
    return Answered(tuple(document["rows"]), document["next"])


INCOME: Endpoint[Answered] = Endpoint(
    "GET",
    "/v1/movements",
    decode=decode,
    parameters=(
        *(Parameter(name, Kind.INTEGER) for name in ("since", "until", "limit", "page", "from", "skip", "newest")),
        Parameter("cursor"),
    ),
    weight=3,
    pools={"weight": None},
    serves=(IncomeReader.iter_income,),
)


async def movements(_: Any, answer: Answer[Answered]) -> Sequence[Income]:
    """Return a movement for each row that is one."""
    return [
        Income(str(row["id"]), from_milliseconds(row["at"]), "USD", Decimal(1), IncomeKind(row["why"]), row["why"])
        for row in answer.value.rows
        if row["why"] != "note"
    ]


#: the same where times are sent in ISO 8601
ISO_INCOME = attrs.evolve(
    INCOME,
    parameters=tuple(
        attrs.evolve(one, kind=Kind.TIME) if one.name in {"since", "until"} else one for one in INCOME.parameters
    ),
)


def history(paging: Paging, endpoint: Endpoint[Answered] = INCOME, **parameters: int) -> History[Income]:
    """Return the income of the made-up venue, paged in one way."""
    return History(
        endpoint=endpoint,
        paging=paging,
        items=movements,
        rows=attrgetter("rows"),
        track=Track(attrgetter("time"), attrgetter("key")),
        limit=LIMIT,
        width=timedelta(hours=1),
        retention=Retention(age=timedelta(days=1), words="one day"),
        parameters=parameters,
        start="since",
        end="until",
        words={"kind": VenueWords(word="venue_kind", known=lambda: ["funding", "commission"], members=IncomeKind)},
    )


WAYS = {
    "by number": history(Numbered("page")),
    "by cursor": history(FromCursor(attribute="next"), newest=1),
    "by time": history(FromTime()),
    "by halves": history(Halved("from")),
    "from an id": history(FromId("from")),
    "by time in ISO 8601": history(FromTime(), ISO_INCOME),
    "by offset": history(NewestFirst("skip"), newest=1),
    "by cursor in ISO 8601": history(FromCursor(attribute="next"), ISO_INCOME, newest=1),
}


class ToyHistoryAccount(Account, IncomeReader):
    """An account whose income is one history."""

    __slots__ = ()

    HISTORY: ClassVar[History[Income]]

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """Walk the history."""
        matching = {"asset": asset, "kind": kind}
        return self.HISTORY.walk(self, start=start, end=end, after=after, matching=matching)


def moment(number: int) -> int:
    """Return when a row was: three of a millisecond, some minutes between one millisecond and the next."""
    return NOW - 7_000_000 + number // 3 * 300_000


def row(number: int, why: str = "funding") -> dict[str, Any]:
    """Return the row of a number."""
    return {"id": number, "at": moment(number), "why": why}


def _milliseconds(text: str) -> int:
    """Return a time as the venue reads it: digits, or ISO 8601 as the standard library reads it."""
    return int(text) if text.isdecimal() else to_milliseconds(datetime.fromisoformat(text))


class ToyIncome:
    """The venue's side; ``rows`` run from old to new, and requests are kept."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = rows
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the time, or a page."""
        parts = urlsplit(request.url)
        if parts.path.endswith("/time"):
            return json_answer({"now": NOW})
        asked = dict(parse_qsl(parts.query))
        self.asked.append(asked)
        limit = int(asked["limit"])
        rows = [one for one in self.rows if one["id"] >= int(asked.get("from", 0))]
        if "since" in asked:
            since, until = _milliseconds(asked["since"]), _milliseconds(asked["until"])
            rows = [one for one in rows if since <= one["at"] <= until]
        if "newest" in asked:
            rows = rows[::-1]
        first = int(asked.get("cursor") or asked.get("skip") or (int(asked.get("page", 1)) - 1) * limit)
        following = str(first + limit) if "newest" in asked and len(rows) > first + limit else None
        return json_answer({"rows": rows[first : first + limit], "next": following})


def venue_of(paged: History[Income]) -> Any:
    """Return the made-up venue with one history."""
    account = type("OneHistory", (ToyHistoryAccount,), {"__slots__": (), "HISTORY": paged})
    return attrs.evolve(TOY_PERP, account=account, endpoints=(*TOY_PERP.endpoints, paged.endpoint))


ways = pytest.mark.parametrize("paged", WAYS.values(), ids=WAYS)


@ways
async def test_every_way_of_paging_walks_all_rows_and_on_behind_each(paged: History[Income]) -> None:
    """Oldest first, each once, over several windows and pages; behind an item comes exactly what followed it."""
    venue = ToyIncome([row(number) for number in range(30)])
    async with account_over(venue_of(paged), FakeTransport(venue)) as account:
        pager = account.iter_income()
        assert pager.cost_per_page == 3
        items = await pager.all()
        assert [item.id for item in items] == [str(number) for number in range(30)]
        assert {asked["limit"] for asked in venue.asked} == {str(LIMIT)}
        for place in (0, 4, 17, 29):
            rest = await account.iter_income(after=items[place]).all()
            assert rest == items[place + 1 :]
        some = await account.iter_income(start=items[6].time, end=items[11].time).all()
        assert some == items[6:12]


@ways
async def test_rows_that_become_no_item_do_not_end_a_walk(paged: History[Income]) -> None:
    """A page is full by the rows that the venue sent, also one whose rows are nearly all left out."""
    dropped = {*range(9, 12), 14, *range(26, 29)}
    venue = ToyIncome([row(number, "note" if number in dropped else "funding") for number in range(40)])
    async with account_over(venue_of(paged), FakeTransport(venue)) as account:
        items = await account.iter_income().all()
    assert [int(item.id) for item in items] == [number for number in range(40) if number not in dropped]


async def test_a_page_by_cursor_without_an_item_is_not_the_last() -> None:
    """The pages behind one whose rows were all left out are read."""
    rows = [row(number, "funding" if number < 3 else "note") for number in range(12)]
    venue = ToyIncome([{**one, "at": NOW - 1000 + one["id"]} for one in rows])
    async with account_over(venue_of(WAYS["by cursor"]), FakeTransport(venue)) as account:
        items = await account.iter_income().all()
    assert [item.id for item in items] == ["0", "1", "2"]


async def test_offsets_reach_back_no_further_than_the_walk_begins() -> None:
    """No times are sent, and rows that arrive between two pages come once."""
    venue = ToyIncome([row(number) for number in range(30)])
    async with account_over(venue_of(WAYS["by offset"]), FakeTransport(venue)) as account:
        begin = from_milliseconds(moment(24))
        assert [item.id for item in await account.iter_income(start=begin).all()] == [*map(str, range(24, 30))]
        assert [asked.get("skip", "0") for asked in venue.asked] == ["0", "4"]
        assert not any("since" in asked or "until" in asked for asked in venue.asked)

        def grow(request: HttpRequest) -> HttpResponse:
            answer = venue(request)
            if "skip=0" in request.url:
                venue.rows = [*venue.rows, row(30), row(31)]
            return answer

    async with account_over(venue_of(WAYS["by offset"]), FakeTransport(grow)) as account:
        assert [item.id for item in await account.iter_income().all()] == [*map(str, range(30))]


async def test_errors_of_a_walk_name_venue_and_method() -> None:
    """Neither is written down by the history."""
    dense = [{**row(number), "at": NOW - 5} for number in range(9)]
    async with account_over(venue_of(WAYS["by time"]), FakeTransport(ToyIncome(dense))) as account:
        with pytest.raises(PayloadMismatch, match="holds 4 rows or more") as caught:
            await account.iter_income().all()
    assert (caught.value.venue, caught.value.operation) == ("toy_perp", "iter_income")


async def test_spans_and_kinds_are_checked_for_every_history() -> None:
    """A reversed span is refused before anything is sent, one that reaches too far by the venue's clock."""
    venue = ToyIncome([row(number, "funding" if number % 2 else "commission") for number in range(10)])
    now = from_milliseconds(NOW)
    async with account_over(venue_of(WAYS["by time"]), FakeTransport(venue)) as account:
        with pytest.raises(InvalidArgument, match=r"iter_income.*reversed"):
            await account.iter_income(start=now, end=now - timedelta(hours=1)).all()
        with pytest.raises(InvalidArgument, match="further back than the venue keeps: one day"):
            await account.iter_income(start=now - timedelta(days=2)).all()
        with pytest.raises(InvalidArgument, match="there is no kind"):
            account.iter_income(kind=IncomeKind("a gift"))
        assert venue.asked == []
        fees = await account.iter_income(kind=IncomeKind.COMMISSION).all()
    assert [item.id for item in fees] == ["0", "2", "4", "6", "8"]


async def test_check_of_a_history_refuses_before_the_first_page() -> None:
    """For a venue that answers an empty list about what it does not know; once a walk, and after the span."""
    checked: list[Mapping[str, Any]] = []

    async def check(account: Account, filters: Mapping[str, Any]) -> None:
        checked.append(filters)
        if len(checked) > 1:
            raise account.make_error(InvalidRequest, "not listed", outcome=Outcome.NOT_APPLIED)

    venue, now = ToyIncome([row(number) for number in range(10)]), from_milliseconds(NOW)
    paged = attrs.evolve(WAYS["by time"], check=check)
    async with account_over(venue_of(paged), FakeTransport(venue)) as account:
        assert len(await account.iter_income().all()) == 10
        venue.asked.clear()
        with pytest.raises(InvalidArgument, match="reversed"):
            await account.iter_income(start=now, end=now - timedelta(hours=1)).all()
        refused = account.iter_income()
        with pytest.raises(InvalidRequest, match=r"iter_income.*not listed"):
            await refused.all()
    assert (checked, venue.asked) == ([{}, {}], [])


@given(
    times=st.lists(st.integers(0, 400), max_size=60),
    limit=st.integers(2, 5),
    newest=st.booleans(),
    data=st.data(),
)
async def test_walk_over_windows_yields_every_row_once(
    times: list[int], limit: int, newest: bool, data: st.DataObject
) -> None:
    """Whichever rows of a crowded window the venue picks, and in which order it lists them."""
    rows = sorted({(moment, data.draw(st.integers(0, limit - 2))) for moment in times})

    async def read(window: Span | None, _: Mapping[str, Any]) -> Page[tuple[int, int]]:
        assert window is not None
        found = [row for row in rows if window.start <= row[0] <= window.end]
        return Page(list(reversed(found[-limit:])) if newest else found[:limit])

    async def windows() -> list[Span]:
        return [Span(0, 400)]

    track = Track[tuple[int, int]](time=lambda row: row[0], key=lambda row: row)
    pages = Pages(
        read=read,
        windows=windows,
        filters={},
        limit=limit,
        track=track,
        after=None,
        origin=Origin("", ""),
        account=None,
    )
    walked = [row async for row in Halved().walk(pages, None)]
    assert sorted(walked) == rows
    assert [row[0] for row in walked] == [row[0] for row in rows]


@ways
async def test_cut_pages_are_walked_like_whole_ones(paged: History[Income]) -> None:
    """A test that cuts pages walks the same items in more requests, and learns which history was walked."""
    venue = ToyIncome([row(number) for number in range(30)])
    whole = attrs.evolve(paged, limit=100)
    async with account_over(venue_of(whole), FakeTransport(venue)) as account:
        with small_pages(None) as noted:
            items = await account.iter_income().all()
        uncut = len(venue.asked)
        with small_pages(LIMIT) as cut:
            assert await account.iter_income().all() == items
            assert await account.iter_income(after=items[7]).all() == items[8:]
        assert {asked["limit"] for asked in venue.asked[:uncut]} == {"100"}
        assert {asked["limit"] for asked in venue.asked[uncut:]} == {str(LIMIT)}
        assert [one.endpoint for one in noted.histories] == [one.endpoint for one in cut.histories] == [whole.endpoint]
        assert await account.iter_income().all() == items
        assert venue.asked[-1]["limit"] == "100"


async def test_pages_are_never_cut_below_two_rows_nor_lengthened() -> None:
    """A page of one row has no last one to go on behind; a history that asks for less than the cut stays as it is."""
    with pytest.raises(ValueError, match="two rows at least, not 1"), small_pages(1):
        pass
    venue = ToyIncome([row(number) for number in range(9)])
    async with account_over(venue_of(WAYS["by number"]), FakeTransport(venue)) as account:
        with small_pages(50):
            await account.iter_income().all()
    assert {asked["limit"] for asked in venue.asked} == {str(LIMIT)}
