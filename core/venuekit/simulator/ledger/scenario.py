"""The market of a scenario: marks, index prices, depth; and records that are read late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.liquidation import liquidate
from venuekit.simulator.ledger.matching import match_waiting
from venuekit.simulator.ledger.records import Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.transaction import Transaction, positive

__all__ = ["lag", "set_depth", "set_index_price", "set_mark"]


def set_mark(transaction: Transaction, symbol: str, price: Decimal) -> None:
    """
    Move the mark price of a symbol.

    Triggers conditional orders, fills what rests and is crossed, then liquidates what its margin carries no more.
    """
    before = transaction.read().symbol(symbol)
    transaction.state.symbols[symbol] = attrs.evolve(before, mark=positive(price, Reason.PRICE_NOT_POSITIVE))
    match_waiting(transaction, symbol)
    liquidate(transaction)


def set_index_price(transaction: Transaction, asset: str, price: Decimal, *, purse: str = "") -> None:
    """Move what an asset is worth in USD; liquidates what a pool carries no more."""
    before = transaction.read().asset(asset, purse)
    index_price = positive(price, Reason.PRICE_NOT_POSITIVE)
    transaction.state.assets[before.key] = attrs.evolve(before, index_price=index_price)
    liquidate(transaction)


def set_depth(transaction: Transaction, symbol: str, quantity: Decimal | None) -> None:
    """Say how many contracts one match of an order can take; 0: none fills by itself, None: any number."""
    if quantity is not None and (not quantity.is_finite() or quantity < 0):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=quantity)
    transaction.state.symbols[symbol] = attrs.evolve(transaction.read().symbol(symbol), depth=quantity)


def lag(transaction: Transaction, record: Record, delay: timedelta) -> None:
    """Hide records of a kind that are made from now on from reads for so long; zero ends it."""
    transaction.state.lags[record] = delay
