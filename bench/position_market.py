"""Made-up positions of two venues, by the read that lists them, and the reads beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

from coin_market import account_bodies, instruments_body
from market import account

#: the roots of the accounts on the server: USD-M with 500 open, with 20 of 500 open, with 10 rows; COIN-M; Bybit
OPEN, FEW, TEN, COIN, BYBIT = "open", "some", "ten", "coin", "bybit"
_BODIES = 12
_NAMES = frozenset({"symbol", "positionSide", "marginAsset", "entryPrice", "markPrice", "breakEvenPrice"})


def moving_answers() -> Mapping[bytes, Iterator[bytes]]:
    """Return the bodies that each path answers with, one after the other."""
    _, configurations, bodies = account(500, _BODIES)
    usdm = [json.loads(body) for body in bodies]
    answers = {
        OPEN: usdm,
        FEW: [[row if number % 25 == 0 else _flat(row) for number, row in enumerate(rows)] for rows in usdm],
        TEN: [rows[:10] for rows in usdm],
    }
    moving = {f"/{way}/fapi/v3/positionRisk": cycle(map(_text, rows)) for way, rows in answers.items()}
    moving |= {f"/{way}/fapi/v1/symbolConfig": cycle([configurations]) for way in answers}
    moving[f"/{COIN}/dapi/v1/account"] = cycle(account_bodies(6, _BODIES, symbols=150, assets=50))
    moving[f"/{COIN}/dapi/v1/exchangeInfo"] = cycle([instruments_body()])
    rows_of_reads = [[_bybit_row(row) for row in rows[:200]] for rows in usdm]
    moving |= {f"/{BYBIT}/v5/{path}": cycle(map(_text, bodies)) for path, bodies in _bybit(rows_of_reads).items()}
    return {path.encode(): bodies for path, bodies in moving.items()}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a symbol that has orders and no position."""
    return {name: "0" if isinstance(value, str) and name not in _NAMES else value for name, value in row.items()}


def _bybit(pages: list[list[dict[str, Any]]]) -> Mapping[str, list[Any]]:
    names = [row["symbol"] for row in pages[0]]
    listed = [{"symbol": name, "contractType": "InversePerpetual", "settleCoin": name[:-3]} for name in names]
    return {
        "position/list": [_result(list=page, nextPageCursor="", category="inverse") for page in pages],
        "account/info": [_result(marginMode="REGULAR_MARGIN", unifiedMarginStatus=5, updatedTime="1697673600012")],
        "market/instruments-info": [_result(list=[{**_INSTRUMENT, **names} for names in listed], nextPageCursor="")],
    }


def _result(**result: Any) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1_697_684_980_172}


_INSTRUMENT = {
    "baseCoin": "BTC",
    "quoteCoin": "USD",
    "status": "Trading",
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "priceFilter": {"minPrice": "0.01", "maxPrice": "1999999", "tickSize": "0.01"},
    "lotSizeFilter": {"maxOrderQty": "25000000", "minOrderQty": "1", "qtyStep": "1", "maxMktOrderQty": "5000000"},
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
    "fundingInterval": 480,
}


def _bybit_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the position list, every field of it, with the numbers of another row."""
    short = row["positionAmt"].startswith("-")
    return {
        "positionIdx": 0,
        "riskId": 1,
        "riskLimitValue": "150",
        "symbol": row["symbol"].replace("USDT", "USD"),
        "side": "Sell" if short else "Buy",
        "size": str(1 + int(float(row["positionAmt"].lstrip("-")))),
        "avgPrice": row["entryPrice"],
        "positionValue": row["initialMargin"],
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2,
        "leverage": "10",
        "breakEvenPrice": row["breakEvenPrice"],
        "positionBalance": row["initialMargin"],
        "markPrice": row["markPrice"],
        "liqPrice": "",
        "bustPrice": "",
        "positionMM": row["maintMargin"],
        "positionMMByMp": row["maintMargin"],
        "positionIM": row["initialMargin"],
        "positionIMByMp": row["initialMargin"],
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0.00",
        "unrealisedPnl": row["unRealizedProfit"],
        "curRealisedPnl": row["unRealizedProfit"],
        "cumRealisedPnl": row["unRealizedProfit"],
        "seq": 5_723_621_632,
        "isReduceOnly": False,
        "mmrSysUpdateTime": "",
        "leverageSysUpdatedTime": "",
        "sessionAvgPrice": "",
        "createdTime": "1676538056258",
        "updatedTime": "1697673600012",
    }


def _text(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
