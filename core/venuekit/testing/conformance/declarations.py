"""Checks of declarations: every endpoint has a recording, every promise an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from venuekit.capabilities import (
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    PositionMarginControl,
    capability_of,
)
from venuekit.endpoint import Endpoint, WriteScope
from venuekit.message import HttpResponse
from venuekit.parameters import Role
from venuekit.testing.conformance.examples import SETTERS, Setter
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.recorded import RecordedCase

_WHOLE = frozenset({WriteScope.ACCOUNT, WriteScope.SYMBOL})
#: the write scope required of a write, by the method it serves: with none, it waits for no write, and none for it
_SCOPES: Mapping[Callable[..., Any], frozenset[WriteScope]] = {
    **{setter.method: _WHOLE for setter in SETTERS},
    PositionMarginControl.add_margin: _WHOLE,
    PositionMarginControl.reduce_margin: _WHOLE,
    OrderControl.place_order: frozenset({WriteScope.ORDER}),
    OrderBatchControl.place_orders: frozenset({WriteScope.ORDER}),
    OrderAmendControl.amend_order: frozenset({WriteScope.AMENDMENT}),
    OrderAmendControl.amend_orders: frozenset({WriteScope.AMENDMENT}),
    OrderControl.cancel_all_orders: frozenset({WriteScope.ALL_ORDERS}),
}


class DeclarationChecks(Checks):
    """The plugin's declarations are complete and consistent."""

    tier = Tier.BRONZE
    needs_simulated = False

    def test_endpoint_has_a_recorded_success(self, endpoint: Endpoint[Any]) -> None:
        """Every declared endpoint has a recorded answer that is a success."""
        assert self.inventory.example(endpoint).is_success

    def test_recorded_answer_belongs_to_an_endpoint(self, recorded_case: RecordedCase) -> None:
        """Every recorded answer belongs to a declared endpoint."""
        problem = f"{recorded_case.name}: no endpoint {recorded_case.endpoint_name}"
        assert self.inventory.endpoint(recorded_case) is not None, problem

    def test_endpoint_serves_what_the_account_can(self, endpoint: Endpoint[Any]) -> None:
        """An endpoint serves capabilities that the account class has, or that the venue declares unsupported."""
        account, unsupported = self.inventory.venue.account, self.inventory.venue.unsupported
        for method in endpoint.serves:
            capability = capability_of(method)
            declared = issubclass(account, capability) or capability in unsupported
            assert declared, f"{endpoint} serves {method.__qualname__}, which {account.__name__} does not have"

    def test_setting_can_be_found_out(self, setting_endpoint: Endpoint[Any]) -> None:
        """A setting can be read back, or the endpoint's note gives the reason why not."""
        assert setting_endpoint.readback or setting_endpoint.note, f"{setting_endpoint} has neither readback nor note"

    def test_once_only_endpoint_can_be_resolved(self, once_endpoint: Endpoint[Any]) -> None:
        """A write that must not be sent twice can be resolved, or the endpoint's note gives the reason why not."""
        assert once_endpoint.resolve or once_endpoint.note, f"{once_endpoint} has neither resolve nor note"

    def test_write_waits_for_what_could_undo_it(self, endpoint: Endpoint[Any]) -> None:
        """A write has the scope of its method, so that a lost one delays those it could undo, and no others."""
        for method in endpoint.serves if endpoint.is_write else ():
            scopes = _SCOPES.get(method)
            if scopes is None or (method is OrderControl.cancel_all_orders and _names_orders(endpoint)):
                continue
            problem = f"its write scope is {endpoint.write_scope}, not {' or '.join(sorted(scopes))}"
            assert endpoint.write_scope in scopes, f"{endpoint} serves {method.__qualname__}, and {problem}"
        if endpoint.write_scope is WriteScope.AMENDMENT:
            named = endpoint.orders or _names_orders(endpoint)
            assert named, f"{endpoint} amends orders without naming them: declare orders, or the roles of their ids"

    def test_page_is_not_the_venues_word(self) -> None:
        """An intermediary's page is a foreign refusal with any status but a success, and has no code."""
        for status in (400, 401, 403, 404, 418, 429, 451, 500, 502, 503):
            for body in (b"<html><body><h1>Request blocked.</h1></body></html>", b"blocked", b""):
                refusal = self.inventory.venue.answers(HttpResponse(status, {}, body))
                assert refusal is not None, f"HTTP {status} with {body!r} is taken for a success"
                problem = f"HTTP {status} with {body!r} is taken for the venue's own answer"
                assert refusal.is_foreign, problem
                assert refusal.code is None, problem

    def test_setter_has_an_endpoint(self, setter: Setter) -> None:
        """A capability method that changes a setting is served by an endpoint whose effect is SET."""
        assert setter.method in self.inventory.endpoint_of(setter).serves

    def test_capability_method_is_written_out(self, capability_method: Callable[..., Any]) -> None:
        """The account class has its own code for each promise."""
        own = getattr(self.inventory.venue.account, capability_method.__name__)
        assert not getattr(own, "__isabstractmethod__", False)


class SimulatedVenueChecks(Checks):
    """The simulated venue is complete."""

    tier = Tier.SILVER

    def test_simulated_venue_answers_every_endpoint(self) -> None:
        """The simulator has a route for every endpoint of the client."""
        venue = self.inventory.venue
        assert venue.simulated is not None, f"{venue.id} brings no simulated venue"
        answered = {endpoint.name for endpoint in venue.simulated().handlers()}
        missing = [str(endpoint) for endpoint in venue.endpoints if endpoint.name not in answered]
        assert not missing, f"the simulated venue does not answer {', '.join(missing)}"

    def test_simulated_venue_has_both_scenarios(self) -> None:
        """The simulator has a scenario with a position, and one without."""
        simulated = self.inventory.venue.simulated
        assert simulated is not None, f"{self.inventory.venue.id} brings no simulated venue"
        scenarios = {scenario.name: scenario for scenario in simulated().scenarios}
        assert {"holding", "flat"} <= scenarios.keys()
        assert scenarios["holding"].held is not None
        assert scenarios["flat"].held is None


def _names_orders(endpoint: Endpoint[Any]) -> bool:
    return any(endpoint.name_of(role) for role in (Role.ORDER_ID, Role.CLIENT_ID))
