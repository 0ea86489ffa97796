"""The opening of a simulation: simulated venues by realm, their accounts in the initial state, and their services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from venuekit._util.times import from_milliseconds
from venuekit.errors import ConfigurationError
from venuekit.simulator.access import MASTER, Meter
from venuekit.simulator.accounts import Deposit
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import Event, Ledger, Refused
from venuekit.simulator.listing import Mates
from venuekit.simulator.price_board import PriceBoard
from venuekit.simulator.realm import Realm
from venuekit.simulator.service import Service
from venuekit.simulator.simulated_venue import Scenario, SimulatedVenue
from venuekit.venue import Venue


def make_simulated_venues(venues: Iterable[Venue[Any]]) -> list[dict[str, SimulatedVenue]]:
    """
    Return the simulated venues, by realm and id.

    Raises:
        ConfigurationError: a venue brings no simulator, or something else in its place.
    """
    realms: dict[str, dict[str, SimulatedVenue]] = {}
    for venue in venues:
        realms.setdefault(venue.realm, {})[venue.id] = _make_simulated(venue)
    return list(realms.values())


def _make_simulated(venue: Venue[Any]) -> SimulatedVenue:
    if venue.simulated is None:
        raise ConfigurationError(f"{venue.id} brings no simulator: its plugin declares no Venue.simulated")
    simulated: object = venue.simulated()
    if not isinstance(simulated, SimulatedVenue):
        words = f"its simulated venue is {simulated!r}; it must be an instance of a subclass of SimulatedVenue"
        raise ConfigurationError(f"{venue.id}: {words}")
    return simulated


def find_scenario(venue_id: str, simulated: SimulatedVenue, name: str) -> Scenario:
    """Return a scenario of a venue; ConfigurationError where it has none of this name."""
    for scenario in simulated.scenarios:
        if scenario.name == name:
            return scenario
    names = ", ".join(scenario.name for scenario in simulated.scenarios)
    raise ConfigurationError(f"{venue_id} has no scenario {name!r}; it has {names}")


def open_realm(
    mates: Mates,
    *,
    scenario: str,
    named: Mapping[str, Sequence[Deposit]],
    board: PriceBoard,
    now: Callable[[], int],
    post: Callable[[Collection[str], str, Ledger, tuple[Event, ...]], None],
) -> Realm:
    """
    Return the realm of some venues, with its main account and the named ones in their initial state.

    Args:
        mates: The venues.
        scenario: The initial state of the main account and of its sub-accounts.
        named: The money of every named account, which begins with nothing else.
        board: The index prices.
        now: Returns the venues' clock in milliseconds.
        post: Called with the ids of the venues, an account, its ledger, and the events of a command there.

    Raises:
        ConfigurationError: a venue has no such scenario, or the venues have different rules.
    """
    # venues that show one account each in its own way share the stage of their scenario
    stages = dict.fromkeys(find_scenario(venue_id, venue, scenario).stage for venue_id, venue in mates.items())

    def stage(account: str, ledger: Ledger) -> None:
        for deposit in named.get(account, ()):
            for purse in deposit.purses(_purses(mates), ledger):
                ledger.deposit(deposit.asset, deposit.amount, purse=purse)
        try:
            for bring in () if account in named else stages:
                bring(ledger)
        except Refused as error:
            words = f"the scenario {scenario!r} needs other prices or markets: the ledger refuses: {error}"
            raise ConfigurationError(words) from error

    realm = Realm(
        list(mates.values()),
        board=board,
        now=lambda: from_milliseconds(now()),
        stage=stage,
        post=partial(post, tuple(mates)),
    )
    for account in (MASTER, *named):
        realm.account(account)
    for venue_id in mates:
        board.add_follower(venue_id, realm)
    return realm


def make_services(
    venues: Mapping[str, Venue[Any]], mates: Mates, realm: Realm, now: Callable[[], int]
) -> dict[str, Service]:
    """Return the services of the venues of a realm; they share its accounts and its limits."""
    meter = Meter()
    return {
        venue_id: Service(
            venues[venue_id],
            simulated,
            realm.account(MASTER),
            keys={},
            now=now,
            meter=meter,
            open_account=realm.account,
        )
        for venue_id, simulated in mates.items()
    }


def check_money(named: Mapping[str, Sequence[Deposit]], realms: Sequence[tuple[Mates, Realm]]) -> None:
    """Raise FieldError where no wallet takes the money of a named account."""
    ledgers = [(mates, realm.account(MASTER)) for mates, realm in realms]
    for deposit in chain.from_iterable(named.values()):
        if not any(deposit.purses(_purses(mates), ledger) for mates, ledger in ledgers):
            known = dict.fromkeys(row.asset for _, ledger in ledgers for row in ledger.balances())
            where = f"{deposit.venue_id} has no" if deposit.venue_id else "no simulated venue has a"
            raise FieldError(f"{where} wallet of it; there are {', '.join(known)}", deposit.field)


def _purses(mates: Mates) -> dict[str, tuple[str, ...]]:
    """Return the names of the wallets of each venue, in the order of its contracts: rows of money follow it."""
    return {
        venue_id: tuple(dict.fromkeys(contract.purse for contract in venue.contracts))
        for venue_id, venue in mates.items()
    }
