"""The signer of the trading process: it asks the signer process for each signature."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64decode, b64encode
from pathlib import Path

from venuekit.plugin import GuardRefused, NeverSent

#: seconds for one signature
TIMEOUT = 2.0
#: names the socket
VARIABLE = "VENUEKIT_SIGNER"
_START = "start it by: python -m venuekit_signer_process signer.toml"


def socket_path() -> Path:
    """Return the socket of the signer process: that of ``VENUEKIT_SIGNER``, else the user's."""
    return Path(os.environ.get(VARIABLE) or "~/.venuekit/signer.sock").expanduser()


class RemoteSigner:
    """Signs with a key of the signer process, over a connection for each signature; holds no secret."""

    kind = "of the signer process"

    def __init__(self, path: Path, name: str, *, timeout: float = TIMEOUT) -> None:
        self._path = path
        self._name = name
        self._timeout = timeout

    async def sign(self, payload: bytes) -> bytes:
        """
        Return the signature of a payload.

        Raises:
            NeverSent: the process does not run, or does not answer in time.
            GuardRefused: its policy forbids this text, or it has no such key.
        """
        who = f"the signer process at {self._path}"
        try:
            async with asyncio.timeout(self._timeout):
                line = await self._ask(payload)
            answer = json.loads(line)
        except TimeoutError:
            raise NeverSent(f"{who} did not answer within {self._timeout:g} s: restart it") from None
        except OSError as error:
            raise NeverSent(f"{who} cannot be reached ({error.strerror}): {_START}") from None
        except ValueError:
            raise NeverSent(f"{who} ended before it answered: {_START}") from None
        if "signature" not in answer:
            raise GuardRefused(f"{who} does not sign this: {answer['refused']}")
        return b64decode(answer["signature"])

    async def _ask(self, payload: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        try:
            question = {"key": self._name, "payload": b64encode(payload).decode()}
            writer.write(json.dumps(question).encode() + b"\n")
            return await reader.readline()
        finally:
            writer.close()
