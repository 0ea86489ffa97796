"""docs/simulator_control.md is true: its commands run against a served simulation, its requests get its answers."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from venuekit.cli import main
from venuekit.simulator.control import COMMANDS, DEFAULT_PORT


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    """A simulation in another process, as the page starts it but for the port."""
    words = [sys.executable, "-m", "venuekit", "sim", "--control=0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["control"]
        process.terminate()


def test_the_commands_run_as_written(
    control_page: Any, control: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command of the block for another terminal succeeds, in this order."""
    monkeypatch.setenv("VENUEKIT_SIM_CONTROL", control)
    lines = control_page.in_language("sh")[2].code.splitlines()
    for line in lines:
        program, *words = shlex.split(line)
        assert (program, main(words)) == ("venuekit", 0), (line, capsys.readouterr())

    assert len({shlex.split(line)[2] for line in lines}) > 8


def test_the_start_is_the_one_that_the_commands_expect(control_page: Any) -> None:
    """The port without a number is the one that the page names."""
    assert control_page.in_language("sh")[0].code == "venuekit sim --control --write-accounts accounts.toml\n"
    assert f"`--control` takes port {DEFAULT_PORT}" in control_page.text


def test_the_requests_get_their_answers(control_page: Any, control: str) -> None:
    """Each request of the page is answered by the block below it."""
    requests = control_page.in_language("http")
    for request, answer in zip(requests, control_page.in_language("json"), strict=True):
        head, _, body = request.code.partition("\n\n")
        start, header = head.splitlines()
        verb, path = start.split()
        name, value = header.split(": ")
        sent = Request(f"{control}{path}", body.encode(), {name: value}, method=verb)  # noqa: S310 - loopback
        assert _send(sent) == json.loads(answer.code)

    assert len(requests) == 2


def _send(request: Request) -> Any:
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return json.load(answer)
    except HTTPError as error:
        with error:
            return json.load(error)


def test_every_command_is_told(control_page: Any) -> None:
    """The table has each command that there is."""
    table = [line.split("|")[1] for line in control_page.text.splitlines() if line.startswith("| `")]
    told = {word.strip("`") for cell in table for word in cell.strip().split(", ")}

    assert set(COMMANDS) <= told


def test_the_python_of_the_page(control_page: Any, tmp_path: Path) -> None:
    """The first block runs by itself; the second is a test that passes."""
    program, test = control_page.in_language("python")
    for name, block in (("program.py", program), ("test_page.py", test)):
        (tmp_path / name).write_text(block.code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    for words in (["program.py"], ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]):
        done = subprocess.run(  # noqa: S603 - our own documentation
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_short(control_page: Any) -> None:
    """The page is read in one go."""
    assert len(control_page.text.splitlines()) < 200
