"""Claims: what a call said of its effect, and what the ledger says of it from then on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
from tests.proof.rounds import Round

from venuekit.capabilities import OrderStatus
from venuekit.errors import OperationError, Outcome
from venuekit.simulator.ledger import Ledger

#: statuses of a cancelled order that are final
_ENDED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.FILLED})


@attrs.define(eq=False)
class Claim:
    """
    One effect that a write may have once.

    Attributes:
        name: The write and what makes it unlike all others.
        times: Returns how often the ledger has the effect; None where none shows there but that it was carried out.
        subject: What it sets, so that a later write of the same ends this claim; None of an effect that stays.
        verdict: True once it was reported as applied, False as not executed, None as long as that is unknown.
        is_over: Whether a later write may have undone it: nothing is claimed of what holds now.
    """

    name: str
    times: Callable[[], int] | None = None
    subject: object = None
    verdict: bool | None = None
    is_over: bool = False
    #: the last word about it
    said: str = ""
    #: whether the effect can be there without this write
    is_shared: Callable[[], bool] = attrs.field(default=lambda: False, repr=False)
    #: the requests of the write; None where one that is carried out may leave it undone
    round: Round | None = attrs.field(default=None, repr=False)

    def take(self, ended: Any) -> None:
        """Take over what a call returned or raised for it; a later word never contradicts an earlier one."""
        if not isinstance(ended, BaseException):
            verdict: bool | None = True
        elif isinstance(ended, OperationError):
            verdict = {Outcome.APPLIED: True, Outcome.UNKNOWN: None}.get(ended.outcome, False)
        else:
            verdict = None
        self.said = repr(ended)
        assert self.verdict in {None, verdict} or verdict is None, f"{self}: then {ended!r}"
        if verdict is not None:
            self.verdict = verdict

    def check(self) -> None:
        """
        Compare the claim with the ledger.

        Raises:
            AssertionError: it has the effect twice, or does not hold.
        """
        requests = self.round if self.round is not None and self.round.writes == 1 else None
        if requests is not None and self.verdict is False:
            assert not requests.executed, f"{self}: reported as not executed, and it was"
        if self.times is None:
            is_so = requests is None or requests.executed or self.is_shared()
            assert is_so or self.verdict is not True, f"{self}: reported as applied, and it was not executed"
            return
        times = self.times()
        assert times <= 1, f"{self}: {times} times"
        if self.verdict is True and not self.is_over:
            assert times == 1, f"{self}: reported as applied, and it is not"
        if self.verdict is False and not self.is_shared():
            assert times == 0, f"{self}: reported as not executed, and it is"


def orders_of(ledger: Ledger) -> list[Any]:
    """Return every order of a ledger: open, ended, undecided, and those that no read shows yet."""
    ledger.tick()
    return [*ledger._state.finished, *ledger._state.orders.values()]


def orders_named(ledger: Ledger, client_id: str) -> list[Any]:
    """Return the orders of a client id."""
    return [order for order in orders_of(ledger) if order.client_id == client_id]


def order_of(ledger: Ledger, order_id: str) -> Any:
    """Return one order by its id."""
    return next(order for order in orders_of(ledger) if order.id == order_id)


def has_ended(value: Any) -> bool:
    """Say whether a cancelled order is returned in a final state."""
    return getattr(value, "status", None) in _ENDED


def moved_margin(ledger: Ledger, amount: Decimal) -> int:
    """Return how often an amount was added or removed."""
    ledger.tick()
    return sum(abs(change.amount) == amount for change in ledger._state.margin_changes)
