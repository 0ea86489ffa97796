"""The dead man's switch of a venue with countdowns: they are renewed while the block runs and its owner is alive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from venuekit.capabilities import DeadManBehaviour, DeadManControl, DeadManSwitch
from venuekit.parts.dead_man.bounds import check_seconds, check_symbols
from venuekit.parts.orders.countdown import CountdownPart, keep_armed, read_time


class CountdownSwitchPart(CountdownPart, DeadManControl):
    """Arms the countdowns of a :class:`~venuekit.capabilities.DeadManBehaviour` of the kind COUNTDOWN."""

    __slots__ = ()

    @asynccontextmanager
    async def dead_man_switch(
        self, seconds: float, *, symbols: Sequence[str] = (), alive: Callable[[], bool] | None = None
    ) -> AsyncIterator[DeadManSwitch]:
        """Keep the countdowns of ``symbols``, or that of the account, armed while the block runs."""
        from venuekit.parts.dead_man.renewed import RenewedSwitch  # it loads asyncio, which declarations do without

        behaviour = self.behaviour(DeadManBehaviour)
        check_seconds(self, behaviour, seconds)
        names = check_symbols(self, behaviour, symbols)
        subjects: tuple[str | None, ...] = names or (None,)
        for subject in subjects:
            read_time(self, subject, seconds)
        switch = RenewedSwitch(self, names, float(seconds))
        async with AsyncExitStack() as stack:
            stack.callback(switch.close)
            for subject in subjects:
                switch.add(await stack.enter_async_context(keep_armed(self, subject, seconds, alive, switch.wake)))
            yield switch
