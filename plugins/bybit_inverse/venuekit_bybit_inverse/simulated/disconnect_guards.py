"""Disconnection protection (DCP): orders are cancelled once no private stream that asked for it is left."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta

import attrs

from venuekit.simulator import Response, SimKey, Visit, json_response
from venuekit.simulator.ledger import Ledger
from venuekit_bybit_inverse.simulated.parameters import Parameters

#: the topic by which a private stream asks for it, for perpetuals and futures
FUTURE_TOPIC = "dcp.future"
_FUTURES = "DERIVATIVES"
_PRODUCTS = ("OPTIONS", _FUTURES, "SPOT")
#: the shortest, the longest and the usual time window, in seconds
_SHORTEST, _LONGEST, _USUAL = 3, 300, 10


@attrs.define
class _Guard:
    """The windows of one account by product, in seconds, and its connections that have the topic."""

    windows: dict[str, int]
    connections: set[Hashable] = attrs.field(factory=set)


class DisconnectGuards:
    """
    The time windows of all accounts, and their connections that are subscribed to the topic of futures.

    The time runs from the end of the last of these connections, and stops where another one subscribes; connections
    without the topic do not count. It cancels the plain orders of all contracts: the documentation speaks of active
    orders, and not of conditional ones. An unsubscribed connection starts no time, which no documentation says. The
    venue's staff configures an account: here each has a window for futures from the beginning, and sub-accounts have
    none.
    """

    def __init__(self) -> None:
        self._guards: dict[str, _Guard] = {}

    def show(self, _parameters: Parameters, visit: Visit) -> object:
        """Answer ``GET /v5/account/query-dcp-info``: the products that have a window."""
        windows = self._windows_of(visit)
        return {
            "dcpInfos": [
                {"product": product, "dcpStatus": "ON", "timeWindow": str(windows[product])}
                for product in _PRODUCTS
                if product in windows
            ]
        }

    def set(self, parameters: Parameters, visit: Visit) -> Response:
        """
        Answer ``POST /v5/order/disconnected-cancel-all``, whose envelope has neither a result nor a time.

        It has no effect on a sub-account, which is not configured.
        """
        product = parameters.text("product") or _PRODUCTS[0]
        seconds = parameters.require("timeWindow")
        if product not in _PRODUCTS:
            raise parameters.invalid("params error: product invalid")
        if not seconds.isdecimal() or not _SHORTEST <= int(seconds) <= _LONGEST:
            raise parameters.invalid("params error: timeWindow invalid")
        if visit.key is not None and not visit.key.sub_account:
            self._guard_of(visit.key).windows[product] = int(seconds)
        return json_response({"retCode": 0, "retMsg": "success"})

    def add(self, connection: Hashable, key: SimKey, ledger: Ledger) -> None:
        """Count a connection that subscribed to the topic; a time that runs is stopped."""
        self._guard_of(key).connections.add(connection)
        if ledger.deadline() is not None:
            ledger.countdown(None, timedelta(0))

    def remove(self, connection: Hashable, key: SimKey) -> bool:
        """Count a connection no more, and return whether it was the last one."""
        connections = self._guard_of(key).connections
        if connection not in connections:
            return False
        connections.remove(connection)
        return not connections

    def lose(self, connection: Hashable, key: SimKey, ledger: Ledger) -> None:
        """Process the end of a connection: the time runs from that of the last one."""
        if self.remove(connection, key) and (seconds := self._guard_of(key).windows.get(_FUTURES)) is not None:
            ledger.countdown(None, timedelta(seconds=seconds))

    def _windows_of(self, visit: Visit) -> dict[str, int]:
        return {} if visit.key is None else self._guard_of(visit.key).windows

    def _guard_of(self, key: SimKey) -> _Guard:
        usual = {} if key.sub_account else {_FUTURES: _USUAL}
        return self._guards.setdefault(key.account, _Guard(usual))
