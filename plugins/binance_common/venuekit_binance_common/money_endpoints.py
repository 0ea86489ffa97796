"""The operations about money and risk that differ in path and weight alone, as functions of the product's root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    AdlReader,
    CommissionReader,
    Income,
    IncomeReader,
    MarginChangeReader,
    MarkPriceReader,
    PositionMarginControl,
)
from venuekit.plugin import Echoes, Effect, Endpoint, Kind, Parameter, Role, Security, WriteScope
from venuekit_binance_common.endpoints import PAYS, SYMBOL
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.market import (
    AdlRow,
    CommissionRow,
    MarkPriceRow,
    decode_adl,
    decode_commission,
    decode_mark_prices,
)
from venuekit_binance_common.positions.lost_margin import ABSENCE, ReadLegs, margin_before, margin_resolver
from venuekit_binance_common.positions.margin import (
    ADDED,
    REDUCED,
    MarginChangeRow,
    MovedMargin,
    decode_margin_changes,
    decode_moved_margin,
)
from venuekit_binance_common.wallet import INCOME

Weight = int | Callable[[Mapping[str, Any]], int]

_THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
_START, _END = Parameter("startTime", Kind.INTEGER), Parameter("endTime", Kind.INTEGER)


def _direction(*, required: bool) -> Parameter:
    return Parameter("type", Kind.INTEGER, required=required, minimum=Decimal(ADDED), maximum=Decimal(REDUCED))


def _limit(most: int) -> Parameter:
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))


def income(root: str, *, weight: int, note: str) -> Endpoint[tuple[Income, ...]]:
    """Return the read of the income history."""
    return Endpoint(
        "GET",
        f"{root}/v1/income",
        decode=INCOME.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(
            SYMBOL,
            Parameter("incomeType"),
            _START,
            _END,
            _limit(1000),
        ),
        weight=weight,
        pools=PAYS,
        serves=(IncomeReader.iter_income,),
        note=note,
    )


def margin_history(root: str, *, note: str) -> Endpoint[tuple[MarginChangeRow, ...]]:
    """Return the read of the margin that was moved by hand."""
    return Endpoint(
        "GET",
        f"{root}/v1/positionMargin/history",
        decode=decode_margin_changes,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol", "type": "type"}),
        parameters=(_THE_SYMBOL, _direction(required=False), _START, _END, _limit(500)),
        pools=PAYS,
        serves=(MarginChangeReader.iter_margin_changes,),
        note=note,
    )


def position_margin(
    root: str, history: Endpoint[tuple[MarginChangeRow, ...]], read_legs: ReadLegs
) -> Endpoint[MovedMargin]:
    """Return the move of margin to a position, or away from it."""
    return Endpoint(
        "POST",
        f"{root}/v1/positionMargin",
        decode=decode_moved_margin,
        echoes=Echoes({"amount": "amount", "type": "type"}),
        parameters=(
            _THE_SYMBOL,
            Parameter("positionSide", choices=frozenset(POSITION_SIDES)),
            Parameter("amount", Kind.DECIMAL, required=True, role=Role.AMOUNT),
            _direction(required=True),
        ),
        pools=PAYS,
        effect=Effect.DELTA,
        write_scope=WriteScope.SYMBOL,
        before=margin_before(read_legs),
        resolve=margin_resolver(history, read_legs),
        absence_proof=ABSENCE,
        serves=(PositionMarginControl.add_margin, PositionMarginControl.reduce_margin),
        note="Not idempotent. The history's rows carry no id: finding out about a lost answer assumes that nobody else"
        " moves margin of the position.",
    )


def commission_rate(root: str) -> Endpoint[CommissionRow]:
    """Return the read of the commission rates."""
    return Endpoint(
        "GET",
        f"{root}/v1/commissionRate",
        decode=decode_commission,
        echoes=Echoes({"symbol": "symbol"}),
        parameters=(_THE_SYMBOL,),
        weight=20,
        pools=PAYS,
        serves=(CommissionReader.get_commission_rate,),
    )


def adl_quantile(root: str) -> Endpoint[tuple[AdlRow, ...]]:
    """Return the read of the places in the auto-deleveraging queue."""
    return Endpoint(
        "GET",
        f"{root}/v1/adlQuantile",
        decode=decode_adl,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL,),
        weight=5,
        pools=PAYS,
        serves=(AdlReader.get_adl_quantiles,),
        note="Renewed every 30 seconds.",
    )


def mark_price(
    root: str, *more: Parameter, weight: Weight, weight_most: int = 10
) -> Endpoint[tuple[MarkPriceRow, ...]]:
    """Return the read of the mark prices; ``more`` are its further parameters."""
    return Endpoint(
        "GET",
        f"{root}/v1/premiumIndex",
        decode=decode_mark_prices,
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, *more),
        security=Security.NONE,
        weight=weight,
        weight_most=weight_most,
        pools=PAYS,
        serves=(MarkPriceReader.get_mark_price,),
    )
