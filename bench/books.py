"""What has been written down about a made-up account: 100,000 rows of income within a day, and 1,000 orders."""

from __future__ import annotations

import json
import random
import time
from typing import Any

INCOME_ROWS, ORDERS = 100_000, 1000
_KINDS = ("COMMISSION", "COMMISSION", "REALIZED_PNL", "FUNDING_FEE")


def income_rows() -> list[tuple[int, bytes]]:
    """Return time and text of each row of USD-M's income history, oldest first, all of the last 20 hours."""
    dice = random.Random(21)  # noqa: S311  (the same books every time)
    first = time.time_ns() // 1_000_000 - 72_000_000
    moments = [first + number * 70_000_000 // INCOME_ROWS for number in range(INCOME_ROWS)]
    return [(moment, _text(_income(number, moment, dice))) for number, moment in enumerate(moments)]


def _income(number: int, moment: int, dice: random.Random) -> dict[str, Any]:
    kind = _KINDS[number % len(_KINDS)]
    return {
        "symbol": f"SYM{number % 40}USDT",
        "incomeType": kind,
        "income": f"{dice.uniform(-20, 20):.8f}",
        "asset": "USDT",
        "time": moment,
        "info": kind,
        "tranId": 9_689_322_392_000 + number,
        "tradeId": "" if kind == "FUNDING_FEE" else str(2_059_192_000 + number // 2),
    }


def orders_body() -> bytes:
    """Return USD-M's order history: 1,000 orders, every field of each."""
    dice = random.Random(22)  # noqa: S311  (the same books every time)
    return _text([_order(number, dice) for number in range(ORDERS)])


def _order(number: int, dice: random.Random) -> dict[str, Any]:
    price, quantity = dice.uniform(100, 60_000), dice.randint(1, 9000) / 1000
    filled = quantity if number % 3 else 0.0
    moment = 1_720_736_417_660 + number * 7919
    return {
        "avgPrice": f"{price if filled else 0:.5f}",
        "clientOrderId": f"vk-{dice.randrange(16**24):024x}",
        "cumQuote": f"{price * filled:.5f}",
        "executedQty": f"{filled:.3f}",
        "orderId": 8_886_774_000 + number,
        "origQty": f"{quantity:.3f}",
        "origType": "LIMIT",
        "price": f"{price:.2f}",
        "reduceOnly": False,
        "side": "BUY" if number % 2 else "SELL",
        "positionSide": "BOTH",
        "status": "FILLED" if filled else "CANCELED",
        "stopPrice": "0",
        "closePosition": False,
        "symbol": f"SYM{number % 40}USDT",
        "time": moment,
        "timeInForce": "GTC",
        "type": "LIMIT",
        "updateTime": moment + 15,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
    }


def instruments_body() -> bytes:
    """Return USD-M's exchangeInfo of the symbols that are ordered, with the steps that an order is checked against."""
    steps = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.10", "maxPrice": "1000000", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
    ]
    rows = []
    for base in ("BTC", *(f"SYM{number}" for number in range(16))):
        names = {"symbol": f"{base}USDT", "pair": f"{base}USDT", "baseAsset": base}
        terms = {"quoteAsset": "USDT", "marginAsset": "USDT", "contractType": "PERPETUAL", "status": "TRADING"}
        rows.append({**names, **terms, "filters": steps})
    return _text({"symbols": rows})


def placed_body(sent: dict[bytes, bytes]) -> bytes:
    """Return the answer to a new order of USD-M that rests, every field of it, as it was ordered."""
    terms = {"clientOrderId": "newClientOrderId", "origQty": "quantity", "price": "price", "symbol": "symbol"}
    ordered = {field: sent[name.encode()].decode() for field, name in terms.items()}
    moment = time.time_ns() // 1_000_000
    fresh = {
        "status": "NEW",
        "executedQty": "0",
        "cumQuote": "0",
        "avgPrice": "0",
        "time": moment,
        "updateTime": moment,
    }
    return _text({**_order(0, random.Random(23)), **fresh, "side": "BUY", **ordered})  # noqa: S311  (the same order every time)


def _text(rows: list[dict[str, Any]] | dict[str, Any]) -> bytes:
    return json.dumps(rows, separators=(",", ":")).encode()
