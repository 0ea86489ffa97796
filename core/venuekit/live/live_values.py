"""Live values: a balance, position or order as it is known now, with the source and age of each field."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import attrs

from venuekit._util.decimals import DECIMALS
from venuekit._util.quick_init import quick_init
from venuekit.capabilities import Balance, MarginType, Order, Position, Unit
from venuekit.live.provenance import Provenance, ValueSource

#: fields that events keep up to date
HELD_OF_BALANCE = ("wallet", "cross_wallet")
HELD_OF_POSITION = ("quantity", "entry_price", "isolated_wallet", "margin_type")
_ZERO = Decimal(0)


@quick_init
@attrs.frozen
class LiveBalance:
    """
    One asset as it is known now.

    ``held`` is the provenance of wallet and cross wallet, and ``figures`` that of the other fields, None where no read
    has given them. ``event`` is the last event since that read: it is the source of each field that it gives.
    ``doubt`` says why wallet and cross wallet may not be the venue's, None where they are.
    """

    balance: Balance
    held: Provenance
    figures: Provenance | None
    event: Balance | None = None
    doubt: str | None = None

    def provenance(self, field: str) -> Provenance | None:
        """Return where and when a field was learnt, None where it is not known; raises ``AttributeError``."""
        if getattr(self.balance, field) is None:
            return None
        if field in HELD_OF_BALANCE or (self.event is not None and getattr(self.event, field) is not None):
            return self.held
        return self.figures


@quick_init
@attrs.frozen
class LivePosition:
    """
    One position as it is known now.

    ``held`` is the provenance of quantity, entry price, isolated wallet and margin type, and ``figures`` that of the
    other fields, None where no read has given them. ``event`` is the last event since that read: it is the source of
    each field that it gives. ``doubt`` says why the held fields may not be the venue's, None where they are.
    """

    position: Position
    held: Provenance
    figures: Provenance | None
    event: Position | None = None
    doubt: str | None = None

    def provenance(self, field: str) -> Provenance | None:
        """Return where and when a field was learnt, None where it is not known; raises ``AttributeError``."""
        if getattr(self.position, field) is None:
            return None
        if field in HELD_OF_POSITION or (self.event is not None and getattr(self.event, field) is not None):
            return self.held
        return self.figures

    def at_mark(self, mark: Decimal) -> Position:
        """
        Return the position with the figures that follow from a mark price (quote per base, > 0).

        These are ``mark_price``, ``value``, ``notional``, ``unrealized_pnl`` and ``isolated_margin``, and
        ``position_initial_margin`` where the leverage is known. The others that move with a price, maintenance margin
        and liquidation price among them, are None: they follow from brackets and from the rest of the account. Without
        a contract size, or for a quanto contract, everything that moves is None.

        Raises:
            ValueError: the mark price is not above 0.
        """
        if not mark > _ZERO:
            raise ValueError(f"a mark price is above 0, not {mark}")
        with localcontext(DECIMALS):
            return self._at(mark)

    def _at(self, mark: Decimal) -> Position:
        position = self.position
        plain = without_figures(position)
        worths = _worths(position, mark)
        if worths is None:
            return attrs.evolve(plain, mark_price=mark)
        value, notional, profit = worths
        isolated = position.margin_type is MarginType.ISOLATED and position.isolated_wallet is not None
        return attrs.evolve(
            plain,
            mark_price=mark,
            value=value,
            notional=notional,
            unrealized_pnl=profit,
            isolated_margin=(position.isolated_wallet or _ZERO) + profit if isolated and profit is not None else None,
            position_initial_margin=value / position.leverage if position.leverage else None,
        )

    def figures_at_mark(self, mark: Decimal, learnt: Provenance) -> LivePosition:
        """Return :meth:`at_mark` as a live position, whose figures are COMPUTED and as old as the mark price."""
        figures = Provenance(ValueSource.COMPUTED, learnt.time, learnt.received_at)
        return LivePosition(self.at_mark(mark), self.held, figures, None, self.doubt)


@quick_init
@attrs.frozen
class LiveOrder:
    """
    One open order as it is known now.

    ``learnt`` says where and when its present state was learnt, ``doubt`` why it may not be open any more, None where
    it is.
    """

    order: Order
    learnt: Provenance
    doubt: str | None = None


#: fields that move with the mark price, the rest of the account, or the position itself
_FIGURES = (
    "mark_price",
    "notional",
    "value",
    "unrealized_pnl",
    "isolated_margin",
    "position_initial_margin",
    "initial_margin",
    "maintenance_margin",
    "liquidation_price",
    "bankruptcy_price",
    "adl_rank",
)
#: fields that a position without a quantity does not have
_OF_OPEN = ("entry_price", "break_even_price", "opened_at", "state")


def without_figures(position: Position) -> Position:
    """Return a position without the fields that are true only at the moment of their read."""
    nothing: dict[str, Any] = dict.fromkeys(_FIGURES)
    return attrs.evolve(position, **nothing, raw=None)


def flat(position: Position) -> Position:
    """Return a position as it is once it is closed."""
    nothing: dict[str, Any] = dict.fromkeys((*_FIGURES, *_OF_OPEN))
    wallet = _ZERO if position.margin_type is MarginType.ISOLATED else None
    return attrs.evolve(position, **nothing, quantity=_ZERO, isolated_wallet=wallet, raw=None)


def _worths(position: Position, mark: Decimal) -> tuple[Decimal, Decimal, Decimal | None] | None:
    """Return value (settle asset), notional (quote) and profit (settle asset, None without entry) at a mark price."""
    if position.contract_size is None or position.contract_unit not in {Unit.BASE, Unit.QUOTE}:
        return None
    size, entry = position.quantity * position.contract_size, position.entry_price
    if position.contract_unit is Unit.BASE:
        profit = _ZERO if not size else None if entry is None else size * (mark - entry)
        return abs(size * mark), abs(size * mark), profit
    profit = _ZERO if not size else None if not entry else size / entry - size / mark
    return abs(size / mark), abs(size), profit
