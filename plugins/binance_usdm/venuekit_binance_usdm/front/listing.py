"""What is listed: contracts with their tiers, and margin assets; figures of the venue's order, not its present ones."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from venuekit.simulator import SimRequest
from venuekit.simulator.ledger import Asset, Contract, tiers
from venuekit_binance_usdm.front.refusals import denied, missing

__all__ = ["ASSETS", "CONTRACTS", "VENUE_ID", "Listing"]

VENUE_ID = "binance_usdm"
_LISTED_AT = datetime(2019, 9, 25, 8, 0, tzinfo=UTC)
D = Decimal


def _tiers(*rows: tuple[int, int, str]) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
    return tuple((D(cap), D(leverage), D(rate)) for cap, leverage, rate in rows)


_BTC = tiers(
    *_tiers(
        (50_000, 125, "0.004"),
        (600_000, 100, "0.005"),
        (3_000_000, 75, "0.0065"),
        (12_000_000, 50, "0.01"),
        (70_000_000, 25, "0.02"),
        (100_000_000, 20, "0.025"),
        (230_000_000, 10, "0.05"),
        (480_000_000, 5, "0.1"),
        (600_000_000, 4, "0.125"),
        (800_000_000, 3, "0.15"),
        (1_200_000_000, 2, "0.25"),
        (1_800_000_000, 1, "0.5"),
    )
)
_ETH = tiers(
    *_tiers(
        (50_000, 100, "0.005"),
        (600_000, 75, "0.0065"),
        (3_000_000, 50, "0.01"),
        (12_000_000, 25, "0.02"),
        (50_000_000, 20, "0.025"),
        (65_000_000, 10, "0.05"),
        (150_000_000, 5, "0.1"),
        (400_000_000, 3, "0.15"),
        (800_000_000, 1, "0.5"),
    )
)
_OTHERS = tiers(
    *_tiers(
        (10_000, 75, "0.0065"),
        (100_000, 50, "0.01"),
        (750_000, 25, "0.02"),
        (2_000_000, 20, "0.025"),
        (4_000_000, 10, "0.05"),
        (12_000_000, 5, "0.1"),
        (20_000_000, 2, "0.25"),
        (30_000_000, 1, "0.5"),
    )
)


def _linear(base: str, quote: str, mark: str, tick: str, step: str, **others: object) -> dict[str, object]:
    return {
        "symbol": f"{base}{quote}",
        "pair": f"{base}{quote}",
        "base": base,
        "quote": quote,
        "settle": quote,
        "is_inverse": False,
        "contract_size": D(1),
        "mark": D(mark),
        "venue": VENUE_ID,
        "price_tick": D(tick),
        "min_price": D(tick),
        "max_price": D(4_529_764),
        "quantity_step": D(step),
        "min_quantity": D(step),
        "max_quantity": D(1_000_000),
        "max_market_quantity": D(10_000),
        "min_notional": D(5),
        "taker_fee": D("0.0005"),
        "listed_at": _LISTED_AT,
        **others,
    }


CONTRACTS = tuple(
    Contract(**fields)  # type: ignore[arg-type]
    for fields in (
        _linear("BTC", "USDT", "88000", "0.10", "0.001", brackets=_BTC, min_notional=D(100), max_quantity=D(1000)),
        _linear("ETH", "USDT", "3000", "0.01", "0.001", brackets=_ETH, min_notional=D(20)),
        _linear("BNB", "USDT", "900", "0.010", "0.01", brackets=_OTHERS),
        _linear("ADA", "USDT", "0.4104759", "0.00010", "1", brackets=_OTHERS),
        _linear("BTC", "USDC", "87990", "0.1", "0.001", brackets=_BTC, min_notional=D(100), max_quantity=D(1000)),
        _linear(
            "BTC",
            "USDT",
            "89200",
            "0.1",
            "0.001",
            brackets=_BTC,
            symbol="BTCUSDT_270326",
            expires_at=datetime(2027, 3, 26, 8, 0, tzinfo=UTC),
        ),
    )
)

#: index prices in USD; the haircut is what multi-assets mode does not count
ASSETS = (
    Asset("USDT", index_price=D(1)),
    Asset("USDC", index_price=D(1)),
    Asset("BTC", index_price=D(88_000), haircut=D("0.05")),
    Asset("BNB", index_price=D(900), is_collateral=False),
)


class Listing:
    """The symbols that this venue knows; a realm mate's are not among them."""

    def __init__(self, contracts: tuple[Contract, ...]) -> None:
        self.contracts = contracts
        self._by_symbol = {contract.symbol: contract for contract in contracts}

    def contract(self, symbol: str) -> Contract:
        """Return a contract; raises ``Denied`` with -1121 for an unknown symbol."""
        contract = self._by_symbol.get(symbol)
        if contract is None:
            raise denied(-1121)
        return contract

    def required(self, request: SimRequest) -> str:
        """Return the symbol that a request names; raises ``Denied`` when it names none."""
        symbol = request.text("symbol")
        if not symbol:
            raise missing("symbol")
        return symbol

    def asked(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contract that a request names, all of them when it names none; raises ``Denied``."""
        symbol = request.text("symbol")
        if symbol is None:
            return self.contracts
        if not symbol:
            raise denied(-1105, name="symbol")
        return (self.contract(symbol),)
