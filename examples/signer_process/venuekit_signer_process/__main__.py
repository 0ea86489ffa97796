"""The signer process: it alone holds the keys, and signs texts that their policy allows, over a unix socket."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import struct
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path

from venuekit.plugin import ConfigurationError
from venuekit_signer_process.client import socket_path
from venuekit_signer_process.held_keys import HeldKey, read_keys

#: bytes of a question, and seconds that it may take
_LIMIT, _PATIENCE = 1024 * 1024, 5.0


class SignerServer:
    """Answers each connection's one question."""

    def __init__(self, keys: Mapping[str, HeldKey]) -> None:
        self._keys = keys

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the question of a connection, and close it; one of another user is closed unanswered."""
        try:
            if _is_own(writer.get_extra_info("socket")):
                async with asyncio.timeout(_PATIENCE):
                    answer = await self._sign(await reader.readline())
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except (OSError, ValueError, LookupError, TypeError):
            pass  # the other side has gone, is silent, or speaks another language: it gets no answer
        finally:
            writer.close()

    async def _sign(self, line: bytes) -> Mapping[str, str]:
        question = json.loads(line)
        payload = b64decode(question["payload"])
        key = self._keys.get(question["key"])
        if key is None:
            return {"refused": f"it has no key {question['key']!r}; it has {', '.join(self._keys)}"}
        objection = key.find_objection(payload)
        if objection is not None:
            return {"refused": objection}
        return {"signature": b64encode(await key.signer.sign(payload)).decode()}


def _is_own(connection: socket.socket) -> bool:
    """Return whether the other side is a process of this user; where the system is silent, the file's mode counts."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.geteuid())


async def serve(keys: Mapping[str, HeldKey], path: Path) -> None:
    """Sign until the process is asked to end; the socket is its owner's alone from its first moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    former = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(SignerServer(keys).answer, str(path), limit=_LIMIT)
    finally:
        os.umask(former)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with server:
        print(json.dumps({"socket": str(path), "keys": list(keys)}), flush=True)
        await ended.wait()


def main() -> int:
    """Read the keys and serve them; a file that cannot be used is reported in one line."""
    parser = argparse.ArgumentParser(prog="python -m venuekit_signer_process", description=__doc__)
    parser.add_argument("keys", type=Path, help="the file that names the keys, such as signer.toml")
    parser.add_argument("--socket", type=Path, default=socket_path(), help="default: %(default)s")
    options = parser.parse_args()
    try:
        asyncio.run(serve(read_keys(options.keys), options.socket))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 64
    except OSError as error:
        print(f"{options.socket}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
