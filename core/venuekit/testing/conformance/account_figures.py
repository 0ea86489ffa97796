"""The figures of accounts: balances, totals, positions, contracts, brackets, rates and settings, field by field."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    AccountInfo,
    Balance,
    Bracket,
    Collateral,
    CommissionRate,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    LeverageSetting,
    MarginType,
    MarginTypeScope,
    Position,
    PositionSide,
    PositionState,
    Price,
    SymbolSettings,
    Unit,
)
from venuekit.simulator.ledger import Contract, Ledger, LedgerTier, PositionFigures, Totals
from venuekit.testing.conformance.figures import UNKNOWN, Figure, Figures, OneOf, same

#: fields of money in which a price is
_PRICED = frozenset({"equity", "unrealized_pnl", "cross_unrealized_pnl", "usd_value", "position_initial_margin"}) | {
    *("open_order_initial_margin", "initial_margin", "maintenance_margin"),
}
#: the times of the answer, and the venue's own object
_OWN = frozenset({"as_of", "received_at", "raw"})
_NOTHING = Decimal(0)


def _figure_if_any(figure: Callable[[Any], Any]) -> Figure[Any]:
    """Return a figure that is unknown where the ledger has none: a simulated venue may still print a constant."""

    def find(facts: Any) -> Any:
        held = figure(facts)
        return UNKNOWN if held is None else held

    return find


def _figures_if_any(of: str, *names: str) -> dict[str, Figure[Any]]:
    return {name: _figure_if_any(figure) for name, figure in same(*names, of=of).items()}


# -- money

BALANCE = Figures(
    Balance,
    fields={
        **same("asset", "wallet", "cross_wallet", "cross_unrealized_pnl", "unrealized_pnl", "equity", "available"),
        **same("withdrawable", "position_initial_margin", "open_order_initial_margin", "initial_margin"),
        **same("maintenance_margin", "is_collateral", "updated_at"),
        "usd_value": _figure_if_any(lambda balance: balance.usd_value),
        "borrowed": lambda balance: max(_NOTHING, -balance.wallet),
        "accrued_interest": lambda _: _NOTHING,
        "locked": lambda _: _NOTHING,
        "bonus": lambda _: _NOTHING,
    },
    needed=("wallet",),
    beyond=_OWN | {"account_alias", "sub_account"},
    rounded=_PRICED,
)


COLLATERAL = Figures(
    Collateral,
    fields={
        "asset": lambda asset: asset.name,
        "switched_on": lambda asset: asset.is_collateral,
        "ratio": lambda asset: 1 - asset.haircut,
    },
    beyond=frozenset({"allowed"}),
)


@attrs.frozen
class AccountFacts:
    """An account as a ledger has it; its totals are None where it has no valuation asset."""

    ledger: Ledger
    totals: Totals | None


def _total(name: str, *also: str) -> Figure[AccountFacts]:
    """Return a total, or one of several by which a venue may count."""

    def total(facts: AccountFacts) -> Any:
        if facts.totals is None:
            return UNKNOWN
        return OneOf(tuple(getattr(facts.totals, each) for each in (name, *also)))

    return total


def _margin_type(facts: AccountFacts) -> Any:
    is_of_account = facts.ledger.rules.margin_type_scope is MarginTypeScope.ACCOUNT
    return facts.ledger.margin_type() if is_of_account else None


ACCOUNT = Figures(
    AccountInfo,
    fields={
        "valuation_asset": _total("valuation_asset"),
        "total_wallet": _total("wallet", "gross_wallet"),
        "total_equity": _total("equity", "gross_equity"),
        "total_unrealized_pnl": _total("unrealized_pnl"),
        "total_initial_margin": _total("initial_margin"),
        "total_maintenance_margin": _total("maintenance_margin"),
        "total_available": _total("available"),
        "total_withdrawable": _total("withdrawable"),
        "margin_ratio": _total("margin_ratio"),
        **same("position_mode", "asset_mode", of="ledger"),
        "margin_type": _margin_type,
    },
    beyond=_OWN
    | {"kind", "is_copy_leader", "can_trade", "can_deposit", "can_withdraw", "fee_tier", "updated_at"}
    | {"balances", "positions", "collateral"},  # each is compared by itself
    rounded=frozenset({"total_wallet", "total_equity", "total_unrealized_pnl", "total_initial_margin", "margin_ratio"})
    | {"total_maintenance_margin", "total_available", "total_withdrawable"},
)


# -- positions


@attrs.frozen
class PositionFacts:
    """A leg of a symbol as a ledger has it, and its contract."""

    figures: PositionFigures
    contract: Contract


def _find_realized_pnl(facts: PositionFacts) -> OneOf:
    """Return the profit of an open position, with or without its commissions, or of all since the first fill."""
    leg = facts.figures
    plain = (leg.realized_pnl, leg.total_realized_pnl)
    return OneOf((*plain, leg.realized_pnl + leg.commission, leg.total_realized_pnl + leg.total_commission))


def _settle_or(unit: Unit) -> OneOf:
    """Return a unit of values; the settle asset has two names, unless a contract is quanto."""
    return OneOf((unit, Unit.SETTLE))


def _most(leg: PositionFigures) -> OneOf:
    """Return the largest value at the present leverage, or in the present tier: a venue shows one of the two."""
    return OneOf((leg.max_position, leg.tier.cap))


POSITION = Figures(
    Position,
    fields={
        **same("symbol", "side", "quantity", "settle", "entry_price", "mark_price", "notional", "value", of="figures"),
        **same("unrealized_pnl", "leverage", "margin_type", "isolated_wallet", "isolated_margin", of="figures"),
        **same("position_initial_margin", "open_order_initial_margin", "initial_margin", of="figures"),
        **same("maintenance_margin", "liquidation_price", "updated_at", of="figures"),
        **same("opened_at", "sequence", of="figures"),
        **same("contract_size", "contract_unit", of="contract"),
        **_figures_if_any("figures", "break_even_price"),
        "realized_pnl": _find_realized_pnl,
        "max_position": lambda facts: _most(facts.figures),
        "max_position_unit": lambda facts: _settle_or(facts.figures.max_position_unit),
        "state": lambda _: PositionState.NORMAL,
        "reduce_only_forced": lambda _: False,
        "auto_add_margin": lambda _: False,
    },
    needed=("quantity", "contract_size", "entry_price"),
    beyond=_OWN
    | {"bankruptcy_price", "adl_rank", "adl_rank_of", "position_id", "sub_account"}
    | {"take_profit", "stop_loss", "trailing_stop"},
    rounded=(_PRICED & {field.name for field in attrs.fields(Position)})
    | {"entry_price", "break_even_price", "liquidation_price", "notional", "value", "realized_pnl", "isolated_margin"},
)

# -- contracts


def _kind(contract: Contract) -> InstrumentKind:
    return InstrumentKind.PERPETUAL if contract.expires_at is None else InstrumentKind.DELIVERY


INSTRUMENT = Figures(
    Instrument,
    fields={
        **same("symbol", "pair", "base", "quote", "settle", "is_inverse", "contract_size", "contract_unit"),
        **same("price_tick", "quantity_step", "min_quantity", "max_quantity", "leverage_step", "expires_at"),
        **same("multiplier"),
        **{name: _figure_if_any(figure) for name, figure in same("listed_at", "min_price", "max_price").items()},
        **{name: _figure_if_any(figure) for name, figure in same("max_market_quantity", "min_notional").items()},
        "funding_interval": _figure_if_any(lambda contract: contract.funding_interval),
        "kind": _kind,
        "status": lambda _: InstrumentStatus.TRADING,
        "leverage_min": lambda contract: contract.min_leverage,
        "leverage_max": lambda contract: contract.max_leverage,
    },
    needed=("contract_size", "price_tick", "quantity_step", "multiplier", "expires_at"),
    beyond=frozenset({"max_price_ratio", "min_price_ratio", "max_open_orders", "max_conditional_orders", "raw"}),
)


@attrs.frozen
class TierFacts:
    """One tier of a contract."""

    tier: LedgerTier
    contract: Contract


def _initial_rate(facts: TierFacts) -> Decimal:
    printed = facts.tier.initial_margin_rate
    return 1 / facts.tier.max_leverage if printed is None else printed


BRACKET = Figures(
    Bracket,
    fields={
        **same("tier", "floor", "cap", "max_leverage", "maintenance_margin_rate", "deduction", of="tier"),
        **same("symbol", "pair", of="contract"),
        "unit": lambda facts: _settle_or(facts.contract.value_unit),
        "initial_margin_rate": _initial_rate,
    },
    beyond=frozenset({"coefficient", "raw"}),
    rounded=frozenset({"initial_margin_rate"}),
)

COMMISSION_RATE = Figures(
    CommissionRate,
    fields={
        **same("symbol"),
        "maker": lambda contract: contract.maker_fee,
        "taker": lambda contract: contract.taker_fee,
    },
    beyond=frozenset({"rpi"}),
)


@attrs.frozen
class SymbolFacts:
    """
    One symbol of a ledger; ``by_side`` says that the venue has a leverage for either side.

    ``margin_types`` are those under which the venue has a leverage.
    """

    ledger: Ledger
    symbol: str
    by_side: bool = False
    margin_types: frozenset[MarginType] = frozenset(MarginType)

    @property
    def contract(self) -> Contract:
        """The contract."""
        return self.ledger.contract(self.symbol)

    @property
    def quantity(self) -> Decimal:
        """The contracts of all legs, each counted positive."""
        return sum((abs(self.ledger.position(self.symbol, side).quantity) for side in PositionSide), _NOTHING)


PRICE = Figures(
    Price,
    fields={
        **same("symbol"),
        "mark": lambda facts: facts.ledger.mark(facts.symbol),
        "index": lambda facts: facts.ledger.index(facts.symbol),
    },
    # the quotes of a venue are no account's
    beyond=frozenset({"bid", "ask", "last", "funding_rate", "next_funding_at", "time"}),
)

# -- settings


def _leverage_of(side: PositionSide) -> Figure[SymbolFacts]:
    """
    Return the leverage of a side.

    A ledger has one for both; where each side has its own at the venue, it is that of the side that is held, and that
    of the long one without a position. It is None under a margin type that has none at the venue.
    """

    def leverage(facts: SymbolFacts) -> Any:
        if facts.ledger.margin_type(facts.symbol) not in facts.margin_types:
            return None
        held = PositionSide.SHORT if facts.ledger.position(facts.symbol).quantity < 0 else PositionSide.LONG
        return facts.ledger.leverage(facts.symbol) if side is held or not facts.by_side else UNKNOWN

    return leverage


LEVERAGE = Figures(
    LeverageSetting,
    fields={
        **same("symbol"),
        "long": _leverage_of(PositionSide.LONG),
        "short": _leverage_of(PositionSide.SHORT),
        "max_position": lambda facts: _most(facts.ledger.position(facts.symbol)),
        "max_position_unit": lambda facts: _settle_or(facts.contract.value_unit),
        "margin_type": lambda facts: facts.ledger.margin_type(facts.symbol),
    },
    needed=("long", "short"),
    beyond=frozenset({"changed"}),
)

SYMBOL_SETTINGS = Figures(
    SymbolSettings,
    fields={
        **same("symbol"),
        "margin_type": lambda facts: facts.ledger.margin_type(facts.symbol),
        "leverage_long": _leverage_of(PositionSide.LONG),
        "leverage_short": _leverage_of(PositionSide.SHORT),
        "position": lambda facts: facts.quantity,
        "open_orders": lambda facts: len(facts.ledger.open_orders(facts.symbol)),
        "max_leverage": lambda facts: facts.ledger.max_leverage(facts.symbol),
    },
    needed=("leverage_long", "leverage_short", "position", "open_orders"),
    beyond=frozenset({"leverages"}),  # those of the margin type that holds are the two above
)
