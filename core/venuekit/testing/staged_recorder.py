"""The recorder of a plugin's own simulated venue: its answers to every endpoint, writes included."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import Pager
from venuekit.endpoint import Endpoint
from venuekit.errors import ConfigurationError, VenuekitError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.testing.clocks import InstantClock
from venuekit.testing.recorded import Recorded
from venuekit.testing.recorder import Recorder, Recording, Tape
from venuekit.testing.staged import Stage, fake_stage
from venuekit.venue import Environment, EnvironmentName, Venue

if TYPE_CHECKING:
    from venuekit.testing.conformance.inventory import Inventory

#: the origin that recorded answers of a simulated venue name
SOURCE = "simulated"


async def record_simulated(venue: Venue[Any], recorded: Recorded) -> list[Recording]:
    """
    Ask every endpoint of a venue's own simulated venue; the same one answers with the same bytes.

    An endpoint is asked by the capability methods that it serves, with the arguments of the conformance suite. One that
    serves none is asked with its recorded parameters, else with found ones.

    Raises:
        ConfigurationError: the venue has no simulated venue, or the conformance suite cannot be loaded.
    """
    if venue.simulated is None:
        words = "it brings no simulated venue that could be recorded: name an account of its testnet instead"
        raise ConfigurationError(f"{venue.id}: {words}")
    try:
        from venuekit.testing.conformance.inventory import Inventory
    except ModuleNotFoundError as error:
        words = f"the arguments of its methods are those of the conformance suite, which needs {error.name}: install it"
        raise ConfigurationError(f"{venue.id}: {words}") from error
    inventory = Inventory(venue, recorded)
    tape, failures = Tape(venue), dict[Endpoint[Any], str]()
    for endpoint in venue.endpoints:
        await _call_methods(inventory, tape, endpoint, failures)
        if not tape.has_success(endpoint) and any(case.is_success for case in recorded.of(endpoint)):
            await _repeat(inventory, tape, endpoint, failures)
    missing = [one for one in venue.endpoints if not one.is_write and not tape.has_success(one)]
    async with _on_tape(venue, "holding", tape) as stage:
        recorder = Recorder(stage.account, tape, recorded, symbol=stage.scenario.held)
        await recorder.ask_all(missing)
        return tape.recordings(venue.endpoints, SOURCE, failures | recorder.failures, symbol=stage.scenario.held)


async def _repeat(
    inventory: Inventory, tape: Tape, endpoint: Endpoint[Any], failures: dict[Endpoint[Any], str]
) -> None:
    """Ask an endpoint with its recorded parameters, for a symbol of the scenario."""
    async with _on_tape(inventory.venue, inventory.scenario_of(endpoint), tape, endpoint) as stage:
        try:
            await stage.account.call(endpoint, **inventory.parameters_on(stage, endpoint))
        except VenuekitError as error:
            failures[endpoint] = str(error)


async def _call_methods(
    inventory: Inventory, tape: Tape, endpoint: Endpoint[Any], failures: dict[Endpoint[Any], str]
) -> None:
    """Call the methods that an endpoint serves, until one has brought a success."""
    from venuekit.testing.conformance.examples import arguments_for

    setters = {setter.method for setter in inventory.setters}
    for method in inventory.methods:
        if method not in endpoint.serves or tape.has_success(endpoint):
            continue
        async with _on_tape(inventory.venue, "flat" if method in setters else "holding", tape, endpoint) as stage:
            try:
                value = getattr(stage.account, method.__name__)(**await arguments_for(method, stage))
                if isinstance(value, Pager):
                    await value.all()
                elif inspect.isawaitable(value):
                    await value
            except (VenuekitError, LookupError) as error:
                failures[endpoint] = str(error)


@asynccontextmanager
async def _on_tape(
    venue: Venue[Any], scenario: str, tape: Tape, endpoint: Endpoint[Any] | None = None
) -> AsyncIterator[Stage]:
    """Put a venue on stage, and keep the exchanges of one endpoint, of all when None; warnings are irrelevant here."""
    clock = InstantClock()
    environment = Environment(name=EnvironmentName.SIM, rest=f"http://127.0.0.1:9/{venue.id}")
    async with fake_stage(venue, scenario, clock=clock) as fake:
        simulated, before = fake.transport.reply, len(tape.exchanges)

        def reply(request: HttpRequest) -> Any:
            response = simulated(request)
            assert isinstance(response, HttpResponse)
            tape.note(request, response, environment)
            return response

        fake.transport.reply = reply
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield Stage(venue, fake.simulation, fake.account, fake.watch, clock)
        if endpoint is not None:
            tape.exchanges[before:] = [one for one in tape.exchanges[before:] if one.endpoint is endpoint]
