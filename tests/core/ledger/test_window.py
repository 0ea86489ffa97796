"""The fence: whatever is outside its window is refused and changes nothing, however late it arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.simulator.ledger import (
    Contract,
    Ledger,
    Reason,
    Refused,
    RequestWindow,
    Rules,
    check_window,
    tiers,
)

D = Decimal
STAMP = 1_770_000_000_000

moments = st.integers(-20_000, 20_000).map(lambda offset: STAMP + offset)
windows = st.integers(1, 60_000)


@pytest.mark.parametrize(
    ("now", "accepted"),
    [(STAMP - 1000, False), (STAMP - 999, True), (STAMP, True), (STAMP + 5000, True), (STAMP + 5001, False)],
)
def test_borders_of_the_window(now: int, accepted: bool) -> None:
    """A stamp is taken from just under a second ahead to exactly the window behind."""
    if accepted:
        RequestWindow().check(now, STAMP)
        return
    with pytest.raises(Refused) as caught:
        RequestWindow().check(now, STAMP)

    assert Reason.OUTSIDE_WINDOW is caught.value.reason
    assert (now < STAMP) is caught.value.refusal.details["ahead"]


@pytest.mark.parametrize("window", [0, -1, 60_001])
def test_windows_that_no_request_may_ask_for(window: int) -> None:
    """A window of nothing or of more than a minute is refused by itself."""
    with pytest.raises(Refused) as caught:
        RequestWindow().check(STAMP, STAMP, window)

    assert Reason.INVALID_WINDOW is caught.value.reason


@given(moments, windows)
def test_accepted_exactly_inside_the_window(now: int, window: int) -> None:
    """A request is accepted if and only if its stamp is less than a second ahead and at most its window behind."""
    try:
        check_window(now, STAMP, window)
        accepted = True
    except Refused:
        accepted = False

    assert (now + 1000 > STAMP and now - STAMP <= window) is accepted


@given(arrival=moments, waits=st.lists(st.integers(0, 30_000), min_size=1, max_size=5), window=windows)
def test_late_requests_change_nothing_however_late(arrival: int, waits: list[int], window: int) -> None:
    """Once the window has passed on the venue's clock, the same request is refused for good and the ledger stays."""
    clock = [arrival]
    contract = Contract(
        symbol="ONEUSDT",
        pair="ONEUSDT",
        base="ONE",
        quote="USDT",
        settle="USDT",
        is_inverse=False,
        contract_size=D(1),
        brackets=tiers((D(10**6), D(125), D("0.004"))),
        mark=D(100),
    )
    ledger = Ledger(Rules(asset_mode=False), [contract], now=lambda: datetime.fromtimestamp(clock[0] / 1000, tz=UTC))
    ledger.deposit("USDT", D(1000))
    has_passed = False
    for number, wait in enumerate(waits, start=2):
        clock[0] += wait
        before = ledger.snapshot()
        has_passed = has_passed or clock[0] > STAMP + window
        try:
            check_window(clock[0], STAMP, window)
            ledger.set_leverage("ONEUSDT", D(number))
        except Refused:
            assert before == ledger.snapshot()
        else:
            assert not has_passed
            assert D(number) == ledger.leverage("ONEUSDT")
