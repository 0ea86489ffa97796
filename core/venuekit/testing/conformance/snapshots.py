"""Snapshots of a ledger: all that a write could touch, by name, and the names that a write did touch."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import MarginTypeScope, PositionSide
from venuekit.simulator.ledger import Ledger

Snapshot = Mapping[tuple[str, str], object]


def snapshot(ledger: Ledger) -> Snapshot:
    """Return settings, legs, orders and wallets, by their symbol, asset or ``"account"``, and their name."""
    facts: dict[tuple[str, str], object] = {
        ("account", "position mode"): ledger.position_mode,
        ("account", "asset mode"): ledger.asset_mode,
    }
    per_symbol = ledger.rules.margin_type_scope is MarginTypeScope.SYMBOL
    if not per_symbol:
        facts["account", "margin type"] = ledger.margin_type()
    for symbol in ledger.contracts:
        facts[symbol, "leverage"] = ledger.leverage(symbol)
        if per_symbol:
            facts[symbol, "margin type"] = ledger.margin_type(symbol)
        for order in ledger.orders(symbol, hidden=True):
            facts[symbol, f"order {order.id}"] = (order.status, order.quantity, order.price, order.trigger_price)
        for side in PositionSide:
            leg = ledger.position(symbol, side)
            facts[symbol, f"{side.value} position"] = (leg.quantity, leg.entry_price)
            facts[symbol, f"{side.value} margin"] = (leg.isolated_wallet or 0, leg.added_margin)
    for balance in ledger.balances():
        facts[balance.asset, f"wallet {balance.purse}"] = balance.wallet
    return facts


def differing_parts(before: Snapshot, after: Snapshot) -> set[tuple[str, str]]:
    """Return the names whose facts differ, or which only one of two snapshots has."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
