"""A view of the ledger: look-ups and sums over one state, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property

import attrs

from venuekit.capabilities import AssetMode, MarginType, MarginTypeScope, PositionMode, PositionSide
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.margin import LegMargin, OrderValues, leg_margin, opening_orders
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.order_values import LedgerOrder
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import Pool, Rules
from venuekit.simulator.ledger.state import Asset, LedgerState, LedgerSymbol, Leg, LegKey

_FLAT = Leg()


@attrs.define
class AssetSums:
    """Sums over the legs that settle in one asset, in it; ``cross_*`` over those without margin of their own."""

    isolated_wallet: Decimal = ZERO
    unrealized_pnl: Decimal = ZERO
    cross_unrealized_pnl: Decimal = ZERO
    position_initial_margin: Decimal = ZERO
    open_order_initial_margin: Decimal = ZERO
    cross_initial_margin: Decimal = ZERO
    isolated_order_margin: Decimal = ZERO
    isolated_closing_fees: Decimal = ZERO
    maintenance_margin: Decimal = ZERO
    cross_maintenance_margin: Decimal = ZERO

    def add(self, leg: Leg, margin: LegMargin) -> None:
        """Add one leg to the sums."""
        self.isolated_wallet += leg.isolated_wallet
        self.unrealized_pnl += margin.unrealized_pnl
        self.position_initial_margin += margin.position_initial_margin
        self.open_order_initial_margin += margin.open_order_initial_margin
        self.maintenance_margin += margin.maintenance_margin
        if margin.isolated:
            self.isolated_order_margin += margin.open_order_initial_margin
            self.isolated_closing_fees += margin.closing_fee
        else:
            self.cross_unrealized_pnl += margin.unrealized_pnl
            self.cross_initial_margin += margin.position_initial_margin + margin.open_order_initial_margin
            self.cross_maintenance_margin += margin.maintenance_margin

    def claim(self) -> Decimal:
        """Return the amount that positions and orders bind."""
        return self.cross_initial_margin + self.isolated_order_margin + self.isolated_closing_fees


class LedgerView:
    """One state with its rules and contracts; it must not change while it is being read."""

    def __init__(self, rules: Rules, contracts: Mapping[str, Contract], state: LedgerState) -> None:
        self.rules = rules
        self.contracts = contracts
        self.state = state
        self._margins: dict[LegKey, LegMargin] = {}

    def contract(self, symbol: str) -> Contract:
        """Return a contract, or refuse an unknown symbol."""
        contract = self.contracts.get(symbol)
        if contract is None:
            raise Refused(Reason.UNKNOWN_SYMBOL, symbol=symbol)
        return contract

    def symbol(self, symbol: str) -> LedgerSymbol:
        """Return leverage and mark of a symbol, or refuse an unknown one."""
        return self.state.symbols[self.contract(symbol).symbol]

    def asset(self, name: str, purse: str) -> Asset:
        """Return an asset, or refuse an unknown one."""
        asset = self.state.assets.get((purse, name))
        if asset is None:
            raise Refused(Reason.UNKNOWN_ASSET, asset=name, purse=purse)
        return asset

    def margin_type(self, symbol: str) -> MarginType:
        """Return the effective margin type of a symbol, its own or the account's."""
        if self.rules.margin_type_scope is MarginTypeScope.ACCOUNT:
            return self.state.margin_type
        return self.symbol(symbol).margin_type

    def is_isolated(self, symbol: str) -> bool:
        """Return whether positions of a symbol have margin of their own."""
        return self.margin_type(symbol) is MarginType.ISOLATED

    @property
    def sides(self) -> tuple[PositionSide, ...]:
        """The legs that a symbol has in the present mode."""
        if self.state.position_mode is PositionMode.HEDGE:
            return PositionSide.LONG, PositionSide.SHORT
        return (PositionSide.BOTH,)

    def leg(self, symbol: str, side: PositionSide) -> Leg:
        """Return a leg, flat if it was never traded."""
        return self.state.legs.get((symbol, side), _FLAT)

    def legs(self, symbol: str) -> dict[PositionSide, Leg]:
        """Return the open legs of a symbol."""
        legs = {side: self.leg(symbol, side) for side in PositionSide}
        return {side: leg for side, leg in legs.items() if leg.quantity}

    @cached_property
    def orders(self) -> Mapping[str, tuple[LedgerOrder, ...]]:
        """The waiting orders of both books, by symbol."""
        grouped: dict[str, list[LedgerOrder]] = {}
        for order in filter(lambda order: order.waits, self.state.orders.values()):
            grouped.setdefault(order.symbol, []).append(order)
        return {symbol: tuple(orders) for symbol, orders in grouped.items()}

    def order_values(self, symbol: str, side: PositionSide) -> OrderValues:
        """Return the values of the waiting orders that would open more of a leg."""
        return opening_orders(self.contract(symbol), side, self.orders.get(symbol, ()))

    def margin(self, symbol: str, side: PositionSide) -> LegMargin:
        """Return the worth and margin of a leg."""
        margin = self._margins.get((symbol, side))
        if margin is None:
            symbol_state = self.symbol(symbol)
            margin = self._margins[symbol, side] = leg_margin(
                self.rules,
                self.contract(symbol),
                self.leg(symbol, side),
                mark=symbol_state.mark,
                leverage=symbol_state.leverage,
                isolated=self.is_isolated(symbol),
                orders=self.order_values(symbol, side),
            )
        return margin

    @cached_property
    def _sums(self) -> Mapping[AssetKey, AssetSums]:
        keys = {key for key, leg in self.state.legs.items() if leg.quantity}
        keys.update((order.symbol, order.position_side) for order in self.state.orders.values())
        sums: dict[AssetKey, AssetSums] = {}
        for symbol, side in keys:
            of_asset = sums.setdefault(self.contract(symbol).asset_key, AssetSums())
            of_asset.add(self.leg(symbol, side), self.margin(symbol, side))
        return sums

    def sums(self, key: AssetKey) -> AssetSums:
        """Return the sums over the legs that settle in an asset."""
        return self._sums.get(key) or AssetSums()

    def cross_wallet(self, key: AssetKey) -> Decimal:
        """Return the cash of an asset that is not set apart for an isolated position."""
        return self.state.cash[key].cross_wallet

    @exact
    def wallet(self, key: AssetKey) -> Decimal:
        """Return the cash of an asset, isolated positions' margin included."""
        own = (
            leg.isolated_wallet
            for (symbol, _), leg in self.state.legs.items()
            if leg.isolated_wallet and self.contracts[symbol].asset_key == key
        )
        return sum(own, self.cross_wallet(key))

    @property
    def pooling(self) -> bool:
        """Whether assets back each other now."""
        if self.rules.pool is Pool.IN_MULTI_ASSETS:
            return self.state.asset_mode is AssetMode.MULTI
        return self.rules.pool is Pool.IN_CROSS and self.state.margin_type is MarginType.CROSS

    def is_priced(self, key: AssetKey) -> bool:
        """Return whether an asset could be part of a pool."""
        return self.state.assets[key].index_price is not None

    def is_pooled(self, key: AssetKey) -> bool:
        """Return whether an asset is part of a pool now."""
        return self.pooling and self.is_priced(key) and self.state.assets[key].is_collateral

    def check_collateral(self, key: AssetKey, **details: object) -> None:
        """Refuse an asset that would have to back positions in a pool, but is no collateral."""
        if self.pooling and self.is_priced(key) and not self.is_pooled(key):
            raise Refused(Reason.COLLATERAL_OFF, asset=key[1], **details)

    def pool_members(self, purse: str) -> tuple[Asset, ...]:
        """Return the assets that back each other now."""
        return tuple(asset for key, asset in self.state.assets.items() if key[0] == purse and self.is_pooled(key))

    @exact
    def surplus(self, key: AssetKey, claim: Callable[[AssetSums], Decimal]) -> Decimal:
        """
        Return the amount of a cross wallet and its profit above a claim, negative if the claim is larger.

        In a pool it is the pool's figure in USD, the same for each of its assets.
        """
        if self.is_pooled(key):
            return self.pool_surplus(key[0], claim)
        sums = self.sums(key)
        return self.cross_wallet(key) + sums.cross_unrealized_pnl - claim(sums)

    @exact
    def pool_surplus(self, purse: str, claim: Callable[[AssetSums], Decimal]) -> Decimal:
        """Return the amount of a pool above a claim, in USD, negative if the claim is larger."""
        surplus = ZERO
        for asset in self.pool_members(purse):
            sums = self.sums(asset.key)
            surplus += asset.worth(self.cross_wallet(asset.key) + sums.cross_unrealized_pnl)
            surplus -= asset.price * claim(sums)
        return surplus

    def free(self, key: AssetKey) -> Decimal:
        """Return the amount that is free for new positions, as of :meth:`surplus`."""
        return self.surplus(key, AssetSums.claim)

    @exact
    def available(self, key: AssetKey) -> Decimal:
        """Return the amount available for new orders, in the asset; in a pool the pool's figure converted to it."""
        free = max(ZERO, self.free(key))
        return self.rules.money(free / self.state.assets[key].price if self.is_pooled(key) else free)

    @exact
    def withdrawable(self, key: AssetKey) -> Decimal:
        """Return the amount that can leave the cross wallet of an asset, to another account or an isolated position."""
        sums, wallet = self.sums(key), self.cross_wallet(key)
        if self.is_pooled(key):
            transferable = self.pool_withdrawable(key[0]) / self.state.assets[key].price
        else:
            transferable = wallet - sums.isolated_order_margin - sums.cross_maintenance_margin
        return self.rules.money(max(ZERO, min(wallet, transferable, self.available(key))))

    @exact
    def pool_withdrawable(self, purse: str) -> Decimal:
        """Return the amount that can leave a pool, in USD."""
        transferable = ZERO
        for asset in self.pool_members(purse):
            sums = self.sums(asset.key)
            bound = sums.isolated_order_margin + sums.cross_maintenance_margin
            transferable += asset.worth(self.cross_wallet(asset.key)) - asset.price * bound
        return max(ZERO, min(transferable, self.pool_surplus(purse, AssetSums.claim)))
