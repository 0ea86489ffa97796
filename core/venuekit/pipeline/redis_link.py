"""Redis link: the connections to a server that speaks the language of Redis, and its failures in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from venuekit._util.texts import without_frames
from venuekit.credentials import Secret
from venuekit.errors import ConfigurationError
from venuekit.pipeline.shared_url import VARIABLE, StoreAddress

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

#: how long a connection and an answer may take, in seconds of the loop: another machine answers in real time
PATIENCE = 1.0
#: how many connections one process has at most; each carries one command at a time
_CONNECTIONS = 8

Part: TypeAlias = str | int | bytes

#: by the server's code: the fault and the mend
_FAULTS = {
    "NOAUTH": ("it wants a password", "put it into the URL: redis://:password@host"),
    "WRONGPASS": ("it refuses user and password", "correct them in the URL"),
    "NOPERM": (
        "its user may not do this",
        "allow it the keys {prefix}* and the commands of scripts: +@scripting +@read +@write +time",
    ),
    "READONLY": ("it is a replica, which takes no payments", "name the primary"),
    "LOADING": ("it is loading its data", "wait until it has started"),
    "MASTERDOWN": ("it is a replica that has lost its primary", "name the primary"),
    "OOM": ("its memory is full", "raise maxmemory; the policy must be noeviction"),
    "MOVED": ("it is a node of a cluster, and another node has these keys", "name that node, or a server of its own"),
    "ASK": ("it is a node of a cluster, and another node has these keys", "name that node, or a server of its own"),
    "CLUSTERDOWN": ("its cluster is down", "start it"),
    "MISCONF": ("it cannot write its data to disk", "see its log"),
    "BUSY": ("another script keeps it busy", "end that one with SCRIPT KILL"),
    "NOREPLICAS": ("it has too few replicas to take a payment", "start them"),
}

_ELSEWHERE = f"give this process another prefix= in {VARIABLE}"


class LinkLost(Exception):
    """
    The server gave no usable answer.

    It may have run the command all the same. The text is the fault, ``mend`` the remedy, empty where there is none but
    to start it.
    """

    def __init__(self, fault: str, mend: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.mend = mend


class ScriptUnknown(Exception):
    """The server does not have the script: it was started, or took over from another one, since the script was sent."""


class ScriptRefused(Exception):
    """The script itself refused; the text is the fault, ``mend`` the remedy."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(fault)
        self.mend = mend


def pack(parts: Iterable[Part]) -> bytes:
    """Return a command, or several parts of one, as they are sent."""
    packed = []
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        packed.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(packed)


@attrs.frozen
class _Password:
    """Gives the library user and password when a connection is made; no object of its own keeps them."""

    user: str | None
    password: Secret

    def get_credentials(self) -> tuple[str, ...]:
        """Return the parts that follow AUTH."""
        password = self.password.reveal()
        return (password,) if self.user is None else (self.user, password)

    async def get_credentials_async(self) -> tuple[str, ...]:
        """Return the parts that follow AUTH."""
        return self.get_credentials()


class RedisLink:
    """Sends commands to one server, each once, over a few connections that are made when they are needed."""

    def __init__(self, address: StoreAddress) -> None:
        try:
            import redis.asyncio.connection as library
        except ImportError:
            raise ConfigurationError(
                "budgets shared by processes need the library redis: pip install 'venuekit[redis]'"
            ) from None
        from redis.exceptions import RedisError, ResponseError

        self._address = address
        self._library = library
        self._failures: tuple[type[Exception], ...] = (RedisError, OSError)
        self._refusal = ResponseError
        self._idle: list[AbstractConnection] = []
        self._places = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, count: int, packed: bytes) -> Any:
        """
        Send one command of so many parts and return the server's answer; it is never sent again.

        Raises:
            LinkLost: there is no usable answer.
            ScriptUnknown: the command is a script's name, which the server does not know.
            ScriptRefused: the script refused.
        """
        connection = None
        try:
            async with asyncio.timeout(PATIENCE), self._places:
                connection = await self._begin([b"*%d\r\n" % count, packed])
                answer = await connection.read_response()
                self._idle.append(connection)
                return answer
        except TimeoutError:
            failure: Exception = LinkLost(f"it does not answer within {PATIENCE:g} s")
        except self._failures as error:
            failure = self._failure_of(error)
        except asyncio.CancelledError:
            await _drop(connection)
            raise
        if connection is not None and not isinstance(failure, LinkLost):
            self._idle.append(connection)
        else:
            await _drop(connection, *self._take_idle())
        raise without_frames(failure)

    async def aclose(self) -> None:
        """Close the connections."""
        for connection in self._take_idle():
            await connection.disconnect()

    async def _begin(self, command: list[bytes]) -> AbstractConnection:
        """Send a command; return the connection on which its answer will come."""
        while self._idle:
            async with AsyncExitStack() as stack:
                connection = self._idle.pop()
                stack.push_async_callback(_drop, connection)
                if not await connection.can_read():  # else the server has closed it, or spoke out of turn
                    with suppress(*self._failures):  # closed a moment ago: nothing was written then
                        await connection.send_packed_command(command, check_health=False)
                        stack.pop_all()
                        return connection
        async with AsyncExitStack() as stack:
            connection = self._make_connection()
            stack.push_async_callback(_drop, connection)
            await connection.connect()  # type: ignore[no-untyped-call]  # the library leaves it without types
            await connection.send_packed_command(command, check_health=False)
            stack.pop_all()
        return connection

    def _make_connection(self) -> AbstractConnection:
        address = self._address
        options: dict[str, Any] = {
            "db": address.database,
            "credential_provider": _Password(address.user, address.password) if address.password else None,
            "protocol": 2,
            "socket_timeout": None,
            "socket_connect_timeout": None,
            "driver_info": None,
        }
        if address.path is not None:
            return self._library.UnixDomainSocketConnection(path=address.path, **options)
        kind = self._library.SSLConnection if address.is_encrypted else self._library.Connection
        return kind(host=address.host, port=address.port, **options)

    def _take_idle(self) -> list[AbstractConnection]:
        """Return the connections that carry nothing, and forget them."""
        idle, self._idle = self._idle, []
        return idle

    def _failure_of(self, error: Exception) -> Exception:
        """Return a failure in our words; the library's own texts may hold parts of a command."""
        text = str(error)
        codes = (getattr(one, "status_code", None) for one in (error, error.__cause__))
        code = next(filter(None, codes), text.partition(" ")[0])
        if "unauthenticated" in text:  # of a long command the server does not even read the name
            code = "NOAUTH"
        if code == "NOSCRIPT":
            return ScriptUnknown()
        if code in {"VENUEKITFORM", "VENUEKITKEY"}:
            return _read_refusal(code, text.partition(" ")[2])
        if code in _FAULTS:
            fault, mend = _FAULTS[code]
            return LinkLost(fault, mend.format(prefix=f"{{{self._address.prefix}}}"))
        if isinstance(error, self._refusal):
            return LinkLost(f"it answers {text!r}")
        cause = text or type(error).__name__
        return LinkLost(cause.rstrip("."))


def _read_refusal(code: str, text: str) -> ScriptRefused:
    """Return a refusal of the script from its code and its words."""
    if code == "VENUEKITFORM":
        mend = f"run the same venuekit and plugins in all processes, or {_ELSEWHERE}"
        return ScriptRefused(f"a pool has another form: {text}", mend)
    key, _, kind = text.rpartition(" ")
    return ScriptRefused(
        f"its key {key} holds a {kind} of another program", f"delete it (DEL '{key}'), or {_ELSEWHERE}"
    )


async def _drop(*connections: AbstractConnection | None) -> None:
    """Close connections whose next answer would be another command's."""
    for connection in connections:
        if connection is not None:
            await connection.disconnect(nowait=True)
