"""One open WebSocket connection, as a session sees it, and its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol


class End(NamedTuple):
    """The end of a connection; ``is_oversized`` says that a message above the limit ended it."""

    words: str
    is_oversized: bool = False

    def mend(self, declaration: str) -> str:
        """Return the remedy of the end of a connection that ``declaration`` declares; empty where the words suffice."""
        return f"raise message_limit in the venue's {declaration}" if self.is_oversized else ""


class StreamSocket(Protocol):
    """One open connection."""

    async def send(self, text: str) -> None:
        """Send a message."""

    async def ping(self) -> None:
        """Ask for a sign of life by the protocol's own means."""

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        """Call ``on_message`` with each message and ``on_sign`` at each other frame, until the connection ends."""

    async def close(self) -> None:
        """Close it without waiting for the other side."""


class RequestSocket(StreamSocket, Protocol):
    """One open connection that carries requests."""

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""

    def write(self, data: bytes) -> Awaitable[None]:
        """Send a message of UTF-8; all of it is on its way before this waits for anything."""
