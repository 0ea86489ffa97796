"""Forced trades: liquidation of positions without sufficient margin, and scripted deleveraging."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from venuekit.capabilities import IncomeKind, OrderStatus, OrderType, PositionSide, TimeInForce
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.fills import trade
from venuekit.simulator.ledger.matching import end
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import LedgerOrder, LedgerOrderRequest, Side, TradeKind
from venuekit.simulator.ledger.orders import get_order
from venuekit.simulator.ledger.records import Execution
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.state import LegKey
from venuekit.simulator.ledger.transaction import Transaction
from venuekit.simulator.ledger.view import LedgerView


def liquidate(transaction: Transaction) -> None:
    """Close, at the mark, every isolated leg and every cross wallet's legs whose margin ratio has reached 1."""
    while transaction.rules.liquidates and (legs := next(_legs_to_liquidate(transaction.read()), ())):
        _liquidate(transaction, legs)


def liquidate_leg(
    transaction: Transaction, symbol: str, position_side: PositionSide = PositionSide.BOTH
) -> LedgerOrder:
    """Close a leg at the mark as a liquidation does, whatever its margin; open orders of the symbol expire."""
    transaction.read().contract(symbol)
    if transaction.read().leg(symbol, position_side).quantity == 0:
        raise Refused(Reason.FLAT_POSITION, symbol=symbol, side=position_side)
    [order] = _liquidate(transaction, ((symbol, position_side),))
    return order


def deleverage(
    transaction: Transaction,
    symbol: str,
    position_side: PositionSide = PositionSide.BOTH,
    quantity: Decimal | None = None,
) -> LedgerOrder:
    """Close a leg, or ``quantity`` contracts of it, at the mark, as automatic deleveraging does; pays the taker fee."""
    leg = transaction.read().leg(symbol, position_side)
    transaction.read().contract(symbol)
    if leg.quantity == 0:
        raise Refused(Reason.FLAT_POSITION, symbol=symbol, side=position_side)
    amount = abs(leg.quantity) if quantity is None else quantity
    if not 0 < amount <= abs(leg.quantity):
        raise Refused(Reason.EXCEEDS_POSITION, symbol=symbol, quantity=amount, position=abs(leg.quantity))
    return _close(transaction, (symbol, position_side), amount, TradeKind.ADL)[0]


def _legs_to_liquidate(reading: LedgerView) -> Iterator[tuple[LegKey, ...]]:
    """Yield the legs that must be closed together."""
    open_legs = [key for key, leg in reading.state.legs.items() if leg.quantity]
    shared: dict[AssetKey, list[LegKey]] = {}
    for key in open_legs:
        margin = reading.margin(*key)
        if not margin.isolated:
            asset = reading.contract(key[0]).asset_key
            shared.setdefault((asset[0], "") if reading.is_pooled(asset) else asset, []).append(key)
        elif margin.maintenance_margin >= reading.leg(*key).isolated_wallet + margin.unrealized_pnl:
            yield (key,)
    for keys in shared.values():
        margins = [reading.margin(*key) for key in keys]
        surplus = reading.surplus(reading.contract(keys[0][0]).asset_key, lambda sums: sums.cross_maintenance_margin)
        if any(margin.maintenance_margin for margin in margins) and surplus <= 0:
            yield tuple(keys)


def _liquidate(transaction: Transaction, legs: tuple[LegKey, ...]) -> list[LedgerOrder]:
    """Close legs together, and return the order of each."""
    symbols = {symbol for symbol, _ in legs}
    for order in tuple(transaction.state.orders.values()):
        if order.waits and order.symbol in symbols:
            end(transaction, order, OrderStatus.EXPIRED)
    closed = []
    for key in legs:
        leg = transaction.read().leg(*key)
        order, execution = _close(transaction, key, abs(leg.quantity), TradeKind.LIQUIDATION)
        own = leg.isolated_wallet + execution.realized_pnl if transaction.read().is_isolated(key[0]) else None
        closed.append((order, execution, own))
    for order, execution, own in closed:
        _settle(transaction, order, execution, own)
    return [get_order(transaction, order.id) for order, _, _ in closed]


def _close(transaction: Transaction, key: LegKey, quantity: Decimal, kind: TradeKind) -> tuple[LedgerOrder, Execution]:
    symbol, side = key
    reading = transaction.read()
    mark, leg = reading.symbol(symbol).mark, reading.leg(symbol, side)
    number = sum(order.forced is not None for order in transaction.state.finished) + 1
    liquidation = kind is TradeKind.LIQUIDATION
    request = LedgerOrderRequest(
        symbol=symbol,
        side=Side.SELL if leg.quantity > 0 else Side.BUY,
        quantity=quantity,
        price=mark,
        time_in_force=TimeInForce.IOC,
        position_side=side,
        client_id=f"autoclose-{round(transaction.time.timestamp() * 1000)}{number}" if liquidation else "adl_autoclose",
        type=OrderType.LIMIT,
    )
    order = attrs.evolve(transaction.make_order(request, OrderStatus.OPEN), forced=kind)
    execution = trade(transaction, order, quantity, mark, is_maker=False, kind=kind)
    return get_order(transaction, order.id), execution


def _settle(transaction: Transaction, order: LedgerOrder, execution: Execution, own: Decimal | None) -> None:
    """
    Charge the fee of a liquidation against the remaining margin, or let the insurance fund pay its deficit.

    ``own`` is the remainder of an isolated position; None means the cross wallet or the pool.
    """
    contract = transaction.contracts[order.symbol]
    key, money = contract.asset_key, transaction.rules.money
    fee = money(execution.value * contract.liquidation_fee)
    remainder = own if own is not None else _cross_equity(transaction.read(), key)
    amount = -min(fee, money(remainder)) if remainder > 0 else -money(remainder)
    if amount:
        transaction.earn(
            key,
            IncomeKind.INSURANCE,
            amount,
            symbol=order.symbol,
            trade_id=execution.trade_id,
            order_id=order.id,
        )
        transaction.report(EventReason.LIQUIDATION, order.symbol)


def _cross_equity(reading: LedgerView, key: AssetKey) -> Decimal:
    """Return the equity of the cross wallet, or in a pool of all its assets, expressed in one asset."""
    equity = reading.surplus(key, lambda _: ZERO)
    return equity / reading.state.assets[key].price if reading.is_pooled(key) else equity
