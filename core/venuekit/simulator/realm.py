"""Realms: the accounts of the venues that share them, and the market that all of these accounts see."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from venuekit.simulator.ledger import AssetKey, Contract, Event, Ledger, LedgerIncome
from venuekit.simulator.ledger.base import LedgerBase
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.price_board import PriceBoard
from venuekit.simulator.prices import round_to_tick
from venuekit.simulator.service import Service, open_ledger
from venuekit.simulator.simulated_venue import SimulatedVenue


class Realm:
    """
    The ledgers of the venues of one realm, one for each account, and their marks.

    A price moves in every ledger at once, and an account that is opened later begins at the present prices. A contract
    keeps its premium over the index price of its base.
    """

    def __init__(
        self,
        simulated: Sequence[SimulatedVenue],
        *,
        board: PriceBoard,
        now: Callable[[], datetime],
        stage: Callable[[str, Ledger], None],
        post: Callable[[str, Ledger, tuple[Event, ...]], None] = lambda _account, _ledger, _events: None,
    ) -> None:
        """
        Begin without accounts.

        Args:
            simulated: The venues, whose contracts have marks.
            board: The index prices.
            now: Returns the venues' time.
            stage: Brings a fresh ledger into the initial state of an account of this name.
            post: Called with an account, its ledger and the events of each command that was carried out there.
        """
        self._simulated = tuple(simulated)
        self._board = board
        self._now = now
        self._stage = stage
        self._post = post
        listed = {contract.symbol: contract for venue in self._simulated for contract in venue.contracts}
        self._contracts: dict[str, Contract] = listed
        self._marks = {symbol: contract.first_mark for symbol, contract in listed.items()}
        self._premiums = {symbol: self._premium(symbol, mark) for symbol, mark in self._marks.items()}
        self._worths: dict[AssetKey, Decimal] = {}
        self._ledgers: dict[str, Ledger] = {}

    @exact
    def _premium(self, symbol: str, mark: Decimal) -> Decimal:
        """Return a mark as a multiple of the index price."""
        return mark / self._board.index[self._contracts[symbol].base]

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """The ledgers that were opened, by account."""
        return self._ledgers

    def account(self, name: str) -> Ledger:
        """Return the ledger of an account; opens it in its initial state, at the present prices."""
        if name not in self._ledgers:
            with self._board.at_once():
                ledger = open_ledger(self._simulated, self._now, prices=self._board.index, feed=self)
                self._ledgers[name] = ledger
                moved = {symbol: mark for symbol, mark in self._marks.items() if mark != ledger.mark(symbol)}
                ledger.move_prices(moved, worths=self._worths)
                self._stage(name, ledger)
                ledger.listener = self._listen
        return self._ledgers[name]

    def _listen(self, ledger: LedgerBase, events: tuple[Event, ...]) -> None:
        """Post the changes of an account; the copies of a ledger, which lagging reads see, are no accounts."""
        for name, own in self._ledgers.items():
            if own is ledger:
                self._post(name, own, events)

    # -- the market of every account

    def advance(self) -> None:
        """Make the moves of the board that are due."""
        self._board.advance()

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark of a symbol in every account; it has another premium from now on."""
        with self._board.at_once():
            for ledger in self._ledgers.values():
                ledger.move_prices({symbol: price})
            self._marks[symbol] = price
            self._premiums[symbol] = self._premium(symbol, price)

    def set_worth(self, key: AssetKey, price: Decimal) -> None:
        """Move the worth of an asset, in USD, in every account."""
        with self._board.at_once():
            for ledger in self._ledgers.values():
                ledger.move_prices({}, worths={key: price})
            self._worths[key] = price

    @exact
    def follow_index(self, base: str, price: Decimal) -> None:
        """Move every contract of a base asset, and the worth of that asset where it is collateral."""
        symbols = [symbol for symbol, contract in self._contracts.items() if contract.base == base]
        marks = {symbol: self._round(symbol, price * self._premiums[symbol]) for symbol in symbols}
        moved = {symbol: mark for symbol, mark in marks.items() if mark != self._marks[symbol]}
        assets = [asset for venue in self._simulated for asset in venue.assets if asset.name == base]
        worths = {asset.key: price for asset in assets if asset.index_price is not None}
        if symbols or worths:
            for ledger in self._ledgers.values():
                ledger.move_prices(moved, dict.fromkeys(symbols, price), worths)
        self._marks.update(moved)
        for key in worths:
            self._worths.pop(key, None)

    @exact
    def move_mark(self, symbol: str, price: Decimal | None, factor: Decimal | None) -> None:
        """Move one mark to a price, rounded to its tick, or by a factor of the price before it was rounded."""
        index = self._board.index[self._contracts[symbol].base]
        premium = self._premiums[symbol] * (factor or 1) if price is None else price / index
        mark = self._round(symbol, index * premium)
        if mark != self._marks[symbol]:
            self.set_mark(symbol, mark)
        self._premiums[symbol] = premium

    def _round(self, symbol: str, price: Decimal) -> Decimal:
        return round_to_tick(price, self._contracts[symbol].price_tick)

    def fund(self, symbol: str, rate: Decimal) -> dict[str, tuple[LedgerIncome, ...]]:
        """Let the positions of a symbol pay funding in every account, and return the rows of each."""
        with self._board.at_once():
            return {name: ledger.fund(symbol, rate) for name, ledger in self._ledgers.items()}

    def fund_all(self, symbol: str | None, rate: Decimal) -> None:
        """Let the positions of a symbol pay funding, of every perpetual contract without one."""
        perpetual = [one for one, contract in self._contracts.items() if contract.expires_at is None]
        for one in perpetual if symbol is None else (symbol,):
            self.fund(one, rate)


class RunningVenues(ABC):
    """The venues of a running simulation, each with its service and its realm: a base of the simulation's commands."""

    _services: Mapping[str, Service]
    _realms: Mapping[str, Realm]

    def _service(self, venue_id: str) -> Service:
        service = self._services.get(venue_id)
        if service is None:
            raise LookupError(f"{venue_id!r} is not simulated here; there are {', '.join(self._services)}")
        return service
