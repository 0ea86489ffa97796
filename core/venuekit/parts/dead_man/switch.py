"""Switches: the state of a dead man's switch, with those who wait for it to change."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from venuekit.account import Account
from venuekit.capabilities import DeadManBehaviour, DeadManSwitch, SwitchPhase, SwitchState


class ReportedSwitch(DeadManSwitch):
    """A switch whose state may be another one after each call of :meth:`wake`."""

    def __init__(self, account: Account, symbols: tuple[str, ...], seconds: float) -> None:
        self.behaviour = account.behaviour(DeadManBehaviour)
        self.symbols = symbols
        self.seconds = seconds
        self._account = account
        self._is_closed = False
        self._changed = asyncio.Event()

    @property
    def state(self) -> SwitchState:
        """The state of the switch now."""
        return SwitchState(SwitchPhase.CLOSED, reason="the block has ended") if self._is_closed else self._read_state()

    @abstractmethod
    def _read_state(self) -> SwitchState:
        """Return the state while the block runs."""

    async def wait_until_at_risk(self) -> SwitchState:
        """Wait until the switch is not ARMED, and return its state then."""
        while (state := self.state).phase is SwitchPhase.ARMED:
            self._changed.clear()
            await self._changed.wait()
        return state

    def wake(self) -> None:
        """Have those who wait look again."""
        self._changed.set()

    def close(self) -> None:
        """End the switch."""
        self._is_closed = True
        self.wake()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.behaviour.kind} {self.seconds:g} s, {self.state.phase}>"
