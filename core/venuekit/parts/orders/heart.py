"""The heart of a countdown: renews it for every block of this process that keeps it armed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol, Self

import attrs

from venuekit.errors import OperationError, Outcome, OutcomeNotStated, Overloaded, TransportError

#: how many beats fit into a countdown: two may fail before it ends
_BEATS = 3
_MOST_WINDOW = 5_000
#: seconds a request may be ahead of its window, by the venue's clock
_AHEAD = 1.0
#: seconds between attempts to arm it for the first time
_FIRST_WAITS = (0.2, 0.5, 1.0)


class CountdownAccount(Protocol):
    """An account that arms countdowns."""

    def with_options(self, *, recv_window: int, deadline: float, max_wait: float) -> Self:
        """Return a view of it."""

    async def set_countdown(self, symbol: str | None, seconds: float | None) -> None:
        """Arm or disarm by one request."""

    def monotonic(self) -> float:
        """Return the seconds of the clock on which it waits."""

    async def pause(self, seconds: float) -> None:
        """Wait on that clock."""


@attrs.frozen(eq=False)
class Block:
    """
    One block that keeps a countdown armed, with the account that it was opened on.

    ``least_window`` is the shortest receive window that the venue takes, in milliseconds. While ``alive`` returns False
    it asks for no beat. ``on_change`` is called after each beat, and where one was due that was not sent.
    """

    account: CountdownAccount
    seconds: float
    least_window: int = 1
    alive: Callable[[], bool] | None = None
    on_change: Callable[[], None] | None = None

    @property
    def interval(self) -> float:
        """Seconds between two beats."""
        return self.seconds / _BEATS

    def is_alive(self) -> bool:
        """Say whether it asks for a beat; a function that fails cannot vouch for anything."""
        if self.alive is None:
            return True
        try:
            return bool(self.alive())
        except Exception as error:  # noqa: BLE001 - it must not end the beats of other blocks
            _log("a countdown is not renewed: asking whether its owner is alive failed: %r", error)
            return False


class Heart:
    """
    Sends the beats of one countdown, and knows until when one without an answer may still arrive.

    Blocks that run at the same time share it: the shortest of their countdowns is armed, and the end of one block
    leaves it armed for the others. When the last one ends it is disarmed, unless one of those that ran together ended
    with an exception.
    """

    def __init__(self, symbol: str | None) -> None:
        self._symbol = symbol
        self._blocks: list[Block] = []
        self._has_failed = False
        #: held while it is armed for a block that begins, and while it is disarmed
        self._turn = asyncio.Lock()
        self._beating: asyncio.Task[None] | None = None
        #: until when a beat that has no answer may still arrive
        self._open_beats: dict[object, float] = {}
        #: until when it is armed, on the monotonic clock; 0 before the first answered beat
        self.armed_until = 0.0
        #: why it was not renewed when a beat was due; None where it was
        self.doubt: str | None = None
        #: when it was over for the last time before it was renewed, on the monotonic clock
        self.ran_out_at: float | None = None
        self._has_warned = False

    async def begin(self, block: Block) -> None:
        """
        Arm the countdown for a block, and keep it armed.

        Raises:
            OperationError: that of the last attempt; other blocks go on.
        """
        async with self._turn:
            self._blocks.append(block)
            with ExitStack() as undoing:
                undoing.callback(self._blocks.remove, block)
                await self._arm()
                undoing.pop_all()
            await self._stop()  # the next beat is due by the shortest countdown
            self._beating = asyncio.create_task(self._beat())

    async def end(self, block: Block, *, is_clean: bool) -> None:
        """
        End a block; the last one stops the beats, and disarms the countdown if no block ended with an exception.

        Raises:
            OperationError: it could not be disarmed.
        """
        self._blocks.remove(block)
        self._has_failed |= not is_clean
        if self._blocks:
            return
        has_failed, self._has_failed = self._has_failed, False
        beating = await self._stop()
        if has_failed:
            return
        if beating is not None and not beating.cancelled():
            beating.result()
        await self._disarm(block)
        late = max(self._open_beats.values(), default=0.0) - block.account.monotonic()
        if late > 0:  # a beat whose answer is missing may still arrive, and would arm it again
            await block.account.pause(late)
            await self._disarm(block)

    async def _disarm(self, block: Block) -> None:
        async with self._turn:
            if not self._blocks:  # else another one has begun, and needs it
                await block.account.set_countdown(self._symbol, None)

    async def _stop(self) -> asyncio.Task[None] | None:
        beating, self._beating = self._beating, None
        if beating is not None:
            beating.cancel()
            await asyncio.wait([beating])
        return beating

    async def _arm(self) -> None:
        """Arm it; raises the error of the last attempt."""
        for pause in _FIRST_WAITS:
            try:
                return await self._send(self._shortest)
            except (TransportError, OutcomeNotStated, Overloaded):
                await self._blocks[-1].account.pause(pause)
        return await self._send(self._shortest)

    async def _beat(self) -> None:
        """Beat until the task is cancelled."""
        due = self._shortest.account.monotonic()
        while True:
            block = self._shortest
            due = max(due + block.interval, block.account.monotonic())
            await block.account.pause(max(0.0, due - block.account.monotonic()))
            living = [one for one in self._blocks if one.is_alive()]
            try:
                if living:
                    await self._send(_shortest(living))
                else:
                    self._note_doubt("its owner says that it is not alive")
            except OperationError as error:  # observers have seen it, and the next beat takes its place
                self._note_doubt(str(error))
            for one in tuple(self._blocks):
                if one.on_change is not None:
                    one.on_change()

    @property
    def _shortest(self) -> Block:
        return _shortest(self._blocks)

    async def _send(self, block: Block) -> None:
        """Beat once; a beat without an answer may still arrive for a while."""
        sent_at, interval = block.account.monotonic(), block.interval
        window = max(block.least_window, min(_MOST_WINDOW, round(interval * 1000)))
        # no waits: each beat is one attempt, so that whether it was answered is known of everything that left
        view = block.account.with_options(deadline=interval, max_wait=0.0, recv_window=window)
        beat, until = object(), sent_at + interval + window / 1000 + _AHEAD
        self._open_beats = {beat: until, **{one: end for one, end in self._open_beats.items() if end > sent_at}}
        try:
            await view.set_countdown(self._symbol, block.seconds)
        except OperationError as error:
            if error.outcome is Outcome.NOT_SENT:
                self._open_beats.pop(beat, None)
            raise
        self._open_beats.pop(beat, None)
        if 0 < self.armed_until <= sent_at:
            self.ran_out_at = self.armed_until
        self.armed_until, self.doubt, self._has_warned = sent_at + block.seconds, None, False

    def _note_doubt(self, words: str) -> None:
        """Note why it was not renewed, and warn once where its time is over."""
        self.doubt, block = words, self._shortest
        if self._has_warned or block.account.monotonic() < self.armed_until:
            return
        self._has_warned = True
        over = "the countdown of %s was not renewed for %g s: the venue may have cancelled its plain orders (%s)"
        _log(over, self._symbol or "the account", block.seconds, words)


def _shortest(blocks: Sequence[Block]) -> Block:
    return min(blocks, key=lambda block: block.seconds)


def _log(words: str, *values: object) -> None:
    import logging

    logging.getLogger("venuekit.countdown").warning(words, *values)
