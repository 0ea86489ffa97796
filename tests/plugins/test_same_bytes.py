"""The same seed, clock and commands give the same bytes, at every venue and in every account."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pytest

import venuekit
from venuekit.simulator import FundingSchedule, Market, RandomWalk, SimKey, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing import InstantClock

D = Decimal
Ask: TypeAlias = Callable[[Simulation, SimKey, str, Mapping[str, str]], urllib.request.Request]


def _of_binance(sim: Simulation, key: SimKey, path: str, sent: Mapping[str, str]) -> urllib.request.Request:
    query = urlencode({**sent, "timestamp": str(sim.milliseconds())})
    query += "&signature=" + hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    venue = "binance_usdm" if path.startswith("/fapi") else "binance_coinm"
    return urllib.request.Request(f"{sim.rest(venue)}{path}?{query}", headers={"X-MBX-APIKEY": key.key})  # noqa: S310


def _of_bybit(sim: Simulation, key: SimKey, path: str, sent: Mapping[str, str]) -> urllib.request.Request:
    query, time = urlencode(sent), str(sim.milliseconds())
    signature = hmac.new(key.secret.encode(), f"{time}{key.key}{query}".encode(), hashlib.sha256).hexdigest()
    headers = {"X-BAPI-API-KEY": key.key, "X-BAPI-TIMESTAMP": time, "X-BAPI-SIGN": signature}
    return urllib.request.Request(f"{sim.rest('bybit_inverse')}{path}?{query}", headers=headers)  # noqa: S310


#: reads of every kind, public and private
READS: tuple[tuple[Ask, str, dict[str, str]], ...] = (
    *((_of_binance, f"/fapi/v1/{path}", {}) for path in ("exchangeInfo", "premiumIndex", "income", "openOrders")),
    (_of_binance, "/fapi/v1/klines", {"symbol": "SOLUSDT", "interval": "1m"}),
    (_of_binance, "/fapi/v3/account", {}),
    (_of_binance, "/fapi/v3/positionRisk", {}),
    *((_of_binance, f"/dapi/v1/{path}", {}) for path in ("exchangeInfo", "premiumIndex", "account", "income")),
    (_of_bybit, "/v5/market/instruments-info", {"category": "inverse"}),
    (_of_bybit, "/v5/market/tickers", {"category": "inverse"}),
    (_of_bybit, "/v5/account/wallet-balance", {"accountType": "UNIFIED"}),
    (_of_bybit, "/v5/position/list", {"category": "inverse", "settleCoin": "BTC"}),
    (_of_bybit, "/v5/account/transaction-log", {}),
    (_of_bybit, "/v5/execution/list", {"category": "inverse"}),
)


def _fetch(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{request.full_url}: {error.code} {error.read()!r}") from error


async def _play(seed: int) -> list[bytes]:
    """Return the answers to all reads, of three accounts, while prices walk, funding is paid and somebody trades."""
    clock = InstantClock()
    markets = {"binance_usdm": [Market("SOLUSDT", mark=150)]}
    money: dict[str, Any] = {"a": {"USDT": 9_000, "BTC": 2}, "b": {"USDT": 70, "BTC": 1}}
    bodies: list[bytes] = []
    async with venuekit.simulate(
        *("binance_usdm", "binance_coinm", "bybit_inverse"), seed=seed, clock=clock, markets=markets, accounts=money
    ) as sim:
        sim.play(RandomWalk("BTC", every=timedelta(seconds=10), largest="0.02"))
        sim.play(RandomWalk(("binance_usdm", "SOLUSDT"), every=timedelta(seconds=7), largest="0.03"))
        sim.play(FundingSchedule("0.0002", every=timedelta(minutes=1)))
        for number in range(1, 4):
            clock.waited += 95
            sim.ledger_of("binance_usdm", account="a").fill("SOLUSDT", Side.BUY, D(number), D(150))
            sim.ledger_of("bybit_inverse", account="b").fill("BTCUSD", Side.SELL, D(100 * number), D(88_000))
            for account in ("1", *money):
                for ask, path, sent in READS:
                    request = ask(sim, sim.key_of("binance_usdm", account=account), path, sent)
                    bodies.append(await asyncio.to_thread(_fetch, request))
    return bodies


@pytest.mark.parametrize("seed", [3, 11])
async def test_the_same_seed_gives_the_same_bytes(seed: int) -> None:
    """Two simulations answer alike to the byte; the accounts in them do not."""
    first, second = await _play(seed), await _play(seed)

    assert first == second
    count = len(READS)
    assert first[-count:] != first[-2 * count : -count]
    assert all(isinstance(json.loads(body), dict | list) for body in first)


async def test_another_seed_gives_other_bytes() -> None:
    """Prices walk elsewhere."""
    assert await _play(3) != await _play(4)
