"""The streams of a simulation: where they are, and the effects of the clock that they wait for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any

from venuekit._util.times import to_milliseconds
from venuekit.simulator.price_board import PriceBoard
from venuekit.simulator.realm import RunningVenues
from venuekit.simulator.streams import PlannedDisturbance, StreamDisturbance, StreamHub
from venuekit.venue import Venue


class StreamCommands(RunningVenues):
    """The WebSocket connections of a simulation: a base of :class:`Simulation`."""

    streams: StreamHub
    _board: PriceBoard
    _venues: Mapping[str, Venue[Any]]
    _offsets: dict[str, int]

    @property
    @abstractmethod
    def port(self) -> int:
        """The port of the server; 0 before it is opened."""

    def stream(self, venue_id: str) -> str | None:
        """Return the URL that the paths of a venue's user streams follow, None where it has none."""
        return self._websocket(venue_id, self._service(venue_id).simulated.stream_path)

    def websocket_api(self, venue_id: str) -> str | None:
        """Return the URL of a venue's WebSocket API, None where it has none."""
        return self._websocket(venue_id, self._service(venue_id).simulated.websocket_api_path)

    def _websocket(self, venue_id: str, path: str | None) -> str | None:
        return None if path is None else f"ws://127.0.0.1:{self.port}/{venue_id}{path}"

    def disturb_streams(
        self,
        venues: str | Collection[str],
        /,
        *disturbances: StreamDisturbance,
        account: str | None = None,
        message: int | None = None,
    ) -> int:
        """
        Disturb the open user streams of a venue, or of several, and return how many they are.

        Args:
            venues: The venue's id, or several.
            disturbances: Each of them begins on each stream, in this order.
            account: The name or number of the only account whose streams are disturbed; all when None.
            message: The number of the venue's own message from now, 1 for the next, before which they begin, on the
                stream of that message alone; it may be one that is not open yet. At once when None.

        Raises:
            LookupError: the venue is not simulated or has no streams, or no such stream is open and none is waited for.
            ValueError: ``message`` is below 1.
        """
        venue_ids = (venues,) if isinstance(venues, str) else tuple(venues)
        for venue_id in venue_ids:
            if self._service(venue_id).simulated.stream_path is None:
                raise LookupError(f"the simulated {venue_id} has no streams")
        if message is not None and message < 1:
            raise ValueError(f"expected a message from 1, not {message}")
        begun = [
            self.streams.disturb(PlannedDisturbance(venue_ids, disturbance, account, message))
            for disturbance in disturbances
        ]
        if message is None and not any(begun):
            whose = "" if account is None else f" of account {account}"
            raise LookupError(f"no stream of {', '.join(venue_ids)}{whose} is open; message 1 is the next one")
        return max(begun, default=0)

    def tick(self) -> None:
        """
        Let the effects of the clock happen that are due, in every account: moves of prices, countdowns, expiries.

        Every request and every read does so by itself, and while a stream is open, the event loop's time.
        """
        self._board.advance()
        for realm in dict.fromkeys(self._realms.values()):
            for ledger in tuple(realm.ledgers.values()):
                ledger.tick()

    def _next_effect(self) -> int | None:
        """Return the time of the next effect of the clock on an account, by the simulation's own clock."""
        times = [] if self._board.next_move_at is None else [self._board.next_move_at]
        for venue_id, realm in self._realms.items():
            offset = self._offsets[self._venues[venue_id].realm]
            alarms = [alarm for ledger in realm.ledgers.values() if (alarm := ledger.next_alarm) is not None]
            times += [to_milliseconds(alarm) - offset for alarm in alarms]
        return min(times, default=None)
