"""Session tokens: fetched when they are needed, once for all, renewed before their end, and shown nowhere."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.clock import VenueClock
from venuekit.errors import Outcome
from venuekit.pipeline import Event
from venuekit.pipeline.tokens import Tokens
from venuekit.plugin import (
    Effect,
    EncodedRequest,
    Endpoint,
    Fault,
    FaultRow,
    FaultTable,
    HttpRequest,
    Parameter,
    Secret,
    Security,
    SessionToken,
    Stamp,
    Token,
    Venue,
    from_milliseconds,
    read_json,
)
from venuekit.simulator import (
    CannedAnswer,
    Cut,
    Denied,
    DropBefore,
    Handler,
    SimKey,
    SimRequest,
    Simulation,
    Visit,
    json_response,
)
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.codes import FAULTS
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning
from venuekit_toy_perp.simulated import SimulatedToy

pytestmark = pytest.mark.looptime

TOKEN_HEADER = "X-Toy-Token"
ENDED = 1100
LIFE = 600  #: seconds
ADD = {"contract": "TOYUSD", "amount": 5}


def decode_token(body: bytes) -> Token:
    answer = read_json(body)
    ends = answer["ends"]
    return Token(Secret(answer["token"]), None if ends is None else from_milliseconds(ends))


LOGIN = Endpoint("POST", "/v1/login", decode=decode_token, effect=Effect.SESSION)
POSITIONS = attrs.evolve(TOY.POSITIONS, security=Security.TOKEN)
COLLATERAL = attrs.evolve(TOY.ADD_COLLATERAL, security=Security.TOKEN)


class TokenSigning(ToySigning):
    """The toy venue's, with the token in a header."""

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        request = super().without_signature(encoded, stamp)
        if stamp is None or not stamp.token:
            return request
        return request._replace(headers={TOKEN_HEADER: stamp.token})


class TokenToy(SimulatedToy):
    """Hands out tokens, and takes those that have not ended."""

    says_end = True

    def __init__(self) -> None:
        self.tokens: dict[str, tuple[SimKey, int]] = {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        handlers = {LOGIN: self.login, **super().handlers()}
        for signed, taken in ((TOY.POSITIONS, POSITIONS), (TOY.ADD_COLLATERAL, COLLATERAL)):
            handlers[taken] = handlers.pop(signed)
        return handlers

    def login(self, _request: SimRequest, visit: Visit) -> object:
        assert visit.key is not None
        token, ends = f"token-{len(self.tokens)}-of-the-toy", visit.milliseconds + LIFE * 1000
        self.tokens[token] = visit.key, ends
        return {"token": token, "ends": ends if self.says_end else None}

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        if security is not Security.TOKEN:
            return super().authenticate(request, security, keys, milliseconds)
        key, ends = self.tokens.get(request.headers.get(TOKEN_HEADER, ""), (None, 0))
        if key is None or milliseconds >= ends:
            raise Denied(json_response({"error": {"code": ENDED, "message": "the token has ended"}}, 401))
        return key


class Silent(TokenToy):
    """Does not say when a token ends."""

    says_end = False


def with_tokens(**changes: Any) -> Venue[Any]:
    taken = {TOY.POSITIONS: POSITIONS, TOY.ADD_COLLATERAL: COLLATERAL}
    declared: dict[str, Any] = {
        "endpoints": (*(taken.get(one, one) for one in TOY_PERP.endpoints), LOGIN),
        "signing": TokenSigning(),
        "simulated": TokenToy,
        "faults": FaultTable((*FAULTS.rows, FaultRow(Fault.TOKEN_EXPIRED, ENDED))),
        "session_token": SessionToken(LOGIN, renew_before=timedelta(seconds=30)),
    }
    return attrs.evolve(TOY_PERP, **{**declared, **changes})


@attrs.frozen
class Stage:
    """The venue, and an account of it."""

    venue: Venue[Any]
    sim: Simulation
    runtime: venuekit.Runtime
    account: Any
    clock: LoopClock

    def count(self, endpoint: Endpoint[Any]) -> int:
        return sum((one.verb, one.path) == (endpoint.verb, endpoint.path) for one in self.sim.requests)

    def end_tokens(self) -> None:
        tokens: Any = self.sim._service("toy_perp").simulated
        tokens.tokens.clear()


@pytest.fixture
async def stage(request: Any, tmp_path: Path) -> AsyncIterator[Stage]:
    venue, clock = with_tokens(**getattr(request, "param", {})), LoopClock()
    async with (
        Simulation((venue,), clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
    ):
        yield Stage(venue, sim, runtime, await runtime.open(venue, sim.credentials("toy_perp")), clock)


async def test_token_is_fetched_once_when_it_is_first_needed(stage: Stage) -> None:
    """Opening and signed requests need none; concurrent callers, also of a second account of the key, share one."""
    await stage.account.call(TOY.SETTINGS, contract="TOYUSD")
    assert 0 == stage.count(LOGIN)
    second: Any = await stage.runtime.open(stage.venue, stage.sim.credentials("toy_perp"))

    await asyncio.gather(*(account.call(POSITIONS) for account in (stage.account, second, stage.account)))

    assert (1, 3) == (stage.count(LOGIN), stage.count(POSITIONS))


async def test_another_key_has_a_token_of_its_own(stage: Stage) -> None:
    """The sub-account's requests carry none of the trading key's."""
    other: Any = await stage.runtime.open(stage.venue, stage.sim.credentials("toy_perp", sub_account=True))
    await stage.account.call(POSITIONS)
    await other.call(POSITIONS)

    assert 2 == stage.count(LOGIN)


async def test_token_is_renewed_before_its_end(stage: Stage) -> None:
    """A request within the declared time of the end carries a new one, and none is refused."""
    await stage.account.call(POSITIONS)
    await stage.clock.sleep(LIFE - 31)
    await stage.account.call(POSITIONS)
    assert 1 == stage.count(LOGIN)
    await stage.clock.sleep(2)
    await stage.account.call(POSITIONS)

    assert (2, 3) == (stage.count(LOGIN), stage.count(POSITIONS))


async def test_renewal_that_fails_leaves_the_token_that_still_holds(stage: Stage) -> None:
    """The next request tries again; once the token has ended, the failure is raised and nothing was sent."""
    await stage.account.call(POSITIONS)
    await stage.clock.sleep(LIFE - 20)
    stage.sim.disturb("toy_perp", LOGIN, CannedAnswer.json(401, {"error": {"code": 1, "message": "no"}}), times=2)
    await stage.account.call(POSITIONS)
    await stage.clock.sleep(30)
    with pytest.raises(errors.VenueError, match="no") as caught:
        await stage.account.call(COLLATERAL, **ADD)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert 0 == stage.count(COLLATERAL)
    assert () == stage.account.unresolved
    await stage.account.call(POSITIONS)


@pytest.mark.parametrize("life", [1, 40])
async def test_short_token_is_renewed_in_the_middle_of_its_life(
    stage: Stage, life: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that lives no longer than it is to be renewed before is not fetched for every request."""
    monkeypatch.setattr(f"{__name__}.LIFE", life)
    await stage.account.call(POSITIONS)
    await stage.account.call(POSITIONS)
    assert 1 == stage.count(LOGIN)
    await stage.clock.sleep(life * 0.6)
    await stage.account.call(POSITIONS)

    assert 2 == stage.count(LOGIN)


@pytest.mark.parametrize("stage", [{}, {"simulated": Silent}], indirect=True, ids=["says its end", "is silent"])
async def test_refused_token_is_replaced_once(stage: Stage) -> None:
    """A write that met an ended token is sent once more with a new one, and changes once; concurrent ones share it."""
    await stage.account.call(POSITIONS)
    stage.end_tokens()

    row, *_ = await asyncio.gather(stage.account.call(COLLATERAL, **ADD), stage.account.call(POSITIONS))

    assert row.amount == 5
    assert 2 == stage.count(LOGIN)
    assert [False, True] == [one.applied for one in stage.sim.requests if one.path == COLLATERAL.path]


async def test_token_that_is_refused_again_is_a_failed_authentication(stage: Stage) -> None:
    """The second refusal is raised: nothing was executed, and no third attempt is made."""
    refusal = CannedAnswer.json(401, {"error": {"code": ENDED, "message": "the token has ended"}})
    stage.sim.disturb("toy_perp", COLLATERAL, refusal, times=4)
    with pytest.raises(errors.AuthenticationFailed) as caught:
        await stage.account.call(COLLATERAL, **ADD)

    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert (2, 2) == (stage.count(LOGIN), stage.count(COLLATERAL))


@pytest.mark.parametrize("trouble", [DropBefore(), CannedAnswer(503, b"<html>gone</html>")], ids=["lost", "foreign"])
async def test_refused_write_whose_new_token_cannot_be_fetched_was_not_executed(stage: Stage, trouble: Any) -> None:
    """Whatever became of the fetch says nothing about the write, and its line in the journal is closed."""
    await stage.account.call(POSITIONS)
    stage.end_tokens()
    stage.sim.disturb("toy_perp", LOGIN, trouble, times=20)
    with pytest.raises(errors.OperationError) as caught:
        await stage.account.call(COLLATERAL, **ADD)

    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert () == stage.account.unresolved


async def test_fetch_that_fails_tells_each_that_waits_of_its_own_request() -> None:
    """Each gets an error of its own: in it stand the subject and the outcome of one request."""
    clock = LoopClock()

    async def fail(*_: Any, **__: Any) -> Any:
        await clock.sleep(1)
        raise errors.Rejected("no")

    tokens = Tokens(SessionToken(LOGIN), VenueClock(clock))
    first, second = await asyncio.gather(tokens.take(fail), tokens.take(fail), return_exceptions=True)

    assert str(first) == str(second)
    assert first is not second


async def test_token_that_is_refused_before_all_have_it_is_fetched_anew() -> None:
    """One that waited for it, too, gets the next one."""
    fetched = [Token(Secret(f"token-{number}-of-the-toy"), None) for number in range(2)]
    coming, tokens = iter(fetched), Tokens(SessionToken(LOGIN), VenueClock(LoopClock()))

    async def fetch(*_: Any, **__: Any) -> Any:
        return next(coming)

    async def take_and_drop() -> Token:
        token = await tokens.take(fetch)
        tokens.drop(token)
        return token

    assert fetched == await asyncio.gather(take_and_drop(), tokens.take(fetch))


async def test_fetch_that_is_canceled_is_begun_anew() -> None:
    """A loop that cancels all its tasks, and goes on, leaves no fetch behind that nobody makes."""
    token, tokens = Token(Secret("token-0-of-the-toy"), None), Tokens(SessionToken(LOGIN), VenueClock(LoopClock()))

    async def fetch(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(1)
        return token

    waiting = asyncio.create_task(tokens.take(fetch))
    await asyncio.sleep(0)
    assert tokens._running is not None
    tokens._running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert token is await tokens.take(fetch)


async def test_unsigned_write_is_bounded_by_nothing(stage: Stage) -> None:
    """A lost write that carried a token has no window: its absence is not proven by the venue's clock."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())
    with pytest.raises(errors.OutcomeUnknown, match="nothing bounds how late a request can arrive here"):
        await stage.account.call(COLLATERAL, **ADD)


async def test_canceled_caller_leaves_the_fetch_to_the_others(stage: Stage) -> None:
    """One that gives up while the token is fetched does not take it away from those that wait, too."""
    first = asyncio.create_task(stage.account.call(POSITIONS))
    second = asyncio.create_task(stage.account.call(POSITIONS))
    await asyncio.sleep(0)  # both have begun, and wait for the token
    assert stage.account._session.tokens._running
    first.cancel()

    assert await second
    assert first.cancelled()
    assert 1 == stage.count(LOGIN)


async def everything_said(account: Any) -> str:
    """The text of a call's result or error, with its whole chain and all local variables."""
    try:
        return repr(await account.call(COLLATERAL, **ADD))
    except errors.VenuekitError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        return "\n".join((*shown, str(error), repr(error), repr(vars(error))))


async def test_token_is_shown_nowhere(stage: Stage, tmp_path: Path) -> None:
    """Not by reprs, events, errors with their frames, unreadable answers, nor in the journal."""
    account, events = stage.account, list[Event]()
    account._session.venue_session.observers = (events.append,)
    stage.sim.disturb("toy_perp", LOGIN, Cut(40))
    seen = []
    for trouble in (None, Cut(3), CannedAnswer(400, b"token-1-of-the-toy"), CannedAnswer(200, b"token-1-of-the-toy")):
        if trouble is not None:
            stage.sim.disturb("toy_perp", COLLATERAL, trouble)
        seen.append(await everything_said(account))
        await stage.clock.sleep(20)
    tokens = account._session.tokens
    seen += [repr(tokens), repr(tokens._token), repr(account._session), *map(repr, events)]
    seen += [str(event.error) for event in events]
    seen += [path.read_text() for path in tmp_path.glob("*.jsonl")]  # noqa: ASYNC240 - small files

    assert stage.count(LOGIN) > 0
    assert not [text for text in seen if "-of-the-toy" in text]


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"effect": Effect.DELTA}, "give it effect=Effect.SESSION"),
        ({"security": Security.TOKEN}, "give it Security.SIGNED or KEY"),
        ({"security": Security.NONE}, "give it Security.SIGNED or KEY"),
        ({"parameters": (Parameter("scope", required=True),)}, "make its parameters optional"),
    ],
)
def test_endpoint_that_cannot_fetch_a_token_is_refused(changes: dict[str, Any], mend: str) -> None:
    """The declaration names the endpoint and the mend."""
    with pytest.raises(ValueError, match=f"POST /v1/login cannot fetch a session token: {mend}"):
        SessionToken(attrs.evolve(LOGIN, **changes))


def test_renewal_after_the_end_is_refused() -> None:
    """A token is renewed before it ends."""
    with pytest.raises(ValueError, match="let renew_before be no less than nothing"):
        SessionToken(LOGIN, renew_before=timedelta(seconds=-1))


def test_endpoint_that_carries_a_token_needs_a_way_to_fetch_one() -> None:
    """The venue names the endpoint."""
    with pytest.raises(ValueError, match=r"toy_perp: GET /v1/positions carries a session token: session_token="):
        with_tokens(session_token=None)


def test_endpoint_that_fetches_the_token_is_one_of_the_venues() -> None:
    """One that the venue does not declare may do anything, and would be sent as a write is."""
    with pytest.raises(
        ValueError, match=r"toy_perp: session_token uses POST /v1/login, which it does not declare: name"
    ):
        with_tokens(endpoints=tuple(one for one in with_tokens().endpoints if one is not LOGIN))


async def test_fetch_that_nobody_waits_for_ends_with_its_tokens() -> None:
    """Its caller was cancelled; the leak fixture sees that nothing runs on."""
    tokens = Tokens(SessionToken(LOGIN), VenueClock(LoopClock()))
    endless = asyncio.get_running_loop().create_future()

    async def fetch(*_: Any, **__: Any) -> Any:
        return await endless

    asking = asyncio.create_task(tokens.take(fetch))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await tokens.aclose()
    assert endless.cancelled()
    await tokens.aclose()
