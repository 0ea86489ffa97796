"""The items of the histories of the made-up venues, each by its number."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from venuekit.capabilities import (
    ClosedPnl,
    Conversion,
    Fill,
    Income,
    IncomeKind,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    Unit,
    Withdrawal,
    WithdrawalStatus,
)
from venuekit.plugin import from_milliseconds

BEGIN = 1_700_000_000_000
KINDS = (*IncomeKind, IncomeKind("Gift Of The House"))


def _moment(number: int) -> datetime:
    """Three items share a moment."""
    return from_milliseconds(BEGIN + number // 3 * 1000 + 7)


def _amount(number: int) -> Decimal:
    return Decimal(number * number - 1000).scaleb(-(number % 9))


def income(number: int) -> Income:
    """Return the income of a number; every field is None or empty for some."""
    return Income(
        id=str(number),
        time=_moment(number),
        asset="USD" if number % 4 else "TOY",
        amount=_amount(number),
        kind=KINDS[number % len(KINDS)],
        venue_kind=KINDS[number % len(KINDS)].upper(),
        symbol="TOYUSD" if number % 2 else None,
        trade_id=f"t{number}" if number % 3 else None,
        info='a "quoted", two-line\ntext; ünïcode' if number % 5 == 0 else None,
        balance_after=Decimal(10_000 + number) if number % 7 else None,
    )


def pnl(number: int) -> ClosedPnl:
    """Return the closed position of a number."""
    price = Decimal(100 + number)
    return ClosedPnl("TOYUSD", f"o{number}", Decimal(1), price, price + 1, _amount(number), None, _moment(number))


def fill(number: int, symbol: str) -> Fill:
    """Return the fill of a number."""
    return Fill(
        id=str(number),
        order_id=f"o{number}",
        symbol=symbol,
        side=OrderSide.BUY if number % 2 else OrderSide.SELL,
        price=Decimal("100.50"),
        quantity=Decimal(number + 1),
        time=_moment(number),
        position_side=PositionSide.BOTH,
        commission=-_amount(number),
        is_maker=None if number % 3 == 0 else number % 3 == 1,
        contract_size=Decimal(1),
        contract_unit=Unit.CONTRACTS,
    )


def order(number: int) -> Order:
    """Return the order of a number."""
    return Order(
        id=str(number),
        client_id=f"c{number}",
        symbol="TOYUSD",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.FILLED,
        price=Decimal("99.90"),
        quantity=Decimal(5),
        reduce_only=bool(number % 2),
        created_at=_moment(number),
    )


def withdrawal(number: int) -> Withdrawal:
    """Return the withdrawal of a number."""
    status = WithdrawalStatus.SUCCESS if number % 2 else WithdrawalStatus("On Its Way")
    return Withdrawal(str(number), "USD", -Decimal(number + 1), None, status, status.upper(), _moment(number))


def conversion(number: int) -> Conversion:
    """Return the conversion of a number."""
    return Conversion(str(number), "USD", Decimal(-2), "TOY", Decimal(1), Decimal("0.5"), _moment(number))
