"""The commands of a simulation that script the wire: disturbances of the next attempts, and their routes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from venuekit._util.texts import did_you_mean
from venuekit.endpoint import Endpoint, EndpointName
from venuekit.simulator.disturbances import (
    CannedAnswer,
    Disturbance,
    Draws,
    Lag,
    RandomDisturbances,
    Reject,
    Script,
    Step,
)
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import LedgerRefusal
from venuekit.simulator.message import DocumentedAnswer, SimRequest
from venuekit.simulator.realm import RunningVenues


class ScriptCommands(RunningVenues):
    """The script of a simulation: a base of :class:`Simulation`."""

    script: Script

    @abstractmethod
    def milliseconds(self, venue_id: str | None = None) -> int:
        """Return the clock of a venue, of the first one when None, in milliseconds since 1970."""

    def disturb(
        self,
        venue_id: str,
        where: Endpoint[Any] | EndpointName | tuple[str, str],
        /,
        *disturbances: Step,
        times: int = 1,
        attempt: int | None = None,
    ) -> None:
        """
        Add disturbances of the next attempts on a route.

        Args:
            venue_id: The venue.
            where: An endpoint or its name; verb and documented path are the name of one without action.
            disturbances: One for each attempt, in this order; a tuple plays several on one attempt, the first one
                outermost.
            times: The number of times the whole sequence is played.
            attempt: The number of the attempt from now, 1 for the next, that meets the first disturbance, beside those
                that wait for the same attempt; the one behind all that wait when None.

        Raises:
            LookupError: the venue has no such route.
            FieldError: a lag is scripted for a write, or the venue has no words for a refusal.
            ValueError: ``attempt`` is below 1.
        """
        self.disturb_any({venue_id: disturbances}, where, times=times, attempt=attempt)

    def disturb_any(
        self,
        steps: Mapping[str, Sequence[Step]],
        where: Endpoint[Any] | EndpointName | tuple[str, str],
        /,
        *,
        times: int = 1,
        attempt: int | None = None,
    ) -> None:
        """
        Add disturbances of the next attempts on a route of several venues, each played at one of them alone.

        ``steps`` has as many for each venue: the first attempt, at whichever venue, plays the first of that venue's,
        and so on; ``attempt`` counts those of one venue. The rest is as of :meth:`disturb`.
        """
        name = where.name if isinstance(where, Endpoint) else where
        if not isinstance(name, EndpointName):
            name = EndpointName(name[0], name[1])
        for venue_id in steps:
            self._check_route(venue_id, name)
            self._check_steps(venue_id, name, steps[venue_id])
        places = {one: (self._realms[one].ledgers, steps[one]) for one in steps}
        self.script.add(places, name, times=times, attempt=attempt)

    def _check_steps(self, venue_id: str, route: EndpointName, steps: Sequence[Step]) -> None:
        """Raise FieldError for a lag of a write, and for a refusal for which the venue has no words."""
        service, request = self._service(venue_id), SimRequest.of(route.verb, route.path)
        for part in (part for step in steps for part in ((step,) if isinstance(step, Disturbance) else step)):
            if isinstance(part, Lag) and service.is_write(route):
                raise FieldError(f"a lag is for reads, and {route} of {venue_id} writes", "route")
            if isinstance(part, Reject):
                refusal = LedgerRefusal(part.reason, part.details)
                try:
                    service.simulated.refuse(refusal, request, service.now())
                except (LookupError, TypeError, AttributeError) as error:
                    words = f"{venue_id} has no words for {part.reason.value} at {route} by these details"
                    raise FieldError(f"{words}: {error} is missing or wrong", "details") from error

    def _check_route(self, venue_id: str, name: EndpointName) -> None:
        service = self._service(venue_id)
        if not service.serves(name):
            others = ", ".join(map(str, service.names_at(name.verb, name.path)))
            raise LookupError(f"the simulated {venue_id} has no {name}" + (f"; it has {others}" if others else ""))

    def disturb_randomly(self, disturbances: RandomDisturbances | None) -> None:
        """
        Disturb, from now on, a share of the attempts for which nothing else is scripted; None ends it.

        Attempts are counted anew, so that the same seed plays the same disturbances.

        Raises:
            LookupError: a venue is not simulated, no venue has one of the routes, or no venue documents one of the
                answers.
        """
        if disturbances is None:
            self.script.by_chance = None
            return
        venue_ids = tuple(disturbances.venue_ids) or tuple(self._services)
        documented = {venue_id: self.answers_of(venue_id) for venue_id in venue_ids}
        for route in disturbances.routes:
            if not any(self.serves(venue_id, route) for venue_id in venue_ids):
                raise LookupError(f"none of the simulated {', '.join(venue_ids)} has {route}")
        for choice in disturbances.choices:
            if isinstance(choice, str) and not any(choice in known for known in documented.values()):
                others = did_you_mean(choice, {name for known in documented.values() for name in known})
                raise LookupError(f"none of {', '.join(venue_ids)} documents an answer {choice!r}{others}")
        self.script.by_chance = Draws(disturbances, documented, self.milliseconds).draw

    def documented(self, venue_id: str, name: str, *, applied: bool | None = None) -> CannedAnswer:
        """
        Return an answer that a venue documents for trouble of its own, for :meth:`disturb`.

        Args:
            venue_id: The venue.
            name: The answer's name, one of ``SimulatedVenue.documented_answers``.
            applied: Whether the request is carried out; None does as the venue documents, and does not carry out
                where it says that either may be so.

        Raises:
            LookupError: the venue documents no answer of this name.
            ValueError: the venue documents that it does the opposite of ``applied``.
        """
        known = self._service(venue_id).simulated.documented_answers
        answer = known.get(name)
        if answer is None:
            others = did_you_mean(name, known) or f"; it documents {', '.join(known) or 'none'}"
            raise LookupError(f"{venue_id} documents no answer {name!r}{others}")
        if applied is not None and answer.executed is (not applied):
            what = "carried out" if answer.executed else "not carried out"
            raise ValueError(f"{venue_id} documents that a request is {what} where it answers {name!r}")
        return CannedAnswer.documented(answer, self.milliseconds(venue_id), applied=applied)

    def cut_pages(self, venue_id: str, rows: int | None) -> None:
        """
        Let the pages of a venue's histories hold ``rows`` rows at most, where the venue fixes their length.

        A page whose length the request chooses stays as long as asked for. None ends it.
        """
        self._service(venue_id).simulated.page_limit = rows

    def answers_of(self, venue_id: str) -> Mapping[str, DocumentedAnswer]:
        """Return the answers that a venue documents for trouble of its own, by name."""
        return self._service(venue_id).simulated.documented_answers

    def route_names(self, venue_id: str) -> tuple[EndpointName, ...]:
        """Return the names of the routes that a venue serves, each of which :meth:`disturb` takes."""
        return self._service(venue_id).names

    def serves(self, venue_id: str, name: EndpointName) -> bool:
        """Return whether a venue answers an endpoint of this name other than as unknown."""
        return self._service(venue_id).serves(name)
