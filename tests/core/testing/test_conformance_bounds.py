"""The conformance suite fails where a request does not carry the bound that its venue declares."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS, Expiring, Numbered, Unbounded, Windowed

from venuekit.plugin import EncodedRequest, Stamp, Venue
from venuekit.testing import find_recorded, load_recorded
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning

RECORDED = load_recorded(find_recorded(TOY_PERP))
WRITES = [TOY.SET_LEVERAGE, TOY.SET_MARGIN_TYPE, TOY.ADD_COLLATERAL]


class ConstantWindow(ToySigning):
    """Puts the venue's default window in place of the one that is asked for."""

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        return super().payload(encoded, stamp._replace(recv_window=TOY_PERP.recv_window))


class LongWindow(ToySigning):
    """Puts a minute in place of the window that is asked for."""

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        return super().payload(encoded, stamp._replace(recv_window=60_000))


class LateExpiry(ToySigning):
    """Lets every request expire a minute later."""

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        return super().payload(encoded, stamp._replace(timestamp=stamp.timestamp + 60_000))


class ExpiringAtAnyTime(Expiring):
    """Carries out what has expired."""

    recheck = Unbounded.recheck


class Uncounted(Numbered):
    """Takes numbers in any order."""

    authenticate = Unbounded.authenticate
    recheck = Unbounded.recheck


def suite(venue: Venue[Any], **changes: Any) -> Any:
    """Return the suite of a venue with something of it replaced."""
    return suite_of(Inventory(attrs.evolve(venue, **changes), RECORDED))()


@pytest.mark.parametrize("write", WRITES, ids=str)
@pytest.mark.parametrize("kind", ["window", "expiry"])
async def test_write_in_its_window_passes(kind: str, write: Any) -> None:
    """The toy venue keeps its window on both sides."""
    await suite(KINDS[kind]).test_write_held_back_past_its_window_is_refused(windowed_write=write)


@pytest.mark.parametrize("write", WRITES, ids=str)
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param("window", {"signing": ConstantWindow()}, id="constant window"),
        pytest.param("window", {"signing": LongWindow()}, id="long window"),
        pytest.param("window", {"simulated": Unbounded}, id="venue without a window"),
        pytest.param("expiry", {"signing": ConstantWindow()}, id="constant expiry"),
        pytest.param("expiry", {"signing": LateExpiry()}, id="late expiry"),
        pytest.param("expiry", {"simulated": ExpiringAtAnyTime}, id="venue without an expiry"),
    ],
)
async def test_window_that_is_not_kept(kind: str, changes: Any, write: Any) -> None:
    """A scheme that ignores the declared window, and a simulated venue that checks none, are found at every write."""
    checks = suite(KINDS[kind], **changes)
    with pytest.raises(AssertionError, match=r"/v1/.*, \d.* s after it was signed.*: nothing bounds how late"):
        await checks.test_write_held_back_past_its_window_is_refused(windowed_write=write)


async def test_window_that_is_fixed_is_held_back_once() -> None:
    """No window that the venue does not take is asked for."""
    fixed = {"recv_window": 4000, "recv_window_least": 4000, "recv_window_most": 4000}
    await suite(TOY_PERP, simulated=Windowed, **fixed).test_write_held_back_past_its_window_is_refused(
        windowed_write=TOY.SET_LEVERAGE
    )


async def test_refusal_that_is_no_refusal_of_the_time() -> None:
    """A write that is refused in time as well, by the same code, shows nothing about the window, and is found."""
    checks = suite(TOY_PERP, signing=LateExpiry())  # of the future: never inside the window
    with pytest.raises(AssertionError, match=r"is refused as it is in time \(1003 "):
        await checks.test_write_held_back_past_its_window_is_refused(windowed_write=TOY.SET_LEVERAGE)


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_number_that_counts_passes(write: Any) -> None:
    """A later number that was answered shuts an earlier one out."""
    await suite(KINDS["nonce"]).test_write_overtaken_by_a_later_number_is_refused(numbered_write=write)


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_number_that_does_not_count(write: Any) -> None:
    """A venue that carries out numbers in any order is found."""
    checks = suite(KINDS["nonce"], simulated=Uncounted)
    with pytest.raises(AssertionError, match="behind an answered request with a later number, is"):
        await checks.test_write_overtaken_by_a_later_number_is_refused(numbered_write=write)


def test_checks_are_those_of_the_declared_bound() -> None:
    """A window is checked where there is one, a number where there is one, and neither where nothing is declared."""
    names = ("test_write_held_back_past_its_window_is_refused", "test_write_overtaken_by_a_later_number_is_refused")
    laid_out = {
        kind: tuple(getattr(suite_of(Inventory(venue, RECORDED)), name) is not None for name in names)
        for kind, venue in KINDS.items()
    }

    expected = {"window": (True, False), "expiry": (True, False), "nonce": (False, True), "none": (False, False)}
    assert expected == laid_out
