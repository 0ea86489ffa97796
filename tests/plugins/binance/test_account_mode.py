"""Portfolio margin accounts: their settings are refused like a bad key, and the other API shows what they are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs
import pytest

import venuekit
from venuekit.capabilities import AccountMode, Setting
from venuekit.credentials import Credentials
from venuekit.errors import AuthenticationFailed, Outcome
from venuekit.plugins import make_plugins
from venuekit.runtime import Runtime
from venuekit.simulator import CannedAnswer, DropBefore, Simulation
from venuekit.testing import InstantClock, Stage, on_stage
from venuekit.venue import Environment, EnvironmentName

PRODUCTS = ["binance_usdm", "binance_coinm"]
_PAPI = ("GET", "/papi/v1/account")
_REFUSED = CannedAnswer.json(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})


@pytest.fixture(params=PRODUCTS)
async def portfolio(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Either product, simulated for a portfolio margin account."""
    async with on_stage(make_plugins().venue(request.param), "portfolio_margin") as stage:
        yield stage


def _reads_of_portfolio(stage: Stage) -> int:
    return sum((arrival.verb, arrival.path) == _PAPI for arrival in stage.simulation.requests)


async def test_a_portfolio_margin_account_is_recognised(portfolio: Stage) -> None:
    """The mode is read from the portfolio margin API, once, and says which settings cannot be written and why."""
    told = await portfolio.account.get_account_mode()

    assert (told.mode, told.word, told.margin_model) == (AccountMode.PORTFOLIO_MARGIN, "Portfolio Margin", "uniMMR")
    assert told.unavailable.keys() == set(Setting) - {Setting.ACCOUNT_MODE}
    assert all("papi" in reason and "-2015" in reason for reason in told.unavailable.values())
    assert _reads_of_portfolio(portfolio) == 1


async def test_a_refused_setting_names_portfolio_margin(portfolio: Stage) -> None:
    """A setting is refused with the venue's words; the mend lists what they may mean, and how to find out."""
    with pytest.raises(AuthenticationFailed) as caught:
        await portfolio.account.set_leverage(portfolio.scenario.flat, 7)

    error = caught.value
    assert (error.code, error.outcome) == (-2015, Outcome.NOT_APPLIED)
    for meaning in ("key is unknown", "address", "permission", "portfolio margin account", "get_account_mode()"):
        assert meaning in error.mend
    assert _reads_of_portfolio(portfolio) == 0, "a refusal alone reads nothing"


@pytest.mark.parametrize("trouble", [_REFUSED, DropBefore()], ids=["refused", "unreachable"])
async def test_where_the_other_api_does_not_decide_the_reason_lists_all_meanings(
    portfolio: Stage, trouble: CannedAnswer | DropBefore
) -> None:
    """Without an answer of the portfolio margin API the mode is None, and the reason says what -2015 may mean."""
    portfolio.simulation.disturb(portfolio.venue.id, _PAPI, trouble, times=10)

    told = await portfolio.account.get_account_mode()

    assert (told.mode, dict(told.unavailable)) == (None, {})
    for meaning in ("key is unknown", "address", "permission", "portfolio margin account"):
        assert meaning in str(told.reason)


@pytest.mark.parametrize("venue_id", PRODUCTS)
async def test_other_accounts_are_classic_by_one_read(venue_id: str) -> None:
    """Where the position mode can be read the account is classic, and the other host gets no request."""
    async with on_stage(make_plugins().venue(venue_id)) as stage:
        told = await stage.account.get_account_mode()

        assert (told.mode, told.reason, dict(told.unavailable)) == (AccountMode.CLASSIC, None, {})
        assert len(stage.simulation.requests) == 1


async def test_a_refusal_that_says_nothing_of_modes_is_raised() -> None:
    """A malformed key is an error, not a mode."""
    venue = make_plugins().venue("binance_usdm")
    async with on_stage(venue) as stage, Runtime(clock=stage.clock, journal=False) as runtime:
        credentials = Credentials.sim(stage.simulation.rest(venue.id), "short", stage.simulation.secret)
        account = await runtime.open(venue, credentials)
        with pytest.raises(AuthenticationFailed) as caught:
            await account.get_account_mode()
    assert caught.value.code == -2014


async def test_an_environment_without_that_host_cannot_decide() -> None:
    """Testnet has no portfolio margin API: after -2015 the mode is None, and the reason says so."""
    venue = make_plugins().venue("binance_usdm")
    clock = InstantClock()
    async with Simulation((venue,), scenario="portfolio_margin", clock=clock) as sim:
        testnet = Environment(name=EnvironmentName.TESTNET, rest=sim.rest(venue.id))
        venue = attrs.evolve(venue, environments=(*venue.environments[:1], testnet))
        async with venuekit.Runtime(clock=clock, journal=False) as runtime:
            account = await runtime.open(venue, Credentials(sim.key, sim.secret, EnvironmentName.TESTNET))
            told = await account.get_account_mode()

    assert told.mode is None
    assert "testnet environment has no portfolio_margin host" in str(told.reason)
    assert _PAPI not in {(arrival.verb, arrival.path) for arrival in sim.requests}


@pytest.mark.parametrize("venue_id", PRODUCTS)
def test_live_alone_has_the_portfolio_margin_host(venue_id: str) -> None:
    """The read goes to a host of its own that is on the allow-list; no other environment names it."""
    live, *others = make_plugins().venue(venue_id).environments

    assert live.further_hosts == {"portfolio_margin": "https://papi.binance.com"}
    assert "papi.binance.com" in live.hosts
    assert not any(other.further_hosts for other in others)
