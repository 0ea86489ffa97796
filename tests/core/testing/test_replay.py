"""A venue without a simulated venue answers from its recorded answers, and runs the checks that need no ledger."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from venuekit.errors import ConfigurationError, OutcomeNotStated
from venuekit.testing import Recorded, find_recorded, load_recorded, on_stage
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.conformance.tiers import NO_SIMULATED_VENUE, TestResult, Tier, find_standing
from venuekit.testing.replay import replay_of
from venuekit.venue import Venue
from venuekit_toy_chain import TOY_CHAIN
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_swap import TOY_SWAP


def without_simulated(venue: Venue[Any]) -> Venue[Any]:
    """Return a venue as its author has it who has written no simulated venue yet."""
    return attrs.evolve(venue, simulated=None)


def wallet_of(key: Any) -> Any:
    """Return a wallet, whose address must be that of its private key."""
    simulated = TOY_CHAIN.simulated
    assert simulated is not None
    return simulated().convert_key(key)


PERP, SWAP, CHAIN = map(without_simulated, (TOY_PERP, TOY_SWAP, TOY_CHAIN))
RECORDED = load_recorded(find_recorded(TOY_PERP))

TestReplayedChain = suite_of(Inventory(CHAIN, load_recorded(find_recorded(TOY_CHAIN)), convert_key=wallet_of))


async def test_recorded_parameters_choose_the_answer() -> None:
    """A request with the parameters of a recorded refusal gets it; one with unknown ones gets the nearest success."""
    async with on_stage(PERP) as stage:
        with pytest.raises(Exception, match="no such contract"):
            await stage.account.call(TOY.CONTRACTS, contract="NOSUCH")
        assert await stage.account.get_instruments(symbol="TOYUSD")
        with pytest.raises(Exception, match="too large for this leverage"):
            await stage.account.call(TOY.SET_LEVERAGE, contract="TOYUSD", leverage=40)


async def test_endpoint_without_a_recorded_answer() -> None:
    """The error of an endpoint without any recorded answer names it and the directory that lacks it."""
    lacking = Recorded(RECORDED.directory, tuple(case for case in RECORDED if case.path != "/v1/wallet"))
    async with on_stage(replay_of(PERP, lacking)) as stage:
        with pytest.raises(OutcomeNotStated) as caught:
            await stage.account.get_balances()
    assert "no recorded answer of GET /v1/wallet in tests/recorded" in str(caught.value)


async def test_keys_of_another_form() -> None:
    """Where made-up letters and digits are no key, the error says why, and which argument makes one."""
    with pytest.raises(ConfigurationError, match=r"toy_chain: a made-up key is no wallet's address.* convert_key"):
        async with on_stage(CHAIN):
            pass


async def test_required_fields_are_made_up() -> None:
    """A passphrase is made up where the venue needs one, and travels with the requests."""
    async with on_stage(SWAP) as stage:
        await stage.account.get_balances()
        (arrival,) = stage.simulation.requests
        assert any(text.startswith("made-up-passphrase-") for text in arrival.request.headers.values())


async def test_a_replay_carries_nothing_out() -> None:
    """After a write the recorded answers of reads are those of before."""
    async with on_stage(PERP) as stage:
        before = await stage.account.get_positions()
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=12)
        assert await stage.account.get_positions() == before


def test_the_rest_is_left_out() -> None:
    """Every test of bronze is run on a replay, those of silver and gold are left out with the reason: it is bronze."""
    suite: Any = suite_of(Inventory(PERP, RECORDED))
    whole: Any = suite_of(Inventory(TOY_PERP, RECORDED))
    assert {name for name, tier in whole.tiers.items() if tier is Tier.BRONZE} <= suite.tiers.keys()
    assert {Tier.SILVER, Tier.GOLD}.isdisjoint(suite.tiers.values())
    assert {suite.left_out[name] for name in whole.tiers.keys() - suite.tiers.keys()} == {NO_SIMULATED_VENUE}
    results = {name: TestResult(tier, cases=1, passed=1) for name, tier in suite.tiers.items()}
    standing = find_standing(results, suite.left_out)
    assert standing.tier is Tier.BRONZE
    assert set(standing.reasons.values()) == {NO_SIMULATED_VENUE}
