"""What an answer may weigh: more is a lost answer that names the limit, and costs no more memory than the limit."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import tracemalloc
import zlib
from typing import Any

import attrs
import pytest
from tests.core.pipeline.raw_server import Peer, answer, raw_server

from venuekit import errors
from venuekit.errors import AnswerLost
from venuekit.message import ANSWER_LIMIT, HttpRequest
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.simulator import CannedAnswer, Rewrite
from venuekit_toy_perp.endpoints import TOY

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = 1024 * 1024


async def lost(data: bytes, again: bytes = b"", *, limit: int = ANSWER_LIMIT) -> str:
    """Ask a server that answers with some bytes, then with others for ever; return what the lost answer says."""

    async def serve(peer: Peer, _: int) -> None:
        await peer.request()
        await peer.write(data)
        while again:
            await peer.write(again)
            await asyncio.sleep(0)
        await asyncio.sleep(3600)

    transport = AiohttpTransport()
    try:
        async with raw_server(serve) as server:
            with pytest.raises(AnswerLost) as caught:
                await transport.send(HttpRequest("POST", f"{server.url}/a", {}, None, limit))
    finally:
        await transport.aclose()
    return str(caught.value)


@pytest.mark.parametrize(
    "head",
    [OK + b"\r\n", OK + b"Content-Length: 99999999999\r\n\r\n", CHUNKED],
    ids=["without a length", "of a length", "in chunks"],
)
async def test_a_body_without_end_stops_at_the_limit(head: bytes) -> None:
    """Whatever way a body is delimited, reading ends a little behind its limit."""
    part = b"x" * 65536
    again = b"%x\r\n%s\r\n" % (len(part), part) if head is CHUNKED else part

    assert f"answer_limit is {ANSWER_LIMIT} bytes" in await lost(head, again)


def compressors() -> dict[str, Any]:
    """Return what compresses, by the name it has in an answer; two of them where their packages are there."""
    found: dict[str, Any] = {"gzip": gzip.compress, "deflate": zlib.compress}
    for name, module in {"br": "brotli", "zstd": "backports.zstd"}.items():
        parent = module.rpartition(".")[0]  # a namespace that other packages may be in
        if (not parent or importlib.util.find_spec(parent)) and importlib.util.find_spec(module):
            found[name] = importlib.import_module(module).compress
    return found


@pytest.mark.parametrize("encoding", compressors())
async def test_a_bomb_is_stopped_while_it_is_decompressed(encoding: str) -> None:
    """An answer that becomes 200 MB takes a few MB of memory, and is lost."""
    body = compressors()[encoding](b"\0" * (200 * MEGABYTE))
    tracemalloc.start()
    try:
        said = await lost(answer(body, f"Content-Encoding: {encoding}"))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert f"answer_limit is {ANSWER_LIMIT} bytes" in said
    assert most < 4 * ANSWER_LIMIT


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
async def test_an_answer_of_exactly_the_limit_is_read(encoding: str | None) -> None:
    """The limit itself is allowed, one byte more is not; it counts what is decompressed."""
    headers = [f"Content-Encoding: {encoding}"] if encoding else []
    compress = compressors().get(encoding or "", bytes)

    async def serve(peer: Peer, _: int) -> None:
        await peer.request()
        await peer.write(answer(compress(b"7" * 1000), *headers))

    transport = AiohttpTransport()
    async with raw_server(serve) as server:
        response = await transport.send(HttpRequest("GET", f"{server.url}/a", {}, None, 1000))
        with pytest.raises(AnswerLost, match="answer_limit is 999 bytes"):
            await transport.send(HttpRequest("GET", f"{server.url}/a", {}, None, 999))
    await transport.aclose()
    assert response.body == b"7" * 1000


@pytest.mark.parametrize(
    ("data", "again", "limit"),
    [
        (OK, b"X-A: b\r\n", "headers_limit is 128 headers"),
        (OK + b"X-A: ", b"b" * 999, "header_limit is 8190 bytes"),
        (OK, b"b" * 999, "header_limit is 8190 bytes"),
        (b"HTTP/1.1 200 ", b"O" * 999, "header_limit is 8190 bytes"),
        (OK + b"X-A: " + b"9" * 9000 + b"\r\n\r\n", b"", "header_limit is 8190 bytes"),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-A: b\r\n", "headers_limit is 128 headers"),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX-A: ", b"b" * 999, "header_limit is 8190 bytes"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", "interim_limit is 8 answers"),
    ],
    ids=["headers", "value", "name", "reason", "number", "trailers", "trailer", "interim"],
)
async def test_heads_without_end_stop_at_their_limit(data: bytes, again: bytes, limit: str) -> None:
    """Headers, their size, the status line, what follows a body and what precedes it: all end, and say at what."""
    assert limit in await lost(data, again)


async def test_a_number_of_thousands_of_digits_is_no_foreign_exception(stage: Any) -> None:
    """Headers that are read as numbers may be of any length that a header may have."""
    name = stage.account.venue.limits[0].used_header or stage.account.venue.limits[0].remaining_header
    headers = {name: "9" * 8000, "Retry-After": "9" * 8000}
    stage.sim.disturb("toy_perp", TOY.POSITIONS, CannedAnswer.json(200, {"positions": []}, headers, applied=True))
    await stage.account.call(TOY.POSITIONS)
    stage.sim.disturb("toy_perp", TOY.POSITIONS, CannedAnswer(429, b"{}", headers))
    with pytest.raises(errors.VenueError):
        await stage.account.with_options(max_wait=0).call(TOY.POSITIONS)


async def test_a_bomb_for_an_answer_to_a_write_is_resolved(stage: Any) -> None:
    """A write whose answer is too heavy is found by reading, like any other lost one."""
    heavy = b" " * (ANSWER_LIMIT + 1)
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Rewrite(lambda _: heavy))
    change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert change.changed is None


async def test_an_endpoint_declares_what_its_answer_may_weigh(stage: Any) -> None:
    """More, or less, than usual where the endpoint says so."""
    with pytest.raises(errors.AnswerLost, match="answer_limit is 3 bytes"):
        await stage.account.with_options(max_wait=0).call(attrs.evolve(TOY.POSITIONS, answer_limit=3))
    stage.sim.disturb("toy_perp", TOY.POSITIONS, Rewrite(lambda body: body + b" " * ANSWER_LIMIT))
    await stage.account.call(attrs.evolve(TOY.POSITIONS, answer_limit=2 * ANSWER_LIMIT))


async def test_json_that_is_nested_too_deeply_is_a_lost_answer(stage: Any) -> None:
    """Depth has a limit of its own: a write is resolved, a read says so."""
    deep = b"[" * 100_000 + b"]" * 100_000
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Rewrite(lambda _: deep))
    change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    assert change.changed is None

    stage.sim.disturb("toy_perp", TOY.POSITIONS, Rewrite(lambda _: deep), times=9)
    with pytest.raises(errors.AnswerLost, match=r"depth_limit is \d+ levels"):
        await stage.account.with_options(max_wait=0).call(TOY.POSITIONS)
