"""The servers of these tests themselves: none outlives the process that has started it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.budget_store.servers import KINDS, Server

ROOT = Path(__file__).parents[3]
PARENT = """
import sys
from pathlib import Path
from tests.core.budget_store.servers import Server

Server(sys.argv[1], Path(sys.argv[2])).start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_ends_with_a_parent_that_is_killed(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A parent that ends without a word, as tests that are killed, leaves no server behind."""
    directory = tmp_path_factory.mktemp("own")
    parent = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", PARENT, kind, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(20)
        link.connect(str(Server(kind, directory).socket_path))
        link.sendall(b"*1\r\n$4\r\nPING\r\n")
        assert link.recv(64) == b"+PONG\r\n"  # it has the connection, which ends with it
        parent.kill()
        parent.communicate()

        assert link.recv(1) == b""
