"""The refusals of each row: provoked in the simulator, met as the right error, with nothing changed."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.contract.contract_registry import ROWS, NoChange, Refused, Row, typed

from venuekit import errors
from venuekit.capabilities import AssetMode, MarginType, Order, Pager, PositionMode
from venuekit.credentials import Credentials
from venuekit.encoding import Encoding
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import OperationError, Outcome
from venuekit.message import HttpRequest
from venuekit.parameters import Parameter
from venuekit.plugins import make_plugins
from venuekit.runtime import Runtime
from venuekit.simulator import CannedAnswer, Delay
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing import Stage, fake_stage, find_recorded, load_recorded, on_stage
from venuekit.testing.sent import caller_parameters
from venuekit.venue import Venue

# -- what happened before


def an_order_rests(stage: Stage) -> None:
    """Put an order far from the market."""
    symbol = stage.scenario.flat
    ledger_of(stage).rest_order(symbol, Side.BUY, Decimal(1), ledger_of(stage).mark(symbol) / 2, client_id="ours")


def requests_arrive_late(stage: Stage) -> None:
    """Let every signed request lie about for longer than its window, measured anew or not."""
    for endpoint in stage.venue.endpoints:
        if endpoint.security == "signed":
            stage.disturb(endpoint, Delay(before=20), times=4)


def in_doubt(stage: Stage) -> None:
    """Answer a change of margin type with the code that may also mean "it is so already"."""
    words = "Position side cannot be changed if there exists open orders."
    (endpoint,) = (one for one in stage.venue.endpoints if one.path.endswith("/marginType"))
    stage.disturb(endpoint, CannedAnswer.json(400, {"code": -4067, "msg": words}))


def an_isolated_symbol(stage: Stage) -> None:
    """Let the symbol without a position be isolated."""
    ledger_of(stage).set_margin_type(MarginType.ISOLATED, stage.scenario.flat)


BEFORE: Mapping[str, Callable[[Stage], object]] = {
    "an isolated symbol": an_isolated_symbol,
    "an order rests": an_order_rests,
    "a long position": lambda stage: ledger_of(stage).fill("BTCUSD", Side.BUY, Decimal(100), Decimal(80_000)),
    "multi-assets mode": lambda stage: ledger_of(stage).set_asset_mode(AssetMode.MULTI),
    "hedge mode": lambda stage: ledger_of(stage).set_position_mode(PositionMode.HEDGE),
    "requests arrive late": requests_arrive_late,
    "the venue is in doubt about the margin type": in_doubt,
}
#: who asks instead of the account's owner: key and secret from those of the simulation
SOMEBODY_ELSE: Mapping[str, Callable[[Any], tuple[str, str]]] = {
    "a wrong secret": lambda sim: (sim.key, sim.secret[::-1]),
    "an unknown key": lambda sim: (sim.key[::-1], sim.secret),
    "a malformed key": lambda sim: (sim.key[:10], sim.secret),
    "a read-only key": lambda sim: (sim.read_only_key, sim.read_only_secret),
}


def ledger_of(stage: Stage) -> Ledger:
    """Return what really holds."""
    return stage.simulation.ledger_of(stage.venue.id)


def answer_as_recorded(stage: Stage, name: str) -> None:
    """Let the venue refuse as it was recorded, however often it is asked."""
    body = load_recorded(find_recorded(stage.venue)).case(name)
    endpoint = stage.venue.endpoint_at(*body.endpoint_name)
    assert endpoint is not None
    stage.disturb(endpoint, CannedAnswer(body.status, body.body, {"Content-Type": "application/json"}), times=4)


@asynccontextmanager
async def asking(stage: Stage, refused: Refused) -> AsyncIterator[Any]:
    """Open the account of whoever asks."""
    if refused.before is None or refused.before not in SOMEBODY_ELSE:
        yield stage.account
        return
    key, secret = SOMEBODY_ELSE[refused.before](stage.simulation)
    credentials = Credentials.sim(stage.simulation.rest(stage.venue.id), key, secret)
    async with Runtime(clock=stage.clock, journal=False) as runtime:
        yield await runtime.open(stage.venue, credentials)


async def call(venue: Venue[Any], account: Any, method: str, arguments: Mapping[str, Any]) -> Any:
    """Call a capability method, or a raw endpoint; one that is not declared is made up on the spot."""
    verb, blank, path = method.partition(" ")
    if not blank:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            value = getattr(account, method)(**typed(method, arguments))
            if isinstance(value, AbstractAsyncContextManager):
                async with value:
                    return None
            return await value.all() if isinstance(value, Pager) else await value
    declared = [one for one in venue.endpoints if (one.verb, one.path) == (verb, path)]
    made_up = Endpoint(
        verb,
        path,
        decode=lambda body: body,
        parameters=tuple(map(Parameter, arguments)),
        encoding=Encoding.QUERY if verb == "GET" else Encoding.JSON,
    )
    endpoint = (*declared, made_up)[0]
    return await account.call(endpoint, **caller_parameters(endpoint, arguments))


REFUSALS = [(row, refused) for row in ROWS for refused in row.refusals]
PROVOKED = [(row, refused) for row, refused in REFUSALS if refused.opening_body is None]
OPENING = [(row, refused) for row, refused in REFUSALS if refused.opening_body is not None]
UNCHANGED = [(row, met) for row in ROWS for met in row.no_change]


@pytest.mark.parametrize(
    ("row", "refused"), PROVOKED, ids=[f"{row.label}-{refused.label}" for row, refused in PROVOKED]
)
async def test_refusal(row: Row, refused: Refused) -> None:
    """A refusal is the right error with the venue's code and words, and changes nothing."""
    async with on_stage(make_plugins().venue(row.venue), refused.scenario) as stage:
        if refused.before not in SOMEBODY_ELSE and refused.before is not None:
            BEFORE[refused.before](stage)
        if refused.answer is not None:
            answer_as_recorded(stage, refused.answer)
        before = ledger_of(stage).snapshot()
        with pytest.raises(OperationError) as caught:
            async with asking(stage, refused) as account:
                await call(stage.venue, account, refused.method, refused.arguments)
        error = caught.value
        assert type(error) is getattr(errors, refused.error)
        assert error.code == refused.code
        assert fnmatchcase(error.message, refused.words.replace("[", "[[]")), error.message
        assert error.outcome is Outcome(refused.outcome)
        assert error.venue == row.venue
        assert ledger_of(stage).snapshot() == before
        writes = {one.name for one in stage.venue.endpoints if one.effect is not Effect.READ}
        arrived = [one for one in stage.simulation.requests if one.endpoint_name in writes]
        assert not any(one.applied for one in arrived)
        assert error.outcome is not Outcome.NOT_SENT or not arrived


@pytest.mark.parametrize(("row", "refused"), OPENING, ids=[f"{row.label}-{one.opening_body}" for row, one in OPENING])
async def test_refusal_at_opening(row: Row, refused: Refused) -> None:
    """An account that the plugin does not speak to is refused when it is opened, with a clear reason."""
    venue = make_plugins().venue(row.venue)
    assert refused.opening_body is not None
    body = load_recorded(find_recorded(venue)).case(refused.opening_body)
    async with fake_stage(venue, refused.scenario) as stage:
        simulated = stage.transport.reply

        def reply(request: HttpRequest) -> Any:
            is_meant = stage.arrival(request).endpoint_name == body.endpoint_name
            return body.response() if is_meant else simulated(request)

        stage.transport.reply = reply
        with pytest.raises(OperationError) as caught:
            await stage.account.on_open()
    error = caught.value
    assert (type(error), error.message) == (getattr(errors, refused.error), refused.words)
    assert (error.code, error.outcome) == (refused.code, Outcome(refused.outcome))


@pytest.mark.parametrize(("row", "met"), UNCHANGED, ids=[f"{row.label}-{met.code}" for row, met in UNCHANGED])
async def test_no_change(row: Row, met: NoChange) -> None:
    """A code that means "it is so already" is a success that changed nothing."""
    venue = make_plugins().venue(row.venue)
    async with on_stage(venue, "flat") as stage:
        if met.before is not None:
            BEFORE[met.before](stage)
        before = ledger_of(stage).snapshot()
        setting = await call(venue, stage.account, met.method, met.arguments)
        assert isinstance(setting, Order) or setting.changed is False
        assert ledger_of(stage).snapshot() == before
        (endpoint,) = (one for one in venue.endpoints if met.code in one.no_change and str(one) in row.endpoints)
        (arrival,) = stage.arrivals(endpoint)
        assert arrival.applied is False


UNSUPPORTED = [(row, capability) for row in ROWS for capability in row.unsupported]


@pytest.mark.parametrize(
    ("row", "capability"), UNSUPPORTED, ids=[f"{row.label}-{capability}" for row, capability in UNSUPPORTED]
)
async def test_unsupported(row: Row, capability: str) -> None:
    """What a venue cannot do is refused with the registered reason before anything is sent."""
    from venuekit import capabilities

    async with on_stage(make_plugins().venue(row.venue)) as stage:
        with pytest.raises(errors.UnsupportedCapability) as caught:
            getattr(capabilities, capability).of(stage.account)
        assert caught.value.message == row.reason
        assert not stage.simulation.requests
