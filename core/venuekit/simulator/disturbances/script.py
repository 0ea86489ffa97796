"""The script: disturbances that wait for the next attempts of a route."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from venuekit.endpoint import EndpointName
from venuekit.simulator.disturbances.base import Disturbance, Step
from venuekit.simulator.ledger import Ledger


@attrs.define(eq=False)
class _Attempt:
    """A scripted attempt, by venue where it may come at one of several; it is played once, at the first of them."""

    steps: dict[str, tuple[Disturbance, ...]]
    is_played: bool = False


@attrs.define
class Script:
    """
    Disturbances by venue and endpoint, in the order of the attempts they await.

    ``by_chance`` returns those of an attempt for which nothing is scripted, by venue and endpoint.
    """

    by_chance: Callable[[str, EndpointName], tuple[Disturbance, ...]] | None = attrs.field(default=None, init=False)
    _waiting: dict[tuple[str, EndpointName], deque[_Attempt]] = attrs.field(factory=dict, init=False)

    def add(
        self,
        places: Mapping[str, tuple[Mapping[str, Ledger], Sequence[Step]]],
        endpoint: EndpointName,
        *,
        times: int = 1,
        attempt: int | None = None,
    ) -> None:
        """
        Append steps for the next attempts, the whole sequence ``times`` times.

        ``places`` are the venues, each with its ledgers, by account, and its steps: an attempt at any of them plays
        that venue's. ``attempt`` is the number of the first one of the only venue, 1 for the next; the steps are then
        played beside those that wait for the same attempts.

        Raises:
            ValueError: ``attempt`` is below 1, or there are several venues.
        """
        sequences = {venue: _attempts(steps, ledgers) for venue, (ledgers, steps) in places.items()}
        if attempt is not None:
            if attempt < 1 or len(sequences) != 1:
                raise ValueError(f"expected an attempt from 1, of one venue, not attempt {attempt} of {len(sequences)}")
            [(venue, sequence)] = sequences.items()
            self._put(venue, endpoint, sequence * times, attempt - 1)
            return
        for _ in range(times):
            for alike in zip(*sequences.values(), strict=True):
                shared = _Attempt(dict(zip(sequences, alike, strict=True)))
                for venue in places:
                    self._waiting.setdefault((venue, endpoint), deque()).append(shared)

    def _put(self, venue: str, endpoint: EndpointName, sequence: Sequence[tuple[Disturbance, ...]], start: int) -> None:
        waiting = deque(one for one in self._waiting.get((venue, endpoint), ()) if not one.is_played)
        missing = start + len(sequence) - len(waiting)
        waiting.extend(_Attempt({venue: ()}) for _ in range(missing))
        for number, steps in enumerate(sequence, start):
            waiting[number].steps[venue] += steps
        self._waiting[venue, endpoint] = waiting

    def take(self, venue: str, endpoint: EndpointName) -> tuple[Disturbance, ...]:
        """Remove and return the disturbances of this attempt, empty when there are none."""
        waiting = self._waiting.get((venue, endpoint), deque())
        while waiting:
            attempt = waiting.popleft()
            if not attempt.is_played:
                attempt.is_played = True
                return attempt.steps[venue]
        return () if self.by_chance is None else self.by_chance(venue, endpoint)

    def waiting(self) -> dict[tuple[str, EndpointName], tuple[tuple[Disturbance, ...], ...]]:
        """Return the disturbances that were not played, one tuple for each attempt, by venue and endpoint."""
        steps = {
            place: tuple(attempt.steps[place[0]] for attempt in attempts if not attempt.is_played)
            for place, attempts in self._waiting.items()
        }
        return {place: left for place, left in steps.items() if left}

    @property
    def is_played(self) -> bool:
        """Whether every scripted disturbance was played."""
        return not self.waiting()

    def clear(self) -> None:
        """Drop the disturbances that have not been played, and those by chance."""
        self._waiting.clear()
        self.by_chance = None


def _attempts(steps: Iterable[Step], ledgers: Mapping[str, Ledger]) -> list[tuple[Disturbance, ...]]:
    """Return the disturbances of each attempt; those that look back take their copies of the ledgers now."""
    attempts: list[tuple[Disturbance, ...]] = []
    for step in steps:
        if isinstance(step, Disturbance):
            attempts.extend((disturbance,) for disturbance in step.attempts(ledgers))
        else:
            attempts.append(tuple(first for part in step for first in part.attempts(ledgers)[:1]))
    return attempts
