"""Many accounts: one call on each, paced by their limits, with partial results, cancelled cleanly."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import attrs
import pytest
from tests.core.known_toy import KNOWN

from venuekit import Credentials, FanOut, Runtime, Venue, errors, fan_out
from venuekit.capabilities import LeverageControl
from venuekit.clock import ClockWarning
from venuekit.message import HttpRequest, HttpResponse
from venuekit.testing import FakeTransport, Watch, json_answer, plugins_with
from venuekit.testing.clocks import LoopClock
from venuekit.venue import Limit, LimitScope
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import KEY_HEADER

pytestmark = pytest.mark.looptime

#: 16 reads of weight 5 pass at once: a read leaves a fifth of a pool
SMALL: Venue[Any] = attrs.evolve(TOY_PERP, limits=(Limit("weight", amount=100, seconds=60),))
_OWN = Limit("own", amount=1, seconds=60, scope=LimitScope.ACCOUNT)
OTHER: Venue[Any] = attrs.evolve(TOY_PERP, id="toy_other", realm="other", limits=(*TOY_PERP.limits, _OWN))


@attrs.define
class Venues:
    """Answers after a second each, and knows when requests arrived and how many were under way at most."""

    runtime: Runtime
    clock: LoopClock
    transport: FakeTransport
    arrived: list[float] = attrs.field(factory=list)
    under_way: int = 0
    most: int = 0
    seconds: float = 1.0
    #: a path that is answered after a second, though it is no account's, and one that is refused
    delayed: str = ""
    refused: str = ""

    async def reply(self, request: HttpRequest) -> HttpResponse:
        path = path_of(request)
        if path == self.refused:
            return json_answer({"error": {"code": 1, "text": "no"}}, 400)
        if path in {"time", "contracts"}:
            await self.clock.sleep(self.seconds * (path == self.delayed))
            return json_answer({"now": self.clock.milliseconds(), "contracts": []})
        self.arrived.append(self.clock.monotonic())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.under_way -= 1
        return json_answer({"assets": [], "uid": request.headers.get(KEY_HEADER)})

    async def open_one(self, venue: Venue[Any], number: int) -> Any:
        """Open the account of a key of its own."""
        credentials = Credentials.sim(f"http://127.0.0.1:9/{venue.id}", f"{venue.id}-{number}", "made-up-secret")
        return await self.runtime.open(venue, credentials)

    async def open(self, count: int, venue: Venue[Any] = TOY_PERP) -> dict[str, Any]:
        """Open so many accounts."""
        return {f"{venue.id} {number}": await self.open_one(venue, number) for number in range(count)}


def path_of(request: HttpRequest) -> str:
    return request.url.partition("/v1/")[2].partition("?")[0]


@pytest.fixture
async def venues() -> AsyncIterator[Venues]:
    clock = LoopClock()
    transport = FakeTransport(lambda _: json_answer({}))
    async with Runtime(plugins=plugins_with(Watch(transport)), clock=clock, journal=False) as runtime:
        stage = Venues(runtime, clock, transport)
        transport.reply = stage.reply
        yield stage


async def read(account: Any) -> Any:
    return await account.call(TOY.WALLET)


# -- opening


async def test_hundreds_of_accounts_that_are_opened_at_once_do_not_stampede(venues: Venues) -> None:
    """The venue's time and instruments are read once, and only so many accounts ask who they are at a time."""
    accounts = await asyncio.gather(*(venues.open_one(KNOWN, number) for number in range(500)))
    await asyncio.gather(*(account.read_once(TOY.CONTRACTS) for account in accounts))

    paths = [path_of(request) for request in venues.transport.requests]
    assert {"time": 1, "who": 500, "contracts": 1} == {path: paths.count(path) for path in dict.fromkeys(paths)}
    assert 16 == venues.most
    assert 500 == len({account.identity for account in accounts})


async def test_a_first_read_that_fails_or_is_cancelled_ends_no_other_opening(venues: Venues) -> None:
    """The shared measurement goes on without the one who began it; after a failed one, the next opening measures."""
    first, *others = [asyncio.create_task(venues.open_one(TOY_PERP, number)) for number in range(4)]
    venues.delayed, venues.seconds = "time", 0.4
    await asyncio.sleep(0.1)
    first.cancel()

    assert 3 == len(await asyncio.gather(*others))
    assert ["time"] == [path_of(request) for request in venues.transport.requests]
    assert first.cancelled()

    venues.refused = "time"
    with pytest.warns(ClockWarning, match="could not be measured"):
        account = await venues.open_one(OTHER, 0)
    venues.refused = ""
    again = await venues.open_one(OTHER, 1)
    assert again._session.venue_session is account._session.venue_session
    assert again._session.venue_session.clock.synced


# -- one call on each


def failing(number: str, error: Exception) -> Callable[[str], Any]:
    """Return a call that fails for one, and takes a second for the others."""

    async def call(value: str) -> str:
        if value == number:
            raise error
        await asyncio.sleep(1)
        return value

    return call


async def test_values_are_in_the_order_of_the_accounts_and_only_so_many_calls_are_under_way() -> None:
    """The first one ends last, and is the first of the values; no account is the result of none."""
    under_way: list[int] = []

    async def call(seconds: int) -> int:
        under_way.append(seconds)
        assert len(under_way) <= 3
        await asyncio.sleep(seconds)
        under_way.remove(seconds)
        return seconds * 10

    found = await fan_out({f"a{seconds}": seconds for seconds in (9, 1, 2, 3, 4)}, call, at_once=3)

    assert found == FanOut({"a9": 90, "a1": 10, "a2": 20, "a3": 30, "a4": 40}, {})
    assert [*found.values] == ["a9", "a1", "a2", "a3", "a4"]
    assert found.is_complete
    found.raise_first()
    nothing: FanOut[str, int] = await fan_out({}, call)
    assert nothing == FanOut({}, {})


async def test_a_failing_account_is_a_result_and_stops_no_other() -> None:
    """Errors are by account, bugs among them; the first one can be raised."""
    error = errors.AnswerLost("no answer", venue="toy_perp")

    found = await fan_out({name: name for name in "abc"}, failing("b", error), at_once=1)

    assert found == FanOut({"a": "a", "c": "c"}, {"b": error})
    assert not found.is_complete
    with pytest.raises(errors.AnswerLost):
        found.raise_first()

    async def cancel_itself(name: str) -> str:
        asyncio.get_running_loop().create_future().cancel()
        raise asyncio.CancelledError(name)

    bugs = await fan_out({"a": "a", "b": "b"}, cancel_itself)
    assert ["a", "b"] == [*bugs.errors]
    assert "cancelled from within" in str(bugs.errors["a"])


async def test_a_failing_account_stops_the_others_when_asked() -> None:
    """Nothing new begins; calls under way end as they would."""
    found = await fan_out(
        {name: name for name in "abcdef"}, failing("b", ValueError("odd")), at_once=2, stop_on_error=True
    )

    assert {"a": "a"} == found.values
    assert ["b"] == [*found.errors]
    assert ("c", "d", "e", "f") == found.not_run
    assert not found.is_complete


async def test_calls_begin_as_fast_as_the_pools_of_their_address_can_pay(venues: Venues) -> None:
    """Of 40 reads 16 pass a minute, and none waits longer than it may; another venue's accounts wait for none."""
    accounts = await venues.open(40, SMALL) | await venues.open(4, OTHER)
    began = venues.clock.monotonic()

    found = await fan_out(accounts, read, at_once=32)

    assert found.is_complete
    assert [*found.values] == [*accounts]
    moments = [round(moment - began) for moment in venues.arrived]
    assert sorted(moments) == moments
    assert {0: 19, 60: 16, 120: 9} == {moment: moments.count(moment) for moment in dict.fromkeys(moments)}
    assert venues.most <= 32


@pytest.mark.parametrize(("status", "kind"), [(418, errors.Banned), (429, errors.Throttled)])
async def test_accounts_of_an_address_that_is_shut_out_say_so_at_once(
    venues: Venues, status: int, kind: type[errors.VenueError]
) -> None:
    """Nobody waits for the end of a ban, or for hours: each account has the error that says until when."""
    accounts = await venues.open(6, SMALL)
    venues.transport.reply = lambda _: json_answer({"code": 1}, status, {"Retry-After": "7200"})
    began = venues.clock.monotonic()

    found = await fan_out(accounts, read, at_once=2)

    assert [*found.errors] == [*accounts]
    assert all(isinstance(error, kind) for error in found.errors.values())
    assert 60 > venues.clock.monotonic() - began
    assert 10 > len([one for one in venues.transport.requests if not one.url.endswith("/time")])


async def test_after_the_deadline_nothing_begins_and_requests_end(venues: Venues) -> None:
    """Each account is handed over with the rest of the deadline; its own, when that is shorter, stays."""
    accounts = await venues.open(6)
    accounts["toy_perp 0"] = accounts["toy_perp 0"].with_options(deadline=0.5)
    venues.seconds = 2.0

    found = await fan_out(accounts, read, at_once=2, deadline=3)

    assert ["toy_perp 1", "toy_perp 2"] == [*found.values]
    assert {
        "toy_perp 0": "the deadline of 0.5 s passed",
        "toy_perp 3": "the deadline of 1 s passed",
        "toy_perp 4": "the deadline of 0.5 s passed",
    } == {name: "".join(re.findall(r"the deadline of .* passed", str(error))) for name, error in found.errors.items()}
    assert ("toy_perp 5",) == found.not_run


async def test_cancelled_it_begins_nothing_and_says_which_writes_may_have_arrived(venues: Venues) -> None:
    """It ends when those under way have ended; the note of a write is that of a single call, with its account."""
    accounts = await venues.open(5)

    async def write(account: Any) -> Any:
        return await LeverageControl.of(account).set_leverage("GEMUSD", 7)

    running = asyncio.create_task(fan_out(accounts, write, at_once=2))
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await running

    assert 0 == venues.under_way
    assert 2 == len(venues.arrived)
    notes = cancelled.value.__notes__
    assert ["toy_perp 0", "toy_perp 1"] == sorted(note.partition(":")[0] for note in notes)
    assert all("cancelled while it was under way" in note and "unknown outcome" in note for note in notes)
    await asyncio.sleep(5)
    assert 2 == len(venues.arrived)


@pytest.mark.parametrize(
    "options", [{"at_once": 0}, {"at_once": True}, {"at_once": 2.0}, {"deadline": 0}, {"deadline": float("nan")}]
)
async def test_bounds_that_are_none_are_refused(options: dict[str, Any]) -> None:
    """Before anything is called."""
    with pytest.raises(ValueError, match=r"at_once is the number of calls|deadline is a number of seconds"):
        await fan_out({"a": "a"}, failing("", ValueError()), **options)
