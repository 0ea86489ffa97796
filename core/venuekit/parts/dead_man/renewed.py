"""Renewed switches: the state of a dead man's switch whose countdowns are renewed by requests."""

from __future__ import annotations

from datetime import timedelta

from venuekit.account import Account
from venuekit.capabilities import SwitchPhase, SwitchState
from venuekit.parts.dead_man.switch import ReportedSwitch
from venuekit.parts.orders.heart import Heart


class RenewedSwitch(ReportedSwitch):
    """A switch of one countdown or several: it is as safe as the one that is the first to end."""

    def __init__(self, account: Account, symbols: tuple[str, ...], seconds: float) -> None:
        super().__init__(account, symbols, seconds)
        self._hearts: list[Heart] = []

    def add(self, heart: Heart) -> None:
        """Add a countdown that is armed."""
        self._hearts.append(heart)

    def _read_state(self) -> SwitchState:
        now, wall = self._account.monotonic(), self._account.now()
        first = min(self._hearts, key=lambda one: one.armed_until)
        doubt = next((one.doubt for one in self._hearts if one.doubt is not None), None)
        over = [one.armed_until for one in self._hearts if one.armed_until <= now]
        latest = max((*over, *(one.ran_out_at for one in self._hearts if one.ran_out_at is not None)), default=None)
        phase = SwitchPhase.RUN_OUT if over else SwitchPhase.ARMED if doubt is None else SwitchPhase.AT_RISK
        return SwitchState(
            phase,
            fires_at=wall + timedelta(seconds=first.armed_until - now),
            reason=None if phase is SwitchPhase.ARMED else doubt or "it was not renewed in time",
            ran_out_at=None if latest is None else wall + timedelta(seconds=latest - now),
        )
