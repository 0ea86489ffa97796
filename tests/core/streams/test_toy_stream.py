"""The stream of the toy venue against its simulated venue, over real sockets: log-in, events, refusals, leaks."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.streams.keyed_venue import FakeSocket, FakeSockets

from venuekit import connect
from venuekit.account import Account
from venuekit.capabilities import (
    BalanceUpdate,
    Gap,
    GapReason,
    LeverageControl,
    MarginType,
    PositionUpdate,
    SettingsUpdate,
    StreamPhase,
    UserStream,
)
from venuekit.credentials import Credentials, Secret
from venuekit.errors import (
    AnswerLost,
    AuthenticationFailed,
    ConfigurationError,
    CredentialsError,
    UnsupportedCapability,
    VenueError,
)
from venuekit.runtime import Runtime
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side
from venuekit.venue import Environment, EnvironmentName, Venue
from venuekit_toy_perp import TOY_PERP


async def test_the_changes_of_the_ledger_arrive_as_events() -> None:
    """Each row is one value, with the venue's time and sequence; raw is kept when it is asked for."""
    async with (
        Simulation((TOY_PERP,)) as sim,
        connect(TOY_PERP, sim.credentials("toy_perp"), keep_raw=True) as account,
        UserStream.of(account).events() as events,
    ):
        assert (events.state.phase, events.state.is_confirmed) == (StreamPhase.LIVE, True)
        sim.ledger.fill("TOYUSD", Side.BUY, Decimal(1), Decimal(100))
        await LeverageControl.of(account).set_leverage("GEMUSD", Decimal(12))
        balance, position, settings = [await anext(events) for _ in range(3)]

        assert isinstance(balance, BalanceUpdate)
        assert (balance.balance.asset, balance.reason) == ("USD", "order")
        assert balance.balance.wallet == sim.ledger.balance("USD").wallet
        assert isinstance(position, PositionUpdate)
        assert (position.position.symbol, position.position.quantity) == ("TOYUSD", Decimal(101))
        assert position.position.margin_type is MarginType.ISOLATED
        assert isinstance(settings, SettingsUpdate)
        assert (settings.symbol, settings.leverage, settings.margin_type) == ("GEMUSD", Decimal(12), None)
        assert balance.sequence == position.sequence
        assert balance.message < position.message < settings.message
        assert balance.time is not None
        assert settings.raw is not None
        assert settings.raw["channel"] == "settings"


async def test_a_closed_connection_is_opened_again() -> None:
    """The gap has the venue's code, and the events after it arrive."""
    async with (
        Simulation((TOY_PERP,)) as sim,
        connect(TOY_PERP, sim.credentials("toy_perp")) as account,
        UserStream.of(account).events() as events,
    ):
        sim.streams.connections[0].close(4003, "goodbye")
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.words) == (GapReason.CONNECTION_LOST, "the venue closed it with code 4003")
        await events.wait_until_live()
        sim.ledger.set_leverage("GEMUSD", Decimal(13))
        event = await anext(events)
        assert isinstance(event, SettingsUpdate)
        assert event.leverage == Decimal(13)


def _limited(limit: int) -> Venue[Any]:
    """Return the toy venue with a limit for the messages of its stream."""
    assert TOY_PERP.stream is not None
    return attrs.evolve(TOY_PERP, stream=attrs.evolve(TOY_PERP.stream, message_limit=limit))


async def test_a_message_above_the_limit_is_a_gap_that_says_how_to_mend_it() -> None:
    """With the limit; while the session is opened, it is the error of entering."""
    mend = "raise message_limit in the venue's StreamDeclaration"
    async with Simulation((TOY_PERP,)) as sim:
        credentials = sim.credentials("toy_perp")
        async with connect(_limited(120), credentials) as account, UserStream.of(account).events() as events:
            sim.ledger.fill("TOYUSD", Side.BUY, Decimal(1), Decimal(100))
            balance, gap = await anext(events), await anext(events)  # that of the position is the longer one
            assert isinstance(balance, BalanceUpdate)
            assert isinstance(gap, Gap)
            assert gap.reason is GapReason.UNREADABLE
            assert gap.words == f"a message is larger than the limit of 120 bytes; {mend}"
        async with connect(_limited(10), credentials) as account:
            with pytest.raises(AnswerLost, match="larger than the limit of 10 bytes while the session was") as lost:
                await UserStream.of(account).events().__aenter__()
        assert lost.value.mend == mend


async def test_a_refused_log_in_is_an_error_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """It has the venue's code and words; neither logs nor frames hold key or signature."""
    caplog.set_level(logging.DEBUG)
    async with Simulation((TOY_PERP,)) as sim:
        good = sim.credentials("toy_perp")
        bad = Credentials.sim(str(good.rest), good.key, "another-secret")
        async with connect(TOY_PERP, bad) as account:
            with pytest.raises(AuthenticationFailed, match="toy_perp: events refused: 1002 the signature") as refusal:
                await UserStream.of(account).events().__aenter__()
        shown = traceback.TracebackException.from_exception(refusal.value, capture_locals=True)
        text = "".join(shown.format()) + caplog.text
        assert good.key.reveal() not in text
        assert "another-secret" not in text
        assert "signature'" not in text
        assert refusal.value.code == 1002
        await asyncio.sleep(0)
        assert sim.streams.connections == ()


class _Broken(FakeSocket):
    """A connection that breaks off when something is sent."""

    async def send(self, text: str) -> None:
        self.sent.append(text)
        raise ConnectionResetError(text)


class _BrokenSockets(FakeSockets):
    async def open(self, url: Secret, headers: Mapping[str, str], message_limit: int) -> FakeSocket:
        self.opened.append(_Broken(url.reveal()))
        return self.opened[-1]


async def test_a_refused_handshake_is_told_in_the_words_of_the_venue() -> None:
    """With its status."""
    assert TOY_PERP.stream is not None
    elsewhere = attrs.evolve(TOY_PERP.stream.session, path="/v9/stream")
    astray = attrs.evolve(TOY_PERP, stream=attrs.evolve(TOY_PERP.stream, session=elsewhere))
    async with Simulation((TOY_PERP,)) as sim, connect(astray, sim.credentials("toy_perp")) as account:
        with pytest.raises(VenueError, match="toy_perp: events refused: 1000 there is no GET /v9/stream") as refusal:
            await UserStream.of(account).events().__aenter__()
    assert refusal.value.status == 404


async def test_a_lost_log_in_shows_no_signature() -> None:
    """Neither its words nor any frame of its traceback, with variables, holds the message that was sent."""
    async with Simulation((TOY_PERP,)) as sim, connect(TOY_PERP, sim.credentials("toy_perp")) as account:
        streams = account._session.venue_session.streams
        assert streams is not None
        sockets = streams.sockets = _BrokenSockets()
        with pytest.raises(AnswerLost, match="the connection broke off while the session was opened") as failure:
            await UserStream.of(account).events().__aenter__()
        shown = ""
        error: BaseException | None = failure.value
        while error is not None:
            shown += "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            error = error.__context__
        assert sockets.alive == []
        for socket in sockets.opened:
            signature = json.loads(socket.sent[0])["signature"]
            assert len(signature) == 64
            assert signature not in shown


async def test_the_url_of_a_stream_obeys_the_interlock() -> None:
    """It is encrypted and on the list of hosts, or nothing is sent; a venue or environment without one says so."""
    live = Environment(
        name=EnvironmentName.LIVE,
        rest="https://api.toy.invalid",
        stream="ws://api.toy.invalid",
        hosts=frozenset({"api.toy.invalid"}),
    )
    unsafe = attrs.evolve(TOY_PERP, environments=(live,))
    async with Runtime() as runtime:
        with pytest.raises(CredentialsError, match="not an allowed host"):
            await runtime.open(unsafe, Credentials("key-of-nobody", "secret-of-nobody", "live"))

    async with Simulation((TOY_PERP,)) as sim:
        credentials = sim.credentials("toy_perp")
        async with connect(attrs.evolve(TOY_PERP, stream=None), credentials) as account:
            with pytest.raises(UnsupportedCapability, match="declares no user stream"):
                UserStream.of(account).events()
        async with connect(TOY_PERP, credentials) as account:
            shared = account._session.venue_session
            shared.environment = attrs.evolve(shared.environment, stream=None)
            with pytest.raises(ConfigurationError, match="the environment sim has no URL of user streams"):
                await UserStream.of(account).events().__aenter__()


async def test_the_end_of_a_runtime_ends_its_streams() -> None:
    """Also those that are still read."""
    async with Simulation((TOY_PERP,)) as sim:
        before = asyncio.all_tasks()
        async with Runtime() as runtime:
            account: Account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
            manager = UserStream.of(account).events()
            await manager.__aenter__()
            assert len(sim.streams.connections) == 1
        names = {task.get_name() for task in asyncio.all_tasks() - before}
        assert not names & {"user stream", "stream connection 1"}
        await manager.__aexit__(None, None, None)
