"""Where socket cases are filed: what shows a capability method to work over a real socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from venuekit.simulator.ledger import Ledger
from venuekit.testing import Stage

Case = Callable[[Stage], Awaitable[None]]

#: by method and book: what shows it to work, and the scenario it wants; account_cases.py, order_cases.py and
#: stream_cases.py fill it
CASES: dict[tuple[str, str], tuple[str, Case]] = {}


def case(method: str, scenario: str = "holding", *, book: str = "plain") -> Callable[[Case], Case]:
    """File a case under the method it shows to work, for plain or for conditional orders where that is two things."""

    def file(function: Case) -> Case:
        assert (method, book) not in CASES, f"{method} has two cases"
        CASES[method, book] = (scenario, function)
        return function

    return file


def ledger_of(stage: Stage) -> Ledger:
    """Return what really holds."""
    return stage.simulation.ledger_of(stage.venue.id)
