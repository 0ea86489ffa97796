"""How answers tell success from refusal."""

from __future__ import annotations

from datetime import UTC, datetime

from venuekit.testing.recorded import Recorded
from venuekit_binance_common.faults import read_answer


def test_every_recorded_success_is_one(recorded: Recorded) -> None:
    """No documented success is taken for a refusal, not even an acknowledgement that carries a code."""
    successes = [case for case in recorded if case.is_success]

    assert len(successes) >= 20
    assert [case.name for case in successes if read_answer(case.response()) is not None] == []


def test_every_recorded_refusal_is_one_with_its_own_code(recorded: Recorded) -> None:
    """The code is read wherever there is one, and is None where the venue gave none."""
    refusals = [case for case in recorded if not case.is_success]

    assert len(refusals) >= 30
    for case in refusals:
        refusal = read_answer(case.response())
        assert refusal is not None, case.name
        assert refusal.code == case.code, case.name


def test_ban_tells_until_when(recorded: Recorded) -> None:
    """The instant in the documented words is read as milliseconds."""
    refusal = read_answer(recorded.case("get_fapi_v3_balance_418").response())

    assert refusal is not None
    assert refusal.retry_at == datetime(2021, 5, 16, 23, 30, 52, 808000, UTC)
