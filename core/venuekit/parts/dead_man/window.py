"""The window of an account at a venue that watches connections: one, shared by every block of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.account import Account
from venuekit.errors import OperationError, OutcomeUnknown, UnsupportedCapability
from venuekit.streams.watched import WatchedStream

if TYPE_CHECKING:
    from venuekit.parts.dead_man.disconnect_switch import DisconnectRoute

#: seconds before each of the reads that look for a window that was set: it may take a while to have an effect
_CONFIRMING = (0.0, 1.0, 2.0, 3.0, 5.0)


@attrs.define(eq=False)
class WindowBlock:
    """
    One block that keeps the window set, with the account that it was opened on.

    ``open_connection`` opens one that the venue watches; ``connection`` is None before it is open.
    """

    account: Account
    route: DisconnectRoute[Any]
    seconds: int
    open_connection: Callable[[], AbstractAsyncContextManager[WatchedStream]] = attrs.field(repr=False)
    connection: WatchedStream | None = attrs.field(default=None, init=False)
    stack: AsyncExitStack = attrs.field(factory=AsyncExitStack, init=False, repr=False)

    async def read_window(self) -> int | None:
        """Return the window of the account, in seconds; None where the venue has not granted one."""
        return self.route.read(await self.account.call(self.route.window))

    async def set_window(self, seconds: int) -> None:
        """Set the window of the account."""
        await self.account.call(self.route.set_window, **self.route.fixed, **{self.route.time: seconds})


class WindowKeeper:
    """
    Keeps the window of an account and its watched connections, for blocks that may run at the same time.

    The shortest of their times is set. When the last one ends, its connection is released and the window that was there
    before is set again, unless one of those that ran together ended with an exception.
    """

    def __init__(self) -> None:
        self._blocks: list[WindowBlock] = []
        self._has_failed = False
        #: held while a block begins or ends
        self._turn = asyncio.Lock()
        #: the window that was there before the first block, and the one that is set, in seconds
        self._before = 0
        self.window = 0

    async def begin(self, block: WindowBlock) -> WatchedStream:
        """
        Set the window for a block, and return the connection that is watched from now on.

        Raises:
            UnsupportedCapability: the venue has not granted it to this account; nothing was changed.
            OperationError: the window could not be set or confirmed, or the connection could not be opened.
        """
        async with self._turn:
            if not self._blocks:
                found = await block.read_window()
                if found is None:
                    raise block.account.make_error(UnsupportedCapability, block.route.not_granted)
                self._before, self.window = found, 0  # it is set in any case: a read may show one that is outdated
            self._blocks.append(block)
            try:
                # a window has no effect without a connection; a connection has one, whatever the window is
                if await self._set_shortest(block):
                    await self._confirm(block)
                connection = await block.stack.enter_async_context(block.open_connection())
            except BaseException as error:
                self._blocks.remove(block)
                if isinstance(error, Exception):
                    await self._undo(block, error)
                raise
            block.connection = connection
            return connection

    async def end(self, block: WindowBlock, *, is_clean: bool) -> None:
        """
        End a block; the last one releases the connection and sets the window of before.

        Raises:
            OperationError: the connection could not be released, and its end may cancel orders; or the window of
                before could not be set.
        """
        async with block.stack, self._turn:
            self._blocks.remove(block)
            self._has_failed |= not is_clean
            if self._has_failed and not self._blocks:
                self._has_failed = False
                return
            connection = block.connection
            if connection is not None and connection.is_last and not self._has_failed:
                await self._release(block, connection)
            await block.stack.aclose()
            await self._set_shortest(block)

    async def _release(self, block: WindowBlock, connection: WatchedStream) -> None:
        """Release a connection within the time in which orders are cancelled anyhow."""
        account = block.account
        words = (
            f"the connection could not be released within {self.window} s: the venue may cancel the orders that the"
            " switch is about; read the open orders"
        )
        try:
            await _within(self.window, connection.release, account.pause)
        except TimeoutError:
            raise account.make_error(OutcomeUnknown, words) from None
        except OperationError as error:
            raise account.make_error(OutcomeUnknown, f"{words} ({error})") from error

    async def _set_shortest(self, block: WindowBlock) -> bool:
        """Set the window that the blocks need, that of before without any; return whether it was another one."""
        wanted = min((one.seconds for one in self._blocks), default=self._before)
        if wanted == self.window:
            return False
        await block.set_window(wanted)
        self.window = wanted
        return True

    async def _confirm(self, block: WindowBlock) -> None:
        """Wait until the venue shows the window that was set."""
        shown: int | None = None
        for pause in _CONFIRMING:
            await block.account.pause(pause)
            shown = await block.read_window()
            if shown == self.window:
                return
        words = f"a window of {self.window} s was accepted, and {sum(_CONFIRMING):g} s later the venue shows {shown} s"
        raise block.account.make_error(OutcomeUnknown, words)

    async def _undo(self, block: WindowBlock, error: Exception) -> None:
        """Set the window again that was there without this block; a failure is noted on the error."""
        try:
            await self._set_shortest(block)
        except OperationError as second:
            error.add_note(f"the window of before, {self._before} s, could not be set again: {second}")


async def _within(
    seconds: float, release: Callable[[], Awaitable[None]], pause: Callable[[float], Awaitable[None]]
) -> None:
    """Wait for a release for so many seconds of the account's clock; raises ``TimeoutError``."""
    releasing, waiting = asyncio.ensure_future(release()), asyncio.ensure_future(pause(seconds))
    try:
        await asyncio.wait((releasing, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not releasing.done():
            raise TimeoutError
        releasing.result()
    finally:
        for task in (releasing, waiting):
            task.cancel()
        await asyncio.wait((releasing, waiting))
