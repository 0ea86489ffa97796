"""Tokens: the session token of one key, fetched once for all requests that need it."""

from __future__ import annotations

import asyncio
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from venuekit.clock import VenueClock
from venuekit.errors import VenuekitError
from venuekit.session_token import SessionToken, Token

if TYPE_CHECKING:
    from venuekit.resolution import Call


@attrs.define(eq=False)
class Tokens:
    """
    The session token of one key in one environment.

    Args:
        rule: How it is fetched.
        clock: The venue's.
    """

    rule: SessionToken = attrs.field(repr=False)
    clock: VenueClock = attrs.field(repr=False)
    _token: Token | None = attrs.field(default=None, init=False, repr=False)
    _renew_at: datetime | None = attrs.field(default=None, init=False)
    _running: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)

    @property
    def token(self) -> Token | None:
        """The present token, None before the first was needed."""
        return self._token

    async def take(self, call: Call) -> Token:
        """
        Return the token; a new one, fetched by ``call``, where there is none or the present one ends soon.

        Raises:
            VenuekitError: none could be fetched, and the present one has ended.
        """
        token = self._token
        if token is None or (self._renew_at is not None and self.clock.now() >= self._renew_at):
            try:
                await self._fetch(call)
            except VenuekitError:
                if token is None or token.expires_at is None or self.clock.now() >= token.expires_at:
                    raise
                return token  # it may still be used
            token = self._token
        if token is None:  # it was dropped in this very moment
            return await self.take(call)
        return token

    def drop(self, token: Token | None) -> None:
        """Forget a token that the venue has refused, unless it has been replaced since."""
        if token is self._token:
            self._token = None

    async def aclose(self) -> None:
        """End a fetch under way; no caller waits for it any more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _fetch(self, call: Call) -> None:
        """Fetch a token; concurrent callers wait for the same one."""
        if self._running is None:
            self._running = asyncio.create_task(self._replace(call))
            self._running.add_done_callback(self._on_finish)
        try:
            await asyncio.shield(self._running)
        except VenuekitError as error:  # each that waits tells in it of its own request
            raise copy(error) from None

    def _on_finish(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # its waiters have met it

    async def _replace(self, call: Call) -> None:
        token = await call(self.rule.endpoint)
        now = self.clock.now()
        self._renew_at = None
        if token.expires_at is not None:
            self._renew_at = token.expires_at - min(self.rule.renew_before, (token.expires_at - now) / 2)
        self._token = token
