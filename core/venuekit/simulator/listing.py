"""The listing of a simulation: every contract with its first mark, and the index prices that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.errors import ConfigurationError
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import Asset, Contract
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.markets import Market, change_contract
from venuekit.simulator.prices import INDEX_PRICES, price_contract, round_to_tick
from venuekit.simulator.simulated_venue import SimulatedVenue

#: the venues of one realm, by id
Mates = Mapping[str, SimulatedVenue]


def list_contracts(
    realms: Sequence[Mates], markets: Mapping[str, Sequence[Market]], prices: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """
    Set the contracts of simulated venues, realm by realm, and return the index price of every base asset.

    Args:
        realms: The venues.
        markets: Markets of one's own, by the id of a venue.
        prices: Index prices in place of the known ones. A contract keeps its distance from the index price, and a
            mark of a market is the mark, whatever the index price is.

    Raises:
        FieldError: a market or a price cannot be used; the field names it, as ``markets.acme_perp.ACMEUSD.tick``.
        ConfigurationError: a contract that a plugin declares has no price.
    """
    for base, price in prices.items():
        if not price.is_finite() or price <= 0:
            raise FieldError(f"expected a number above 0, not {price}", f"prices.{base}")
    venues = [venue for mates in realms for venue in mates.values()]
    simulated = list(chain.from_iterable(realms))
    for venue_id in markets:
        if venue_id not in simulated:
            others = did_you_mean(venue_id, simulated) or f"; there are {', '.join(simulated)}"
            raise FieldError(f"expected the id of a simulated venue{others}", f"markets.{venue_id}")
    index = dict(INDEX_PRICES)
    for contract in chain.from_iterable(venue.contracts for venue in venues):
        if contract.mark is not None:
            index.setdefault(contract.base, contract.mark)
    for venue in venues:
        venue.contracts = tuple(_price(contract, index, prices) for contract in venue.contracts)
    index.update(prices)
    for mates in realms:
        for venue_id in mates:
            for market in _each_once(venue_id, markets.get(venue_id, ())):
                _list(mates, venue_id, market, index)
    for contract in chain.from_iterable(venue.contracts for venue in venues):
        index.setdefault(contract.base, contract.first_mark)
    _check_bases(prices, venues)
    return index


@exact
def _price(contract: Contract, index: Mapping[str, Decimal], prices: Mapping[str, Decimal]) -> Contract:
    """Return a contract with its first mark: at the known index price, moved as far as that is by ``prices``."""
    try:
        priced, price = price_contract(contract, index), prices.get(contract.base)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    if price is None:
        return priced
    mark = priced.first_mark * price / index[contract.base]
    return attrs.evolve(priced, mark=round_to_tick(mark, contract.price_tick))


def _each_once(venue_id: str, markets: Sequence[Market]) -> Sequence[Market]:
    symbols = [market.symbol for market in markets]
    for symbol in symbols:
        if symbols.count(symbol) > 1:
            raise FieldError("expected one market for each symbol; there are several", f"markets.{venue_id}.{symbol}")
    return markets


def _list(mates: Mates, venue_id: str, market: Market, index: Mapping[str, Decimal]) -> None:
    """List a market at a venue, and at those of its realm that list the same contracts."""
    venue = mates[venue_id]
    known = next((contract for contract in venue.contracts if contract.symbol == market.symbol), None)
    others = {contract.symbol for mate in mates.values() for contract in mate.contracts}
    try:
        if known is not None:
            changed = change_contract(known, market)
        elif market.symbol in others:
            raise FieldError("expected a symbol of its own; another venue of the account lists it", "symbol")
        else:
            contract = venue.make_contract(market, index)
            changed = change_contract(attrs.evolve(contract, mark=market.price_of(contract.base, index)), market)
    except FieldError as error:
        raise FieldError(error.problem, f"markets.{venue_id}.{market.symbol}.{error.field}") from error
    if known is None and changed.is_inverse:
        _value_settle_asset(venue, changed)
    before = venue.contracts
    for mate in mates.values():
        if known is not None:
            mate.contracts = tuple(changed if one == known else one for one in mate.contracts)
        elif mate.contracts == before:
            mate.contracts = (*before, changed)


def _value_settle_asset(venue: SimulatedVenue, contract: Contract) -> None:
    """Let the asset that a further contract settles in be collateral, as those of the listed inverse contracts are."""
    settled = {listed.asset_key for listed in venue.contracts if listed.is_inverse and listed.purse == contract.purse}
    alike = [asset.haircut for asset in venue.assets if asset.key in settled and asset.index_price is not None]
    if alike and all(asset.key != contract.asset_key for asset in venue.assets):
        further = Asset(contract.settle, contract.first_mark, max(alike), purse=contract.purse)
        venue.assets = (*venue.assets, further)


def _check_bases(bases: Iterable[str], venues: Sequence[SimulatedVenue]) -> None:
    """Refuse a base asset that no venue has."""
    known = dict.fromkeys(contract.base for venue in venues for contract in venue.contracts)
    known |= dict.fromkeys(asset.name for venue in venues for asset in venue.assets)
    for base in bases:
        if base not in known:
            others = did_you_mean(base, known) or f"; there are {', '.join(known)}"
            raise FieldError(f"no simulated venue has a contract or collateral of {base}{others}", f"prices.{base}")
