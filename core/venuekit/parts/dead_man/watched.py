"""Watched switches: know whether the connection is up that keeps orders alive, and when the venue cancels if not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from venuekit.account import Account
from venuekit.capabilities import EventReader, Gap, GapReason, StreamPhase, SwitchPhase, SwitchState
from venuekit.errors import AccountClosed
from venuekit.parts.dead_man.switch import ReportedSwitch

_log = logging.getLogger("venuekit.dead_man")


class WatchedSwitch(ReportedSwitch):
    """
    A switch that depends on a connection, whose gaps are ``events``.

    ``window`` returns the seconds for which the account may be without one.
    """

    def __init__(
        self,
        account: Account,
        symbols: tuple[str, ...],
        seconds: int,
        events: EventReader,
        window: Callable[[], float],
    ) -> None:
        super().__init__(account, symbols, float(seconds))
        self._events = events
        self._window = window
        #: when the venue cancels, on the monotonic clock, and why nothing keeps it from that; None while it is up
        self._loss: tuple[float, str] | None = None
        self._ran_out_at: float | None = None

    def _read_state(self) -> SwitchState:
        now, wall = self._account.monotonic(), self._account.now()
        loss = self._loss
        if loss is None and self._events.state.phase is not StreamPhase.LIVE:  # its gap was not read yet
            loss = now + self._window(), "the connection is lost"
        over = self._ran_out_at if loss is None or loss[0] > now else loss[0]
        ran_out_at = None if over is None else wall + timedelta(seconds=over - now)
        if loss is None:
            return SwitchState(SwitchPhase.ARMED, ran_out_at=ran_out_at)
        phase = SwitchPhase.RUN_OUT if loss[0] <= now else SwitchPhase.AT_RISK
        return SwitchState(phase, wall + timedelta(seconds=loss[0] - now), loss[1], ran_out_at)

    async def follow(self) -> None:
        """Follow the connection until the account is closed."""
        try:
            while True:
                for event in await self._events.read_message():
                    if isinstance(event, Gap) and event.reason is not GapReason.REFUSED:
                        self._lose(event)
                if self._loss is not None:
                    await self._events.wait_until_live()
                    self._return(self._loss[0])
        except AccountClosed:
            self.wake()

    def _lose(self, gap: Gap) -> None:
        """Note a loss; the time runs from the last sign of life where the connection ended without one."""
        now = self._account.monotonic()
        began = gap.since if gap.since is not None and gap.reason is GapReason.SILENT else gap.received_at
        fires_at = now + (began - self._account.now()).total_seconds() + self._window()
        self._loss = fires_at, gap.words
        words = "%r: the connection that keeps its orders alive is lost (%s); the venue cancels them in %.0f s"
        _log.warning(words, self._account, gap.words, max(0.0, fires_at - now))
        self.wake()

    def _return(self, fires_at: float) -> None:
        self._loss = None
        if fires_at <= self._account.monotonic():
            self._ran_out_at = fires_at
            words = "%r: the connection was back too late: the venue has probably cancelled orders; read the open ones"
            _log.warning(words, self._account)
        self.wake()
