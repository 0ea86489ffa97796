"""Client ids: those that are made here, and those that went out lately."""

from __future__ import annotations

import os
from collections.abc import Iterable

#: beyond so many ids, those that went out long ago are forgotten
_MOST = 8192
#: an id older than this (milliseconds) is far outside every window and error of a clock
_LONG_AGO = 600_000


class MadeId(str):
    """
    A client id that was made for one order and that no other order has: the order found under it is that one.

    ``str(made)`` is a plain text, and no such promise.
    """

    __slots__ = ()


def make_client_id() -> MadeId:
    """Return a new client id."""
    return MadeId(f"vk-{os.urandom(12).hex()}")


class ClientIds:
    """
    The client ids that went out lately, each with the last moment (milliseconds on the venue's clock) at which an
    order of it may have come into being: when its answer was there, else when it could not arrive any more.
    """

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}

    def latest(self, client_id: str) -> int:
        """Return that moment, 0 for an id that is not known here."""
        return self._latest.get(client_id, 0)

    def note(self, client_ids: Iterable[str], moment: int) -> None:
        """Remember when an order of each id may have come into being at the latest."""
        latest = self._latest
        for client_id in client_ids:
            latest[client_id] = moment
        if len(latest) > _MOST:
            newest = max(latest.values())
            self._latest = {one: when for one, when in latest.items() if when > newest - _LONG_AGO}
            if len(self._latest) > _MOST // 2:
                kept = sorted(self._latest.items(), key=lambda item: item[1])[-(_MOST // 2) :]
                self._latest = dict(kept)

    def forget(self, client_ids: Iterable[str]) -> None:
        """Forget ids of which no order came into being."""
        for client_id in client_ids:
            self._latest.pop(client_id, None)
