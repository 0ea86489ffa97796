"""Listen keys as the venue has them: one per account, valid for an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit_binance_common.endpoints import StreamEndpoints
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance

_LIFE = 60 * 60 * 1000


class ListenKeys(SimulatedBinance):
    """Starts, prolongs and ends the callers' listen keys."""

    #: whether the answer to a prolongation has the key
    prolonged_has_key: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        #: by API key: the end of its listen key's validity and the start of its present value, in milliseconds
        self._lives: dict[str, tuple[int, int]] = {}

    def stream_handlers(self, stream: StreamEndpoints) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint of listen keys."""
        return {stream.start: self._start, stream.keep_alive: self._keep_alive, stream.stop: self._stop}

    def _start(self, _request: SimRequest, visit: Visit) -> object:
        owner, now = _owner(visit), visit.milliseconds
        until, since = self._lives.get(owner, (0, now))
        self._lives[owner] = (now + _LIFE, since if now < until else now)
        return {"listenKey": self._key(owner)}

    def _keep_alive(self, request: SimRequest, visit: Visit) -> object:
        owner, now = _owner(visit), visit.milliseconds
        until, since = self._lives.get(owner, (0, 0))
        if now >= until:
            raise self.errors.denial(-1125, root=request.path.removesuffix("/listenKey"))
        self._lives[owner] = (now + _LIFE, since)
        return {"listenKey": self._key(owner)} if self.prolonged_has_key else {}

    def _stop(self, _request: SimRequest, visit: Visit) -> object:
        self._lives.pop(_owner(visit), None)
        return {}

    def _key(self, owner: str) -> str:
        """Return the key: 64 letters and digits from which the API key cannot be derived."""
        return hashlib.sha256(f"{owner} {self._lives[owner][1]}".encode()).hexdigest()


class StreamRoutes(ListenKeys):
    """Listen keys of a product whose client uses them."""

    stream: ClassVar[StreamEndpoints]

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {**super().handlers(), **self.stream_handlers(self.stream)}


def _owner(visit: Visit) -> str:
    return "" if visit.key is None else visit.key.key
