"""Places: the venues and the ledgers that a command is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.simulator.access import MASTER
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import BalanceFigures, Ledger
from venuekit.simulator.simulation import Simulation


@attrs.frozen
class Place:
    """A venue with the ledger of one account; venues that share an account have one ledger."""

    venue_id: str
    account: str
    ledger: Ledger
    symbols: tuple[str, ...]

    def trades(self, symbol: str) -> bool:
        """Return whether the venue itself has a symbol, and not only another one that shares its ledger."""
        return symbol in self.symbols

    def balances(self) -> list[BalanceFigures]:
        """Return the balances of the venue's own wallets."""
        purses = {self.ledger.contract(symbol).purse for symbol in self.symbols}
        return [balance for balance in self.ledger.balances() if balance.purse in purses]


def find_venue(simulation: Simulation, venue_id: str, field: str = "venue") -> str:
    """
    Return the id of a simulated venue; ``field`` is the name of the field that has it.

    Raises:
        FieldError: the simulation has no such venue.
    """
    if venue_id not in simulation.venue_ids:
        others = did_you_mean(venue_id, simulation.venue_ids) or f"; there are {', '.join(simulation.venue_ids)}"
        raise FieldError(f"{venue_id!r} is not simulated here{others}", field)
    return venue_id


def find_account(simulation: Simulation, fields: Mapping[str, Any]) -> str:
    """Return the account that a command names, the main one when it names none; refuses an unknown one."""
    account: str = fields.get("account", MASTER)
    if account not in simulation.accounts:
        others = did_you_mean(account, simulation.accounts) or f"; there are {', '.join(simulation.accounts)}"
        raise FieldError(f"there is no account {account!r}{others}", "account")
    return account


def places_of(simulation: Simulation, fields: Mapping[str, Any], *, account: str | None = None) -> list[Place]:
    """Return the places at the venue that a command names, or at every venue, for its account or the given one."""
    name = account or find_account(simulation, fields)
    named = fields.get("venue")
    venue_ids = simulation.venue_ids if named is None else (find_venue(simulation, named),)
    return [
        Place(venue_id, name, simulation.ledger_of(venue_id, account=name), simulation.symbols(venue_id))
        for venue_id in venue_ids
    ]


def places_with(simulation: Simulation, fields: Mapping[str, Any], *, account: str | None = None) -> list[Place]:
    """Return the places at the venues that trade the symbol of a command; refuses a symbol that none trades."""
    places = places_of(simulation, fields, account=account)
    symbol = fields["symbol"]
    found = [place for place in places if place.trades(symbol)]
    if not found:
        known = dict.fromkeys(name for place in places for name in place.symbols)
        others = did_you_mean(symbol, known) or f"; there are {', '.join(known)}"
        where = fields.get("venue") or "no simulated venue"
        raise FieldError(f"{where} {'has no' if 'venue' in fields else 'has'} {symbol}{others}", "symbol")
    return found


def by_ledger(places: Iterable[Place]) -> list[Place]:
    """Return one place for each ledger, the first one."""
    return list({id(place.ledger): place for place in reversed(list(places))}.values())[::-1]


def the_only(places: Iterable[Place], subject: str) -> Place:
    """Return the place of the one ledger that a command can mean; refuses several."""
    first, *others = by_ledger(places)
    if others:
        names = ", ".join(place.venue_id for place in (first, *others))
        raise FieldError(f"{subject} is found at {names}; name one of them", "venue")
    return first
