"""Traces of lost writes: which found order is the lost one, and which rows no other write explains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from venuekit.resolution import Lost, OtherWrite, Trace, alike, find_unexplained, trace_of
from venuekit_toy_perp.endpoints import TOY

SENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LOST = Lost(
    TOY.ADD_COLLATERAL,
    {"amount": 5},
    sent_at=SENT,
    fence=SENT + timedelta(seconds=6),
    clock_error=timedelta(milliseconds=20),
    made=frozenset({"made"}),
)


def ms(number: int) -> timedelta:
    return timedelta(milliseconds=number)


@pytest.mark.parametrize(
    ("after", "trace"),
    [
        (-21, Trace.OF_ANOTHER),
        (-20, Trace.UNCLEAR),
        (-6, Trace.UNCLEAR),
        (-5, Trace.FOUND),
        (0, Trace.FOUND),
        (6020, Trace.FOUND),
        (6021, Trace.UNCLEAR),
    ],
)
def test_an_order_under_a_callers_id_is_judged_by_its_time(after: int, trace: Trace) -> None:
    """``after`` are the milliseconds from the request to the order, where both clocks agree within 20 ms."""
    assert trace_of(LOST, "given", SENT + ms(after)) is trace
    assert trace_of(LOST, "made", SENT + ms(after)) is Trace.FOUND


def test_an_order_without_a_time_is_unclear() -> None:
    """Unless its id was made for this one alone."""
    assert trace_of(LOST, "given", None) is Trace.UNCLEAR
    assert trace_of(LOST, "made", None) is Trace.FOUND


def test_clocks_that_agree_better_than_times_are_written_tell_no_more() -> None:
    """An order that is older by more than the error is another's, though its time is rounded to milliseconds."""
    exact = attrs.evolve(LOST, clock_error=ms(2))

    assert trace_of(exact, "given", SENT - ms(3)) is Trace.OF_ANOTHER
    assert trace_of(exact, "given", SENT - ms(2)) is Trace.FOUND


async def test_whether_it_can_still_arrive_is_asked_with_the_time_since() -> None:
    """Without anything to ask it is never proven."""
    asked = []

    async def look_over(after: timedelta) -> bool:
        asked.append(after)
        return True

    known = attrs.evolve(LOST, look_over=look_over)

    assert await known.is_over(ms(7)) is True
    assert await known.is_over() is True
    assert [ms(7), ms(0)] == asked
    assert await LOST.is_over() is False


# -- other writes


def other(sent: int, until: int, *, claims: str | None = None, is_open: bool = False, amount: int = 5) -> OtherWrite:
    """Return another write, by the milliseconds from the lost one to its times."""
    return OtherWrite({"amount": amount, "sent": sent}, SENT + ms(sent), SENT + ms(until), claims, is_open)


def amount_of(parameters: Mapping[str, Any]) -> Any:
    return parameters["amount"]


def found(*others: OtherWrite, since: int = 0) -> list[int]:
    """Return when the writes were sent that are alike, in milliseconds from the lost one."""
    lost = attrs.evolve(LOST, others=others, since=SENT + ms(since))
    return [round((one.sent_at - SENT) / ms(1)) for one in alike(lost, amount_of)]


@pytest.mark.parametrize("sent", [6040, 6041])
def test_a_write_sent_after_the_fence_is_alike_within_the_error_of_both_clocks(sent: int) -> None:
    """Each of two times may be wrong by 20 ms."""
    assert found(other(sent, 9000)) == [sent] * (sent <= 6040)


@pytest.mark.parametrize("until", [-40, -41])
def test_a_write_that_had_ended_is_alike_within_the_error_of_both_clocks(until: int) -> None:
    """From the read before the lost write on, where there was one."""
    assert found(other(-9000, until)) == [-9000] * (until >= -40)
    assert found(other(-9000, until - 500), since=-500) == [-9000] * (until >= -40)
    assert found(other(-9000, until - 1), since=-500) == [-9000]


def test_writes_of_other_parameters_are_not_alike() -> None:
    """The key says which parameters a trace shows."""
    assert found(other(10, 20), other(11, 21, amount=6)) == [10]


def test_writes_that_touch_an_alike_one_are_alike() -> None:
    """Before and behind, one after another, oldest first; a gap ends the row."""
    before = (other(-200, -100), other(-90, -30), other(-400, -241))
    behind = (other(7000, 7500), other(6030, 6960), other(7541, 8000))

    assert found(*behind, *before) == [-200, -90, 6030, 7000]


@pytest.mark.parametrize(("start", "alike_too"), [(-240, True), (-241, False)])
def test_the_row_of_alike_writes_grows_by_the_error_of_both_clocks(start: int, alike_too: bool) -> None:
    """Also where the first of them was widened before."""
    assert found(other(-200, 0), other(-900, start)) == [-900, -200][not alike_too :]
    end = 7000 - (start + 200)  # as far behind the end of the other one
    assert found(other(5000, 7000), other(end, 9000)) == [5000, end][: 1 + alike_too]


@pytest.mark.parametrize(
    ("rows", "others", "left"),
    [
        ("ab", [], "ab"),
        ("ab", [other(0, 1)], "b"),
        ("ab", [other(0, 1), other(2, 3)], ""),
        ("ab", [other(0, 1), other(2, 3), other(4, 5)], None),
        ("ab", [other(0, 1, claims="x"), other(2, 3)], "b"),
        ("", [other(0, 1, is_open=True)], ""),
        ("a", [other(0, 1, is_open=True)], None),
        ("ab", [other(0, 1, is_open=True)], "b"),
        ("abc", [other(0, 1, is_open=True)], None),
        ("abc", [other(0, 1, is_open=True), other(2, 3, is_open=True)], "c"),
        ("abc", [other(0, 1), other(2, 3, is_open=True)], "c"),
        ("a", [other(0, 1), other(2, 3, is_open=True)], ""),
        ("ab", [other(0, 1, is_open=True, claims="x")], "b"),
    ],
)
def test_each_applied_write_explains_the_oldest_row_that_is_left(
    rows: str, others: list[OtherWrite], left: str | None
) -> None:
    """Where open ones may have a row each, the last row is the lost one's only if every other one has its own."""
    assert find_unexplained(rows, others) == left
