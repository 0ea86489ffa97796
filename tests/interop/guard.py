"""Nothing leaves this machine: whoever looks up or connects to another one is refused, and told on."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class LeftTheMachineError(OSError):
    """Raised where something looks up another machine, or connects to it."""


@contextmanager
def stay_on_this_machine() -> Iterator[list[str]]:
    """Refuse every other machine, and yield the list of those that were asked for: a client may swallow the error."""
    asked: list[str] = []

    def check(host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not _is_here(name):
            asked.append(name)
            raise LeftTheMachineError(f"{name} is another machine")

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        check(host)
        return known(host, *arguments, **options)

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])
        plain(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])
        return plain_ex(self, address)

    known, plain, plain_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield asked


def _is_here(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
