"""The example of an external signer: two processes, of which one alone has the key, and the socket between them."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import tomllib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from venuekit import Runtime, errors
from venuekit.capabilities import BalanceReader, LeverageControl
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.key_kinds import KeyKind
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import SimKey, Simulation
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.testing import InstantClock
from venuekit_signer_process.__main__ import SignerServer, _is_own
from venuekit_signer_process.client import TIMEOUT, VARIABLE, RemoteSigner, socket_path
from venuekit_signer_process.held_keys import read_keys

EXAMPLE = Path(__file__).parents[2] / "examples" / "signer_process"
PRIVATE, PUBLIC = make_key_pair(KeyKind.ED25519, "the signer process")
POLICY = """
[keys.main]
file = "main.pem"
refuse = ["(^|&)address="]

[keys.narrow]
file = "hmac.secret"
allow = ["^symbol=ETHUSDT&", "^(recvWindow|timestamp)="]
"""


class Process:
    """A signer process that a test starts, kills and starts again."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "run" / "signer.sock"
        self._config = directory / "signer.toml"
        self._running: subprocess.Popen[str] | None = None
        for name, text in {"signer.toml": POLICY, "main.pem": PRIVATE, "hmac.secret": "planted-secret"}.items():
            (directory / name).write_text(text)
            (directory / name).chmod(0o600)

    def start(self) -> dict[str, Any]:
        """Start it, also again, and return the line that it prints when it answers."""
        self.close()
        words = [sys.executable, "-m", "venuekit_signer_process", str(self._config), "--socket", str(self.socket)]
        self._running = subprocess.Popen(  # noqa: S603 - our own words
            words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(EXAMPLE)}
        )
        assert self._running.stdout is not None
        announced: dict[str, Any] = json.loads(self._running.stdout.readline())
        return announced

    def send(self, number: signal.Signals) -> int | None:
        """Send it a signal; return its status where it ends of it."""
        assert self._running is not None
        self._running.send_signal(number)
        return None if number in {signal.SIGSTOP, signal.SIGCONT} else self._running.wait(30)

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()


@pytest.fixture
def process() -> Iterator[Process]:
    """Give a signer process that is not started yet, in a short path: that of a socket has 100 characters at most."""
    directory = Path(tempfile.mkdtemp(prefix="vk"))
    made = Process(directory)
    yield made
    made.close()
    shutil.rmtree(directory)


@pytest.fixture
def plugins(process: Process, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """The plugin of the trading process beside the venue."""
    monkeypatch.setenv(VARIABLE, str(process.socket))
    points = [EntryPoint("signer_process", "venuekit_signer_process", "venuekit.plugins")]
    return make_plugins(entry_points=[*points, EntryPoint("binance_usdm", "venuekit_binance_usdm", "venuekit.venues")])


@pytest.fixture
async def sim(plugins: Plugins) -> AsyncIterator[Simulation]:
    """The venue, on a clock on which waiting takes no time."""
    async with Simulation((plugins.venue("binance_usdm"),), scenario="flat", clock=InstantClock()) as simulation:
        yield simulation


async def _open(runtime: Runtime, sim: Simulation, key: SimKey, directory: Path, secret: str = "signer:main") -> Any:
    """Open an account of an accounts file, whose secret is the name of a key."""
    file = directory / "accounts.toml"
    rest = f'rest = "{sim.rest("binance_usdm")}"\nkey = "env:A_KEY"\nsecret = "{secret}"'
    file.write_text(f'[accounts.main]\nvenue = "binance_usdm"\nenvironment = "sim"\n{rest}\n')
    file.chmod(0o600)
    os.environ["A_KEY"] = key.key
    try:
        found = await credentials(load_accounts(file).entry("main"), runtime.plugins)
    finally:
        del os.environ["A_KEY"]
    return await runtime.open(sim.venue("binance_usdm"), found)


async def test_a_process_signs_what_another_sends(
    process: Process, plugins: Plugins, sim: Simulation, tmp_path: Path
) -> None:
    """Reads and writes are signed; a dead process means not sent, and one that is started again signs at once."""
    key = sim.add_key(public_key=PUBLIC)
    announced = await asyncio.to_thread(process.start)
    assert announced == {"socket": str(process.socket), "keys": ["main", "narrow"]}
    assert stat.S_IMODE(process.socket.stat().st_mode) == 0o600
    async with Runtime(journal=False, plugins=plugins, clock=sim._clock) as runtime:
        account = await _open(runtime, sim, key, tmp_path)
        assert await BalanceReader.of(account).get_balances()
        await asyncio.gather(
            *(LeverageControl.of(account).set_leverage(symbol, 7) for symbol in ("BTCUSDT", "ETHUSDT"))
        )
        assert sim.ledger.leverage("ETHUSDT") == 7

        assert await asyncio.to_thread(process.send, signal.SIGKILL) == -9
        sent = len(sim.requests)
        with pytest.raises(errors.NeverSent, match=r"cannot be reached .*: start it by: python -m") as dead:
            await LeverageControl.of(account).set_leverage("ETHUSDT", 8)
        assert (dead.value.outcome, len(sim.requests)) == (errors.Outcome.NOT_SENT, sent)

        await asyncio.to_thread(process.start)
        await LeverageControl.of(account).set_leverage("ETHUSDT", 9)
        assert sim.ledger.leverage("ETHUSDT") == 9
    assert await asyncio.to_thread(process.send, signal.SIGTERM) == 0


async def test_the_policy_refuses_texts(process: Process, plugins: Plugins, sim: Simulation, tmp_path: Path) -> None:
    """What it refuses was not sent, and neither was a request for a key that it does not hold."""
    await asyncio.to_thread(process.start)
    signer = RemoteSigner(process.socket, "main")
    assert await signer.sign(b"symbol=BTCUSDT")
    with pytest.raises(errors.GuardRefused, match=r"does not sign this: its policy refuses a text with \(\^\|&\)addr"):
        await signer.sign(b"coin=BTC&address=x")

    async with Runtime(journal=False, plugins=plugins, clock=sim._clock) as runtime:
        narrow = await _open(runtime, sim, sim.add_key(), tmp_path, "signer:narrow")
        sent = len(sim.requests)
        with pytest.raises(errors.GuardRefused, match="its policy allows no text without one of its") as refused:
            await LeverageControl.of(narrow).set_leverage("BTCUSDT", 8)
        with pytest.raises(errors.AuthenticationFailed):  # it is signed, with a secret that the venue does not know
            await LeverageControl.of(narrow).set_leverage("ETHUSDT", 8)
        unknown = await _open(runtime, sim, sim.add_key(), tmp_path, "signer:other")
        with pytest.raises(errors.GuardRefused, match="it has no key 'other'; it has main, narrow"):
            await BalanceReader.of(unknown).get_balances()
    assert refused.value.outcome is errors.Outcome.NOT_SENT
    assert len(sim.requests) == sent + 1


async def test_a_process_that_hangs(process: Process) -> None:
    """It does not hold a request for longer than its timeout; one that ends in the middle is reported as well."""
    await asyncio.to_thread(process.start)
    process.send(signal.SIGSTOP)
    with pytest.raises(errors.NeverSent, match=r"did not answer within 0\.2 s: restart it"):
        await RemoteSigner(process.socket, "main", timeout=0.2).sign(b"x")
    process.send(signal.SIGCONT)
    assert await RemoteSigner(process.socket, "main").sign(b"x")

    for question in (b"GET / HTTP/1.1\r\n", b"[7]\n", b'{"key": "main"}\n', b"\n"):
        reader, writer = await asyncio.open_unix_connection(str(process.socket))
        writer.write(question)
        assert await reader.read() == b""
        writer.close()


async def test_another_users_process_is_not_answered(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system says who connects; where it does not, the mode of the socket counts."""
    served = SignerServer(read_keys(process.socket.parents[1] / "signer.toml"))
    process.socket.parent.mkdir()
    async with await asyncio.start_unix_server(served.answer, str(process.socket)):
        signer = RemoteSigner(process.socket, "main")
        assert await signer.sign(b"x")
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: 4711)
            with pytest.raises(errors.NeverSent, match=r"ended before it answered|Connection reset"):
                await signer.sign(b"x")
        monkeypatch.delattr("socket.SO_PEERCRED")
        assert _is_own(None)  # type: ignore[arg-type]  # nothing is asked of it


def test_it_is_a_distribution_of_its_own() -> None:
    """Its entry point leads to the plugin, and of venuekit it imports ``venuekit.plugin`` alone."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"venuekit.plugins": {"signer_process": "venuekit_signer_process"}}
    modules = {
        node.module
        for path in (EXAMPLE / "venuekit_signer_process").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("venuekit")
    }
    assert {one for one in modules if not str(one).startswith("venuekit_signer_process")} == {"venuekit.plugin"}


def test_the_socket_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the environment names another one."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert socket_path() == Path("~/.venuekit/signer.sock").expanduser()
    assert TIMEOUT == 2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text.replace("main.pem", "gone.pem"), r"keys\.main: .*gone\.pem: No such file or directory"),
        (lambda text: text.replace("[keys", "[key"), r"signer\.toml: expected a table \[keys\.NAME\] for each key"),
        (lambda text: text.replace("refuse", "refuses"), r"keys\.main: expected file, and perhaps passphrase_file"),
        (lambda text: text.replace("(^|&)", "("), r"keys\.main: expected names of files, and lists of patterns: "),
        (lambda text: text.replace('"main.pem"', "7"), r"keys\.main: expected names of files, and lists of patterns: "),
        (lambda text: text.replace("= [", "= ", 1), r"signer\.toml: .*line"),
        (
            lambda text: text.replace('"main.pem"', '"main.pem"\npassphrase_file = "hmac.secret"'),
            "pem_passphrase belongs",
        ),
    ],
)
def test_a_file_that_cannot_be_used(process: Process, spoil: Callable[[str], str], words: str) -> None:
    """The process does not start; it says in one line which file and which key it is."""
    file = process.socket.parents[1] / "signer.toml"
    file.write_text(spoil(POLICY))
    with pytest.raises(errors.ConfigurationError, match=words):
        read_keys(file)


def test_a_file_that_others_can_read(process: Process) -> None:
    """It is refused with the line that mends it, status 64."""
    file = process.socket.parents[1] / "main.pem"
    file.chmod(0o640)
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "venuekit_signer_process", str(file.with_name("signer.toml"))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(EXAMPLE)},
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.endswith(f"main.pem: other users can access it; run: chmod 600 {file}\n")
    assert len(done.stderr.splitlines()) == 1
    assert b64encode(PRIVATE.encode()).decode() not in done.stderr
