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
    ],
)
def test_the_most_specific_row_wins(status: int, code: int | None, message: str, fault: Fault) -> None:
    """Rows are compared for equality, and what no row lists is told from its status."""
    assert fault is TABLE.classify(status, code, message)


def test_every_meaning_is_raised_as_an_error() -> None:
    """Each has a class of its own, whether an overloaded venue is believed or not; what is missing is unsupported."""
    raised = {error_of(fault) for fault in Fault if fault is not Fault.OVERLOADED_UNKNOWN}
    assert len(raised) == len(Fault) - 1
    assert all(issubclass(error, VenueError) for error in raised - {UnsupportedCapability})
    assert error_of(Fault.REJECTED) is Rejected
    assert error_of(Fault.OVERLOADED_UNKNOWN) is error_of(Fault.OVERLOADED)


def test_two_rows_for_one_refusal_are_a_mistake() -> None:
    """A table that says two things about the same refusal cannot be made."""
    with pytest.raises(ValueError, match="two rows"):
        FaultTable((FaultRow(Fault.CLOCK, code=1), FaultRow(Fault.INVALID, code=1)))
