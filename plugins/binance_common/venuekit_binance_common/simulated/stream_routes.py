"""Listen keys as the venue has them, one per API key and valid for an hour, and the streams that they open."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from venuekit.plugin import Endpoint
from venuekit.simulator import Denied, Handler, SimKey, SimRequest, StreamConnection, StreamPeer, Visit
from venuekit_binance_common.endpoints import StreamEndpoints
from venuekit_binance_common.simulated.order_writes import OrderWrites
from venuekit_binance_common.simulated.socket_api import Method, SocketApi
from venuekit_binance_common.simulated.stream_terms import StreamTerms
from venuekit_binance_common.simulated.user_stream import ListenKey, Product, UserStream

_LIFE = 60 * 60 * 1000


class ListenKeys(OrderWrites):
    """Starts, prolongs and ends the callers' listen keys, and opens the streams."""

    stream_path = ""
    #: whether the answer to a prolongation has the key
    prolonged_has_key: ClassVar[bool] = True
    stream_terms: ClassVar[StreamTerms]
    #: the methods of the WebSocket API by name, and the path that the venue documents for it
    socket_methods: ClassVar[Mapping[str, Method]] = {}
    documented_api_path: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        #: the present one of each API key
        self._present: dict[str, ListenKey] = {}
        #: all that were ever given out, by themselves
        self._given: dict[str, ListenKey] = {}

    def stream_handlers(self, stream: StreamEndpoints) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint of listen keys."""
        return {stream.start: self._start, stream.keep_alive: self._keep_alive, stream.stop: self._stop}

    def _owner(self, visit: Visit) -> SimKey:
        """Return the caller's key; a request without one does not get here."""
        if visit.key is None:
            raise self.errors.denial(-2014)
        return visit.key

    def _start(self, _request: SimRequest, visit: Visit) -> object:
        owner, now = self._owner(visit), visit.milliseconds
        present = self._present.get(owner.key)
        if present is None or now >= present.ends_at:
            present = ListenKey(_make_key(owner, now), owner.account, now)
            self._present[owner.key] = self._given[present.text] = present
        present.ends_at = now + _LIFE
        return {"listenKey": present.text}

    def _keep_alive(self, request: SimRequest, visit: Visit) -> object:
        now = visit.milliseconds
        present = self._present.get(self._owner(visit).key)
        if present is None or now >= present.ends_at:
            raise self.errors.denial(-1125, root=request.path.removesuffix("/listenKey"))
        present.ends_at = now + _LIFE
        return {"listenKey": present.text} if self.prolonged_has_key else {}

    def _stop(self, _request: SimRequest, visit: Visit) -> object:
        present = self._present.pop(self._owner(visit).key, None)
        if present is not None:
            present.is_stopped, present.ends_at = True, visit.milliseconds
        return {}

    def websocket_api_paths(self) -> tuple[str, ...]:
        """Return the paths of the WebSocket API: the simulator's own, and the documented one; none without an API."""
        return () if self.websocket_api_path is None else (self.websocket_api_path, self.documented_api_path)

    def open_stream(self, connection: StreamConnection) -> StreamPeer:
        """
        Return the venue's side of a user stream, or of the WebSocket API.

        A listen key that is unknown opens a stream, too, which delivers nothing.

        Raises:
            Denied: the path is neither's.
        """
        path, root = connection.request.path, self.stream_terms.root
        if path in self.websocket_api_paths():
            return SocketApi(connection, self, self.socket_methods, self.stream_terms)
        is_routed = path.startswith(f"{root}/")
        kind, _, in_path = path.removeprefix(root).removeprefix("/").partition("/")
        if kind not in {"ws", "stream"} or (kind == "stream" and in_path):
            raise Denied(self.unknown_route(connection.request, frozenset(), connection.now()))
        contracts = {contract.symbol: contract for contract in self.contracts}
        product = Product(contracts, self.purse, self.stream_terms, self.errors, has_algo=self.orders.algo is not None)
        keys = self._given if is_routed else {}
        return UserStream(connection, product, keys, key=in_path, is_combined=kind == "stream")


class StreamRoutes(ListenKeys):
    """Listen keys of a product whose client uses them."""

    stream: ClassVar[StreamEndpoints]

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {**super().handlers(), **self.stream_handlers(self.stream)}


def _make_key(owner: SimKey, now: int) -> str:
    """Return a listen key: 64 letters and digits from which the API key cannot be derived."""
    return hashlib.sha256(f"{owner.key} {now}".encode()).hexdigest()
