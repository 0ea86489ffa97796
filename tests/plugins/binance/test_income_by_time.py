"""Income of the venues that page by time: nothing is lost, merged or given twice, whatever shares a millisecond."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from venuekit.account import Account
from venuekit.capabilities import Income, IncomeKind
from venuekit.errors import InvalidRequest, PayloadMismatch
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugin import from_milliseconds
from venuekit.testing import FakeTransport, account_over, json_answer
from venuekit.testing.clocks import InstantClock
from venuekit.venue import Venue
from venuekit_binance_coinm.venue import VENUE as BINANCE_COINM
from venuekit_binance_usdm.aster.venue import VENUE_V1 as ASTER_USDM
from venuekit_binance_usdm.venue import VENUE as BINANCE_USDM

VENUES = {venue.id: venue for venue in (BINANCE_USDM, BINANCE_COINM, ASTER_USDM)}
NOW = 1_790_000_000_000
HOUR = 3_600_000
Rows = list[dict[str, Any]]


def row(number: int, time: int, kind: str = "FUNDING_FEE", symbol: str = "BTCUSDT", **more: Any) -> dict[str, Any]:
    """Return a row as the venues write it."""
    told = {"symbol": symbol, "incomeType": kind, "income": f"-0.{number:06}", "asset": "USDT", "info": kind}
    return {**told, "time": time, "tranId": 10_000 + number, "tradeId": "", **more}


def serve(rows: Rows, *, newest: bool = False, refuses: frozenset[str] = frozenset()) -> FakeTransport:
    """Return a venue that holds these rows, oldest first, and gives the oldest of what is asked for, or the newest."""

    def reply(request: HttpRequest) -> HttpResponse:
        url = urlsplit(request.url)
        if url.path.endswith("/time"):
            return json_answer({"serverTime": NOW})
        if not url.path.endswith("/income"):
            return json_answer({"symbols": [], "rateLimits": [], "assets": []})
        said = dict(parse_qsl(url.query))
        if refuses & said.keys():
            return json_answer({"code": -1104, "msg": "Not all sent parameters were read."}, 400)
        start, end, limit = (int(said[name]) for name in ("startTime", "endTime", "limit"))
        found = [
            one
            for one in rows
            if start <= one["time"] <= end
            and said.get("incomeType", one["incomeType"]) == one["incomeType"]
            and said.get("symbol", one["symbol"]) == one["symbol"]
        ]
        return json_answer(found[-limit:] if newest else found[:limit])

    return FakeTransport(reply)


async def walked(venue: Venue[Any], transport: FakeTransport, **which: Any) -> Sequence[Income]:
    """Return what a walk of the last days yields."""
    return await walk_of(venue, transport, which, [])


async def walk_of(
    venue: Venue[Any], transport: FakeTransport, which: dict[str, Any], found: list[Income]
) -> list[Income]:
    """Walk into a list, which holds what was found when the walk ends with an error."""
    async with account_over(venue, transport, clock=InstantClock(NOW)) as account:
        reader: Any = account
        start = which.pop("start", from_milliseconds(NOW - 48 * HOUR))
        async for one in reader.iter_income(start=start, **which):
            found.append(one)  # noqa: PERF401  (an error must leave what was found)
    return found


def ids(incomes: Sequence[Income]) -> list[int]:
    """Return the numbers of the rows."""
    return [int(one.id) - 10_000 for one in incomes]


venues = pytest.mark.parametrize("venue", VENUES.values(), ids=VENUES)


@venues
@pytest.mark.parametrize("total", [0, 999, 1000, 1001, 2500])
async def test_all_rows_come_and_no_page_is_asked_for(venue: Venue[Account], total: int) -> None:
    """A venue that refuses `page` is walked to its end, whether or not the last page is full."""
    transport = serve([row(number, NOW - HOUR + number) for number in range(total)], refuses=frozenset({"page"}))
    assert ids(await walked(venue, transport)) == [*range(total)]


@venues
async def test_rows_of_the_seam_come_once(venue: Venue[Account]) -> None:
    """The rows of the millisecond with which a full page ends come once, also those behind the page."""
    # 990 alone, then 30 of one millisecond, of which the page has 10
    times = [*range(990), *[990] * 30, *range(991, 1200)]
    transport = serve([row(number, NOW - HOUR + time) for number, time in enumerate(times)])
    assert ids(await walked(venue, transport)) == [*range(len(times))]


@venues
async def test_rows_that_are_alike_are_all_there(venue: Venue[Account]) -> None:
    """Two rows of which the venue tells the same are two movements, and a walk goes on behind either."""
    rows = [row(0, NOW - HOUR), row(0, NOW - HOUR), row(1, NOW - HOUR), row(0, NOW - HOUR + 1)]
    found = await walked(venue, serve(rows))
    assert ids(found) == [0, 0, 1, 0]
    assert len({one.key for one in found[:3]}) == 3
    for place, one in enumerate(found):
        assert [*await walked(venue, serve(rows), start=None, after=one)] == [*found[place + 1 :]]


@venues
async def test_alike_rows_around_the_seam(venue: Venue[Account]) -> None:
    """Whichever rows of a page are alike, as many come as the venue has."""
    rows = [row(number // 3, NOW - HOUR + number // 7) for number in range(2300)]
    found = await walked(venue, serve(rows))
    assert ids(found) == [number // 3 for number in range(2300)]


@venues
async def test_a_full_millisecond_is_asked_for_by_kind_and_symbol(venue: Venue[Account]) -> None:
    """2,500 rows of one millisecond, between others: 1,500 of one kind, of two symbols, and 1,000 of two kinds."""
    moment = NOW - HOUR
    many = [
        *(row(number, moment, "COMMISSION", ("BTCUSDT", "ETHUSDT")[number % 2]) for number in range(1500)),
        *(row(number, moment, "REALIZED_PNL") for number in range(1500, 2400)),
        *(row(number, moment, "TRANSFER", "") for number in range(2400, 2500)),
    ]
    rows = [row(9000, moment - 1), *many, row(9001, moment + 1)]
    with pytest.warns(UserWarning, match="a millisecond holds more movements than the venue gives at once"):
        found = await walked(venue, serve(rows))
    assert (ids(found[:1]), ids(found[-1:])) == ([9000], [9001])
    assert sorted(ids(found[1:-1])) == [*range(2500)]


@venues
@pytest.mark.parametrize(("kind", "symbol"), [("COMMISSION", "BTCUSDT"), ("TRANSFER", "")])
async def test_what_cannot_be_asked_for_is_named(venue: Venue[Account], kind: str, symbol: str) -> None:
    """The error names the millisecond, how many and of what; what lies before it was found."""
    moment = NOW - HOUR
    rows = [row(9000, moment - 1), *(row(number, moment, kind, symbol) for number in range(1000))]
    found: list[Income] = []
    words = f"the millisecond {moment} holds 1000 rows or more with incomeType={kind}.*`end`.*`start`"
    with pytest.warns(UserWarning, match="a millisecond holds more"), pytest.raises(PayloadMismatch, match=words):
        await walk_of(venue, serve(rows), {}, found)
    assert ids(found) == [9000]


@venues
async def test_a_venue_that_begins_with_the_newest_is_found_out(venue: Venue[Account]) -> None:
    """It would lose what is older without a word."""
    rows = [row(number, NOW - HOUR + number) for number in range(1500)]
    with pytest.raises(PayloadMismatch, match="and there are rows before it"):
        await walked(venue, serve(rows, newest=True))


@venues
async def test_every_word_for_funding_is_funding(venue: Venue[Account]) -> None:
    """Funding that the venue calls by another word comes with and without the filter."""
    rows = [row(0, NOW - HOUR), row(1, NOW - HOUR + 1, "SPECIAL_FUNDING_FEE"), row(2, NOW - HOUR + 2, "COMMISSION")]
    assert ids(await walked(venue, serve(rows), kind=IncomeKind.FUNDING)) == [0, 1]
    assert [one.kind for one in await walked(venue, serve(rows))] == [
        IncomeKind.FUNDING,
        IncomeKind.FUNDING,
        IncomeKind.COMMISSION,
    ]


@venues
async def test_a_new_word_is_warned_of_once(venue: Venue[Account]) -> None:
    """It may be what is asked for: the filter leaves it out and says so; without one it is OTHER."""
    rows = [row(number, NOW - HOUR + number, "NEW_FUNDING_FEE") for number in range(3)]
    with pytest.warns(UserWarning, match="left out what the venue calls 'NEW_FUNDING_FEE'") as caught:
        assert await walked(venue, serve(rows), kind=IncomeKind.FUNDING) == []
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = await walked(venue, serve(rows))
        assert await walked(venue, serve(rows), kind=IncomeKind.OTHER) == found
    assert [(one.kind, one.venue_kind) for one in found] == [(IncomeKind.OTHER, "NEW_FUNDING_FEE")] * 3


@venues
async def test_a_refusal_leaves_what_was_found(venue: Venue[Account]) -> None:
    """What came before the venue refused was handed on."""
    rows = [row(number, NOW - HOUR + number) for number in range(1500)]
    transport = serve(rows)
    whole: Callable[[HttpRequest], Any] = transport.reply
    asked = 0

    def reply(request: HttpRequest) -> Any:
        nonlocal asked
        asked += "/income" in request.url
        return json_answer({"code": -1102, "msg": "no"}, 400) if asked == 3 else whole(request)

    transport.reply = reply
    found: list[Income] = []
    with pytest.raises(InvalidRequest):
        await walk_of(venue, transport, {}, found)
    assert ids(found) == [*range(999)]
