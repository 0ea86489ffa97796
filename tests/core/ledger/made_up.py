"""A made-up market: a linear, an inverse and a quanto contract, two venues' rules, and the machines over them."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from venuekit.capabilities import MarginTypeScope, Setting
from venuekit.simulator.ledger import (
    Asset,
    BreakEven,
    Contract,
    IsolatedMargin,
    Liquidation,
    Pool,
    Rounding,
    Rules,
    Side,
    tiers,
)

D = Decimal
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: the last digit of money
UNIT = D("1e-8")
#: exact, for what is compared with it
WIDE = Context(prec=60)

#: cuts money toward zero, counts isolated margin at mark, keeps a margin type for each symbol
CUTTING = Rules(valuation_asset="USDT")
#: rounds money to nearest, counts isolated margin at entry with the closing fee, has one margin type
NEAREST = Rules(
    rounding=Rounding.NEAREST,
    margin_type_scope=MarginTypeScope.ACCOUNT,
    isolated_margin=IsolatedMargin.ENTRY,
    closing_fee_in_margin=True,
    tier_counts_orders=True,
    hedge_mode=False,
    asset_mode=False,
    pool=Pool.IN_CROSS,
    no_change_refused=frozenset({Setting.LEVERAGE}),
    orders_forbid=frozenset(),
    position_forbids=frozenset(),
    refuse_lower_leverage_isolated=False,
    liquidation=Liquidation.ENTRY,
    break_even=BreakEven.NONE,
)

_LINEAR = Contract(
    symbol="ONEUSDT",
    pair="ONEUSDT",
    base="ONE",
    quote="USDT",
    settle="USDT",
    is_inverse=False,
    contract_size=D(1),
    brackets=tiers((D(10**6), D(125), D("0.004")), (D(10**8), D(50), D("0.01")), (D(10**12), D(5), D("0.1"))),
    mark=D(1000),
)
_INVERSE = attrs.evolve(
    _LINEAR, symbol="ONEUSD", pair="ONEUSD", quote="USD", settle="ONE", is_inverse=True, contract_size=D(100)
)
_QUANTO = attrs.evolve(
    _LINEAR, symbol="TWOUSD", pair="TWOUSD", base="TWO", quote="USD", settle="ONE", multiplier=D("0.0001")
)
CONTRACTS = {contract.symbol: contract for contract in (_LINEAR, _INVERSE, _QUANTO)}
ASSETS = Asset("USDT", index_price=D(1)), Asset("ONE", index_price=D(1000), haircut=D("0.05"))

symbols = st.sampled_from(sorted(CONTRACTS))
sides = st.sampled_from(Side)


def case_of(machine: type[RuleBasedStateMachine], rules: Rules, **limits: Any) -> type[unittest.TestCase]:
    """Return the test of a machine whose ``venue`` has these rules."""
    case: type[unittest.TestCase] = type(machine.__name__, (machine,), {"venue": rules}).TestCase  # type: ignore[attr-defined]
    case.settings = settings(deadline=None, **limits)  # type: ignore[attr-defined]
    return case
