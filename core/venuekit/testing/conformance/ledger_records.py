"""The ledger's records as the items that histories make of them, and the acts that write some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import (
    ClosedPnlReader,
    ConversionReader,
    FillReader,
    ForcedOrderReader,
    HistoryBehaviour,
    IncomeKind,
    IncomeReader,
    MarginChangeReader,
    OrderBehaviour,
    OrderReader,
    PositionSide,
    WithdrawalReader,
)
from venuekit.simulator.ledger import Book, Record, Side
from venuekit.testing.conformance.trading_stage import TradingStage
from venuekit.venue import Venue

#: the facts of an item, by the names of its attributes
Facts: TypeAlias = Mapping[str, Any]

#: the kinds of income that every venue of futures distinguishes; any other one may have no word of its own
_COMMON_KINDS = frozenset(
    {IncomeKind.REALIZED_PNL, IncomeKind.COMMISSION, IncomeKind.FUNDING, IncomeKind.TRANSFER, IncomeKind.OTHER}
)
_RATE, _CENT = Decimal("0.0001"), Decimal("0.01")


@attrs.frozen(kw_only=True)
class HistorySubject:
    """
    A history that a capability promises: acts that write its records, and the items that these become.

    Attributes:
        method: The method that walks it.
        act: Writes the n-th record; no two are alike. Every fifth act may write two, any other one of the walk's own.
        records: Returns the facts of every record that the walk must show, by the names of the item's attributes.
        key: The facts by which records differ.
        needed: Facts without which an item is worth nothing; None of any other one is a venue that does not say.
        time: The attribute with the time by which the walk is ordered.
        symbol: Returns the symbol that it is walked for, None for a walk of everything.
        prepare: Brings the account into the state that acts need.
        join: Joins facts that venues may give in one row, or in several.
        pattern: The kind of its records, and the act that writes one of which there may be many; None where a record
            is not all that there is of an item.
    """

    method: Callable[..., Any]
    act: Callable[[TradingStage, int], None]
    records: Callable[[TradingStage], Iterable[Facts]]
    key: tuple[str, ...]
    needed: frozenset[str]
    time: str = "time"
    symbol: Callable[[TradingStage], str | None] = lambda _: None
    prepare: Callable[[TradingStage], None] = lambda _: None
    join: Callable[[Iterable[Facts]], list[Facts]] = list
    pattern: tuple[Record, int] | None = None

    def at(self, venue: Venue[Any]) -> HistorySubject:
        """Return the history as a venue declares it: with fewer kinds of rows, or by the last change of orders."""
        if self.method is IncomeReader.iter_income and venue.has_behaviour(HistoryBehaviour):
            parts = venue.behaviour(HistoryBehaviour).income_parts
            return attrs.evolve(self, records=lambda place: _in_parts(self.records(place), parts)) if parts else self
        is_of_orders = self.method is OrderReader.iter_orders and venue.has_behaviour(OrderBehaviour)
        if not is_of_orders or venue.behaviour(OrderBehaviour).tells_creation:
            return self
        needed = self.needed - {self.time} | {"updated_at"}
        return attrs.evolve(self, time="updated_at", needed=needed, records=partial(_order_records, time="updated_at"))

    def time_of(self, item: Any) -> datetime:
        """Return the time of an item."""
        moment: datetime | None = getattr(item, self.time)
        assert moment is not None, f"{self.method.__name__}: {item!r} has no {self.time}"
        return moment

    def facts_of(self, items: Iterable[Any], names: Iterable[str]) -> list[Facts]:
        """Return the facts of items."""
        known = tuple(names)
        return self.join({name: getattr(item, name) for name in known} for item in items)


# -- money


def _move_money(place: TradingStage, number: int) -> None:
    """Deposit, pay a commission, pay funding twice, or close with a profit, in turn; sometimes in another wallet."""
    key = place.assets[number // 5 % len(place.assets)]
    match number % 5:
        case 0:
            place.ledger.deposit(key[1], (number + 1) * _CENT, purse=key[0])
        case 1:
            place.buy(number)
        case 2:
            place.ledger.fund(place.symbol, (number + 1) * _RATE)
        case 3:
            place.ledger.fund(place.other, (number + 1) * _RATE)
        case _:
            place.sell(number)


def _buy_many(place: TradingStage) -> None:
    quantity = place.contract.min_quantity * 100
    place.ledger.fill(place.symbol, Side.BUY, quantity, place.price(), place.leg)


def _income_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.incomes():
        if row.purse in place.purses:
            yield {
                "time": row.time,
                "asset": row.asset,
                "kind": row.kind,
                "symbol": row.symbol,
                "amount": row.amount,
                "trade_id": row.trade_id,
                "order_id": row.order_id,
                "balance_after": row.balance_after,
            }


def _in_parts(rows: Iterable[Facts], parts: Mapping[IncomeKind, IncomeKind]) -> Iterable[Facts]:
    """Return rows of income under the kinds that a venue books them as."""
    return ({**row, "kind": parts.get(row["kind"], row["kind"])} for row in rows)


def _join_incomes(rows: Iterable[Facts]) -> list[Facts]:
    """Join movements of one moment, asset, symbol and kind: a venue may have a row for a trade, or one for each leg."""
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        kind = row["kind"] if row["kind"] in _COMMON_KINDS else IncomeKind.OTHER
        key = row["time"], row["asset"], kind, row["symbol"]
        known = joined.get(key)
        if known is None:
            names = {name: frozenset({row[name]}) for name in ("trade_id", "order_id", "balance_after")}
            joined[key] = {**row, **names, "kind": kind}
        else:
            known["amount"] += row["amount"]
            for name in ("trade_id", "order_id", "balance_after"):
                known[name] |= {row[name]}
    return list(joined.values())


def _pnl_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.closed_pnls():
        yield {
            "symbol": row.symbol,
            "order_id": row.order_id,
            "side": row.side,
            "quantity": row.quantity,
            "entry_price": row.entry_price,
            "exit_price": row.exit_price,
            "pnl_net": row.pnl,
            "fees": row.open_fee + row.close_fee,
            "closed_at": row.time,
        }


def _close_some(place: TradingStage, number: int) -> None:
    if number % 6 == 5:
        place.trade_other(number)
    place.sell(number + 1, 1 + number % 3)


def _withdraw(place: TradingStage, number: int) -> None:
    purse, asset = place.assets[number % len(place.assets)]
    amount, fee = (number + 1) * _CENT, _CENT / 4
    place.ledger.withdraw(asset, amount, fee=fee, chain="CHAIN", address=f"to-{number}", tx_id=f"{number}", purse=purse)


def _withdrawal_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.withdrawals():
        yield {
            "id": row.id,
            "asset": row.asset,
            "amount": row.amount,
            "fee": row.fee,
            "created_at": row.time,
            "chain": row.chain,
            "address": row.address,
            "tx_id": row.tx_id,
        }


def _convert(place: TradingStage, number: int) -> None:
    """Convert a little of each wallet into another asset."""
    purse, source = place.assets[number % len(place.assets)]
    target = next((one.asset for one in place.ledger.balances(purse=purse) if one.asset != source), source)
    place.ledger.convert(source, (number + 1) * _CENT, target, (number + 2) * _CENT, purse=purse)


def _conversion_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.conversions():
        yield {
            "id": row.id,
            "from_asset": row.from_asset,
            "from_amount": -row.from_amount,
            "to_asset": row.to_asset,
            "to_amount": row.to_amount,
            "rate": row.rate,
            "time": row.time,
        }


def _move_margin(place: TradingStage, number: int) -> None:
    """Add margin twice, then take some away."""
    amount = (number + 1) * _CENT * _CENT
    place.ledger.adjust_margin(place.other, -amount if number % 3 == 2 else amount, _leg_of_other(place))


def _leg_of_other(place: TradingStage) -> PositionSide:
    sides = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)
    return next((side for side in sides if place.ledger.position(place.other, side).quantity), place.leg)


def _margin_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.margin_changes(place.other):
        yield {
            "symbol": row.symbol,
            "side": row.side,
            "asset": row.asset,
            "amount": row.amount,
            "time": row.time,
        }


# -- orders


def _order(place: TradingStage, number: int) -> None:
    """Let an order rest, in either book, or be filled at once or later; sometimes trade the other symbol."""
    rest, quantity = place.ledger.rest_order, place.contract.min_quantity * (1 + number % 3)
    has_triggers = any(one.is_conditional for one in place.stage.venue.behaviour(OrderBehaviour).types)
    book = Book.CONDITIONAL if has_triggers and number % 4 == 1 else Book.PLAIN
    price = place.price() / 2 // place.contract.price_tick * place.contract.price_tick
    order = rest(place.symbol, Side.BUY, quantity, price, book=book, position_side=place.leg)
    if number % 4 == 2:
        place.ledger.fill_order(order)
    if number % 4 == 3:
        place.trade_other(number)
        (oldest, *_) = place.ledger.open_orders(place.symbol, Book.PLAIN)
        place.ledger.fill_order(oldest.id)


def _order_records(place: TradingStage, time: str = "created_at") -> Iterable[Facts]:
    for row in place.ledger.orders(place.symbol):
        yield {
            "id": row.id,
            "symbol": row.symbol,
            "side": row.side,
            "quantity": row.quantity,
            time: getattr(row, time),
        }


def _fill(place: TradingStage, number: int) -> None:
    """Buy twice and sell; let funding be paid, which some venues list among the fills; trade another symbol."""
    match number % 6:
        case 0 | 1:
            place.buy(number, is_maker=bool(number % 2))
        case 2:
            place.sell(number)
        case rest:
            for _ in range(1 if rest == 3 else 2):
                place.ledger.fund(place.symbol, _RATE)
            if rest == 5:
                place.trade_other(number)


def _fill_records(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.fills(place.symbol):
        yield {
            "id": row.trade_id,
            "order_id": row.order_id,
            "symbol": row.symbol,
            "side": row.side,
            "quantity": row.quantity,
            "price": row.price,
            "commission": row.commission,
            "commission_asset": row.commission_asset,
            "time": row.time,
        }


def _force(place: TradingStage, number: int) -> None:
    """Let the venue close a part of the position; sometimes all of it, which is bought anew."""
    if number % 6 == 5:
        place.ledger.liquidate(place.symbol, place.leg)
        _buy_many(place)
    else:
        place.ledger.deleverage(place.symbol, place.leg, place.contract.min_quantity * (1 + number % 2))


def _records_of_force(place: TradingStage) -> Iterable[Facts]:
    for row in place.ledger.forced_orders():
        yield {
            "id": row.id,
            "symbol": row.symbol,
            "side": row.side,
            "quantity": row.quantity,
            "created_at": row.created_at,
        }


SUBJECTS: Sequence[HistorySubject] = (
    HistorySubject(
        method=IncomeReader.iter_income,
        act=_move_money,
        records=_income_records,
        key=("time", "asset", "kind", "symbol"),
        needed=frozenset({"amount"}),
        prepare=_buy_many,
        join=_join_incomes,
        pattern=(Record.INCOMES, 0),
    ),
    HistorySubject(
        method=ClosedPnlReader.iter_closed_pnl,
        act=_close_some,
        records=_pnl_records,
        key=("order_id",),
        needed=frozenset({"symbol", "quantity", "pnl_net", "closed_at"}),
        time="closed_at",
        prepare=_buy_many,
        pattern=(Record.CLOSED_PNLS, 0),
    ),
    HistorySubject(
        method=WithdrawalReader.iter_withdrawals,
        act=_withdraw,
        records=_withdrawal_records,
        key=("id",),
        needed=frozenset({"asset", "amount", "created_at"}),
        time="created_at",
        pattern=(Record.WITHDRAWALS, 0),
    ),
    HistorySubject(
        method=ConversionReader.iter_conversions,
        act=_convert,
        records=_conversion_records,
        key=("id",),
        needed=frozenset({"from_asset", "from_amount", "to_asset", "to_amount", "time"}),
        pattern=(Record.CONVERSIONS, 0),
    ),
    HistorySubject(
        method=MarginChangeReader.iter_margin_changes,
        act=_move_margin,
        records=_margin_records,
        key=("time", "amount"),
        needed=frozenset({"symbol", "amount", "time"}),
        symbol=lambda place: place.other,
        pattern=(Record.MARGIN_CHANGES, 0),
    ),
    HistorySubject(
        method=OrderReader.iter_orders,
        act=_order,
        records=_order_records,
        key=("id",),
        needed=frozenset({"symbol", "side", "quantity", "created_at"}),
        time="created_at",
        symbol=lambda place: place.symbol,
        pattern=(Record.ORDERS, 2),
    ),
    HistorySubject(
        method=FillReader.iter_fills,
        act=_fill,
        records=_fill_records,
        key=("id",),
        needed=frozenset({"order_id", "symbol", "side", "quantity", "price", "time"}),
        symbol=lambda place: place.symbol,
        pattern=(Record.FILLS, 0),
    ),
    HistorySubject(
        method=ForcedOrderReader.iter_forced_orders,
        act=_force,
        records=_records_of_force,
        key=("id",),
        needed=frozenset({"symbol", "side", "quantity"}),
        time="created_at",
        prepare=_buy_many,
    ),
)
