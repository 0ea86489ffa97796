"""Streams of a simulated venue: handshake, log-in, the events of each command, and the clock's own effects."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
import pytest
from tests.core.simulator.toy_stream_client import listen

from venuekit.simulator import Simulation, simulate
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP


async def test_each_command_is_pushed_in_order_with_the_state_after_it() -> None:
    """Every subscribed connection of the account gets the rows of each change; other accounts get none."""
    async with Simulation((TOY_PERP,)) as sim, listen(sim) as one, listen(sim, channels=("settings",)) as two:
        other = sim.key_of("toy_perp", sub_account=True)
        async with listen(sim, key=other) as third:
            sim.ledger.fill("TOYUSD", Side.BUY, Decimal(1), Decimal(100))
            sim.ledger.set_leverage("GEMUSD", Decimal(12))
            sim.ledger_of("toy_perp", account="2").set_leverage("GEMUSD", Decimal(13))

            wallet, positions, setting = [await one.receive_json() for _ in range(3)]
            assert (wallet["channel"], wallet["why"]) == ("wallet", "order")
            assert wallet["rows"][0]["wallet"] == float(sim.ledger.balance("USD").wallet)
            assert positions["rows"][0]["size"] == 101
            assert wallet["seq"] == positions["seq"] < setting["seq"]
            row = {"contract": "GEMUSD", "setting": "leverage", "value": "12"}
            assert setting["rows"] == (await two.receive_json())["rows"] == [row]
            assert (await third.receive_json())["rows"] == [{**row, "value": "13"}]

            assert [peer.account for peer in sim.streams.peers("toy_perp")] == ["1", "1", "2"]
            assert [one.pushed for one in sim.streams.connections] == [3, 1, 1]
    assert sim.streams.connections == ()


async def test_what_a_client_does_wrong_is_answered() -> None:
    """A refused handshake has the venue's answer; a message that is none, a wrong log-in and channel say why."""
    async with Simulation((TOY_PERP,)) as sim, listen(sim, channels=()) as socket, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{sim.stream('toy_perp')}/v2/stream")
        assert refused.value.status == 404

        at = sim.milliseconds()
        for sent, code in (
            ("{", 1006),
            ("[]", 1006),
            ('{"op": "dance"}', 1000),
            ('{"op": "login", "key": "k"}', 1001),
            (f'{{"op": "login", "key": "{sim.key}", "time": {at}, "signature": "s"}}', 1002),
            ('{"op": "subscribe", "channels": ["fills"]}', 1006),
        ):
            await socket.send_str(sent)
            assert (await socket.receive_json())["error"]["code"] == code
        await socket.send_bytes(b'{"op": "ping"}')
        assert (await socket.receive_json())["op"] == "pong"
        await socket.ping(b"7")  # answered by a pong, of which aiohttp's client says nothing
        assert sim.requests == []


@pytest.mark.looptime
async def test_the_clock_wakes_peers_and_ledgers_by_itself() -> None:
    """A silent client is disconnected after a minute; the effects of a ledger's clock are pushed when they happen."""
    async with simulate("toy_swap", clock=LoopClock()) as swap:
        assert swap.stream("toy_swap") is None
        assert swap.websocket_api("toy_swap") is None
    async with Simulation((TOY_PERP,), clock=LoopClock()) as sim, listen(sim) as socket:
        began = sim.milliseconds()
        closed = await socket.receive()
        assert (closed.type, closed.data, closed.extra) == (aiohttp.WSMsgType.CLOSE, 4000, "silent for a minute")
        assert 60_000 <= sim.milliseconds() - began < 61_000


async def test_the_end_of_a_simulation_closes_its_connections() -> None:
    """A client that listens sees its connection end, and the end of the simulation does not wait for it."""
    sim = Simulation((TOY_PERP,))
    await sim.__aenter__()
    async with listen(sim) as socket:
        await sim.__aexit__(None, None, None)
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert sim.streams.connections == ()
