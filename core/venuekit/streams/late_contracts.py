"""Late contracts: those that a venue has listed since the connection of a user stream was opened."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from venuekit.clock import Clock
from venuekit.errors import VenuekitError
from venuekit.stream_declaration import Decoder, DecoderRenewal, StreamDeclaration
from venuekit.streams.chores import Chores

if TYPE_CHECKING:
    from venuekit.account import Account

#: seconds before contracts are read again for a symbol that was not among them
_EVERY = 60.0


@attrs.define(eq=False)
class LateContracts:
    """
    Has the decoder of a session made anew where an event lacks its contract, beside the messages.

    ``find_account`` returns the account that makes the requests of the session; ``on_decoder`` gets the new decoder.
    """

    declaration: StreamDeclaration = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    chores: Chores = attrs.field(repr=False)
    find_account: Callable[[], Account] = attrs.field(repr=False)
    on_decoder: Callable[[Decoder], None] = attrs.field(repr=False)
    #: when the contracts were last read again for a symbol, on the monotonic clock
    _asked_at: dict[str, float] = attrs.field(factory=dict, init=False, repr=False)

    def learn(self, symbol: str) -> None:
        """Have the decoder made anew, with the contract of a symbol; one that is not listed is not always asked for."""
        now, renewal = self.clock.monotonic(), self.declaration.renewal
        if renewal is not None and now >= self._asked_at.get(symbol, -math.inf) + _EVERY:
            self._asked_at[symbol] = now
            self.chores.begin(self._renew(renewal, symbol))

    async def _renew(self, renewal: DecoderRenewal, symbol: str) -> None:
        account = self.find_account()
        try:
            await renewal.refresh(account, symbol)
            self.on_decoder(await self.declaration.make_decoder(account))
        except asyncio.CancelledError:
            del self._asked_at[symbol]  # its connection has ended; the next one asks again
            raise
        except VenuekitError:
            return  # reported to observers as any request; the decoder stays as it is
