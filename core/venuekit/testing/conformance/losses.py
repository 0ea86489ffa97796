"""Checks of faults: a setting or read survives a lost answer or says so, a write that adds up is sent once."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from venuekit.endpoint import Endpoint
from venuekit.errors import (
    AnswerLost,
    NotExecuted,
    NotFound,
    OperationError,
    Outcome,
    OutcomeNotStated,
    OutcomeUnknown,
)
from venuekit.parameters import Role
from venuekit.simulator import CannedAnswer, Disturbance, DropAfter, DropBefore
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.conformance.examples import Setter
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

_ATTEMPTS = 4
#: attempts of the read of the venue's time, which may not delay others for long
_ATTEMPTS_AT_TIME = 2

_Error = TypeVar("_Error", bound=OperationError)


class SettingChecks(Checks):
    """A setter ends with the requested value, or raises that the outcome is unknown."""

    tier = Tier.SILVER

    async def test_setting_takes_effect(self, setter: Setter) -> None:
        """A value that is set takes effect, and the setter reports a change."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = setter.another(stage, await setter.read(stage))
            setting = await setter.write(stage, target)
            assert setting.changed is True
            assert await setter.read(stage) == target
            assert len(stage.arrivals(self.inventory.endpoint_of(setter))) == 1

    async def test_setting_it_again(self, setter: Setter) -> None:
        """Setting the present value succeeds; where the venue has a code for "no need", ``changed`` is False."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = setter.another(stage, await setter.read(stage))
            await setter.write(stage, target)
            again = await setter.write(stage, target)
            if self.inventory.endpoint_of(setter).no_change:
                assert again.changed is False
            assert await setter.read(stage) == target

    async def test_setting_leaves_the_other_half(self, setter: Setter) -> None:
        """Where one write sets several settings, those that a setter does not name stay, also when it is lost."""
        endpoint = self.inventory.endpoint_of(setter)
        others = [one for one in self.inventory.setters if one is not setter and self.inventory.stays_with(one, setter)]
        for loss in (None, DropAfter(), DropBefore()) if others else ():
            async with on_stage(self.inventory.venue, "flat") as stage:
                before = [await other.read(stage) for other in others]
                if loss is not None:
                    stage.disturb(endpoint, loss)
                await setter.write(stage, setter.another(stage, await setter.read(stage)))
                assert [await other.read(stage) for other in others] == before

    async def test_answer_lost_after_it_was_applied(self, setter: Setter, loss: Disturbance) -> None:
        """When the answer is lost or unreadable, the value holds and ``changed`` is None."""
        assert await self._attempts_despite(loss, setter) <= 2

    async def test_request_lost_before_it_was_applied(self, setter: Setter) -> None:
        """When the request is lost it is sent once more, and the value holds."""
        assert await self._attempts_despite(DropBefore(), setter) == 2

    async def _attempts_despite(self, loss: Disturbance, setter: Setter) -> int:
        """Set another value with a loss of the first attempt, check it, and return the number of attempts."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = setter.another(stage, await setter.read(stage))
            endpoint = self.inventory.endpoint_of(setter)
            stage.disturb(endpoint, loss)
            setting = await setter.write(stage, target)
            assert setting.changed is None
            assert await setter.read(stage) == target
            return len(stage.arrivals(endpoint))

    async def test_request_lost_twice(self, setter: Setter) -> None:
        """When both requests are lost the outcome is unknown, the old value holds, and nothing more is sent."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            present = await setter.read(stage)
            endpoint = self.inventory.endpoint_of(setter)
            stage.disturb(endpoint, DropBefore(), times=2)
            with pytest.raises(OutcomeUnknown) as caught:
                await setter.write(stage, setter.another(stage, present))
            assert caught.value.outcome is Outcome.UNKNOWN
            assert await setter.read(stage) == present
            assert len(stage.arrivals(endpoint)) == 2


class OnceChecks(Checks):
    """A cumulative write arrives once, with any fault of its answer."""

    tier = Tier.SILVER

    async def test_lost_write_arrives_once(self, once_endpoint: Endpoint[Any], fate: Disturbance) -> None:
        """A write whose answer is lost is never sent again, and the error about it is true."""
        async with on_stage(self.inventory.venue, "holding") as stage:
            stage.disturb(once_endpoint, fate)
            parameters = self.inventory.parameters_on(stage, once_endpoint)
            error: OperationError | None = None
            try:
                await stage.account.call(once_endpoint, **parameters)
            except OperationError as caught:
                error = caught
            (arrival,) = stage.arrivals(once_endpoint)
            if error is None:
                assert arrival.applied is True
            elif isinstance(error, NotExecuted):
                assert arrival.applied is False
            else:
                assert isinstance(error, OutcomeUnknown), f"a lost write ended in {error!r}"
                assert error.outcome is Outcome.UNKNOWN


class ReadChecks(Checks):
    """A read never returns invented values."""

    tier = Tier.BRONZE
    needs_simulated = False

    async def test_unreadable_answer(self, read_endpoint: Endpoint[Any], unreadable: Disturbance) -> None:
        """HTML, an empty and a cut body under a status of success are a transport error, after all attempts."""
        error = await self._last_error(read_endpoint, unreadable, AnswerLost)
        assert error.status in {200, None}
        assert error.message

    async def test_gateway_page(self, read_endpoint: Endpoint[Any]) -> None:
        """A gateway's page is no answer of the venue: the error has its status, and the read was tried again."""
        error = await self._last_error(read_endpoint, CannedAnswer.html(502), OutcomeNotStated)
        assert error.status == 502

    async def _last_error(self, endpoint: Endpoint[Any], trouble: Disturbance, kind: type[_Error]) -> _Error:
        """Return the error of a read with a trouble of every attempt, each of which arrives."""
        async with on_stage(self.inventory.staged, self.inventory.scenario_of(endpoint)) as stage:
            parameters = await self._answerable(stage, endpoint)
            attempts = _ATTEMPTS_AT_TIME if endpoint is stage.venue.server_time else _ATTEMPTS
            stage.disturb(endpoint, trouble, times=attempts)
            with pytest.raises(kind) as caught:
                await stage.account.call(endpoint, **parameters)
            assert len(stage.arrivals(endpoint)) == attempts
            return caught.value

    async def test_read_survives_a_lost_answer(self, read_endpoint: Endpoint[Any]) -> None:
        """A read whose first answer is lost is sent again, with a new signature, and answered."""
        async with on_stage(self.inventory.staged, self.inventory.scenario_of(read_endpoint)) as stage:
            parameters = await self._answerable(stage, read_endpoint)
            stage.disturb(read_endpoint, DropAfter())
            await stage.account.call(read_endpoint, **parameters)
            assert [arrival.applied for arrival in stage.arrivals(read_endpoint)] == [True, True]

    async def _answerable(self, stage: Stage, endpoint: Endpoint[Any]) -> dict[str, Any]:
        """Return the parameters of a recorded read; an order named by its client id is made to exist."""
        parameters = self.inventory.parameters_on(stage, endpoint)
        client_id = parameters.get(endpoint.name_of(Role.CLIENT_ID) or "")
        symbol = stage.scenario.held or stage.scenario.flat
        for book in Book if client_id is not None else ():
            try:
                await stage.account.call(endpoint, **parameters)
                break
            except NotFound:
                order = stage.ledger.contract(symbol).min_quantity, stage.ledger.mark(symbol) / 2
                for waiting in stage.ledger.open_orders(symbol):
                    stage.ledger.cancel_order(waiting.id)
                stage.ledger.rest_order(symbol, Side.BUY, *order, book=book, client_id=client_id)
        stage.simulation.requests.clear()
        return parameters
