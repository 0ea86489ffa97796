"""Sockets with a signed login, which are cut when idle: the private stream and the trade socket."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from venuekit.simulator import SimKey, StreamConnection, StreamPeer, is_signed_by

#: reasons for a refused login, by code; the stream tells the words alone
MALFORMED, UNKNOWN_KEY, WRONG_SIGNATURE, REPEATED = 10001, 10003, 10004, 20001
_LOGIN_REFUSALS: Mapping[int, str] = {
    MALFORMED: "Params Error",
    UNKNOWN_KEY: "API key is invalid.",
    WRONG_SIGNATURE: "Error sign, please check your signature generation algorithm.",
    REPEATED: "Repeat auth",
}
_ACTIVE_TIME = re.compile(r"(\d{1,3})([sm])")
#: in milliseconds: the shortest time without traffic that a client may ask for, and the longest, which is the usual one
_SHORTEST, _LONGEST = 30_000, 600_000
_UNITS = {"s": 1000, "m": 60_000}


class LoginRefused(Exception):
    """Raised for a login that fails: ``code`` is its reason, with ``words``."""

    def __init__(self, code: int) -> None:
        super().__init__(_LOGIN_REFUSALS[code])
        self.code = code
        self.words = _LOGIN_REFUSALS[code]


class SignedSocket(StreamPeer):
    """
    A connection to one of these sockets: JSON objects, each with an ``op``.

    ``name`` is the id of the connection in every answer, ``key`` the one that signed in, None before.
    """

    def __init__(self, connection: StreamConnection, name: str) -> None:
        super().__init__(connection)
        self.name = name
        self.key: SimKey | None = None
        self._active_time = _find_active_time(connection)
        self.touch()

    def touch(self) -> None:
        """Note traffic: the connection is idle from now on."""
        self.wake_at = self.connection.now() + self._active_time

    def wake(self) -> None:
        """Cut the connection, which was idle for too long."""
        self.wake_at = None
        self.connection.close()

    def receive(self, text: str) -> None:
        """Process a message of the client."""
        self.touch()
        try:
            frame = json.loads(text)
        except ValueError as error:
            self.refuse({}, MALFORMED, f"Failed to decode incoming data:{error}")
            return
        if isinstance(frame, dict):
            self.process(frame)
        else:
            self.refuse({}, MALFORMED, "error:invalid op")

    def log_in(self, frame: dict[str, Any]) -> None:
        """Process a login."""
        try:
            if self.key is not None:
                raise LoginRefused(REPEATED)
            self.key = _find_key(frame.get("args"), self.connection.keys, self.connection.now())
        except LoginRefused as refused:
            self.refuse(frame, refused.code, refused.words)
        else:
            self.accept(frame)

    @abstractmethod
    def process(self, frame: dict[str, Any]) -> None:
        """Process the object that a client sent."""

    @abstractmethod
    def accept(self, frame: dict[str, Any]) -> None:
        """Acknowledge an operation."""

    @abstractmethod
    def refuse(self, frame: dict[str, Any], code: int, words: str) -> None:
        """Refuse an operation."""


def _find_key(arguments: object, keys: Mapping[str, SimKey], milliseconds: int) -> SimKey:
    """Return the key of a login: its name, the time until which the frame counts, and the signature over that time."""
    if not isinstance(arguments, Sequence) or isinstance(arguments, str) or len(arguments) != 3:
        raise LoginRefused(MALFORMED)
    name, expires, signature = map(str, arguments)
    if not expires.isdecimal() or int(expires) <= milliseconds:
        raise LoginRefused(MALFORMED)
    key = keys.get(name)
    if key is None:
        raise LoginRefused(UNKNOWN_KEY)
    if not is_signed_by(key, f"GET/realtime{expires}".encode(), signature):
        raise LoginRefused(WRONG_SIGNATURE)
    return key


def _find_active_time(connection: StreamConnection) -> int:
    """Return the time without traffic after which the venue cuts a connection, in milliseconds."""
    asked = _ACTIVE_TIME.fullmatch(connection.request.query_parameters.get("max_active_time", ""))
    if asked is None:
        return _LONGEST
    return min(max(_SHORTEST, int(asked[1]) * _UNITS[asked[2]]), _LONGEST)
