"""A made-up account with 500 open positions, seen again and again while the market moves."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_EIGHT = Decimal("0.00000001")
_FIRST = 1_720_736_417_660


def _eight(number: Decimal) -> str:
    return f"{number.quantize(_EIGHT):f}"


class Holding:
    """One position: what stays the same while prices move, and its row at the present price."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self._dice = dice
        self.symbol = f"{dice.choice(('ADA', 'BTC', 'COMP', '1000PEPE', 'XRP'))}{number}USDT"
        self.entry = Decimal(f"{10 ** dice.uniform(-2, 4.8):.5f}")
        self.mark = self.entry * Decimal(f"{dice.uniform(0.9, 1.1):.6f}")
        size = Decimal(f"{dice.uniform(100, 50_000):.3f}") / self.entry
        self.quantity = (size if dice.random() < 0.6 else -size).quantize(Decimal("0.001")) or Decimal("0.001")
        self.leverage = dice.choice((3, 5, 10, 20, 50))
        self.is_isolated = dice.random() < 0.4
        self.updated = _FIRST + number * 7919

    def move(self) -> None:
        """Move the mark price by up to 0.1 %."""
        self.mark *= Decimal(f"{self._dice.uniform(0.999, 1.001):.8f}")

    def row(self) -> dict[str, Any]:
        """Return the row of positionRisk v3, every field of it."""
        notional = self.quantity * self.mark
        profit = self.quantity * (self.mark - self.entry)
        wallet = abs(self.quantity * self.entry) / self.leverage
        margin = _eight(abs(notional) / self.leverage)
        return {
            "symbol": self.symbol,
            "positionSide": "BOTH",
            "positionAmt": f"{self.quantity:f}",
            "entryPrice": f"{self.entry:f}",
            "breakEvenPrice": _eight(self.entry * Decimal("1.0002")),
            "markPrice": _eight(self.mark),
            "unRealizedProfit": _eight(profit),
            "liquidationPrice": _eight(self.entry * Decimal("0.71")) if self.is_isolated else "0",
            "isolatedMargin": _eight(wallet + profit) if self.is_isolated else "0",
            "notional": _eight(notional),
            "marginAsset": "USDT",
            "isolatedWallet": _eight(wallet) if self.is_isolated else "0",
            "initialMargin": margin,
            "maintMargin": _eight(abs(notional) * Decimal("0.01")),
            "positionInitialMargin": margin,
            "openOrderInitialMargin": "0",
            "adl": self._dice.randint(0, 4),
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": self.updated,
        }

    def configuration(self) -> dict[str, Any]:
        """Return the row of symbolConfig."""
        return {
            "symbol": self.symbol,
            "marginType": "ISOLATED" if self.is_isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": self.leverage,
            "maxNotionalValue": str(10_000_000 // self.leverage),
        }

    def listing(self) -> dict[str, Any]:
        """Return as much of its row of exchangeInfo as another client needs to know the symbol."""
        base = self.symbol.removesuffix("USDT")
        names = {"symbol": self.symbol, "pair": self.symbol, "baseAsset": base, "quoteAsset": "USDT"}
        return {**names, "marginAsset": "USDT", "contractType": "PERPETUAL", "status": "TRADING", "filters": []}


def _text(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, separators=(",", ":")).encode()


def account(positions: int, reads: int) -> tuple[list[dict[str, Any]], bytes, Iterator[bytes]]:
    """Return the listings, the symbolConfig body, and one positionRisk body per read, the market moved before each."""
    dice = random.Random(20)  # noqa: S311  (the same account every time)
    holdings = [Holding(number, dice) for number in range(positions)]

    def bodies() -> Iterator[bytes]:
        for _ in range(reads):
            for holding in holdings:
                holding.move()
            yield _text([holding.row() for holding in holdings])

    return [holding.listing() for holding in holdings], _text([h.configuration() for h in holdings]), bodies()
