"""A made-up COIN-M account of 500 symbols, some of them held, seen again and again while the market moves."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

SYMBOLS = 500
#: the two accounts, each under a root of its own on the server, and how many of the symbols each holds
ALL, FEW = "all", "few"
HELD = {ALL: SYMBOLS, FEW: 20}

_EIGHT = Decimal("0.00000001")
_FIRST = 1_720_736_417_660
_CONTRACT = Decimal(10)


def _eight(number: Decimal) -> str:
    return f"{number.quantize(_EIGHT):f}"


def _coin(number: int) -> str:
    return f"{('ADA', 'BTC', 'COMP', 'XRP')[number % 4]}{number}"


def _flat(number: int) -> dict[str, Any]:
    """Return a row of the account read that holds nothing, every field of it."""
    return {
        "symbol": f"{_coin(number)}USD_PERP",
        "initialMargin": "0",
        "maintMargin": "0",
        "unrealizedProfit": "0.00000000",
        "positionInitialMargin": "0",
        "openOrderInitialMargin": "0",
        "leverage": "20",
        "isolated": False,
        "positionSide": "BOTH",
        "entryPrice": "0.0",
        "breakEvenPrice": "0.0",
        "maxQty": "2500",
        "updateTime": 0,
        "positionAmt": "0",
        "notionalValue": "0",
        "isolatedWallet": "0",
    }


class _Holding:
    """One open position: what stays the same while prices move, and its row at the present price."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self._dice = dice
        self._number = number
        self.entry = Decimal(f"{10 ** dice.uniform(-2, 4.8):.5f}")
        self.mark = self.entry * Decimal(f"{dice.uniform(0.9, 1.1):.6f}")
        self.quantity = dice.randint(1, 5000) * dice.choice((1, 1, -1))
        self.leverage = dice.choice((3, 5, 10, 20, 50))
        self.is_isolated = dice.random() < 0.4

    def row(self) -> dict[str, Any]:
        """Move the market and return the row."""
        self.mark *= Decimal(f"{self._dice.uniform(0.999, 1.001):.8f}")
        value = self.quantity * _CONTRACT / self.mark
        profit = self.quantity * _CONTRACT * (1 / self.entry - 1 / self.mark)
        margin = _eight(abs(value) / self.leverage)
        return _flat(self._number) | {
            "initialMargin": margin,
            "maintMargin": _eight(abs(value) * Decimal("0.01")),
            "unrealizedProfit": _eight(profit),
            "positionInitialMargin": margin,
            "leverage": str(self.leverage),
            "isolated": self.is_isolated,
            "entryPrice": f"{self.entry:f}",
            "breakEvenPrice": _eight(self.entry * Decimal("1.0002")),
            "updateTime": _FIRST + self._number * 7919,
            "positionAmt": str(self.quantity),
            "notionalValue": _eight(value),
            "isolatedWallet": _eight(abs(value) / self.leverage) if self.is_isolated else "0",
        }


def _asset(number: int) -> dict[str, Any]:
    zero = "0.00000000"
    return {
        "asset": _coin(number),
        "walletBalance": "1.50000000",
        "unrealizedProfit": zero,
        "marginBalance": "1.50000000",
        "maintMargin": zero,
        "initialMargin": zero,
        "positionInitialMargin": zero,
        "openOrderInitialMargin": zero,
        "maxWithdrawAmount": "1.50000000",
        "crossWalletBalance": "1.50000000",
        "crossUnPnl": zero,
        "availableBalance": "1.50000000",
        "updateTime": _FIRST,
    }


def account_bodies(held: int, reads: int, *, symbols: int = SYMBOLS, assets: int = 10) -> list[bytes]:
    """Return one body of the account read per read, the market moved before each; few assets, as in life."""
    dice = random.Random(20)  # noqa: S311  (the same account every time)
    holdings = {number: _Holding(number, dice) for number in range(0, symbols, symbols // held)}
    rest = {"canDeposit": True, "canTrade": True, "canWithdraw": True, "feeTier": 2, "updateTime": 0}
    bodies = []
    for _ in range(reads):
        rows = [holdings[number].row() if number in holdings else _flat(number) for number in range(symbols)]
        bodies.append(_text({"assets": [_asset(number) for number in range(assets)], "positions": rows, **rest}))
    return bodies


def instruments_body() -> bytes:
    """Return exchangeInfo, as much of it as anybody reads."""
    rows = []
    for number in range(SYMBOLS):
        coin = _coin(number)
        names = {"symbol": f"{coin}USD_PERP", "pair": f"{coin}USD", "baseAsset": coin, "quoteAsset": "USD"}
        more = {"contractType": "PERPETUAL", "contractStatus": "TRADING", "contractSize": int(_CONTRACT), "filters": []}
        rows.append({**names, "marginAsset": coin, **more})
    return _text({"symbols": rows})


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
