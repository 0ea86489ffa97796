"""Standard streams that are closed, full, gone or cannot encode: a command ends right, or with one clear line."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit.simulator import Delay, SecondActor
from venuekit.simulator.serve import write_accounts_file

TARGET = "[accounts.toy_perp.symbols.GEMUSD]\nleverage = 15\n"
COMMANDS = [
    ["--help"],
    ["--version"],
    ["venues"],
    ["endpoints", "toy_perp"],
    ["plan", "settings.toml"],
    ["positions"],
    ["positions", "--json"],
    ["apply", "settings.toml"],
    ["leverage", "toy_perp", "GEMUSD"],
]


@pytest.fixture
def run(command: list[str], fresh: Any, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in another process: ``run(["positions"], shell=">&-")``; ``how`` goes to subprocess.run."""
    (tmp_path / "settings.toml").write_text(TARGET)

    def run(
        words: Sequence[str], *, shell: str = "", env: dict[str, str] | None = None, **how: Any
    ) -> subprocess.CompletedProcess[str]:
        how.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(  # noqa: S603 - our own command
            ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command, *words],
            cwd=tmp_path,
            env=os.environ | {"VENUEKIT_ACCOUNTS": str(fresh.accounts)} | (env or {}),
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            **how,
        )

    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_closed_pipe_ends_every_command_alike(run: Any, words: list[str]) -> None:
    """Where nobody reads any more, as behind ``| head``, a command ends with 141 and without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run(words, stdout=writer)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "status"), [(["plan", "settings.toml"], 5), (["apply", "settings.toml"], 0)])
def test_a_closed_stream_is_one_that_nobody_reads(run: Any, closed: str, words: list[str], status: int) -> None:
    """Standard streams that were closed before the start take everything; the status tells, the others work."""
    done = run(words, shell=closed)

    assert done.returncode == status
    assert all(line.startswith("undo: ") for line in done.stderr.splitlines())
    assert ("GEMUSD" in done.stdout) is (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize(("encoding", "more"), [("latin-1", []), ("cp1252", ["--json"])])
def test_a_name_that_cannot_be_encoded_is_escaped(
    run: Any, fresh: Any, tmp_path: Path, encoding: str, more: list[str]
) -> None:
    """What was changed is reported, whatever the output's encoding lacks."""
    name = "счёт"
    fresh.accounts.write_text(fresh.accounts.read_text().replace("[accounts.toy_perp]", f'[accounts."{name}"]'))
    (tmp_path / "settings.toml").write_text(TARGET.replace("toy_perp", f'"{name}"'))

    done = run(["apply", "settings.toml", *more], env={"PYTHONIOENCODING": encoding})

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert r"\u0441\u0447\u0451\u0442" in done.stdout
    assert "changed" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_does_not_hide_what_was_changed(run: Any) -> None:
    """A report that standard output does not take goes to standard error, and the status is 1."""
    with Path("/dev/full").open("w") as full:
        done = run(["apply", "settings.toml"], stdout=full)

    assert done.returncode == 1
    assert "1 changed" in done.stderr
    assert done.stderr.splitlines()[-1] == "error: No space left on device"


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
@pytest.mark.parametrize("words", [["venues"], ["endpoints", "nowhere"]])
def test_colour_can_be_turned_off(
    command: list[str], tmp_path: Path, env: dict[str, str], words: list[str], *, coloured: bool
) -> None:
    """On a terminal there is colour, in tables and errors, unless NO_COLOR or a dumb terminal says no."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | env
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, *words], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    seen = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(65536):
                seen += chunk
        except OSError:  # how a terminal says that nobody writes to it any more
            process.wait(timeout=30)

    assert seen
    assert (b"\x1b[" in seen) is coloured


async def test_sigterm_ends_apply_as_an_interruption_does(command: list[str], tmp_path: Path) -> None:
    """What ended before and what is under way is told, the status is 130, and no traceback shows."""
    (tmp_path / "settings.toml").write_text(f'{TARGET}margin_type = "isolated"\n')
    arrived = asyncio.Event()
    async with venuekit.simulate("toy_perp") as sim:
        write_accounts_file(tmp_path / "accounts.toml", sim)
        sim.disturb("toy_perp", ("PUT", "/v1/leverage"), (SecondActor(lambda _: arrived.set()), Delay(60)))
        process = await asyncio.create_subprocess_exec(
            *command, "apply", "settings.toml", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        async with asyncio.timeout(30):
            await arrived.wait()
            process.send_signal(signal.SIGTERM)
            out, err = await process.communicate()

    assert (process.returncode, out) == (130, b"")
    done = b"accounts.toy_perp.symbols.GEMUSD.margin_type: changed; interrupted before it was read again\n"
    assert err.startswith(done)
    assert b"set_leverage has an unknown outcome for GEMUSD: cancelled while it was under way" in err
    assert b"Traceback" not in err
