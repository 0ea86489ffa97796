"""Disturbances by chance: a share of all attempts, drawn from a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import attrs

from venuekit.endpoint import EndpointName
from venuekit.simulator.disturbances.answers import CannedAnswer, Cut, Truncate
from venuekit.simulator.disturbances.base import Disturbance
from venuekit.simulator.disturbances.connections import HalfClose, Twice
from venuekit.simulator.disturbances.losses import ApplyLater, Delay, DropAfter, DropBefore
from venuekit.simulator.disturbances.states import Lag
from venuekit.simulator.fields import FieldError
from venuekit.simulator.message import DocumentedAnswer

#: a disturbance, or the name of an answer that a venue documents
Choice: TypeAlias = Disturbance | str

COMMON: tuple[Disturbance, ...] = (
    DropBefore(),
    DropBefore(),
    DropAfter(),
    DropAfter(),
    DropAfter(),
    ApplyLater(0.3),
    ApplyLater(2.0),
    Delay(before=0.05),
    Delay(queued=0.3),
    Delay(after=0.3),
    CannedAnswer.html(502),
    CannedAnswer.html(504, applied=True),
    CannedAnswer(500),
    CannedAnswer(500, applied=True),
    Truncate(10),
    Cut(10),
    Cut(0),
    Twice(),
    HalfClose(),
)
"""Losses, delays, broken answers and gateways, frequent ones several times; none closes a pool for long."""


def _check_rate(_: object, __: object, rate: float) -> None:
    if not 0 <= rate <= 1:
        raise FieldError(f"expected a share of all attempts from 0 to 1, not {rate}", "rate")


def _check_choices(_: object, __: object, choices: Sequence[Choice]) -> None:
    if not choices:
        raise FieldError("expected at least one disturbance", "choices")
    if any(isinstance(choice, Lag) for choice in choices):
        raise FieldError("a lag looks back to the moment of its script; it cannot be drawn", "choices")


@attrs.frozen
class RandomDisturbances:
    """
    Disturbances of attempts for which nothing else is scripted, for :meth:`Simulation.disturb_randomly`.

    Attributes:
        seed: The seed. With the same seed, the same attempt on a route (the first, the second, ...) meets the same
            disturbance, in whatever order requests of several routes arrive.
        rate: The share of attempts that meet one, from 0 to 1.
        choices: The disturbances, each as likely as any other; a text is the name of an answer that a venue documents,
            which other venues do not give.
        venue_ids: The venues; empty for all.
        routes: The routes; empty for all.
    """

    seed: int
    rate: float = attrs.field(validator=_check_rate)
    choices: Sequence[Choice] = attrs.field(default=COMMON, validator=_check_choices, kw_only=True)
    venue_ids: Collection[str] = attrs.field(default=(), kw_only=True)
    routes: Collection[EndpointName] = attrs.field(default=(), kw_only=True)

    def choose(
        self, venue_id: str, route: EndpointName, number: int, known: Collection[str]
    ) -> tuple[Choice, bool] | None:
        """
        Return the choice for an attempt on a route, and whether a documented answer is given to a request carried out.

        ``number`` counts the attempts on the route from 1, and ``known`` are the answers that the venue documents. None
        means that the attempt is not disturbed.
        """
        if (self.venue_ids and venue_id not in self.venue_ids) or (self.routes and route not in self.routes):
            return None
        chance = random.Random(f"{self.seed} {venue_id} {route} {number}")  # noqa: S311  - a game, not a secret
        if chance.random() >= self.rate:
            return None
        possible = [choice for choice in self.choices if not isinstance(choice, str) or choice in known]
        return (chance.choice(possible), chance.random() < 0.5) if possible else None


@attrs.define
class Draws:
    """Random disturbances in play, with the answers that each venue documents, and their clocks."""

    _disturbances: RandomDisturbances
    _documented: Mapping[str, Mapping[str, DocumentedAnswer]]
    _now: Callable[[str], int]
    _attempts: Counter[tuple[str, EndpointName]] = attrs.field(factory=Counter, init=False)

    def draw(self, venue_id: str, route: EndpointName) -> tuple[Disturbance, ...]:
        """Return the disturbances of the next attempt on a route: one, or none."""
        self._attempts[venue_id, route] += 1
        known = self._documented.get(venue_id, {})
        chosen = self._disturbances.choose(venue_id, route, self._attempts[venue_id, route], known)
        if chosen is None:
            return ()
        choice, applied = chosen
        if isinstance(choice, str):
            choice = CannedAnswer.documented(known[choice], self._now(venue_id), applied=applied)
        return (choice,)
