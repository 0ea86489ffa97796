"""Whatever fails and whoever ends it, no traceback shows a key, a signature or a secret, however it is printed."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.core.guarded_toy import TOY_GUARDED
from tests.house.printers import deep, frames, shown
from tests.house.secret_failures import FAILURES, Stand, failing

from venuekit.plugins import make_plugins

_PLUGINS = make_plugins()
#: one venue for each way of signing, and one with a passphrase and a signer of its own
SCHEMES = (*{type(_PLUGINS.venue(one).signing): one for one in _PLUGINS.venue_ids()}.values(), TOY_GUARDED.id)
#: whose frames hold URL and headers
FOREIGN = ("aiohttp", "yarl", "multidict")


def secrets(stand: Stand) -> dict[str, str]:
    """Return what nobody may see, by what it is."""
    hidden = stand.secrets | {"proxy": "secretword", "proxy's header": base64.b64encode(b"me:secretword").decode()}
    return hidden | {f"signature {number}": one for number, one in enumerate(stand.watch.signatures)}


async def failed(name: str, stand: Stand) -> BaseException:
    """Let it fail; return what its caller sees."""
    try:
        await FAILURES[name](stand)
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    pytest.fail(f"{name} did not fail")


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("venue_id", SCHEMES)
async def test_no_printer_shows_a_secret(
    venue_id: str, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No frame of an error, of what it came of or of what was suppressed holds a secret, or is the HTTP client's."""
    caplog.set_level(logging.DEBUG)
    async with failing(venue_id, tmp_path) as stand:
        error = await failed(name, stand)
        names = {frame.f_code.co_filename for frame in frames(error)}
        foreign = {one for one in names if any(f"/{package}/" in one for package in FOREIGN)}
        found = {
            (what, printer)
            for printer, text in (*shown(error).items(), ("log", caplog.text))
            for what, secret in secrets(stand).items()
            if secret in text
        }
        assert (found, foreign) == (set(), set())


@pytest.mark.parametrize("name", FAILURES)
async def test_what_nobody_retrieves_is_logged_without_a_secret(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A task whose error nobody takes is reported by the loop; the reporter finds nothing in its frames."""
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    told: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    async with failing(SCHEMES[0], tmp_path) as stand:
        task = asyncio.ensure_future(FAILURES[name](stand))
        await asyncio.wait([task])
        was_cancelled = task.cancelled()
        del task
        stand.watch.events.clear()  # observers that keep errors keep their frames
        gc.collect()
        errors = [context["exception"] for context in told if "exception" in context]
        assert was_cancelled or errors
        texts = [deep(context) for context in told]
        texts += [text for error in errors for text in shown(error).values()]
        texts += [caplog.text, *(repr(vars(record)) for record in caplog.records)]
        assert {what for text in texts for what, secret in secrets(stand).items() if secret in text} == set()
        errors.clear()
        told.clear()


#: what is shown by a run of pytest: it prints slowly
SHOWN = ("callers_timeout", "waited_for", "in_a_group", "reset", "out_of_patience", "broken_signer")
_MODULE = """
import json, os, pathlib
import pytest
from tests.house.secret_failures import FAILURES, failing

@pytest.mark.parametrize(("venue_id", "name"), [pair.split() for pair in os.environ["PAIRS"].split(",")])
async def test_it(venue_id, name, tmp_path):
    async with failing(venue_id, tmp_path / "journal") as stand:
        try:
            await FAILURES[name](stand)
        finally:
            planted = [*stand.secrets.values(), *stand.watch.signatures]
            with open(os.environ["PLANTED"], "a") as file:
                file.write(json.dumps(planted) + "\\n")
            del planted
"""


def test_pytest_shows_no_secret_with_the_variables_of_frames(tmp_path: Path) -> None:
    """
    ``pytest -l`` of a user's tests that fail prints every frame and variable, and none of them is a secret.

    Every failure is shown with one way of signing, and every way of signing with one failure.
    """
    pairs = [(SCHEMES[0], name) for name in SHOWN] + [(venue_id, SHOWN[0]) for venue_id in SCHEMES[1:]]
    module, planted = tmp_path / "test_user.py", tmp_path / "planted"
    module.write_text(_MODULE)
    environment = {
        **os.environ,
        "PLANTED": str(planted),
        "PAIRS": ",".join(f"{venue_id} {name}" for venue_id, name in pairs),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-l",
        "-vv",
        "--full-trace",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    command += ["-o", "asyncio_mode=auto", "--rootdir", str(tmp_path), str(module)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)  # noqa: S603

    hidden = {one for line in planted.read_text().splitlines() for one in json.loads(line)}
    assert f"{len(pairs)} failed" in done.stdout
    assert len(hidden) > len(SHOWN)
    assert [one[:3] for one in hidden if one in done.stdout + done.stderr] == []
