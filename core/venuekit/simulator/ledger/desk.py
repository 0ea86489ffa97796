"""The desk that a command works at: a draft of the state, thrown away if the command is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.income import Income, IncomeKind
from venuekit.simulator.ledger.reading import Reading
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import Rules
from venuekit.simulator.ledger.state import LedgerState, Leg, LegKey

__all__ = ["Desk", "positive"]


def positive(number: Decimal, reason: Reason) -> Decimal:
    """Return a number above zero, or refuse it; NaN and infinities are refused too."""
    if not number.is_finite() or number <= 0:
        raise Refused(reason, value=number)
    return number


@attrs.frozen
class Desk:
    """Rules, contracts, a draft of the state, and the time of the command."""

    rules: Rules
    contracts: Mapping[str, Contract]
    state: LedgerState
    time: datetime

    def read(self) -> Reading:
        """Return a reading of the draft as it is now; what is changed later shows in another reading only."""
        return Reading(self.rules, self.contracts, self.state.still())

    def next_id(self) -> str:
        """Return an id that no order, trade or row of this ledger has."""
        self.state.last_id += 1
        return str(self.state.last_id)

    def move_cash(self, key: AssetKey, amount: Decimal) -> None:
        """Change a cross wallet; whoever calls this also changes an isolated wallet or writes an income row."""
        cash = self.state.cash[key]
        self.state.cash[key] = attrs.evolve(cash, cross_wallet=cash.cross_wallet + amount, updated_at=self.time)

    def earn(
        self,
        key: AssetKey,
        kind: IncomeKind,
        amount: Decimal,
        *,
        symbol: str | None = None,
        trade_id: str | None = None,
    ) -> Income:
        """Move a rounded amount into a cross wallet (out of it if negative) and write its row; zero does neither."""
        income = Income(
            id=self.next_id(),
            time=self.time,
            asset=key[1],
            purse=key[0],
            symbol=symbol,
            kind=kind,
            amount=amount,
            trade_id=trade_id,
        )
        if amount:
            self.move_cash(key, amount)
            self.state.incomes.append(income)
        return income

    def set_leg(self, key: LegKey, leg: Leg) -> None:
        """Replace a leg, and move what its isolated wallet gained or lost out of or into the cross wallet."""
        before = self.state.legs.get(key, Leg())
        moved = leg.isolated_wallet - before.isolated_wallet
        if moved:
            self.move_cash(self.contracts[key[0]].asset_key, -moved)
        self.state.legs[key] = leg
