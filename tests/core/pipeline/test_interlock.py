"""The interlock: environments of one host are told apart by their headers, and share nothing."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.credentials import Credentials
from venuekit.errors import Outcome
from venuekit.pipeline.interlock import MarkedTransport
from venuekit.plugin import EncodedRequest, Environment, EnvironmentName, HttpRequest, Stamp
from venuekit.simulator import DropBefore, SimRequest, Simulation
from venuekit.testing import FakeTransport, json_answer
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import KEY_HEADER, ToySigning
from venuekit_toy_perp.simulated import SimulatedToy

pytestmark = pytest.mark.looptime

MARK = "X-Toy-Demo"


class Forgetful(ToySigning):
    """Writes over the header that marks the demo."""

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: Any) -> HttpRequest:
        request = super().attach_signature(encoded, stamp, payload, signature)
        return request._replace(headers={**request.headers, MARK.lower(): "0"})


@attrs.frozen
class Host:
    """One host with a live and a demo environment, an account in each, and the headers of what arrived."""

    sim: Simulation
    runtime: venuekit.Runtime
    live: Any
    demo: Any
    arrived: list[Mapping[str, str]]
    journals: Path


def on_one_host(rest: str, signing: Any, **headers: str) -> Any:
    environments = (
        Environment(name=EnvironmentName.LIVE, rest=rest),
        Environment(name=EnvironmentName.DEMO, rest=rest, headers=headers),
    )
    return attrs.evolve(TOY_PERP, environments=environments, signing=signing)


@pytest.fixture
async def host(request: Any, tmp_path: Path) -> AsyncIterator[Host]:
    clock = LoopClock()
    arrived: list[Mapping[str, str]] = []

    class Watching(SimulatedToy):
        def authenticate(self, request: SimRequest, *more: Any) -> Any:
            arrived.append(dict(request.headers))
            return super().authenticate(request, *more)

    async with (
        Simulation((attrs.evolve(TOY_PERP, simulated=Watching),), clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
    ):
        venue = on_one_host(sim.rest("toy_perp"), getattr(request, "param", ToySigning)(), **{MARK: "1"})
        live = await runtime.open(venue, Credentials(sim.key, sim.secret, "live"))
        demo = await runtime.open(venue, Credentials(sim.sub_account_key, sim.sub_account_secret, "demo"))
        yield Host(sim, runtime, live, demo, arrived, tmp_path)


def marks(host: Host, key: str) -> set[str | None]:
    """The values of the demo's header in the requests of a key, None for a request without it."""
    names = [{name.lower(): value for name, value in headers.items()} for headers in host.arrived]
    return {one.get(MARK.lower()) for one in names if one[KEY_HEADER.lower()] == key}


async def test_demo_on_the_live_host_is_marked_and_live_is_not(host: Host) -> None:
    """Reads and writes of both accounts in turn: each carries the header of its environment alone."""
    for account in (host.live, host.demo, host.live, host.demo):
        await account.call(TOY.POSITIONS)
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=len(host.arrived) + 2)

    assert {"1"} == marks(host, host.sim.sub_account_key)
    assert {None} == marks(host, host.sim.key)
    assert 8 == len(host.arrived)


async def test_environments_of_one_host_share_nothing(host: Host) -> None:
    """Not the clock, the remembered reads, the transport, the limits, the fences nor the journal."""
    live, demo = host.live._session, host.demo._session

    assert live.venue_session is not demo.venue_session
    assert live.venue_session.clock is not demo.venue_session.clock
    assert live.venue_session.remembered is not demo.venue_session.remembered
    assert live.wire.transport is not demo.wire.transport
    assert live.wire.transport._transport is not demo.wire.transport._transport
    assert live.owner.write_scopes is not demo.owner.write_scopes
    assert all(live.pool(limit) is not demo.pool(limit) for limit in TOY_PERP.limits)
    await host.live.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    await host.demo.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    names = {path.name.split("-")[1] for path in host.journals.glob("*.jsonl")}
    assert {"live", "demo"} == names


async def test_lost_request_shows_no_key(host: Host) -> None:
    """The key is a header, and no frame of the error has a variable that holds it."""
    host.sim.disturb("toy_perp", TOY.POSITIONS, DropBefore(), times=4)
    with pytest.raises(errors.AnswerLost) as caught:
        await host.demo.call(TOY.POSITIONS)

    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert host.sim.sub_account_key not in shown
    assert "interlock.py" in shown


@pytest.mark.parametrize("host", [Forgetful], indirect=True)
async def test_scheme_cannot_lose_the_mark_nor_carry_it_elsewhere(host: Host) -> None:
    """The environment's value wins in any case of letters, and a live request that carries the name is not sent."""
    await host.demo.call(TOY.POSITIONS)
    with pytest.raises(errors.NeverSent, match="it carries x-toy-demo, the header of another environment") as caught:
        await host.live.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert {"1"} == marks(host, host.sim.sub_account_key)
    assert set() == marks(host, host.sim.key)
    assert () == host.live.unresolved


async def test_lost_write_of_the_demo_holds_back_none_of_live(host: Host) -> None:
    """Fences are of one environment, though both have one host."""
    host.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await host.demo.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    change = await host.live.with_options(max_wait=0.1).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)
    assert change.changed is True


async def test_venue_without_such_headers_is_not_wrapped() -> None:
    """Its account sends straight to the transport."""
    async with venuekit.simulate("toy_perp") as sim, venuekit.Runtime(journal=False) as runtime:
        account: Any = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))

        assert not isinstance(account._session.wire.transport, MarkedTransport)


async def test_marked_transport_is_as_watchful_as_the_one_below() -> None:
    """Strays are counted and connections distrusted through it, and closing closes the one below."""
    below: Any = FakeTransport(lambda _: json_answer({}))
    marked = MarkedTransport(below, {MARK: "1"}, frozenset(), "demo")
    assert marked.strays == 0
    marked.distrust()  # the one below has no connections
    below.strays, below.distrust = 3, lambda: setattr(below, "strays", 4)
    marked.distrust()
    await marked.send(HttpRequest("GET", "http://127.0.0.1/", {"A": "b", MARK.upper(): "0"}))
    await marked.aclose()

    assert marked.strays == 4
    assert {"A": "b", MARK: "1"} == below.requests[0].headers
    assert below.is_closed


@pytest.mark.parametrize("header", [("", "1"), ("a b", "1"), ("A", ""), ("A", "1\r\nB: 2"), ("A", "\u00e9")])
def test_header_that_http_cannot_carry_is_refused(header: tuple[str, str]) -> None:
    """The environment is named."""
    with pytest.raises(ValueError, match=r"environment demo: .* is no header"):
        Environment(name=EnvironmentName.DEMO, rest="https://api.toy.invalid", headers=dict([header]))
