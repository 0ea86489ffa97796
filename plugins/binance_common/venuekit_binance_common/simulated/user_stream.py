"""The venue's side of a user stream: listen keys, subscriptions, pings, and the messages about the account."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qsl

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator import LedgerChange, StreamConnection
from venuekit.simulator.ledger import (
    AccountEvent,
    Book,
    Contract,
    Event,
    Execution,
    Ledger,
    LedgerOrder,
    OrderChange,
    OrderEvent,
    SettingEvent,
    TradeKind,
)
from venuekit_binance_common.simulated.account_frames import (
    Frame,
    account_frame,
    find_endangered,
    margin_call,
    setting_frames,
)
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.order_frames import (
    actual_end,
    algo_frames,
    order_frame,
    trade_lite,
    trigger_reject,
)
from venuekit_binance_common.simulated.socket_peer import SocketPeer
from venuekit_binance_common.simulated.stream_terms import StreamTerms


@attrs.define
class ListenKey:
    """A listen key that was given out: its text, its account, and its end in milliseconds on the venue's clock."""

    text: str = attrs.field(repr=False)
    account: str = attrs.field(repr=False)
    ends_at: int
    #: ended by its owner, of which the streams say nothing
    is_stopped: bool = False


@attrs.frozen
class Product:
    """The product of a stream: its contracts, wallets, terms and words, and whether conditional orders are its own."""

    contracts: Mapping[str, Contract]
    purse: str
    terms: StreamTerms
    errors: Errors
    has_algo: bool

    def frames(self, change: LedgerChange) -> Iterator[Frame]:
        """Yield the messages about a change, in the order of its events; a fill's short one comes first."""
        for event, following in zip_longest(change.events, change.events[1:]):
            if self.terms.has_trade_lite and (trade := _trade_of(following)) and isinstance(event, AccountEvent):
                order, execution = trade
                if order.symbol in self.contracts:
                    yield trade_lite(execution, order, self.contracts[order.symbol])
            yield from self._frames_of(event, change.ledger)

    def _frames_of(self, event: Event, ledger: Ledger) -> Iterator[Frame]:
        if isinstance(event, SettingEvent):
            yield from setting_frames(event, ledger, self.contracts, self.terms)
        elif isinstance(event, AccountEvent):
            frame = account_frame(event, ledger, self.contracts, self.purse, self.terms)
            if frame is not None:
                yield frame
        elif event.order.symbol in self.contracts:
            yield from self._order_frames(event, ledger)

    def _order_frames(self, event: OrderEvent, ledger: Ledger) -> Iterator[Frame]:
        contract = self.contracts[event.order.symbol]
        if self.has_algo and event.order.book is Book.CONDITIONAL:
            yield from algo_frames(event, contract, self.errors)
            if self.terms.has_trigger_rejects and event.change is OrderChange.REJECTED:
                yield trigger_reject(event, self.errors)
            return
        if event.change is OrderChange.ACTIVATED:
            return  # a state of conditional orders alone
        yield order_frame(event, ledger, contract, self.terms)
        yield from actual_end(event, ledger, contract)


def _trade_of(event: Event | None) -> tuple[LedgerOrder, Execution] | None:
    """Return order and fill of an event about a trade that was not forced."""
    if not isinstance(event, OrderEvent) or event.execution is None or event.execution.kind is not TradeKind.TRADE:
        return None
    return event.order, event.execution


@attrs.define
class _Subscription:
    """A listen key of a connection, and the events that it asks for; all without any."""

    key: ListenKey
    events: Collection[str]

    def wants(self, frame: Frame) -> bool:
        return not self.events or frame["e"] in self.events


class UserStream(SocketPeer):
    """
    One connection to the user streams of a product.

    A listen key is in the path, in the query, or subscribed by a message; one that is unknown delivers nothing. A
    combined stream has the key beside each message.
    """

    messages_per_second = 10

    def __init__(
        self,
        connection: StreamConnection,
        product: Product,
        keys: Mapping[str, ListenKey],
        *,
        key: str,
        is_combined: bool,
    ) -> None:
        self._product = product
        self._keys = keys
        self._is_combined = is_combined
        self._subscriptions: dict[str, _Subscription] = {}
        self._names: list[str] = []
        self._called: frozenset[tuple[str, PositionSide]] = frozenset()
        super().__init__(connection, product.terms)
        for name, events in _listen_keys_in(key, connection.request.query):
            self._subscribe(name, events)
        self.set_alarm()

    def _subscribe(self, name: str, events: Collection[str] = ()) -> None:
        self._names.append(name)
        key = self._keys.get(name)
        if key is not None and self.connection.now() < key.ends_at:
            self._subscriptions[name] = _Subscription(key, events)

    def receives(self, account: str) -> bool:
        """Return whether one of the listen keys is of an account."""
        return any(one.key.account == account for one in self._subscriptions.values())

    # -- the client's messages

    def receive(self, text: str) -> None:
        """Answer a request; a client that sends more than ten in a second is disconnected."""
        if not self.takes_message():
            return
        try:
            request = json.loads(text)
        except ValueError as error:
            self.connection.answer({"error": {"code": 3, "msg": f"Invalid JSON: {error}"}})
            return
        self.connection.answer(self._answer(request if isinstance(request, dict) else {}))

    def _answer(self, request: Mapping[str, Any]) -> Frame:
        method, names, number = request.get("method"), request.get("params", []), request.get("id")
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self._names), "id": number}
        if method not in {"SUBSCRIBE", "UNSUBSCRIBE"} or not isinstance(names, list):
            words = f"Invalid request: unknown variant {method}, expected one of SUBSCRIBE, UNSUBSCRIBE"
            return {"error": {"code": 2, "msg": words}, "id": number}
        for name in map(str, names):
            if method == "SUBSCRIBE":
                self._subscribe(name)
            else:
                self._subscriptions.pop(name, None)
                self._names = [one for one in self._names if one != name]
        self.set_alarm()
        return {"result": None, "id": number}

    # -- the clock

    def wake(self) -> None:
        """End expired listen keys, and do the things of every connection."""
        now = self.connection.now()
        for name, one in tuple(self._subscriptions.items()):
            if now >= one.key.ends_at:
                del self._subscriptions[name]
                if not one.key.is_stopped:
                    self._push_expiry(one)
        super().wake()

    def set_alarm(self, *further: int) -> None:
        """Set the time of the next call of :meth:`wake`; the end of a listen key is one."""
        super().set_alarm(*further, *(one.key.ends_at for one in self._subscriptions.values()))

    def expire(self, times: int = 1) -> None:
        """End the listen keys of the connection before their time, and say so as often as ``times``."""
        for one in self._subscriptions.values():
            one.key.ends_at = self.connection.now()
            for _ in range(times):
                self._push_expiry(one)
        self._subscriptions.clear()
        self.set_alarm()

    # -- the venue's messages

    def publish(self, change: LedgerChange) -> None:
        """Push the messages about a change, and a call for margin for positions that have come into danger."""
        for frame in self._product.frames(change):
            self._push(frame, change.account)
        # prices move without an event; orders and settings alone bring no position into danger
        if not change.events or any(isinstance(event, AccountEvent) for event in change.events):
            for frame in self._margin_calls(change.ledger):
                self._push(frame, change.account)

    def _margin_calls(self, ledger: Ledger) -> Sequence[Frame]:
        product = self._product
        positions = find_endangered(ledger, product.contracts, product.purse)
        called, self._called = self._called, frozenset((one.symbol, one.side) for one in positions)
        new = [one for one in positions if (one.symbol, one.side) not in called]
        return [margin_call(new, ledger, product.contracts, product.terms)] if new else []

    def _push(self, frame: Frame, account: str) -> None:
        for one in self._subscriptions.values():
            if one.key.account == account and one.wants(frame) and self.connection.now() < one.key.ends_at:
                self._send(one, frame)

    def _push_expiry(self, one: _Subscription) -> None:
        frame = {"e": "listenKeyExpired", "listenKey": one.key.text}
        if one.wants(frame):
            self._send(one, frame)

    def _send(self, one: _Subscription, frame: Frame) -> None:
        payload = {"e": frame["e"], "E": self.connection.now(), **frame}
        self.connection.push({"stream": one.key.text, "data": payload} if self._is_combined else payload)


def _listen_keys_in(in_path: str, query: str) -> Iterator[tuple[str, Collection[str]]]:
    """Yield the listen keys of a path and a query, each with the events that follow it, separated by slashes."""
    found: list[tuple[str, Collection[str]]] = [(in_path, ())] if in_path else []
    for name, value in parse_qsl(query):
        if name == "listenKey":
            found.append((value, ()))
        elif name == "events" and found:
            found[-1] = (found[-1][0], frozenset(value.split("/")))
        elif name == "streams":
            found += [(one, ()) for one in value.split("/")]
    yield from found
