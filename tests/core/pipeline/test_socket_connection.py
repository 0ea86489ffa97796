"""One connection to a WebSocket API: answers by id, losses, and callers that leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.core.pipeline.socket_form import API, Server, connected, text_of

from venuekit.errors import AnswerLost, NeverSent
from venuekit.pipeline.open_socket import End
from venuekit.pipeline.patience import Patience


async def test_many_requests_are_answered_by_their_ids() -> None:
    """Answers may come in any order; each goes to the request whose id it carries."""
    server = Server()
    async with connected(server) as connection:
        asking = [asyncio.create_task(connection.ask({"number": number})) for number in range(20)]
        asked = [await server.receive() for _ in asking]
        for message in reversed(asked):
            await server.answer(message, {"was": message["number"]})
        responses = await asyncio.gather(*asking)

    assert [json.loads(one.body)["was"] for one in responses] == [*range(20)]
    assert len({message["id"] for message in asked}) == 20


async def test_the_result_is_handed_on_as_it_came() -> None:
    """The body is the very text of the result: nothing parses and writes it again."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        await server.send_text(f'{{"id":"{message["id"]}","status":200,"result":{{"a" : 1.10,"b":[]}}}}')

        assert (await asking).body == b'{"a" : 1.10,"b":[]}'


async def test_an_answer_without_a_request_is_a_stray() -> None:
    """An unknown id, and an answer that comes twice, are counted; requests in flight keep their own answers."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        await server.send_text('{"id":"99","status":200,"result":{}}')
        await server.answer(message, {"own": True})
        await server.answer(message, {"own": False})
        response = await asking
        await server.settle(connection, 3)

        assert json.loads(response.body) == {"own": True}
        assert (connection.strays, connection.end) == (2, None)


async def test_the_late_answer_of_a_caller_who_left_is_no_stray() -> None:
    """A cancelled request leaves nothing behind, and its answer is dropped."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await server.answer(message, {})
        await server.settle(connection, 1)

        assert (connection.strays, connection._waiting, connection._dropped) == (0, {}, set())


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("<html>", "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"id":"1"', "no JSON object"),
        ('{"a":' * 3000, "no JSON object"),
        ('{"id":null,"status":401,"error":{"code":-2015,"msg":"gone"}}', 'without an id: {"status":401,"error"'),
        ('{"status":401}', "without an id"),
        ("x" * 20_000, "larger than the limit of 16384 bytes"),
    ],
)
async def test_a_message_that_is_no_answer_ends_the_connection(frame: str, words: str) -> None:
    """Every request in flight has lost its answer, for that reason, and no further one is sent."""
    server = Server()
    async with connected(server) as connection:
        asking = [asyncio.create_task(connection.ask({})) for _ in range(3)]
        for _ in asking:
            await server.receive()
        await server.send_text(frame)

        for one in asking:
            with pytest.raises(AnswerLost, match=words):
                await one
        with pytest.raises(NeverSent, match=words):
            await connection.ask({})


async def test_an_answer_in_another_form_is_lost_alone() -> None:
    """The reader of a venue's form fails on it: that request has no answer, and the connection goes on."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        await server.send_text(json.dumps({"id": message["id"], "state": 1}))
        with pytest.raises(AnswerLost, match="not the venue's form"):
            await asking

        assert connection.end is None


async def test_a_lost_connection_loses_every_answer() -> None:
    """A connection that breaks off with requests in flight leaves each of them without an answer."""
    server = Server()
    async with connected(server) as connection:
        asking = [asyncio.create_task(connection.ask({})) for _ in range(3)]
        for _ in asking:
            await server.receive()
        server.break_off()

        for one in asking:
            with pytest.raises(AnswerLost, match="broke off"):
                await one


async def test_nothing_is_written_to_a_connection_that_is_closing() -> None:
    """That is known before the reader has met the end: the request was never sent."""
    server = Server()
    async with connected(server) as connection:
        socket: Any = connection.socket
        socket._socket._writer.transport.close()

        with pytest.raises(NeverSent, match="before anything was sent"):
            await connection.ask({})


async def test_a_request_that_no_json_can_hold_was_never_sent() -> None:
    """It fails before a byte of it is written."""
    async with connected(Server()) as connection:
        with pytest.raises(NeverSent):
            await connection.ask({"odd": object()})


async def test_a_write_that_fails_may_have_left() -> None:
    """Once writing has begun, the answer counts as lost."""
    server = Server()
    async with connected(server) as connection:
        connection.socket = _Broken(connection.socket)

        with pytest.raises(AnswerLost, match="reset"):
            await connection.ask({})


class _Broken:
    """A socket that can be written to, and fails while it is."""

    is_closing = False

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def write(self, data: bytes) -> None:
        raise ConnectionResetError("reset by peer")

    async def ping(self) -> None:
        raise ConnectionResetError("reset by peer")

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        raise ConnectionResetError("reset by peer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


async def test_a_read_that_fails_ends_the_connection() -> None:
    """Whatever the operating system reports, the requests in flight have lost their answers."""
    async with connected(Server()) as connection:
        connection.socket = _Broken(connection.socket)
        await connection._read()

        assert connection.end == "the connection broke off: ConnectionResetError"


async def test_an_answer_that_comes_as_its_caller_leaves_is_dropped() -> None:
    """The caller was cancelled, and has not run since."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        asking.cancel()
        connection._take(json.dumps({"id": message["id"], "status": 200, "result": {}}).encode())
        with pytest.raises(asyncio.CancelledError):
            await asking

        assert (connection.strays, connection._waiting, connection._dropped) == (0, {}, set())


async def test_a_ping_that_cannot_be_written_ends_the_connection() -> None:
    """A connection that is gone is not kept."""
    async with connected(Server()) as connection:
        connection.socket = _Broken(connection.socket)
        await connection.ping()

        assert connection.end == "the connection broke off"


@pytest.mark.looptime
async def test_an_answer_that_never_comes_is_lost_in_time() -> None:
    """Where no frame came since, the connection is dead, and every other request has lost its answer as well."""
    server = Server()
    async with connected(server, patience=Patience(0.3)) as connection:
        first = asyncio.create_task(connection.ask({}))
        await server.receive()
        await asyncio.sleep(0.35)
        second = asyncio.create_task(connection.ask({}))

        with pytest.raises(AnswerLost, match=r"no answer within 0\.3 s"):
            await first
        with pytest.raises(AnswerLost, match=r"no frame came within 0\.3 s"):
            await second


async def test_a_slow_answer_does_not_end_a_connection_that_lives() -> None:
    """Another frame came meanwhile: only the one request has lost its answer, which is dropped when it comes."""
    server = Server()
    async with connected(server, patience=Patience(0.3)) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        await server.send_text('{"id":"99","status":200,"result":{}}')
        with pytest.raises(AnswerLost, match=r"no answer within 0\.3 s"):
            await asking
        await server.answer(message, {})
        await server.settle(connection, 2)

        assert (connection.end, connection.strays) == (None, 1)


async def test_a_retired_connection_ends_when_its_requests_are_answered() -> None:
    """It takes its answers to the end, and then tells that it has ended."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        message = await server.receive()
        connection.retire()
        assert connection.end is None
        await server.answer(message, {})
        await asking

        assert connection.end == "the connection was replaced"


async def test_a_retired_connection_without_requests_ends_at_once() -> None:
    """Nothing is waited for."""
    async with connected(Server()) as connection:
        connection.retire()
        connection.finish("again")

        assert connection.end == "the connection was replaced"


async def test_a_logon_without_an_id_is_answered_by_a_notice() -> None:
    """One that comes without a logon is no news, nor is a sign of life."""
    server = Server()
    async with connected(server, api=text_of(API)) as connection:
        await server.send_text('{"op":"auth","status":200,"result":{}}')
        await server.send_text('{"op":"pong"}')
        await server.settle(connection, 2)
        asking = asyncio.create_task(connection.log_on({"op": "auth"}))
        assert "id" not in await server.receive()
        await server.send_text('{"op":"auth","status":200,"result":{"in":true}}')

        assert (await asking).body == b'{"in":true}'
        await connection.ping()
        assert await server.receive() == {"op": "ping"}


async def test_a_logon_under_way_is_lost_with_its_connection() -> None:
    """It ends as any request does."""
    server = Server()
    async with connected(server, api=text_of(API)) as connection:
        asking = asyncio.create_task(connection.log_on({"op": "auth"}))
        await server.receive()
        server.break_off()

        with pytest.raises(AnswerLost, match="broke off"):
            await asking


async def test_a_request_is_sent_from_within_a_task() -> None:
    """Patience cancels tasks, and needs one."""
    async with connected(Server()) as connection:
        sending = connection.ask({})
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def step() -> None:
            try:
                sending.send(None)
            except RuntimeError as error:
                failed.set_exception(error)

        asyncio.get_running_loop().call_soon(step)
        with pytest.raises(RuntimeError, match="within a task"):
            await failed


async def test_the_end_of_the_loop_is_no_answer() -> None:
    """What is no error of ours passes as it is, without the frames that it comes from."""
    server = Server()
    async with connected(server) as connection:
        asking = asyncio.create_task(connection.ask({}))
        await server.receive()
        (answer,) = connection._waiting.values()
        answer.set_exception(_Stop())

        with pytest.raises(_Stop):
            await asking


class _Stop(BaseException):
    """Ends a program."""
