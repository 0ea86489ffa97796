from __future__ import annotations

import pytest

from venuekit.errors import Rejected, UnsupportedCapability, VenueError
from venuekit.faults import Fault, FaultRow, FaultTable, error_of

TABLE = FaultTable(
    (
        FaultRow(Fault.CLOCK, code=-1021),
        FaultRow(Fault.INVALID, code=7),
        FaultRow(Fault.PERMISSION, code=7, status=403),
        FaultRow(Fault.REJECTED, code=7, message="not now"),
        FaultRow(Fault.OVERLOADED, status=503, message="Service Unavailable."),
        FaultRow(Fault.UNAVAILABLE, message="Closed."),
        FaultRow(Fault.REJECTED, prefix="Account has"),
        FaultRow(Fault.INVALID, prefix="Account has no", mend="Deposit first."),
        FaultRow(Fault.NOT_FOUND, status=404, prefix="Account has no"),
        FaultRow(Fault.PERMISSION, code=7, prefix="you may not"),
        FaultRow(Fault.REJECTED, status=200),
    )
)


@pytest.mark.parametrize(
    ("status", "code", "message", "fault"),
    [
        (400, -1021, "anything", Fault.CLOCK),
        (400, 7, "x", Fault.INVALID),
        (403, 7, "x", Fault.PERMISSION),
        (400, 7, "not now", Fault.REJECTED),
        (503, None, "Service Unavailable.", Fault.OVERLOADED),
        (503, None, "Service Unavailable. Really.", Fault.UNKNOWN_OUTCOME),
        (500, None, "Closed.", Fault.UNAVAILABLE),
        (502, None, "<html>", Fault.UNKNOWN_OUTCOME),
        (500, 99, "x", Fault.UNKNOWN_OUTCOME),
        (408, None, "", Fault.UNKNOWN_OUTCOME),
        (429, 99, "x", Fault.THROTTLED),
        (418, None, "", Fault.BANNED),
        (401, None, "", Fault.AUTHENTICATION),
        (403, None, "", Fault.THROTTLED),
        (404, None, "", Fault.UNKNOWN_OUTCOME),
        (451, None, "", Fault.PERMISSION),
        (451, 0, "restricted location", Fault.PERMISSION),
        (400, None, "", Fault.UNKNOWN_OUTCOME),
        (302, None, "", Fault.UNKNOWN_OUTCOME),
        (400, 99, "x", Fault.REJECTED),
        (400, None, "Account has 3 open orders", Fault.REJECTED),
        (400, None, "Account has no XBT", Fault.INVALID),
        (400, 8, "Account has no XBT", Fault.INVALID),
        (404, None, "Account has no position", Fault.NOT_FOUND),
        (400, None, "The Account has no XBT", Fault.UNKNOWN_OUTCOME),
        (400, 7, "you may not trade XBT", Fault.PERMISSION),
        (400, 8, "you may not trade XBT", Fault.REJECTED),
        (200, None, "Order has invalid size", Fault.REJECTED),
    ],
)
def test_the_most_specific_row_wins(status: int, code: int | None, message: str, fault: Fault) -> None:
    """A row matches by whole messages or by their beginning, the longest first; an unlisted refusal by its status."""
    assert fault is TABLE.classify(status, code, message)


def test_every_meaning_is_raised_as_an_error() -> None:
    """Each has a class of its own; an overloaded venue has one, believed or not, and an ended token has not."""
    shared = {Fault.OVERLOADED_UNKNOWN, Fault.TOKEN_EXPIRED}
    raised = {error_of(fault) for fault in Fault if fault not in shared}
    assert len(raised) == len(Fault) - len(shared)
    assert all(issubclass(error, VenueError) for error in raised - {UnsupportedCapability})
    assert error_of(Fault.REJECTED) is Rejected
    assert error_of(Fault.OVERLOADED_UNKNOWN) is error_of(Fault.OVERLOADED)


def test_two_rows_for_one_refusal_are_a_mistake() -> None:
    """A table that says two things about the same refusal cannot be made."""
    with pytest.raises(ValueError, match="two rows"):
        FaultTable((FaultRow(Fault.CLOCK, code=1), FaultRow(Fault.INVALID, code=1)))
    with pytest.raises(ValueError, match="two rows for status None, code None, message 'Account has'"):
        FaultTable((FaultRow(Fault.CLOCK, prefix="Account has"), FaultRow(Fault.INVALID, prefix="Account has")))


@pytest.mark.parametrize("row", [FaultRow(Fault.CLOCK, message="a", prefix="a"), FaultRow(Fault.CLOCK, prefix="")])
def test_a_prefix_stands_alone_and_is_not_empty(row: FaultRow) -> None:
    """A row with message and prefix, or with a prefix that every message has, is refused."""
    with pytest.raises(ValueError, match="has message and prefix, or a prefix that every message has"):
        FaultTable((row,))
