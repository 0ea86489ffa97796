"""Listen keys as the venue has them: one per account, valid for an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.stream_endpoints import StreamEndpoints

_LIFE = 60 * 60 * 1000


class StreamRoutes:
    """Starts, prolongs and ends the callers' listen keys."""

    def __init__(self, endpoints: StreamEndpoints, errors: Errors) -> None:
        self._endpoints = endpoints
        self._errors = errors
        #: by API key: the end of its listen key's validity and the start of its present value, in milliseconds
        self._lives: dict[str, tuple[int, int]] = {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            self._endpoints.start: self._start,
            self._endpoints.keep_alive: self._keep_alive,
            self._endpoints.stop: self._stop,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return nothing: the client has all of them."""
        return ()

    def _start(self, request: SimRequest, visit: Visit) -> object:  # noqa: ARG002  (it has no parameters)
        owner, now = _owner(visit), visit.milliseconds
        until, since = self._lives.get(owner, (0, now))
        self._lives[owner] = (now + _LIFE, since if now < until else now)
        return {"listenKey": self._key(owner)}

    def _keep_alive(self, request: SimRequest, visit: Visit) -> object:
        owner, now = _owner(visit), visit.milliseconds
        until, since = self._lives.get(owner, (0, 0))
        if now >= until:
            raise self._errors.denial(-1125, root=request.path.removesuffix("/v1/listenKey"))
        self._lives[owner] = (now + _LIFE, since)
        return {"listenKey": self._key(owner)}

    def _stop(self, request: SimRequest, visit: Visit) -> object:  # noqa: ARG002
        self._lives.pop(_owner(visit), None)
        return {}

    def _key(self, owner: str) -> str:
        """Return the key: 64 letters and digits from which the API key cannot be derived."""
        return hashlib.sha256(f"{owner} {self._lives[owner][1]}".encode()).hexdigest()


def _owner(visit: Visit) -> str:
    return "" if visit.key is None else visit.key.key
