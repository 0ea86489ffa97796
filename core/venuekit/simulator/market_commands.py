"""The commands of a simulation that move its market: index prices, marks, funding, movements."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

from venuekit._util.texts import did_you_mean
from venuekit.simulator.fields import Field, FieldError, FieldKind, Number
from venuekit.simulator.ledger import Contract, LedgerIncome
from venuekit.simulator.markets import check_mark
from venuekit.simulator.movements import Movement
from venuekit.simulator.price_board import PriceBoard
from venuekit.simulator.realm import RunningVenues

_PRICE = Field("price", FieldKind.NUMBER, "A price.")
_RATE = Field("rate", FieldKind.NUMBER, "A rate.", minimum=-1, maximum=1)


class MarketCommands(RunningVenues):
    """The market of a simulation, which all of its accounts see: a base of :class:`Simulation`."""

    _board: PriceBoard

    @property
    @abstractmethod
    def accounts(self) -> tuple[str, ...]:
        """The accounts that have keys."""

    def symbols(self, venue_id: str) -> tuple[str, ...]:
        """Return the symbols that a venue trades; its ledger may have those of others, too."""
        return tuple(contract.symbol for contract in self._service(venue_id).simulated.contracts)

    def index_price(self, base: str) -> Decimal:
        """Return the index price of a base asset; LookupError for one that no venue has."""
        self._board.advance()
        self._check_base(base)
        return self._board.index[base]

    def set_index(self, base: str, price: Number) -> None:
        """
        Set the index price of a base asset, at every venue and in every account.

        Every contract of it moves and keeps its premium, and so does the asset's worth as collateral. Orders fill and
        positions are liquidated as of the ledger's ``set_mark``.

        Raises:
            LookupError: no venue has a contract or collateral of this asset.
            FieldError: the price is not above 0.
        """
        self._check_base(base)
        self._board.set_index(base, _read_price(price))

    def set_mark(self, venue_id: str, symbol: str, price: Number) -> None:
        """
        Set the mark price of one symbol, in every account; its premium changes, and no other contract moves.

        Raises:
            LookupError: the venue is not simulated, or does not trade the symbol.
            FieldError: the price is not above 0, or no multiple of the symbol's tick.
        """
        mark = _read_price(price)
        check_mark(mark, self._contract(venue_id, symbol).price_tick, "price")
        self._realms[venue_id].set_mark(symbol, mark)

    def fund(self, venue_id: str, symbol: str, rate: Number) -> dict[str, tuple[LedgerIncome, ...]]:
        """
        Let the positions of a symbol pay funding at the mark, in every account, and return the rows of each account.

        At a positive rate longs pay. An account without a position has no row.

        Raises:
            LookupError: the venue is not simulated, or does not trade the symbol.
            FieldError: the rate is no number from -1 to 1.
        """
        self._contract(venue_id, symbol)
        realm = self._realms[venue_id]
        for account in self.accounts:
            realm.account(account)
        return realm.fund(symbol, _RATE.read(rate))

    def play(self, movement: Movement) -> None:
        """Play a movement from now on; see :meth:`Simulation.play`."""
        for subject in movement.subjects:
            if isinstance(subject, tuple):
                self._contract(*subject)
            else:
                self._check_base(subject)
        self._board.play(movement)

    def _contract(self, venue_id: str, symbol: str) -> Contract:
        contracts = {contract.symbol: contract for contract in self._service(venue_id).simulated.contracts}
        if symbol not in contracts:
            raise LookupError(f"the simulated {venue_id} does not trade {symbol!r}; it trades {', '.join(contracts)}")
        return contracts[symbol]

    def _check_base(self, base: str) -> None:
        venues = [service.simulated for service in self._services.values()]
        known = dict.fromkeys(contract.base for venue in venues for contract in venue.contracts)
        known |= dict.fromkeys(asset.name for venue in venues for asset in venue.assets)
        if base not in known:
            others = did_you_mean(base, known) or f"; there are {', '.join(known)}"
            raise LookupError(f"no simulated venue has a contract or collateral of {base!r}{others}")


def _read_price(value: Number) -> Decimal:
    price: Decimal = _PRICE.read(value)
    if price <= 0:
        raise FieldError(f"expected a number above 0, not {price:f}", _PRICE.name)
    return price
