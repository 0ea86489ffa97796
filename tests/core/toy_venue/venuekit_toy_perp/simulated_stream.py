"""The venue's side of the stream: a log-in by a signed message, then subscriptions to channels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from venuekit.simulator import LedgerChange, StreamConnection, StreamPeer, is_hmac_sha256
from venuekit.simulator.ledger import AccountEvent, SettingEvent
from venuekit_toy_perp.codes import Code

STREAM_PATH = "/v1/stream"
CHANNELS = ("wallet", "positions", "settings")
#: milliseconds between the venue's time and that of a log-in, at most
_LOGIN_WINDOW = 5000
#: milliseconds without a message of the client, after which the venue closes the connection
_PATIENCE = 60_000


class ToyStream(StreamPeer):
    """
    One connection to the stream of Toy Perpetuals.

    The client logs in by ``{"op": "login", "key", "time", "signature"}``, where the signature is that of ``stream``
    followed by the time, and subscribes by ``{"op": "subscribe", "channels": [...]}``. ``{"op": "ping"}`` is answered;
    a client that says nothing for a minute is disconnected.
    """

    def __init__(self, connection: StreamConnection) -> None:
        super().__init__(connection)
        self._channels: frozenset[str] = frozenset()
        self.wake_at = connection.now() + _PATIENCE

    def receive(self, text: str) -> None:
        """Answer a message."""
        self.wake_at = self.connection.now() + _PATIENCE
        try:
            message = json.loads(text)
            op = message["op"]
        except (ValueError, TypeError, LookupError):
            self._refuse("unknown", Code.BAD_PARAMETER, "a message is a JSON object with an op")
            return
        if op == "ping":
            self.connection.answer({"op": "pong", "at": self.connection.now()})
        elif op == "login":
            self._log_in(message)
        elif op == "subscribe":
            self._subscribe(message)
        else:
            self._refuse(str(op), Code.NO_SUCH_ROUTE, "there is no such op")

    def _log_in(self, message: Mapping[str, Any]) -> None:
        key = self.connection.keys.get(str(message.get("key")))
        if key is None:
            self._refuse("login", Code.UNKNOWN_KEY, "the key is not known")
            return
        time = message.get("time")
        if not is_hmac_sha256(key.secret, f"stream{time}".encode(), str(message.get("signature"))):
            self._refuse("login", Code.BAD_SIGNATURE, "the signature does not fit")
        elif not isinstance(time, int) or abs(self.connection.now() - time) > _LOGIN_WINDOW:
            self._refuse("login", Code.OUTSIDE_WINDOW, "time is outside the window")
        else:
            self.account = key.account
            self.connection.answer({"op": "login", "ok": True})

    def _subscribe(self, message: Mapping[str, Any]) -> None:
        channels = message.get("channels")
        if self.account is None:
            self._refuse("subscribe", Code.UNKNOWN_KEY, "log in first")
        elif not isinstance(channels, list) or not channels or not set(map(str, channels)) <= set(CHANNELS):
            self._refuse("subscribe", Code.BAD_PARAMETER, f"channels are {', '.join(CHANNELS)}")
        else:
            self._channels |= set(channels)
            self.connection.answer({"op": "subscribe", "ok": True, "channels": sorted(self._channels)})

    def _refuse(self, op: str, code: Code, words: str) -> None:
        self.connection.answer({"op": op, "ok": False, "error": {"code": int(code), "message": words}})

    def wake(self) -> None:
        """Disconnect a client that says nothing."""
        self.wake_at = None
        self.connection.close(4000, "silent for a minute")

    def publish(self, change: LedgerChange) -> None:
        """Push the rows that an event changed, each channel in a message of its own."""
        for event in change.events:
            if isinstance(event, AccountEvent):
                wallet = [{"asset": one.asset, "wallet": one.wallet, "change": one.change} for one in event.balances]
                self._push("wallet", event, wallet, why=event.reason.value)
                positions = [
                    {
                        "contract": leg.symbol,
                        "size": leg.quantity,
                        "entry": leg.entry_price,
                        "margin": leg.margin_type.value,
                        "collateral": leg.isolated_wallet,
                    }
                    for leg in event.positions
                ]
                self._push("positions", event, positions, why=event.reason.value)
            elif isinstance(event, SettingEvent):
                row = {"contract": event.symbol, "setting": event.setting.value, "value": str(event.value)}
                self._push("settings", event, [row])

    def _push(self, channel: str, event: AccountEvent | SettingEvent, rows: list[dict[str, Any]], **more: str) -> None:
        if rows and channel in self._channels:
            at = round(event.time.timestamp() * 1000)
            self.connection.push({"channel": channel, "seq": event.sequence, "at": at, "rows": rows, **more})
