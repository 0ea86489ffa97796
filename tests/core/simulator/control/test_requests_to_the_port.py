"""The control port takes JSON objects from this machine's own programs, and refuses everything else in one sentence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from venuekit.errors import ConfigurationError
from venuekit.simulator import simulate
from venuekit.simulator.control import COMMANDS, ControlServer

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body is no JSON: "),
        (b"price=1", "the body is no JSON: "),
        (b"\xff\xfe", "the body is no JSON: "),
        (b'{"seconds": NaN}', "the body is no JSON: NaN is no JSON"),
        (b'{"seconds": 1, "seconds": 2}', "the body is no JSON: 'seconds' is given twice"),
        (b"[" * 100_000, "the body is no JSON: "),
        (b"[1]", "the body is no JSON object; expected the fields of the command"),
        (b"7", "the body is no JSON object"),
        (b" " * 2_000_000, "the body is longer than 1 MiB"),
        (b"{}", "seconds: it is missing; expected a number in plain digits"),
        (b'{"seconds": 1, "minutes": 1}', "minutes: there is no such field; there are seconds"),
        (b'{"seconds": "1e5"}', "seconds: expected a number in plain digits from -86400 to 86400, not '1e5'"),
        (
            b'{"seconds": 1e999999999}',
            "seconds: expected a number in plain digits from -86400 to 86400, not '1E+999999999'",
        ),
        (b'{"seconds": 1e99999999999999999999}', "the body is no JSON: the number 1e99999999999999999999 is too large"),
        (b'{"seconds": true}', "seconds: expected a number in plain digits from -86400 to 86400, not True"),
        (b'{"seconds": null}', "seconds: expected a number in plain digits from -86400 to 86400, not None"),
    ],
    ids=range(16),
)
async def test_a_body_that_is_no_object_of_fields(stand: Any, body: bytes, words: str) -> None:
    """Status 400 with one sentence, and the clock that it is about does not move."""
    before = dict(stand.sim._offsets)
    told = await stand.send("POST", "/skew", body, JSON)

    assert (told.status, stand.sim._offsets) == (400, before)
    assert told.error.startswith(words)


async def test_a_body_that_is_not_encoded_as_its_header_says(stand: Any) -> None:
    """Status 400 with one sentence."""
    told = await stand.send("POST", "/skew", b'{"seconds": 1}', {**JSON, "Content-Encoding": "gzip"})

    assert (told.status, told.error) == (400, "the body is not encoded as its headers say")


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 400, "the Content-Type is missing; expected application/json"),
        ({"Content-Type": "text/plain"}, 400, "the Content-Type is text/plain; expected application/json"),
        ({**JSON, "Host": "evil.example"}, 403, "the Host header is 'evil.example', which is not 127.0.0.1:"),
        ({**JSON, "Host": "127.0.0.1:1"}, 403, "the Host header is '127.0.0.1:1', which is not 127.0.0.1:"),
        ({**JSON, "Host": "localhost"}, 403, "the Host header is 'localhost'"),
        ({**JSON, "Origin": "https://evil.example"}, 403, "the Origin header is 'https://evil.example': pages"),
        ({**JSON, "Origin": "null"}, 403, "the Origin header is 'null': pages of other sites"),
    ],
)
async def test_headers_of_another_site(stand: Any, headers: dict[str, str], status: int, words: str) -> None:
    """A page that a browser shows cannot reach the port, by a name bound to loopback or by a form."""
    told = await stand.send("POST", "/skew", b'{"seconds": 1}', headers)

    assert (told.status, [*stand.sim._offsets.values()]) == (status, [0])
    assert told.error.startswith(words)


async def test_names_of_this_machine(stand: Any) -> None:
    """Both names of loopback are the port's own, as Host and as Origin."""
    for name in ("127.0.0.1", "localhost", "LocalHost"):
        place = f"{name}:{stand.control.port}"
        told = await stand.send(
            "POST", "/skew", b'{"seconds": 0}', {**JSON, "Host": place, "Origin": f"http://{place}"}
        )
        assert told.status == 200


async def test_a_request_without_a_host(stand: Any) -> None:
    """A request that names no host at all is refused, too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stand.control.port)
    writer.write(b"GET /openapi.json HTTP/1.0\r\n\r\n")
    status = await reader.readline()
    writer.close()

    assert b" 403 " in status


async def test_unknown_commands_and_verbs(stand: Any) -> None:
    """An unknown command is answered with the nearest one, a wrong verb with the right one."""
    unknown, far, verb = [await stand.send(*one) for one in (("POST", "/markk"), ("POST", "/"), ("GET", "/mark"))]

    assert (unknown.status, unknown.error) == (404, "there is no command 'markk'; did you mean mark?")
    assert (far.status, far.error.startswith("there is no command ''; there are mark, ")) == (404, True)
    assert (verb.status, verb.error) == (405, "mark is a command: POST /mark, not GET")


async def test_the_overview(stand: Any) -> None:
    """The root lists every command with its sentence."""
    told = await stand.send("GET", "/")

    assert told.json["commands"] == {name: command.title for name, command in COMMANDS.items()}


async def test_the_openapi_document(stand: Any) -> None:
    """It is valid OpenAPI, and has each command with each of its fields."""
    document = (await stand.send("GET", "/openapi.json")).json
    OpenAPIV31SpecValidator(document).validate()
    bodies = {
        path: operations["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, operations in document["paths"].items()
    }

    assert document["servers"] == [{"url": stand.control.url}]
    assert {f"/{name}": [one.name for one in command.fields] for name, command in COMMANDS.items()} == {
        path: list(schema["properties"]) for path, schema in bodies.items()
    }
    assert all(schema["additionalProperties"] is False for schema in bodies.values())
    assert bodies["/mark"]["required"] == ["symbol", "price"]
    assert bodies["/lag"]["properties"]["reads"]["minimum"] == 1
    assert bodies["/fill"]["properties"]["side"]["enum"] == ["buy", "sell"]


async def test_a_port_that_is_taken(stand: Any) -> None:
    """The error names the port and the way out, and the port goes on."""
    with pytest.raises(ConfigurationError, match=f"cannot listen on port {stand.control.port} .*--control=0 takes"):
        async with ControlServer(stand.sim, port=stand.control.port):
            pass

    assert (await stand.tell("clear", what="script")).json == {"cleared": "script"}


async def test_a_closed_port() -> None:
    """Once closed, nothing listens, and it has no port."""
    async with simulate("toy_perp") as sim:
        async with ControlServer(sim, port=0) as control:
            port = control.port
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    assert (port > 0, control.port) == (True, 0)


async def test_the_same_commands_give_the_same_bytes() -> None:
    """Two simulations of one seed and clock, told the same, answer alike to the byte."""
    from venuekit.testing import InstantClock

    async def play() -> list[str]:
        answers = []
        async with simulate("toy_perp", seed=3, clock=InstantClock()) as sim:
            for name, fields in (
                ("mark", {"symbol": "TOYUSD", "price": "110"}),
                ("fund", {"symbol": "TOYUSD", "rate": "0.001"}),
                ("fill", {"symbol": "GEMUSD", "side": "sell", "quantity": 3}),
                ("show", {"what": "positions"}),
                ("show", {"what": "orders"}),
            ):
                answers.append(json.dumps(COMMANDS[name].run(sim, fields)))
        return answers

    assert await play() == await play()
