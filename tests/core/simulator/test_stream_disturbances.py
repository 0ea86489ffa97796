"""Disturbances of streams: of the whole connection, and of the venue's next messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.core.simulator.toy_stream_client import listen

from venuekit.simulator import (
    Simulation,
    StreamCut,
    StreamDelay,
    StreamDisturbance,
    StreamDuplicate,
    StreamExpiry,
    StreamHalfOpen,
    StreamOverflow,
    StreamReorder,
    StreamRestart,
    StreamSilence,
    read_disturbances,
    simulate,
)
from venuekit.simulator.control import COMMANDS
from venuekit.simulator.fields import FieldError
from venuekit.simulator.scripted import read_disturbance
from venuekit.simulator.stream_kinds import STREAM_KINDS, ScriptedStream
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP

SETTINGS = ("settings",)


def _set(sim: Simulation, *leverages: int) -> None:
    """Let the venue push a message for each leverage."""
    for leverage in leverages:
        sim.ledger.set_leverage("GEMUSD", Decimal(leverage))


async def _receive(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    """Return the leverages of the next messages."""
    return [int((await socket.receive_json())["rows"][0]["value"]) for _ in range(count)]


@pytest.mark.parametrize(
    ("disturbance", "arrive"),
    [
        (StreamDuplicate(2), [1, 1, 2, 2, 3, 4]),
        (StreamReorder(), [2, 1, 3, 4]),
        (StreamReorder(behind=2), [2, 3, 1, 4]),
        (StreamSilence(), []),
        (StreamDelay(0.001), [1, 2, 3, 4]),
    ],
    ids=repr,
)
async def test_the_next_messages_are_disturbed(disturbance: StreamDisturbance, arrive: list[int]) -> None:
    """They arrive twice, in another order, late or not at all; answers to the client are not touched."""
    async with Simulation((TOY_PERP,)) as sim, listen(sim, channels=SETTINGS) as socket:
        assert sim.disturb_streams("toy_perp", disturbance) == 1
        _set(sim, 1, 2, 3, 4)
        assert await _receive(socket, len(arrive)) == arrive
        await socket.send_json({"op": "ping"})
        assert (await socket.receive_json())["op"] == "pong"


@pytest.mark.parametrize(
    ("disturbance", "end"),
    [
        (StreamCut(), 1006),
        (StreamCut(code=1001), 1001),
        (StreamOverflow(messages=2), 1008),
        (StreamExpiry(), 1000),
        (StreamRestart(), 1006),
    ],
    ids=repr,
)
async def test_a_connection_ends_before_a_message(disturbance: StreamDisturbance, end: int) -> None:
    """It begins before the message that it waits for, on the stream of that message alone, and the rest is lost."""
    async with Simulation((TOY_PERP,)) as sim, listen(sim, channels=SETTINGS) as socket:
        assert sim.disturb_streams("toy_perp", disturbance, account="1", message=2) == 0
        assert [planned.message for planned in sim.streams.waiting] == [2]
        sim.ledger_of("toy_perp", account="2").set_leverage("GEMUSD", Decimal(9))
        _set(sim, 1, 2, 3)
        if end != 1006:  # a broken connection takes the messages under way with it
            assert await _receive(socket, 1) == [1]
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert socket.close_code == end
        assert sim.streams.waiting == ()


@pytest.mark.looptime
async def test_a_half_open_connection_says_nothing() -> None:
    """Nothing arrives, pings have no answer, and the venue does not see that the client closes."""
    async with Simulation((TOY_PERP,), clock=LoopClock()) as sim, listen(sim, channels=SETTINGS) as socket:
        sim.disturb_streams("toy_perp", StreamHalfOpen())
        _set(sim, 1)
        await socket.send_json({"op": "ping"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 3600)
        assert len(sim.streams.connections) == 1
        socket._response.close()  # without waiting for the venue's close frame
    assert sim.streams.connections == ()


@pytest.mark.looptime
async def test_silence_and_delays_end_in_time() -> None:
    """The messages of a silence are lost, and the next one arrives; a delayed one holds up those behind it."""
    async with Simulation((TOY_PERP,), clock=LoopClock()) as sim, listen(sim, channels=SETTINGS) as socket:
        sim.disturb_streams("toy_perp", StreamSilence(seconds=5))
        _set(sim, 1)
        await asyncio.sleep(6)
        sim.disturb_streams("toy_perp", StreamDelay(10), message=1)
        began = sim.milliseconds()
        _set(sim, 2, 3)
        assert await _receive(socket, 2) == [2, 3]
        assert sim.milliseconds() - began == pytest.approx(10_000, abs=50)


@pytest.mark.looptime
async def test_a_restarted_server_refuses_connections_for_a_time() -> None:
    """All streams break, and a new one opens once the server listens again."""
    async with Simulation((TOY_PERP,), clock=LoopClock()) as sim, listen(sim) as one, listen(sim) as two:
        assert sim.disturb_streams("toy_perp", StreamRestart(seconds=30)) == 2
        for socket in (one, two):
            assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        with pytest.raises(aiohttp.ClientConnectorError):
            async with listen(sim):
                pass
        await asyncio.sleep(31)
        async with listen(sim):
            assert len(sim.streams.connections) == 1


async def test_wrong_requests_are_refused() -> None:
    """Each names the venue, the account or the number."""
    async with Simulation((TOY_PERP,)) as sim, listen(sim):
        wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
            ({"message": 0}, ValueError, "expected a message from 1, not 0"),
            ({"account": "2"}, LookupError, "no stream of toy_perp of account 2 is open; message 1 is the next one"),
        ]
        for options, kind, words in wrong:
            with pytest.raises(kind, match=words):
                sim.disturb_streams("toy_perp", StreamCut(), **options)
        with pytest.raises(LookupError, match="'elsewhere' is not simulated here"):
            sim.disturb_streams("elsewhere", StreamCut())


@pytest.mark.parametrize(
    ("given", "disturbance"),
    [
        ({"kind": "stream-cut"}, StreamCut()),
        ({"kind": "stream-cut", "code": 1001}, StreamCut(1001)),
        ({"kind": "stream-half-open"}, StreamHalfOpen()),
        ({"kind": "stream-silence", "seconds": 3}, StreamSilence(3.0)),
        ({"kind": "stream-duplicate", "messages": 2}, StreamDuplicate(2)),
        ({"kind": "stream-reorder", "behind": 2}, StreamReorder(2)),
        ({"kind": "stream-delay", "seconds": "0.5"}, StreamDelay(0.5)),
        ({"kind": "stream-expiry", "times": 2}, StreamExpiry(2)),
        ({"kind": "stream-overflow", "messages": 9}, StreamOverflow(9)),
        ({"kind": "stream-restart", "seconds": 4}, StreamRestart(4.0)),
    ],
    ids=str,
)
def test_each_kind_is_read(given: Mapping[str, object], disturbance: StreamDisturbance) -> None:
    """Kind and fields give the disturbance of the same meaning; venue, account and message are those of every kind."""
    read = read_disturbance({**given, "venue": "toy_perp", "account": "1", "message": 3})
    assert read == ScriptedStream(disturbance, "toy_perp", "1", 3)
    assert read_disturbance(given) == ScriptedStream(disturbance)
    assert given["kind"] in STREAM_KINDS


async def test_kinds_are_written_in_files_and_commands(tmp_path: Path) -> None:
    """A file waits for a message, a command may begin at once, and a mistake names its field."""
    file = tmp_path / "disturb.toml"
    file.write_text('[[disturb]]\nkind = "stream-cut"\nmessage = 2\n', encoding="utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[disturb]]\nkind = "stream-cut"\nvenue = "toy_perp"\n', encoding="utf-8")
    async with Simulation((TOY_PERP,)) as sim:
        with pytest.raises(FieldError, match=r"wrong\.toml:1: disturb\[1\]\.message: it is missing, and no stream of"):
            read_disturbances(wrong).play_in(sim)
        with pytest.raises(FieldError, match="account: there is no account '7'"):
            COMMANDS["stream-cut"].run(sim, {"account": "7"})
        async with listen(sim, channels=SETTINGS) as socket:
            read_disturbances(file).play_in(sim)
            assert COMMANDS["show"].run(sim, {"what": "script"}) == [
                {"venue": "toy_perp", "message": 2, "account": None, "stream": "StreamCut(code=None)"}
            ]
            COMMANDS["clear"].run(sim, {"what": "script"})
            assert COMMANDS["stream-duplicate"].run(sim, {"messages": 1}) == {"venues": ["toy_perp"]}
            _set(sim, 1, 2)
            assert await _receive(socket, 3) == [1, 1, 2]
    async with simulate("toy_swap") as swap:
        with pytest.raises(FieldError, match="venue: the simulated toy_swap has no streams"):
            COMMANDS["stream-cut"].run(swap, {"venue": "toy_swap"})
        with pytest.raises(FieldError, match="venue: no simulated venue has streams"):
            COMMANDS["stream-cut"].run(swap, {})
