"""The listed contracts, and their look-up by the parameters of a request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.simulator import SimRequest
from venuekit.simulator.ledger import Contract, LedgerTier, Side, tiers
from venuekit_binance_common.simulated.errors import Errors

#: the limit of a limit price as a multiple of the mark price, on the side where it fills at once
PERCENT_BOUNDS: Mapping[Side, Decimal] = {Side.BUY: Decimal("1.0500"), Side.SELL: Decimal("0.9500")}


def tier_table(*rows: tuple[int, int, str]) -> tuple[LedgerTier, ...]:
    """Return tiers from rows of cap, highest leverage and maintenance margin rate."""
    return tiers(*((Decimal(cap), Decimal(leverage), Decimal(rate)) for cap, leverage, rate in rows))


class Listing:
    """The symbols of one venue, without those of other venues of the realm."""

    def __init__(self, contracts: tuple[Contract, ...], errors: Errors) -> None:
        self.contracts = contracts
        self.errors = errors
        self._by_symbol = {contract.symbol: contract for contract in contracts}

    def contract(self, symbol: str) -> Contract:
        """Return a contract; raises ``Denied`` with -1121 for an unknown symbol."""
        contract = self._by_symbol.get(symbol)
        if contract is None:
            raise self.errors.denial(-1121)
        return contract

    def require_symbol(self, request: SimRequest) -> str:
        """Return the symbol that a request names; raises ``Denied`` when it names none."""
        symbol = request.text("symbol")
        if not symbol:
            raise self.errors.missing("symbol")
        return symbol

    def contracts_of(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contract that a request names, all of them without a symbol; raises ``Denied``."""
        symbol = self.text(request, "symbol")
        return self.contracts if symbol is None else (self.contract(symbol),)

    def text(self, request: SimRequest, name: str) -> str | None:
        """Return an optional parameter; raises ``Denied`` when it was sent empty."""
        text = request.text(name)
        if text is not None and not text:
            raise self.errors.denial(-1105, name=name)
        return text
