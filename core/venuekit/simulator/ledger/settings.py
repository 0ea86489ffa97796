"""Commands that change settings, with the conditions that forbid a change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

import attrs

from venuekit.capabilities import (
    AccountMode,
    AssetMode,
    MarginType,
    MarginTypeScope,
    PositionMode,
    PositionSide,
    Setting,
)
from venuekit.simulator.ledger.contract import AssetKey, Contract, max_leverage, max_position
from venuekit.simulator.ledger.margin import entry_isolated_wallet
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import IsolatedMargin
from venuekit.simulator.ledger.state import Leg
from venuekit.simulator.ledger.transaction import Transaction
from venuekit.simulator.ledger.view import LedgerView


def set_leverage(transaction: Transaction, symbol: str, leverage: Decimal) -> bool:
    """
    Change the leverage of a symbol, for all its legs.

    Returns:
        False if the leverage is unchanged and the rules do not refuse that.
    """
    before = transaction.read()
    contract, symbol_state = before.contract(symbol), before.symbol(symbol)
    _check_leverage(contract, leverage)
    if leverage == symbol_state.leverage:
        return _accept_unchanged(transaction, Setting.LEVERAGE, symbol=symbol, value=leverage)
    legs = before.legs(symbol)
    if (
        leverage < symbol_state.leverage
        and legs
        and before.is_isolated(symbol)
        and transaction.rules.refuse_lower_leverage_isolated
    ):
        raise Refused(Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED, symbol=symbol, leverage=leverage)
    exposure = max(before.margin(symbol, side).exposure for side in before.sides)
    if leverage > symbol_state.leverage and exposure > max_position(contract.brackets, leverage):
        raise Refused(
            Reason.LEVERAGE_ABOVE_BRACKET,
            symbol=symbol,
            leverage=leverage,
            value=exposure,
            max_leverage=max_leverage(contract.brackets, exposure),
        )

    transaction.state.symbols[symbol] = attrs.evolve(symbol_state, leverage=leverage)
    if before.is_isolated(symbol) and transaction.rules.isolated_margin is IsolatedMargin.ENTRY:
        for side, leg in legs.items():
            wallet = entry_isolated_wallet(transaction.rules, contract, leg, leverage)
            transaction.set_leg((symbol, side), attrs.evolve(leg, isolated_wallet=wallet, updated_at=transaction.time))
    _check_covered(transaction, before, [contract.asset_key])
    _check_alive(transaction, symbol, legs)
    return True


def set_margin_type(transaction: Transaction, margin_type: MarginType, symbol: str | None = None) -> bool:
    """
    Change the margin type of a symbol, or of the account where the rules declare that scope (without a symbol).

    Returns:
        False if the margin type is unchanged and the rules do not refuse that.

    Raises:
        ValueError: ``symbol`` does not fit the scope.
    """
    if (transaction.rules.margin_type_scope is MarginTypeScope.SYMBOL) is (symbol is None):
        raise ValueError(f"the margin type belongs to the {transaction.rules.margin_type_scope.value}")
    before = transaction.read()
    symbols = list(transaction.contracts) if symbol is None else [before.contract(symbol).symbol]
    if margin_type is MarginType.PORTFOLIO:
        raise Refused(Reason.MARGIN_TYPE_MISSING, margin_type=margin_type)
    if margin_type is (transaction.state.margin_type if symbol is None else before.margin_type(symbol)):
        return _accept_unchanged(transaction, Setting.MARGIN_TYPE, symbol=symbol, value=margin_type)
    joint = transaction.state.asset_mode is AssetMode.MULTI and set(symbols) & set(_joint(before))
    if margin_type is MarginType.ISOLATED and joint:
        raise Refused(Reason.ISOLATED_WHILE_MULTI_ASSET, symbol=symbol)
    _check_forbidden(transaction, Setting.MARGIN_TYPE, symbol, symbols)

    if symbol is None:
        transaction.state.margin_type = margin_type
    else:
        transaction.state.symbols[symbol] = attrs.evolve(transaction.state.symbols[symbol], margin_type=margin_type)
    keys = {before.contract(name).asset_key for name in symbols if _move_margin(transaction, name)}
    _check_covered(transaction, before, keys)
    for key in keys:
        transaction.read().check_collateral(key)
    return True


def set_position_mode(transaction: Transaction, mode: PositionMode) -> bool:
    """
    Change the position mode of the account; no order or position may be open, on any venue of it.

    Returns:
        False if the mode is unchanged and the rules do not refuse that.
    """
    if mode is transaction.state.position_mode:
        return _accept_unchanged(transaction, Setting.POSITION_MODE, value=mode)
    if mode is PositionMode.HEDGE and not transaction.rules.hedge_mode:
        raise Refused(Reason.HEDGE_MODE_MISSING, mode=mode)
    _check_forbidden(transaction, Setting.POSITION_MODE, None, transaction.contracts)
    transaction.state.position_mode = mode
    return True


def set_account_mode(transaction: Transaction, mode: AccountMode) -> bool:
    """
    Change the mode of the account as the venue does: for a scenario, not for a request.

    Returns:
        False if the mode is unchanged.
    """
    changed = mode is not transaction.state.account_mode
    transaction.state.account_mode = mode
    return changed


def set_asset_mode(transaction: Transaction, mode: AssetMode) -> bool:
    """
    Switch pooling of the assets; affects the purses that hold assets with an index price.

    Returns:
        False if the mode is unchanged and the rules do not refuse that.
    """
    if mode is transaction.state.asset_mode:
        return _accept_unchanged(transaction, Setting.ASSET_MODE, value=mode)
    if not transaction.rules.asset_mode:
        raise Refused(Reason.ASSET_MODE_MISSING, mode=mode)
    before = transaction.read()
    joint = _joint(before)
    isolated = [name for name in joint if before.is_isolated(name)]
    if mode is AssetMode.MULTI and isolated:
        raise Refused(Reason.MULTI_ASSET_WHILE_ISOLATED, symbols=tuple(isolated))
    _check_forbidden(transaction, Setting.ASSET_MODE, None, joint)
    transaction.state.asset_mode = mode
    keys = [key for key in transaction.state.assets if before.is_priced(key)]
    in_debt = [name for purse, name in keys if before.cross_wallet((purse, name)) < 0]
    if mode is AssetMode.SINGLE and in_debt:
        raise Refused(Reason.NEGATIVE_BALANCE, assets=tuple(in_debt))
    _check_covered(transaction, before, keys)
    return True


def set_fee_asset_use(transaction: Transaction, on: bool) -> bool:
    """
    Choose whether commissions are paid in the fee asset, at its discount, while the wallet of it suffices.

    Returns:
        False if the choice is unchanged.

    Raises:
        ValueError: the rules have no fee asset.
    """
    if transaction.rules.fee_asset is None:
        raise ValueError("the rules have no fee asset")
    changed = on is not transaction.state.pays_fee_asset
    transaction.state.pays_fee_asset = on
    return changed


def set_collateral(transaction: Transaction, asset: str, on: bool, *, purse: str = "") -> bool:
    """Switch an asset's use as collateral on or off; False if unchanged."""
    reading = transaction.read()
    present = reading.asset(asset, purse)
    if present.is_collateral is on:
        return False
    if not on and reading.is_pooled(present.key) and _is_in_use(reading, present.key):
        raise Refused(Reason.COLLATERAL_IN_USE, asset=asset)
    transaction.state.assets[present.key] = attrs.evolve(present, is_collateral=on)
    if not on:
        _check_covered(transaction, reading, [member.key for member in reading.pool_members(purse)])
    return True


def _check_leverage(contract: Contract, leverage: Decimal) -> None:
    minimum, maximum, step = contract.min_leverage, contract.max_leverage, contract.leverage_step
    if not leverage.is_finite() or not minimum <= leverage <= maximum or (leverage - minimum) % step:
        raise Refused(Reason.INVALID_LEVERAGE, leverage=leverage, minimum=minimum, maximum=maximum, step=step)


def _accept_unchanged(transaction: Transaction, setting: Setting, **details: object) -> bool:
    if setting in transaction.rules.no_change_refused:
        raise Refused(Reason.NO_CHANGE, setting=setting, **details)
    return False


def _check_forbidden(transaction: Transaction, setting: Setting, symbol: str | None, symbols: Collection[str]) -> None:
    """Refuse a change while orders rest or a position is open, as the rules say; of the position mode, always."""
    reading, rules = transaction.read(), transaction.rules
    always = setting is Setting.POSITION_MODE
    if (always or setting in rules.orders_forbid) and any(name in reading.orders for name in symbols):
        raise Refused(Reason.OPEN_ORDERS, setting=setting, symbol=symbol)
    if (always or setting in rules.position_forbids) and any(reading.legs(name) for name in symbols):
        raise Refused(Reason.OPEN_POSITION, setting=setting, symbol=symbol)


def _move_margin(transaction: Transaction, symbol: str) -> bool:
    """Give the open legs of a symbol margin of their own, or take it back; return whether it has open legs."""
    reading = transaction.read()
    contract, symbol_state, legs = reading.contract(symbol), reading.symbol(symbol), reading.legs(symbol)
    for side, leg in legs.items():
        own = attrs.evolve(leg, isolated_wallet=ZERO, added_margin=ZERO, updated_at=transaction.time)
        if reading.is_isolated(symbol):
            wallet = entry_isolated_wallet(transaction.rules, contract, own, symbol_state.leverage)
            own = attrs.evolve(own, isolated_wallet=wallet)
        transaction.set_leg((symbol, side), own)
    return bool(legs)


def _check_covered(transaction: Transaction, before: LedgerView, keys: Iterable[AssetKey]) -> None:
    """Refuse a change that leaves negative free margin; where it was negative before, it may not get worse."""
    after = transaction.read()
    for key in keys:
        free, wallet = after.free(key), after.cross_wallet(key)
        same_unit = before.is_pooled(key) is after.is_pooled(key)
        lowest = min(ZERO, before.free(key)) if same_unit else ZERO
        if free < lowest or wallet < min(ZERO, before.cross_wallet(key)):
            raise Refused(Reason.INSUFFICIENT_MARGIN, asset=key[1], free=free, wallet=wallet)


def _check_alive(transaction: Transaction, symbol: str, legs: dict[PositionSide, Leg]) -> None:
    """Refuse a leverage that would leave an isolated position without its maintenance margin."""
    reading = transaction.read()
    for side, before in legs.items():
        leg, margin = reading.leg(symbol, side), reading.margin(symbol, side)
        lost_margin = leg.isolated_wallet < before.isolated_wallet
        if lost_margin and leg.isolated_wallet + margin.unrealized_pnl <= margin.maintenance_margin:
            raise Refused(Reason.WOULD_LIQUIDATE, symbol=symbol, side=side)


def _joint(reading: LedgerView) -> list[str]:
    """Return the symbols whose assets back each other in multi-assets mode."""
    purses = {purse for purse, name in reading.state.assets if reading.is_priced((purse, name))}
    return [symbol for symbol, contract in reading.contracts.items() if contract.purse in purses]


def _is_in_use(reading: LedgerView, key: AssetKey) -> bool:
    names = [name for name, contract in reading.contracts.items() if contract.asset_key == key]
    return any(reading.legs(name) or name in reading.orders for name in names)
