"""Answers that nobody asked for."""

from __future__ import annotations

import asyncio

import pytest

import venuekit
from venuekit.simulator import Disturbance, Twice, Unasked

TIME = ("GET", "/v1/time")


async def exchange(port: int) -> list[bytes]:
    """Ask for the time on a bare connection, and return the bodies of everything that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /toy_perp/v1/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await writer.drain()
    answers = await reader.read()
    writer.close()
    parts = answers.split(b"HTTP/1.1 200 ")[1:]
    return [part.partition(b"\r\n\r\n")[2] for part in parts]


@pytest.mark.parametrize(
    ("disturbance", "stray"),
    [(Unasked.json({"stray": 1}), 1), (Unasked.json({"stray": 1}, first=True), 0)],
    ids=["behind", "first"],
)
async def test_unasked_answer_stands_beside_the_real_one(disturbance: Disturbance, stray: int) -> None:
    """It is a whole response on the same connection."""
    async with venuekit.simulate("toy_perp") as sim:
        sim.disturb("toy_perp", TIME, disturbance)
        answers = await exchange(sim.port)
    assert len(answers) == 2
    assert answers[stray] == b'{"stray":1}'


async def test_answer_that_is_sent_twice_is_the_same_both_times() -> None:
    """The request was carried out once."""
    async with venuekit.simulate("toy_perp") as sim:
        sim.disturb("toy_perp", TIME, Twice())
        first, second = await exchange(sim.port)
        assert first == second
        assert len(sim.requests) == 1
