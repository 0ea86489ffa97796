"""Checks of effects against the ledger: the declared effect of a request, and the proof that a lost write is absent."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs
import pytest

from venuekit.capabilities import OrderBehaviour, OrderControl, OrderType
from venuekit.endpoint import Endpoint, Security
from venuekit.errors import NotExecuted, OperationError
from venuekit.request_bounds import RequestExpiry, fence_of
from venuekit.simulator import Disturbance, DropAfter
from venuekit.simulator.disturbances import ArrivalInPlay, Proceed, Reply
from venuekit.simulator.ledger import Ledger
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.order_examples import make_order
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

_Send: TypeAlias = Callable[[Stage], Awaitable[OperationError | None]]

#: seconds by which a lag ends before it would be longer than the venue declares
_JUST_BEFORE = 0.05
#: more reads of one endpoint than any resolution takes
_READS = 60


class EffectChecks(Checks):
    """A request has its declared effect on the account, and a lost one is believed to have it until the proof."""

    tier = Tier.GOLD

    async def test_read_changes_nothing(self) -> None:
        """An endpoint whose effect is READ leaves the whole account as it was."""
        scenarios = {self.inventory.scenario_of(endpoint) for endpoint in self.inventory.reads}
        for scenario in sorted(scenarios):
            async with on_stage(self.inventory.venue, scenario) as stage:
                for endpoint in self.inventory.reads:
                    if self.inventory.scenario_of(endpoint) == scenario:
                        before = stage.ledger.snapshot()
                        await self._send_recorded(stage, endpoint)
                        is_same = stage.ledger.snapshot() == before
                        assert is_same, f"{endpoint} is declared to read, and changes the account"

    async def test_session_moves_nothing(self, session_endpoint: Endpoint[Any]) -> None:
        """An endpoint whose effect is SESSION moves no money, places no order and changes no setting."""
        async with on_stage(self.inventory.venue) as stage:
            before = _figures(stage.ledger)
            await self._send_recorded(stage, session_endpoint)
            assert _figures(stage.ledger) == before, f"{session_endpoint} does more than to keep a session"

    async def test_repeated_setting_changes_nothing_more(self, setting_endpoint: Endpoint[Any]) -> None:
        """A request whose effect is SET, sent twice, leaves the account as it is after the first one."""
        for scenario in ("holding", "flat"):
            async with on_stage(self.inventory.venue, scenario) as stage:
                await self._send_recorded(stage, setting_endpoint)
                once = _figures(stage.ledger)
                await self._send_recorded(stage, setting_endpoint)
                assert _figures(stage.ledger) == once, f"{setting_endpoint} adds up: its effect is DELTA or KEYED"

    async def test_lost_write_that_is_shown_late(self, once_endpoint: Endpoint[Any]) -> None:
        """
        A lost write that no read shows before its proof of absence begins is never taken for one that did not happen.

        It arrives at its fence, and the venue's reads lag behind by just less than ``AbsenceProof.after``.
        """
        await self._lose_and_lag(once_endpoint, further_reads=0)

    async def test_one_lagging_read_proves_nothing(self, once_endpoint: Endpoint[Any]) -> None:
        """A lost write that one more read of each endpoint does not show, past the lag, is not taken for absent."""
        await self._lose_and_lag(once_endpoint, further_reads=1)

    async def _lose_and_lag(self, endpoint: Endpoint[Any], *, further_reads: int) -> None:
        """Lose the answer of a write that is carried out, while reads lag; the outcome must not be its absence."""
        for scenario, send in self._ways_to_send(endpoint):
            async with on_stage(self.inventory.venue, scenario) as stage:
                stage.disturb(endpoint, DropAfter())
                until = stage.clock.monotonic() + self._longest_lag(endpoint)
                for read in self.inventory.reads:
                    if read.security is not Security.NONE:
                        stage.disturb(read, _Late(partial(_is_over, stage, until), further_reads), times=_READS)
                error = await send(stage)
                if any(arrival.applied for arrival in stage.arrivals(endpoint)):
                    assert not isinstance(error, NotExecuted), f"{endpoint} was carried out and shown late, and {error}"
                    return
        pytest.fail(f"{endpoint} is refused as it is recorded, and no order goes there: no lost one can be looked for")

    def _ways_to_send(self, endpoint: Endpoint[Any]) -> Iterator[tuple[str, _Send]]:
        """Yield ways in which a write may succeed, each with its scenario: as recorded, else as an order of a type."""
        yield "holding", partial(self._send_recorded, endpoint=endpoint)
        yield "flat", partial(self._send_recorded, endpoint=endpoint)
        if OrderControl.place_order in endpoint.serves and OrderControl in self.inventory.capabilities:
            for kind in sorted(self.inventory.venue.behaviour(OrderBehaviour).types):
                yield "flat", partial(_place, kind=kind)

    def _longest_lag(self, endpoint: Endpoint[Any]) -> float:
        """Return for how many seconds from now a read may not show a lost write, by the declarations."""
        venue, proof = self.inventory.venue, endpoint.absence_proof
        after = 0.0 if proof is None else proof.after.total_seconds()
        bounded = venue.expiry in {RequestExpiry.WINDOW, RequestExpiry.EXPIRY}
        return max(0.0, (fence_of(0, venue.recv_window) / 1000 if bounded else 0.0) + after - _JUST_BEFORE)

    async def _send_recorded(self, stage: Stage, endpoint: Endpoint[Any]) -> OperationError | None:
        """Send a request as recorded; a refusal is returned."""
        try:
            await stage.account.call(endpoint, **self.inventory.parameters_on(stage, endpoint))
        except OperationError as error:
            return error
        return None


async def _place(stage: Stage, kind: OrderType) -> OperationError | None:
    try:
        await stage.account.place_order(make_order(stage, kind))
    except OperationError as error:
        return error
    return None


@attrs.define(eq=False)
class _Late(Disturbance):
    """Reads see the account as it was when this was scripted, until the lag is over, and so many reads past it."""

    is_over: Callable[[], bool]
    further_reads: int
    _as_it_was: Mapping[str, Ledger] = attrs.field(factory=dict, init=False)

    def attempts(self, ledgers: Mapping[str, Ledger]) -> Sequence[Disturbance]:
        """Keep the ledgers as they are now; the commands that follow replace their state as a whole."""
        if not self._as_it_was:
            self._as_it_was = {account: copy.copy(ledger) for account, ledger in ledgers.items()}
        return (self,)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Answer from the old state while it is too early."""
        if self.is_over():
            if not self.further_reads:
                return await proceed()
            self.further_reads -= 1
        attempt.seen = self._as_it_was
        return await proceed()


def _is_over(stage: Stage, until: float) -> bool:
    """Say whether it is so late, and the number that shows that an earlier one cannot arrive any more was there."""
    probe = None if stage.venue.nonce is None else stage.venue.nonce.probe
    return stage.clock.monotonic() >= until and (probe is None or bool(stage.arrivals(probe)))


def _figures(ledger: Ledger) -> Any:
    """Return all that requests move in an account: money, positions, open orders and settings, without their times."""
    state = ledger.snapshot()
    return (
        {key: cash.cross_wallet for key, cash in state.cash.items()},
        {key: (leg.quantity, leg.isolated_wallet, leg.added_margin) for key, leg in state.legs.items()},
        {key: (order.quantity, order.price, order.trigger_price, order.filled) for key, order in state.orders.items()},
        {key: (symbol.leverage, symbol.margin_type) for key, symbol in state.symbols.items()},
        (state.account_mode, state.position_mode, state.asset_mode, state.margin_type),
    )
