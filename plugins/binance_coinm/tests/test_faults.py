"""What refusals mean here, where the numbers differ from the USD-margined product's."""

from __future__ import annotations

import pytest

from venuekit.faults import Fault
from venuekit.testing.recorded import Recorded
from venuekit_binance_coinm.terms import FAULTS
from venuekit_binance_common.faults import read_answer

LATE = "Timestamp for this request is outside of the ME recvWindow."


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (-4188, Fault.CLOCK),
        (-4150, Fault.REJECTED),
        (-4087, Fault.INVALID),  # an invalid pair; on the other product a missing permission
        (-4088, Fault.INVALID),  # an interval too long; on the other product a missing permission
        (-4178, Fault.INVALID),
        (-4089, Fault.PERMISSION),
        (-4090, Fault.PERMISSION),
        (-4202, Fault.REJECTED),
        (-4201, Fault.PERMISSION),
        (-4112, Fault.REJECTED),
        (-4046, Fault.REJECTED),
        (-4531, Fault.REJECTED),
        (-1021, Fault.CLOCK),
        (-1121, Fault.INVALID),
        (-2015, Fault.AUTHENTICATION),
    ],
)
def test_codes_mean_what_this_product_documents(code: int, fault: Fault) -> None:
    """Shared numbers mean what they mean on both, others what they mean here."""
    assert FAULTS.classify(400, code, "") is fault


@pytest.mark.parametrize("code", [-4188, -5028, -777])
def test_late_request_is_known_by_its_words_too(code: int) -> None:
    """Should the numbers of both products be aligned, the words still tell a clock fault."""
    assert FAULTS.classify(400, code, LATE) is Fault.CLOCK


def test_every_recorded_answer_is_read_as_what_it_is(recorded: Recorded) -> None:
    """Successes are no refusals, and refusals carry their own code."""
    cases = list(recorded)
    refusals = {case.name: read_answer(case.response()) for case in cases}

    assert [case.name for case in cases if case.is_success is not (refusals[case.name] is None)] == []
    assert [case.name for case in cases if (told := refusals[case.name]) and told.code != case.code] == []
    assert len([case for case in cases if not case.is_success]) >= 20
