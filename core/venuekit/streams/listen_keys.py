"""Listen keys: the key of a session, started, kept alive at half its life, and started anew when it is gone."""

from __future__ import annotations

import attrs

from venuekit.clock import Clock
from venuekit.credentials.secret import Secret
from venuekit.errors import PayloadMismatch, VenueError
from venuekit.resolution import Call
from venuekit.stream_declaration import ListenKeySession

#: seconds until a failed prolongation is tried again, at most
_AGAIN = 60.0


@attrs.define(eq=False)
class KeptKey:
    """The listen key of one session; times are of the monotonic clock."""

    rule: ListenKeySession = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    key: Secret | None = attrs.field(default=None, init=False, repr=False)
    renew_at: float = attrs.field(default=0.0, init=False)
    expires_at: float = attrs.field(default=0.0, init=False)

    async def start(self, call: Call) -> Secret:
        """
        Start the key, or prolong the one that is alive, and return it.

        Raises:
            PayloadMismatch: the answer holds none.
            OperationError: the venue cannot be reached, or refuses it.
        """
        began = self.clock.monotonic()
        key: Secret | None = await call(self.rule.start)
        if not key:
            raise PayloadMismatch("the answer holds no listen key")
        self.key = key
        self._prolong(began)
        return key

    async def keep_alive(self, call: Call) -> bool:
        """
        Prolong the key, and return whether it is still the one that the connection was opened with.

        Raises:
            OperationError: it could not be prolonged this time; ``renew_at`` is when to try again.
        """
        began, before = self.clock.monotonic(), self.key
        # put off before it is tried: a venue that is down is not asked without a pause
        self.renew_at = began + min(_AGAIN, max(1.0, (self.expires_at - began) / 4))
        try:
            answer: Secret | None = await call(self.rule.keep_alive)
        except VenueError as error:
            if error.code not in self.rule.gone:
                raise
            return False
        if answer:
            self.key = answer
        self._prolong(began)
        return self.key == before

    def _prolong(self, began: float) -> None:
        life = self.rule.life.total_seconds()
        self.renew_at, self.expires_at = began + life / 2, began + life
