"""The fence of late requests: what is too old or too far ahead on the venue's clock is refused, however it arrives."""

from __future__ import annotations

import attrs

from venuekit.simulator.ledger.refusal import Reason, Refused

__all__ = ["RequestWindow", "check_window"]


def check_window(now_ms: int, timestamp_ms: int, recv_window_ms: int, ahead_ms: int = 1000) -> None:
    """
    Accept a request stamped before ``now + ahead`` and not longer than its window ago; milliseconds throughout.

    Ask once when it arrives and once more just before it is applied: then nothing stamped earlier than the window
    can still happen.

    Raises:
        Refused: OUTSIDE_WINDOW; ``ahead`` says on which side.
    """
    ahead = timestamp_ms >= now_ms + ahead_ms
    if ahead or now_ms - timestamp_ms > recv_window_ms:
        raise Refused(
            Reason.OUTSIDE_WINDOW, ahead=ahead, now=now_ms, timestamp=timestamp_ms, recv_window=recv_window_ms
        )


@attrs.frozen
class RequestWindow:
    """A venue's fence: how far ahead a stamp may be, the window of requests that name none, and the widest allowed."""

    ahead_ms: int = 1000
    default_ms: int = 5000
    maximum_ms: int = 60_000

    def check(self, now_ms: int, timestamp_ms: int, recv_window_ms: int | None = None) -> None:
        """
        Accept or refuse a request.

        Raises:
            Refused: INVALID_WINDOW if it asks for more than the maximum or for nothing; OUTSIDE_WINDOW as in
                :func:`check_window`.
        """
        window = self.default_ms if recv_window_ms is None else recv_window_ms
        if not 0 < window <= self.maximum_ms:
            raise Refused(Reason.INVALID_WINDOW, recv_window=window, maximum=self.maximum_ms)
        check_window(now_ms, timestamp_ms, window, self.ahead_ms)
