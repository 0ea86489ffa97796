"""The inventory of a venue, from its declarations and recorded answers, and the base of every group of checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from venuekit.capabilities import (
    Capability,
    LeverageBehaviour,
    LeverageControl,
    LeverageScope,
    OrderAmendControl,
    OrderBatchControl,
    OrderBehaviour,
    PositionCloseControl,
    capability_of,
)
from venuekit.endpoint import Effect, Endpoint, Security
from venuekit.parameters import Role
from venuekit.request_bounds import RequestExpiry
from venuekit.testing.conformance.examples import SETTERS, Setter
from venuekit.testing.conformance.ledger_records import SUBJECTS, HistorySubject
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.recorded import READING, Recorded, RecordedCase
from venuekit.testing.replay import ConvertKey, is_replayed, replay_of
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import Stage
from venuekit.venue import Venue

Method = Callable[..., Any]

#: the maximum number of items in a batch, 0 where the venue has no such batch
_MOST_ITEMS: Mapping[Method, Callable[[OrderBehaviour], int]] = {
    OrderBatchControl.place_orders: lambda behaviour: behaviour.place_batch,
    OrderAmendControl.amend_orders: lambda behaviour: behaviour.amend_batch,
    OrderBatchControl.cancel_orders: lambda behaviour: behaviour.cancel_batch,
}
#: methods that are composed of others and go by their endpoints; checks of their own are about them
COMPOSED = frozenset({PositionCloseControl.close_position, PositionCloseControl.flatten})


class Inventory:
    """
    The testable features of one venue.

    ``convert_key`` makes the keys of a venue without a simulated venue, as for ``conformance_suite``.

    Attributes:
        staged: The venue as the tests put it on stage that need no simulated venue: itself, or its replay.
        unsupported: The capabilities that the venue declares unsupported.
        has_no_codes: Whether no refusal of the venue has a code: its fault table tells them apart by their words.
        reads, settings: The endpoints without any effect, and those whose effect is SET.
        once: The endpoints that must never be sent twice: DELTA and KEYED.
        sessions: The endpoints whose effect is SESSION.
        windowed, numbered: The signed requests that change something, a countdown too, and that their time bounds, and
            those that their number does.
    """

    def __init__(self, venue: Venue[Any], recorded: Recorded, *, convert_key: ConvertKey | None = None) -> None:
        self.venue = venue
        self.staged = replay_of(venue, recorded, convert_key=convert_key)
        self.recorded = recorded
        self.unsupported = tuple(venue.unsupported)
        self.has_no_codes = all(row.code is None for row in venue.faults.rows)
        self.reads = tuple(one for one in venue.endpoints if one.effect is Effect.READ)
        self.settings = tuple(one for one in venue.endpoints if one.effect is Effect.SET)
        self.once = tuple(one for one in venue.endpoints if one.effect in {Effect.DELTA, Effect.KEYED})
        #: the values made of recorded answers, by case and method, which several checks look at
        self.recorded_values: dict[tuple[str, str], Any] = {}
        self.sessions = tuple(one for one in venue.endpoints if one.effect is Effect.SESSION)

        guarded = tuple(one for one in self.sessions if one.area is not None)
        bounded = tuple(one for one in (*self.settings, *self.once, *guarded) if one.security is Security.SIGNED)
        has_number, has_none = venue.expiry is RequestExpiry.NONCE, venue.expiry is RequestExpiry.NONE
        self.windowed = () if has_number or has_none else bounded
        self.numbered = bounded if has_number else ()

    @cached_property
    def capabilities(self) -> tuple[type[Capability], ...]:
        """The capabilities that the account class implements and the venue does not declare unsupported."""
        return tuple(
            part
            for part in self.venue.account.__mro__
            if issubclass(part, Capability) and promises(part) and part not in self.venue.unsupported
        )

    @cached_property
    def methods(self) -> tuple[Method, ...]:
        """
        Every method of the supported capabilities that endpoints serve.

        Batches that the venue declares not to have are left out, and methods that are composed of others.
        """
        promised = (method for capability in self.capabilities for method in promises(capability))
        return tuple(method for method in promised if method not in COMPOSED and method not in self.missing_batches)

    @cached_property
    def missing_batches(self) -> tuple[Method, ...]:
        """The kinds of batches that the account promises and the venue declares not to have."""
        batches = {method: most for method, most in _MOST_ITEMS.items() if capability_of(method) in self.capabilities}
        if not batches:
            return ()
        behaviour = self.venue.behaviour(OrderBehaviour)
        return tuple(method for method, most in batches.items() if not most(behaviour))

    @cached_property
    def setters(self) -> tuple[Setter, ...]:
        """The supported capability methods that change a setting."""
        return tuple(setter for setter in SETTERS if setter.control in self.capabilities)

    @cached_property
    def histories(self) -> tuple[HistorySubject, ...]:
        """The histories that the supported capabilities promise."""
        return tuple(subject.at(self.venue) for subject in SUBJECTS if subject.method in self.methods)

    @cached_property
    def histories_with_rows(self) -> tuple[HistorySubject, ...]:
        """The histories with an endpoint that declares where its rows stand."""
        endpoints = [endpoint for endpoint in self.reads if endpoint.rows]
        return tuple(one for one in self.histories if any(one.method in endpoint.serves for endpoint in endpoints))

    @cached_property
    def read_cases(self) -> tuple[RecordedCase, ...]:
        """The recorded successes of reads that serve a capability method which reads, too."""
        serving = [one for one in self.reads if any(method.__name__.startswith(READING) for method in one.serves)]
        return tuple(case for endpoint in serving for case in self.recorded.of(endpoint) if case.is_success)

    @cached_property
    def signed_read(self) -> Endpoint[Any]:
        """A signed read that needs no parameter and has a recorded answer: it shows whether a key is accepted."""
        for endpoint in self.reads:
            if endpoint.security is Security.SIGNED and any(case.is_success for case in self.recorded.of(endpoint)):
                return endpoint
        raise LookupError(f"{self.venue.id}: no signed read has a recorded answer")

    def endpoint_of(self, setter: Setter) -> Endpoint[Any]:
        """
        Return the endpoint that a setter writes to.

        Raises:
            LookupError: no endpoint declares that it serves the setter.
        """
        for endpoint in self.settings:
            if setter.method in endpoint.serves:
                return endpoint
        raise LookupError(f"{self.venue.id}: no endpoint whose effect is SET serves {setter.method.__qualname__}")

    def stays_with(self, other: Setter, setter: Setter) -> bool:
        """Return whether the write of a setter has another setting in it, which it leaves as it is."""
        if self.endpoint_of(other) is not self.endpoint_of(setter):
            return False
        if other.method is not LeverageControl.set_leverage or not self.venue.has_behaviour(LeverageBehaviour):
            return True
        declared = self.venue.behaviour(LeverageBehaviour)
        # the leverage of another margin type is another one, or none
        return LeverageScope.MARGIN_TYPE not in declared.scope and len(declared.margin_types) > 1

    def example(self, endpoint: Endpoint[Any]) -> RecordedCase:
        """Return a recorded success of an endpoint; AssertionError without one."""
        case = next((case for case in self.recorded.of(endpoint) if case.is_success), None)
        assert case is not None, f"no recorded success of {endpoint} in {self.recorded.directory}"
        return case

    def scenario_of(self, endpoint: Endpoint[Any]) -> str:
        """Return the name of the scenario in which an endpoint succeeds: ``holding``, unless another one names it."""
        scenarios = self.venue.simulated().scenarios if self.venue.simulated else ()
        return next((scenario.name for scenario in scenarios if endpoint in scenario.answers), "holding")

    def parameters_on(self, stage: Stage, endpoint: Endpoint[Any]) -> dict[str, Any]:
        """
        Return the parameters of a recorded success, for a symbol of this stage: preferably one with a position.

        A replay answers for the recorded symbol.
        """
        parameters = caller_parameters(endpoint, self.example(endpoint).parameters)
        symbol = endpoint.name_of(Role.SYMBOL)
        if symbol in parameters and not is_replayed(stage.venue):
            parameters[symbol] = stage.scenario.held or stage.scenario.flat
        return parameters

    def endpoint(self, case: RecordedCase) -> Endpoint[Any] | None:
        """Return the endpoint that a recorded answer belongs to, None without one."""
        return self.venue.endpoint_at(*case.endpoint_name)


def promises(capability: type[Capability]) -> tuple[Method, ...]:
    """Return the methods that a capability itself promises, without those of its base capabilities."""
    return tuple(function for function in vars(capability).values() if getattr(function, "__isabstractmethod__", False))


class Checks:
    """
    A group of checks of one venue.

    Each group of its own says for which ``tier`` its tests are needed, and whether they need a simulated venue; without
    one they are left out.
    """

    inventory: ClassVar[Inventory]
    tier: ClassVar[Tier]
    needs_simulated: ClassVar[bool] = True
