"""Dead man's switch: the venue cancels orders when this program is gone, by whichever means it has."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.orders import CountdownScope


class DeadManKind(enum.StrEnum):
    """What the venue watches."""

    COUNTDOWN = "countdown"  #: a time that requests renew; without one it runs out
    DISCONNECT = "disconnect"  #: a connection; once none is left that asked for it, a time runs


@attrs.frozen(kw_only=True)
class DeadManBehaviour:
    """
    The dead man's switch of a venue.

    Attributes:
        kind: The thing that the venue watches.
        scope: The orders of one switch: those of a symbol, or of the account.
        cancels: The orders that it cancels, and those that it spares or is not known to cover, in one sentence.
        concerns: Others whom it concerns, in one sentence: it is not only for this program.
        shortest, longest: The bounds of its seconds; None where none is documented.
        disarming: The doubt whether leaving the block disarms it, in one sentence; None where that is documented.
    """

    kind: DeadManKind
    scope: CountdownScope
    cancels: str
    concerns: str
    shortest: float | None = None
    longest: float | None = None
    disarming: str | None = None


class SwitchPhase(enum.StrEnum):
    """The state of a switch, as far as it is known here."""

    ARMED = "armed"  #: it is kept from firing
    AT_RISK = "at_risk"  #: nothing keeps it from firing any more, and its time runs
    RUN_OUT = "run_out"  #: its time is over: the venue has probably cancelled
    CLOSED = "closed"  #: the block has ended


@attrs.frozen
class SwitchState:
    """
    The state of a switch.

    ``fires_at`` is when the venue cancels unless the switch is renewed before, by our clock; None where nothing runs.
    ``reason`` says why it is not ARMED, None where it is. ``ran_out_at`` is when its time was over for the last time in
    this block, None for never: open orders are read anew after it.
    """

    phase: SwitchPhase
    fires_at: datetime | None = None
    reason: str | None = None
    ran_out_at: datetime | None = None


class DeadManSwitch(ABC):
    """
    A switch that is armed while its block runs.

    Attributes:
        behaviour: The venue's declaration: the kind of the switch, and the orders that it cancels.
        symbols: The symbols whose orders it cancels; empty where it is the account's.
        seconds: Its time, as the block asked for it; a shorter one of another block may be armed in its place.
    """

    behaviour: DeadManBehaviour
    symbols: tuple[str, ...]
    seconds: float

    @property
    @abstractmethod
    def state(self) -> SwitchState:
        """The state of the switch now."""

    @abstractmethod
    async def wait_until_at_risk(self) -> SwitchState:
        """
        Wait until the switch is not ARMED, and return its state then; at once where it is so already.

        It may be renewed in time by itself. Place no order until it is ARMED again, and read the open orders
        where it has run out.
        """


class DeadManControl(Capability):
    """Have the venue cancel orders when this program is gone."""

    __slots__ = ()

    @abstractmethod
    def dead_man_switch(
        self, seconds: float, *, symbols: Sequence[str] = (), alive: Callable[[], bool] | None = None
    ) -> AbstractAsyncContextManager[DeadManSwitch]:
        """
        Keep a switch armed while the block runs: ``async with account.dead_man_switch(30) as switch:``.

        It uses the means of the venue, and ``switch.behaviour`` says which. The block is entered once the venue has
        confirmed it. A clean exit cancels nothing and disarms the switch, as far as the venue documents a way; an
        exception, or the end of the program, lets it fire. Blocks of one account that run at the same time in one
        process keep each other alive: the shortest time is armed, and the last block disarms it, unless one of them
        ended with an exception.

        Args:
            seconds: The time after which the venue cancels: since the last renewal, or since the connection was lost.
            symbols: The symbols whose orders it cancels, one at least, where the scope is SYMBOL; none where it is
                ACCOUNT.
            alive: For a COUNTDOWN: asked before each renewal, and none is sent while it returns False; None for
                always. A block tied to a :class:`~venuekit.live.AccountView` gives the view's freshness.

        Raises (on entering):
            InvalidArgument: seconds outside the bounds of the venue, symbols that do not fit its scope, or ``alive``
                for a DISCONNECT; nothing was sent.
            UnsupportedCapability: the venue has not granted it to this account.
            OperationError: it could not be armed. Nothing is left armed that was not so before, as far as known.

        Raises (on leaving):
            OperationError: it could not be disarmed, and may fire.
        """
