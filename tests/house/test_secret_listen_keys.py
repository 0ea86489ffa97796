"""A listen key opens the stream of an account: neither its answer, however broken, nor an error about it shows it."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.house.printers import shown

from venuekit import Runtime, Secret, errors
from venuekit.endpoint import Effect
from venuekit.plugin import ListenKeySession
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, Cut, Rewrite, Simulation, Truncate
from venuekit.testing import InstantClock, Watch, plugins_with


def _troubles(key: str) -> tuple[Any, ...]:
    """Return answers that hold a key and cannot be read as one, and refusals that repeat it."""
    return (
        Truncate(1),
        Truncate(20),
        Cut(1),
        Rewrite(lambda body: body.replace(b'":"', b'": ["').replace(b'"}', b'"]}')),
        Rewrite(lambda body: body.replace(b'"listenKey"', b'"listenKey": 7, "key"')),
        Rewrite(lambda body: b"[" + body + b"]"),
        CannedAnswer(200, f"<html>{key}</html>".encode()),
        CannedAnswer.json(400, {"code": -1125, "msg": f"This listenKey {key} does not exist"}),
    )


@pytest.mark.parametrize("venue_id", ["binance_usdm", "binance_coinm"])
async def test_a_listen_key_is_shown_nowhere(venue_id: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is a Secret when it is read, and in no text, variable, log line, event or journal otherwise."""
    caplog.set_level(logging.DEBUG)
    watch, clock, venue = Watch(), InstantClock(), make_plugins().venue(venue_id)
    start, prolong = (
        one
        for verb in ("POST", "PUT")
        for one in venue.endpoints
        if one.verb == verb and one.effect is Effect.SESSION
        if one.path.endswith("/listenKey")
    )
    async with (
        Simulation((venue,), clock=clock) as sim,
        Runtime(plugins=plugins_with(watch), clock=clock, journal=tmp_path) as runtime,
    ):
        account = await runtime.open(venue, sim.credentials(venue_id), keep_raw=True)
        found = await account.call(start)
        assert isinstance(found, Secret)
        answer = await account.answer(start)
        assert (answer.value, answer.raw) == (found, None)
        key, texts = found.reveal(), {"value": f"{found!r} {found} {answer!r} {attrs.asdict(answer)}"}
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(answer)
        del found, answer
        for number, trouble in enumerate(_troubles(key)):
            for endpoint in (start, prolong):
                sim.disturb(venue_id, endpoint, trouble, times=9)
                error = await _failure(account, endpoint)
                sim.script.clear()
                if error is not None:
                    texts |= {f"{number} {endpoint}, {name}": text for name, text in shown(error).items()}
        texts["events"] = " ".join(f"{one!r} {one.error!s} {vars(one.error or object)!r}" for one in watch.events)
        texts["journal"] = _written(tmp_path)
        texts["log"] = caplog.text + repr([vars(record) for record in caplog.records])

    assert len(texts) > 40
    assert {name for name, text in texts.items() if key in text or key[:20] in text} == set()


@pytest.mark.parametrize("venue_id", ["binance_usdm", "binance_coinm"])
async def test_a_refused_handshake_that_repeats_the_key_does_not_show_it(
    venue_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The venue's words are there without it, and nothing that the error refers to has it."""
    caplog.set_level(logging.DEBUG)
    venue = make_plugins().venue(venue_id)
    assert venue.stream is not None
    assert isinstance(venue.stream.session, ListenKeySession)
    astray = attrs.evolve(venue.stream.session, path="/nowhere?listenKey={key}", paths={})
    venue = attrs.evolve(venue, stream=attrs.evolve(venue.stream, session=astray))
    async with Simulation((venue,)) as sim, Runtime(journal=False) as runtime:
        account: Any = await runtime.open(venue, sim.credentials(venue_id))
        error = await _refused(account)
        key = (await account.start_listen_key()).key.reveal()

    assert "Path /nowhere" in str(error)
    texts = shown(error) | {"log": caplog.text}
    assert {name for name, text in texts.items() if key in text} == set()


async def _refused(account: Any) -> errors.VenuekitError:
    with pytest.raises(errors.VenueError) as refusal:
        await account.events().__aenter__()
    return refusal.value


def _written(directory: Path) -> str:
    return " ".join(path.read_text() for path in directory.iterdir())


async def _failure(account: Any, endpoint: Any) -> errors.VenuekitError | None:
    """Call, and return the error; this frame holds no key."""
    try:
        await account.with_options(max_wait=0).call(endpoint)
    except errors.VenuekitError as error:
        return error
    return None
