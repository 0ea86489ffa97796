"""Checks of recorded meanings: the values that recorded answers must become, and the errors of recorded refusals."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from venuekit._util.times import to_milliseconds, write_iso
from venuekit.capabilities import Pager
from venuekit.endpoint import Endpoint, EndpointName
from venuekit.faults import is_listed
from venuekit.message import HttpRequest
from venuekit.parameters import Role
from venuekit.pipeline.failures import fault_of
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.expected import convert_arguments, differences, span_of, times_in, without_rows
from venuekit.testing.recorded import Recorded, RecordedCase, believe_answers
from venuekit.testing.staged import FakeStage, fake_stage
from venuekit.venue import Venue

#: how long after the last expected time a history is walked
_AFTERWARDS = timedelta(hours=1)
_NAMES = (Role.SYMBOL, Role.ORDER_ID, Role.CLIENT_ID)


class RecordedValueChecks(Checks):
    """Each recorded answer has the meaning that is written beside it."""

    tier = Tier.BRONZE
    needs_simulated = False

    async def test_recorded_value(self, expecting_case: RecordedCase) -> None:
        """A capability method makes exactly the expected values of a recorded answer, in their units and signs."""
        for name in expecting_case.expect:
            value = await read_value(self.inventory, expecting_case, name)
            problems = [*differences(value, expecting_case.expect[name], name)]
            assert not problems, f"{expecting_case.name}: {'; '.join(problems)}"

    def test_recorded_fault(self) -> None:
        """A recorded refusal has the meaning that is recorded with it, and so the error of that meaning."""
        cases = [case for case in self.inventory.recorded if case.fault is not None]
        wrong = [reason for case in cases if (reason := self._why_misread(case)) is not None]
        assert not wrong, "; ".join(wrong)

    def _why_misread(self, case: RecordedCase) -> str | None:
        """Return why a refusal is not read as recorded, None where it is."""
        venue, endpoint = self.inventory.venue, self.inventory.endpoint(case)
        refusal = venue.answers(case.response())
        if endpoint is None or refusal is None:
            return f"{case.name} is taken for a success" if endpoint else f"{case.name} belongs to no endpoint"
        words = f"{case.name} ({refusal.code} {refusal.message})"
        if is_listed(endpoint.no_change, refusal.code, refusal.message) and not endpoint.no_change_is_read:
            return f"{words} is taken for no need of a change"
        fault = fault_of(venue, endpoint, case.status, refusal)
        return None if fault is case.fault else f"{words} is {fault} instead of {case.fault}"


async def read_value(inventory: Inventory, case: RecordedCase, name: str) -> Any:
    """Return the value that a capability method makes of a recorded answer; it is made once for all checks of it."""
    place = case.name, name
    if place not in inventory.recorded_values:
        inventory.recorded_values[place] = await value_of(inventory.staged, inventory.recorded, case, name)
    return inventory.recorded_values[place]


async def value_of(venue: Venue[Any], recorded: Recorded, case: RecordedCase, name: str) -> Any:
    """
    Return the result of a capability method for a recorded answer; a history is walked to its end.

    The first request of its endpoint is answered with it, another one than that with a page without rows; so are those
    of the answers beside it.
    """
    endpoint = venue.endpoint_at(*case.endpoint_name)
    assert endpoint is not None, f"{case.name}: no endpoint {case.endpoint_name} is declared"
    serving = {method.__name__: method for method in endpoint.serves}
    assert name in serving, f"{case.name} expects something of {name}, which {endpoint} does not serve"
    arguments, clock = _arguments(serving[name], endpoint, case)
    async with fake_stage(venue, "flat", clock=clock) as stage:
        answers = _Answers(stage, (case, *map(recorded.case, case.beside)))
        stage.transport.reply = answers
        with believe_answers(venue), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            value = getattr(stage.account, name)(**arguments)
            if isinstance(value, Pager):
                value = await value.all()
            elif inspect.isawaitable(value):
                value = await value
        assert case.endpoint_name in answers.asked, f"{case.name}: {name} does not ask {endpoint}"
        return value


def _arguments(
    method: Callable[..., Any], endpoint: Endpoint[Any], case: RecordedCase
) -> tuple[dict[str, Any], InstantClock]:
    """Return the arguments of a call, and a clock that shows the last of the times in it."""
    expected = case.expect[method.__name__]
    arguments: dict[str, Any] = {}
    if isinstance(expected, Mapping) and "symbol" in expected:
        arguments["symbol"] = expected["symbol"]
    named = {role.value: endpoint.value_of(role, case.parameters) for role in _NAMES}
    arguments |= {name: str(value) for name, value in named.items() if value is not None}
    if "symbols" in inspect.signature(method).parameters and "symbol" in arguments:
        arguments["symbols"] = (arguments["symbol"],)
    span = span_of([*times_in(expected), *times_in(case.arguments)])
    if span is None:
        return convert_arguments(method, {**arguments, **case.arguments}), InstantClock()
    if method.__name__.startswith("iter_"):
        span = span[0], span[1] + _AFTERWARDS
        arguments |= {"start": write_iso(span[0]), "end": write_iso(span[1])}
    return convert_arguments(method, {**arguments, **case.arguments}), InstantClock(to_milliseconds(span[1]))


class _Answers:
    """The replies while a method is called: the recorded answers first, and the venue's to all else."""

    def __init__(self, stage: FakeStage, cases: Iterable[RecordedCase]) -> None:
        self._stage = stage
        self._cases = {case.endpoint_name: case for case in cases}
        self._simulated = stage.transport.reply
        #: the parameters of the first request for each endpoint that has a recorded answer
        self.asked: dict[EndpointName, Mapping[str, Any]] = {}

    def __call__(self, request: HttpRequest) -> Any:
        arrival = self._stage.arrival(request)
        case = self._cases.get(arrival.endpoint_name)
        if case is None:
            return self._simulated(request)
        endpoint = self._stage.venue.endpoint_at(*case.endpoint_name)
        declared = () if endpoint is None else endpoint.by_name
        parameters = {name: arrival.parameters[name] for name in declared if name in arrival.parameters}
        is_first = parameters == self.asked.setdefault(case.endpoint_name, parameters)
        return case.response() if is_first or not case.is_success else without_rows(case.response())
