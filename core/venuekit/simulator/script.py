"""The script: which disturbances await the next attempts of which route."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs

from venuekit.simulator.disturbances import Disturbance
from venuekit.simulator.ledger import Ledger

__all__ = ["Script", "Step"]

#: what is played on one attempt: one disturbance, or several with the first one outermost
Step: TypeAlias = Disturbance | Sequence[Disturbance]


@attrs.define
class Script:
    """Disturbances by venue, verb and path, in the order of the attempts they await."""

    _waiting: dict[tuple[str, str, str], deque[tuple[Disturbance, ...]]] = attrs.field(factory=dict, init=False)

    def add(self, venue: str, verb: str, path: str, steps: Iterable[Step], ledger: Ledger, *, times: int = 1) -> None:
        """Append steps for the next attempts, the whole sequence ``times`` times."""
        attempts: list[tuple[Disturbance, ...]] = []
        for step in steps:
            if isinstance(step, Disturbance):
                attempts.extend((one,) for one in step.attempts(ledger))
            else:
                attempts.append(tuple(part for one in step for part in one.attempts(ledger)[:1]))
        self._waiting.setdefault((venue, verb, path), deque()).extend(attempts * times)

    def take(self, venue: str, verb: str, path: str) -> tuple[Disturbance, ...]:
        """Return what awaits this attempt, empty when nothing does."""
        waiting = self._waiting.get((venue, verb, path))
        return waiting.popleft() if waiting else ()

    @property
    def is_played(self) -> bool:
        """Whether every scripted attempt has come."""
        return not any(self._waiting.values())

    def clear(self) -> None:
        """Forget what has not been played."""
        self._waiting.clear()
