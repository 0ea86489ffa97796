"""Contracts, rules and ledgers of two made-up venues that round and count margin differently."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.core.ledger.made_up import CUTTING, NEAREST, NOW
from tests.core.ledger.order_requests import Clock

from venuekit.simulator.ledger import Asset, Contract, Ledger, Rules, tiers

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


@pytest.fixture
def cutting() -> Rules:
    """Cuts money toward zero, counts isolated margin at mark, keeps a margin type for each symbol."""
    return CUTTING


@pytest.fixture
def nearest() -> Rules:
    """Rounds money to nearest, counts isolated margin at entry with the closing fee, has one margin type."""
    return NEAREST


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


@pytest.fixture
def clock() -> Clock:
    """Stand at the start."""
    return Clock()


@pytest.fixture
def trading(clock: Clock, linear: ContractFactory) -> Callable[..., Ledger]:
    """Open a ledger with 100,000 USDT and one contract at 50,000; fields are those of the rules."""

    def make(**fields: Any) -> Ledger:
        fees = {"taker_fee": Decimal("0.0004"), "maker_fee": Decimal("0.0002")}
        contract = linear(**fees, min_notional=Decimal(100), max_quantity=Decimal(500))
        ledger = Ledger(Rules(**fields), [contract], [Asset("USDT", index_price=Decimal(1))], now=clock)
        ledger.deposit("USDT", Decimal(100_000))
        return ledger

    return make
