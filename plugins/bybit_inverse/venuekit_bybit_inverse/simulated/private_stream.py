"""The private stream: a signed login, subscriptions with their acknowledgements, and the account's messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from venuekit.simulator import LedgerChange, SimKey, StreamConnection, StreamPeer
from venuekit_bybit_inverse.simulated.socket_login import REPEATED, LoginRefused, find_key
from venuekit_bybit_inverse.simulated.stream_messages import list_messages

#: topics of one product, beside the topic for all
_BY_PRODUCT = {
    "position": ("linear", "inverse", "option", "event"),
    "order": ("spot", "linear", "inverse", "option", "event"),
    "execution": ("spot", "linear", "inverse", "option", "event"),
    "execution.fast": ("spot", "linear", "inverse", "option"),
}
_OF_PRODUCTS = {f"{topic}.{product}" for topic, products in _BY_PRODUCT.items() for product in products}
_PRODUCT = ".inverse"
#: topics without products; they are accepted, and but for the wallet nothing happens there
_OTHERS = {"wallet", "greeks", "strategy", "dcp.future", "dcp.spot", "dcp.option", "spread.order", "spread.execution"}
_TOPICS = frozenset({*_BY_PRODUCT, *_OF_PRODUCTS, *_OTHERS})
_PARTIAL = (
    "Batch subscription partially succeeded and partially failed.Successful subscriptions are as follows:[{}]. "
    "Subscription to the following topics failed because the topic does not exist or there is a subscription "
    "conflict:[{}]."
)
_ACTIVE_TIME = re.compile(r"(\d{1,3})([sm])")
#: in milliseconds: the shortest time without traffic that a client may ask for, and the longest, which is the usual one
_SHORTEST, _LONGEST = 30_000, 600_000
_UNITS = {"s": 1000, "m": 60_000}


def find_active_time(connection: StreamConnection) -> int:
    """Return the time without traffic after which the venue cuts a connection, in milliseconds."""
    asked = _ACTIVE_TIME.fullmatch(connection.request.query_parameters.get("max_active_time", ""))
    if asked is None:
        return _LONGEST
    return min(max(_SHORTEST, int(asked[1]) * _UNITS[asked[2]]), _LONGEST)


class PrivateStream(StreamPeer):
    """
    The private stream of one connection.

    Topics can be subscribed for all products or for one, not both in one request. There is no message at the
    subscription, and none about a price alone. ``topics`` are those that are subscribed.
    """

    def __init__(self, connection: StreamConnection, name: str) -> None:
        super().__init__(connection)
        self._name = name
        self._key: SimKey | None = None
        self.topics: dict[str, None] = {}
        self._active_time = find_active_time(connection)
        self._touch()

    def wake(self) -> None:
        """Cut a connection that was idle for too long."""
        self.wake_at = None
        self.connection.close()

    def _touch(self) -> None:
        self.wake_at = self.connection.now() + self._active_time

    def receive(self, text: str) -> None:
        """Process an ``auth``, ``subscribe``, ``unsubscribe`` or ``ping``."""
        self._touch()
        try:
            frame = json.loads(text)
        except ValueError as error:
            self._refuse({}, f"Failed to decode incoming data:{error}")
            return
        operation = frame.get("op") if isinstance(frame, dict) else None
        match operation:
            case "ping":
                pong = {"op": "pong", "args": [str(self.connection.now())], "conn_id": self._name}
                self.connection.answer({**_request_id(frame), **pong})
            case "auth":
                self._log_in(frame)
            case "subscribe" | "unsubscribe" if self._key is None:
                self._refuse(frame, f"error:topic:{','.join(_names(frame))} needs auth first")
            case "subscribe":
                self._subscribe(frame)
            case "unsubscribe":
                for topic in _names(frame):
                    self.topics.pop(topic, None)
                self._accept(frame)
            case _:
                self._refuse(frame if isinstance(frame, dict) else {}, "error:invalid op")

    def _log_in(self, frame: dict[str, Any]) -> None:
        try:
            if self._key is not None:
                raise LoginRefused(REPEATED)
            self._key = find_key(frame.get("args"), self.connection.keys, self.connection.now())
        except LoginRefused as refused:
            self._refuse(frame, refused.words)
            return
        self.account = self._key.account
        self._accept(frame)

    def _subscribe(self, frame: dict[str, Any]) -> None:
        names = _names(frame)
        mixed = any(name in _BY_PRODUCT for name in names) and any(name in _OF_PRODUCTS for name in names)
        failed = [name for name in names if name not in _TOPICS or (mixed and name not in _OTHERS)]
        accepted = [name for name in names if name not in failed]
        self.topics |= dict.fromkeys(accepted)
        if failed or not names:
            self._refuse(frame, _PARTIAL.format(" ".join(accepted), " ".join(failed)))
        else:
            self._accept(frame)

    def _accept(self, frame: dict[str, Any]) -> None:
        self._acknowledge(frame, "", success=True)

    def _refuse(self, frame: dict[str, Any], words: str) -> None:
        self._acknowledge(frame, words, success=False)

    def _acknowledge(self, frame: dict[str, Any], words: str, *, success: bool) -> None:
        reply = {"success": success, "ret_msg": words, "op": str(frame.get("op", "")), "conn_id": self._name}
        self.connection.answer({**_request_id(frame), **reply})

    def publish(self, change: LedgerChange) -> None:
        """Push the messages about a change, under the name of each topic that is subscribed."""
        if self._key is None or not change.events:
            return
        wanted = {topic.removesuffix(_PRODUCT) for topic in self.topics}
        for topic, message in list_messages(change, self._key.uid, wanted):
            for name in (topic, topic + _PRODUCT):
                if name in self.topics:
                    self._touch()
                    self.connection.push(message.body(name))


def _names(frame: dict[str, Any]) -> Sequence[str]:
    topics = frame.get("args")
    return [str(topic) for topic in topics] if isinstance(topics, list) else []


def _request_id(frame: dict[str, Any]) -> dict[str, str]:
    return {"req_id": str(frame["req_id"])} if frame.get("req_id") else {}
