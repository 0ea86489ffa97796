"""Whatever fails over a WebSocket API, neither the error nor anything else shows a key, a signature or a frame."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.house.printers import deep, frames, shown
from tests.house.secret_socket_failures import LOGON_FAILURES, SOCKET_FAILURES, Failure, SocketStand, failing_socket
from tests.house.secret_sockets import SOCKETS

from venuekit.plugin import KeyKind

#: whose frames hold URL, headers and messages
FOREIGN = ("aiohttp", "yarl", "multidict")
CASES = [
    pytest.param(venue_id, kind, fail, id=f"{venue_id}-{kind}-{name}")
    for venue_id, kind in SOCKETS
    for name, fail in (SOCKET_FAILURES | (LOGON_FAILURES if (venue_id, kind) in SOCKETS[2:] else {})).items()
]


async def failed(fail: Failure, stand: SocketStand) -> BaseException:
    """Let it fail; return what its caller sees."""
    try:
        await fail(stand)
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    pytest.fail("it did not fail")


def seen(stand: SocketStand, caplog: pytest.LogCaptureFixture, journal: Path) -> dict[str, str]:
    """Return what others than the caller see."""
    session: Any = stand.account._session
    link = session.wire.link
    events = stand.watch.events
    objects = (stand.account, session, session.wire, link, link._current, link._open, stand.account.unresolved)
    return {
        "log": caplog.text + "".join(repr(vars(record)) for record in caplog.records),
        "events": " ".join(f"{one!r} {one.error} {vars(one.error or object)!r}" for one in events),
        "objects": " ".join(map(repr, objects)),
        "journal": "".join(path.read_text() for path in journal.iterdir()) if journal.exists() else "",
    }


@pytest.mark.parametrize(("venue_id", "kind", "fail"), CASES)
async def test_no_failure_over_a_socket_shows_a_secret(
    venue_id: str, kind: KeyKind, fail: Failure, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No frame of an error, no log, event, object or line of the journal holds a secret; no frame is the client's."""
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with failing_socket(venue_id, kind, tmp_path / "journal") as stand:
        error = await failed(fail, stand)
        names = {frame.f_code.co_filename for frame in frames(error)}
        foreign = {one for one in names if any(f"/{package}/" in one for package in FOREIGN)}
        texts = shown(error) | seen(stand, caplog, tmp_path / "journal")
        found = {
            (what, printer)
            for printer, text in texts.items()
            for what, secret in stand.secrets.items()
            if secret in text
        }
        assert (found, foreign) == (set(), set())
        assert stand.watch.events


@pytest.mark.parametrize("name", [*SOCKET_FAILURES, *LOGON_FAILURES])
async def test_what_nobody_retrieves_is_logged_without_a_secret(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A task whose error nobody takes is reported by the loop; the reporter finds nothing in its frames."""
    caplog.set_level(logging.DEBUG)
    told: list[dict[str, Any]] = []
    venue_id, kind = SOCKETS[2]
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with failing_socket(venue_id, kind, tmp_path / "journal") as stand:
        task = asyncio.ensure_future((SOCKET_FAILURES | LOGON_FAILURES)[name](stand))
        await asyncio.wait([task])
        was_cancelled = task.cancelled()
        del task
        stand.watch.events.clear()  # observers that keep errors keep their frames
        gc.collect()
        errors = [context["exception"] for context in told if "exception" in context]
        assert was_cancelled or errors
        texts = [*map(deep, told), *(text for error in errors for text in shown(error).values()), caplog.text]
        assert {what for text in texts for what, secret in stand.secrets.items() if secret in text} == set()
        errors.clear()
        told.clear()
