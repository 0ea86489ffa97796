"""The private stream: a signed login, subscriptions with their acknowledgements, and the account's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from venuekit.simulator import LedgerChange, StreamConnection
from venuekit_bybit_inverse.simulated.disconnect_guards import FUTURE_TOPIC, DisconnectGuards
from venuekit_bybit_inverse.simulated.signed_socket import MALFORMED, SignedSocket
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
#: topics without products; they are accepted, and but for the wallet there are no messages
_OTHERS = {"wallet", "greeks", "strategy", FUTURE_TOPIC, "dcp.spot", "dcp.option", "spread.order", "spread.execution"}
_TOPICS = frozenset({*_BY_PRODUCT, *_OF_PRODUCTS, *_OTHERS})
_PARTIAL = (
    "Batch subscription partially succeeded and partially failed.Successful subscriptions are as follows:[{}]. "
    "Subscription to the following topics failed because the topic does not exist or there is a subscription "
    "conflict:[{}]."
)


class PrivateStream(SignedSocket):
    """
    The private stream of one connection.

    Topics can be subscribed for all products or for one, not both in one request. There is no message at the
    subscription, and none about a price alone. ``topics`` are those that are subscribed; ``dcp.future`` has no
    messages, and makes the end of this connection cancel orders.
    """

    def __init__(self, connection: StreamConnection, name: str, guards: DisconnectGuards) -> None:
        super().__init__(connection, name)
        self._guards = guards
        self.topics: dict[str, None] = {}

    def process(self, frame: dict[str, Any]) -> None:
        """Process an ``auth``, ``subscribe``, ``unsubscribe`` or ``ping``."""
        match frame.get("op"):
            case "ping":
                pong = {"op": "pong", "args": [str(self.connection.now())], "conn_id": self.name}
                self.connection.answer({**_request_id(frame), **pong})
            case "auth":
                self.log_in(frame)
            case "subscribe" | "unsubscribe" if self.key is None:
                self.refuse(frame, MALFORMED, f"error:topic:{','.join(_names(frame))} needs auth first")
            case "subscribe":
                self._subscribe(frame)
            case "unsubscribe":
                for topic in _names(frame):
                    self.topics.pop(topic, None)
                if self.key is not None and FUTURE_TOPIC not in self.topics:
                    self._guards.remove(self, self.key)
                self.accept(frame)
            case _:
                self.refuse(frame, MALFORMED, "error:invalid op")

    def _subscribe(self, frame: dict[str, Any]) -> None:
        names = _names(frame)
        mixed = any(name in _BY_PRODUCT for name in names) and any(name in _OF_PRODUCTS for name in names)
        failed = [name for name in names if name not in _TOPICS or (mixed and name not in _OTHERS)]
        accepted = [name for name in names if name not in failed]
        self.topics |= dict.fromkeys(accepted)
        if self.key is not None and FUTURE_TOPIC in accepted:
            self._guards.add(self, self.key, self.connection.ledger_of(self.key.account))
        if failed or not names:
            self.refuse(frame, MALFORMED, _PARTIAL.format(" ".join(accepted), " ".join(failed)))
        else:
            self.accept(frame)

    def accept(self, frame: dict[str, Any]) -> None:
        """Acknowledge an operation; from a login on, the account is known."""
        self.account = None if self.key is None else self.key.account
        self._acknowledge(frame, "", success=True)

    def refuse(self, frame: dict[str, Any], code: int, words: str) -> None:  # noqa: ARG002  - words alone are told
        """Refuse an operation."""
        self._acknowledge(frame, words, success=False)

    def wake(self) -> None:
        """Cut the connection, which was idle for too long: it has ended, whether or not the client reads."""
        super().wake()
        self.end()

    def end(self) -> None:
        """Process the end of the connection, which may be the last one that was to keep orders alive."""
        if self.key is not None:
            self._guards.lose(self, self.key, self.connection.ledger_of(self.key.account))

    def _acknowledge(self, frame: dict[str, Any], words: str, *, success: bool) -> None:
        reply = {"success": success, "ret_msg": words, "op": str(frame.get("op", "")), "conn_id": self.name}
        self.connection.answer({**_request_id(frame), **reply})

    def publish(self, change: LedgerChange) -> None:
        """Push the messages about a change, under the name of each topic that is subscribed."""
        if self.key is None or not change.events:
            return
        wanted = {topic.removesuffix(_PRODUCT) for topic in self.topics}
        for topic, message in list_messages(change, self.key.uid, wanted):
            for name in (topic, topic + _PRODUCT):
                if name in self.topics:
                    self.touch()
                    self.connection.push(message.body(name))


def _names(frame: dict[str, Any]) -> Sequence[str]:
    topics = frame.get("args")
    return [str(topic) for topic in topics] if isinstance(topics, list) else []


def _request_id(frame: dict[str, Any]) -> dict[str, str]:
    return {"req_id": str(frame["req_id"])} if frame.get("req_id") else {}
