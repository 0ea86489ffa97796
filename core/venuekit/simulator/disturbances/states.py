"""Disturbances of the state behind a request: other clients of the account, and reads that lag."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import attrs

from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.simulator.ledger import Ledger


def _name_of(action: Callable[[Ledger], object]) -> str:
    return getattr(action, "__name__", repr(action))


async def _run_beside(proceed: Proceed, action: Callable[[], object], *, after: bool) -> Reply:
    """Run an action just before a request is carried out, or just ``after`` it."""
    if not after:
        action()
        return await proceed()
    reply = await proceed()
    action()
    return reply


@attrs.frozen
class SecondActor(Disturbance):
    """Another client acts on the caller's account just before the request is carried out, or just ``after`` it."""

    action: Callable[[Ledger], object] = attrs.field(repr=_name_of)
    after: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Run the action before or after the request."""
        return await _run_beside(proceed, lambda: self.action(attempt.ledger), after=self.after)


@attrs.frozen
class StepClock(Disturbance):
    """The venue's clock jumps by ``seconds``, for good, just before the request arrives, or just ``after`` it."""

    seconds: float
    after: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Step before or after the request."""
        return await _run_beside(proceed, lambda: attempt.step_clock(self.seconds), after=self.after)


@attrs.frozen
class Lag(Disturbance):
    """The next ``reads`` requests of the route see the account in its state when this was scripted."""

    reads: int = 1
    _as_it_was: Mapping[str, Ledger] | None = attrs.field(default=None, repr=False, eq=False)

    def attempts(self, ledgers: Mapping[str, Ledger]) -> Sequence[Disturbance]:
        """Copy the ledgers as they are; shallow copies are enough, since commands replace the state as a whole."""
        copies = {account: copy.copy(ledger) for account, ledger in ledgers.items()}
        return (attrs.evolve(self, as_it_was=copies),) * self.reads

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Answer from the copy of the caller's account."""
        attempt.seen = self._as_it_was
        return await proceed()
