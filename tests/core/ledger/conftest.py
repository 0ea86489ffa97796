"""Contracts, rules and ledgers of two made-up venues that round and count margin differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import MarginTypeScope, Setting
from venuekit.simulator.ledger import (
    Asset,
    BreakEven,
    Contract,
    IsolatedMargin,
    Ledger,
    Liquidation,
    Pool,
    Rounding,
    Rules,
    tiers,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


@pytest.fixture
def cutting() -> Rules:
    """Cuts money toward zero, counts isolated margin at mark, keeps a margin type for each symbol."""
    return Rules(valuation_asset="USDT")


@pytest.fixture
def nearest() -> Rules:
    """Rounds money to nearest, counts isolated margin at entry with the closing fee, has one margin type."""
    return Rules(
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


@pytest.fixture
def linear() -> ContractFactory:
    """Make linear contracts; every field can be given."""

    def make(**fields: Any) -> Contract:
        given: dict[str, Any] = {
            "symbol": "ONEUSDT",
            "pair": "ONEUSDT",
            "base": "ONE",
            "quote": "USDT",
            "settle": "USDT",
            "is_inverse": False,
            "contract_size": Decimal(1),
            "mark": Decimal(50_000),
            "leverage": Decimal(10),
            "taker_fee": Decimal(0),
            "maker_fee": Decimal(0),
            "brackets": tiers(
                (Decimal(50_000), Decimal(125), Decimal("0.004")),
                (Decimal(250_000), Decimal(100), Decimal("0.005")),
                (Decimal(1_000_000), Decimal(50), Decimal("0.01")),
            ),
        }
        return Contract(**{**given, **fields})

    return make


@pytest.fixture
def inverse() -> ContractFactory:
    """Make inverse contracts; every field can be given."""

    def make(**fields: Any) -> Contract:
        given: dict[str, Any] = {
            "symbol": "ONEUSD",
            "pair": "ONEUSD",
            "base": "ONE",
            "quote": "USD",
            "settle": "ONE",
            "is_inverse": True,
            "contract_size": Decimal(1),
            "mark": Decimal(50_000),
            "leverage": Decimal(10),
            "taker_fee": Decimal(0),
            "maker_fee": Decimal(0),
            "brackets": tiers(
                (Decimal(150), Decimal(100), Decimal("0.005")), (Decimal(300), Decimal("66.67"), Decimal("0.01"))
            ),
        }
        return Contract(**{**given, **fields})

    return make


@pytest.fixture
def opened() -> LedgerFactory:
    """Open a ledger with one asset priced in USD, and put money into it."""

    def make(rules: Rules, *contracts: Contract, money: str = "1000000", assets: tuple[Asset, ...] = ()) -> Ledger:
        known = assets or tuple(
            Asset(settle, index_price=contract.mark if contract.is_inverse else Decimal(1))
            for settle, contract in {contract.settle: contract for contract in contracts}.items()
        )
        ledger = Ledger(rules, contracts, known, now=lambda: NOW)
        for asset in known:
            ledger.deposit(asset.name, Decimal(money))
        return ledger

    return make
