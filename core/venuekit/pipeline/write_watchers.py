"""Write watchers: they keep a picture of an account, and know of each write before its effect can be seen."""

from __future__ import annotations

from typing import Protocol


class WriteWatcher(Protocol):
    """Watches the writes of an account, by whichever key they are made; its methods must not raise."""

    def begin_write(self) -> object:
        """Note that a write begins; the result is handed to :meth:`end_write`."""

    def end_write(self, begun: object, value: object) -> None:
        """Note its end; ``value`` is the result of the call, None where it failed or its outcome is unknown."""

    def note_answer(self, value: object) -> None:
        """Note the result of a method that writes orders: an order, or several, with errors in between."""
