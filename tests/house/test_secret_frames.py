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
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import pytest
import rich.pretty
import rich.traceback
from rich.pretty import Node
from rich.pretty import _is_attr_object as is_attr_object
from rich.pretty import traverse as rich_traverse
from tests.core.guarded_toy import TOY_GUARDED
from tests.house.secret_failures import FAILURES, Stand, failing

from venuekit.endpoint import Endpoint
from venuekit.message import HttpResponse
from venuekit.plugins import make_plugins
from venuekit.venue import Venue

_PLUGINS = make_plugins()
#: one venue for each way of signing, and one with a passphrase and a signer of its own
SCHEMES = (*{type(_PLUGINS.venue(one).signing): one for one in _PLUGINS.venue_ids()}.values(), TOY_GUARDED.id)
#: whose frames hold URL and headers
FOREIGN = ("aiohttp", "yarl", "multidict")
#: how deep a reporter of errors goes into variables
DEPTH = 4


def related(error: BaseException) -> Iterator[BaseException]:
    """Everything an error came of, what was suppressed included, and what is in it."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += (one.__cause__, one.__context__)
            if isinstance(one, BaseExceptionGroup):
                waiting += one.exceptions


def frames(error: BaseException) -> Iterator[FrameType]:
    """Every frame of every traceback that an error leads to."""
    for one in related(error):
        yield from (frame for frame, _ in traceback.walk_tb(one.__traceback__))


def deep(value: object, depth: int = DEPTH) -> str:
    """Return a value as a reporter sees it that takes containers apart and asks everything else for its repr."""
    if isinstance(value, HttpResponse):
        return repr(value)  # a venue's own words; should it repeat a key, it is where they are
    if depth and isinstance(value, dict):
        return " ".join(f"{key!r}={deep(one, depth - 1)}" for key, one in value.items())
    if depth and isinstance(value, list | tuple | set | frozenset):
        return " ".join(deep(one, depth - 1) for one in value)
    return repr(value)


def rich_variables(error: BaseException) -> str:
    """Return the variables of all frames as rich prints them; each value once, however many frames have it."""
    nodes: dict[int, tuple[object, Node]] = {}  # with the values, so that no id is that of another one

    def traverse(value: object, **options: Any) -> Node:
        if id(value) not in nodes:
            nodes[id(value)] = value, rich_traverse(value, **options)
        return nodes[id(value)][1]

    def is_taken_apart(value: Any) -> bool:
        # declarations are older than every key
        return not isinstance(value, Venue | Endpoint) and is_attr_object(value)

    with (
        mock.patch.object(rich.pretty, "traverse", traverse),
        mock.patch.object(rich.pretty, "_is_attr_object", is_taken_apart),
    ):
        extracted = rich.traceback.Traceback.extract(
            type(error),
            error,
            error.__traceback__,
            show_locals=True,
            locals_max_length=None,  # type: ignore[arg-type]  # as its own documentation says
            locals_max_string=None,  # type: ignore[arg-type]
        )
    names = {name for stack in extracted.stacks for frame in stack.frames for name in frame.locals or {}}
    return "\n".join((*names, *(str(node) for _, node in nodes.values())))


def shown(error: BaseException) -> dict[str, str]:
    """Return an error as each printer prints it."""
    return {
        "traceback": "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()),
        "rich": rich_variables(error),
        "reporter": "\n".join(deep(dict(frame.f_locals)) for frame in frames(error)),
        "texts": " ".join(f"{one} {one!r} {one.args!r} {vars(one)!r}" for one in related(error)),
    }


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
