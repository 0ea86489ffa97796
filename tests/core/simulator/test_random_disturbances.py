"""Random disturbances: the same seed plays the same ones, at the share of attempts that was asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from venuekit.endpoint import EndpointName
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, FieldError, Lag, RandomDisturbances, simulate
from venuekit.simulator.disturbances import COMMON

WALLET = EndpointName("GET", "/v1/wallet")
ADD = EndpointName("POST", "/v1/collateral")


def test_the_seed_alone_decides() -> None:
    """Each attempt on a route has its own draw, whatever happens on other routes; the rate is that of all attempts."""
    disturbances = RandomDisturbances(7, 0.25)
    drawn = [disturbances.choose("a", WALLET, number, ()) for number in range(1, 2001)]
    chosen = [choice for choice, _ in filter(None, drawn)]

    assert drawn == [RandomDisturbances(7, 0.25).choose("a", WALLET, number, ()) for number in range(1, 2001)]
    assert drawn != [disturbances.choose("a", ADD, number, ()) for number in range(1, 2001)]
    assert drawn != [RandomDisturbances(8, 0.25).choose("a", WALLET, number, ()) for number in range(1, 2001)]
    assert 400 < len(chosen) < 600
    assert all(choice in chosen for choice in COMMON)


def test_venues_routes_and_rates() -> None:
    """Others are left in peace; a rate of 0 disturbs nothing, and one of 1 everything."""
    there = RandomDisturbances(1, 1, venue_ids=["a"], routes=[ADD])

    assert there.choose("a", ADD, 1, ()) is not None
    assert there.choose("a", WALLET, 1, ()) is None
    assert there.choose("b", ADD, 1, ()) is None
    assert all(RandomDisturbances(1, 0).choose("a", ADD, number, ()) is None for number in range(1, 100))
    assert RandomDisturbances(1, 1, choices=["busy"]).choose("a", ADD, 1, ()) is None  # documented by others


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": 1.5}, "rate: expected a share of all attempts from 0 to 1, not 1.5"),
        ({"rate": float("nan")}, "rate: expected a share"),
        ({"rate": 1, "choices": []}, "choices: expected at least one disturbance"),
        ({"rate": 1, "choices": [Lag(1)]}, "choices: a lag looks back"),
    ],
)
def test_values_that_cannot_be_used(given: dict[str, Any], words: str) -> None:
    """They are refused when they are written."""
    with pytest.raises(FieldError, match=words):
        RandomDisturbances(1, **given)


async def test_attempts_without_a_script_meet_them(toy: Any) -> None:
    """The script goes first; each arrival says what it met; None, or to clear the script, ends them."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", WALLET, CannedAnswer(429))
        sim.disturb_randomly(
            RandomDisturbances(3, 1, choices=[DropBefore(), DropAfter(), "not-known"], routes=[WALLET])
        )
        replies = [await client.send("GET", "/v1/wallet") for _ in range(30)]
        other = await client.send("GET", "/v1/settings")
        met = Counter((one.disturbances, one.applied, one.status) for one in sim.requests)
        sim.disturb_randomly(None)
        after = await client.send("GET", "/v1/wallet")

        assert (replies[0].status, other.status, after.status) == (429, 200, 200)
        assert sim.requests[0].disturbances == (repr(CannedAnswer(429)),)
        assert met[("DropBefore()",), False, None] + met[("DropAfter()",), True, None] > 5
        assert {(applied, status) for _, applied, status in met} == {
            (False, 429),  # the script
            (False, None),
            (True, None),
            (False, 503),
            (True, 503),
            (True, 200),
        }

        sim.disturb_randomly(RandomDisturbances(3, 1, choices=[CannedAnswer(500)]))
        sim.script.clear()
        assert (await client.send("GET", "/v1/wallet")).status == 200


async def test_a_name_that_is_not_there() -> None:
    """Venues, routes and answers are looked up before anything is disturbed."""
    async with simulate("toy_perp") as sim:
        for given, words in (
            ({"venue_ids": ["toy"]}, "'toy' is not simulated here"),
            ({"routes": [EndpointName("GET", "/v1/walet")]}, "none of the simulated toy_perp has GET /v1/walet"),
            ({"choices": ["not-knwn"]}, "none of toy_perp documents an answer 'not-knwn'; did you mean not-known?"),
        ):
            with pytest.raises(LookupError, match=words):
                sim.disturb_randomly(RandomDisturbances(1, 1, **given))
        assert sim.script.by_chance is None
