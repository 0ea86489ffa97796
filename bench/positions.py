"""
CPU of a positionRisk v3 body of 500 open rows: typed positions beside ``orjson.loads`` on the same bytes.

Every read has its own prices, as in life, so that nothing that remembers numbers wins by it. Each position carries
every field that the venue tells, joined with the symbol's configuration. ccxt's parser stands beside it when it is
installed. Prints JSON: microseconds per body, for each case one number per read.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from market import account
from measure import pin

from venuekit_binance_usdm.positions import POSITIONS, SYMBOL_CONFIGS

OPEN, READS, WARM_UP = 500, 60, 10


def ccxt_parser(listings: list[dict[str, Any]]) -> Callable[[bytes], Any] | None:
    if importlib.util.find_spec("ccxt") is None:
        return None
    import ccxt

    exchange = ccxt.binanceusdm()
    exchange.set_markets([exchange.parse_market(listing) for listing in listings])
    # what fetch_positions_risk joins from, loaded before the clock starts, as ours is
    exchange.options["leverageBrackets"] = {
        market["symbol"]: [["0", "0.01"], ["1000000", "0.02"]] for market in exchange.markets.values()
    }

    def parse(body: bytes) -> Any:
        return [exchange.parse_position_risk(row) for row in exchange.parse_json(body.decode())]

    return parse


def main() -> None:
    pin(0)
    listings, configurations, bodies = account(OPEN, READS + WARM_UP)
    configs = {config.symbol: config for config in SYMBOL_CONFIGS(configurations).values()}
    now = datetime.now(UTC)

    def ours(body: bytes) -> Any:
        return POSITIONS(body).values(joined=configs, as_of=now, received_at=now)

    def ours_with_configuration(body: bytes) -> Any:
        rows = POSITIONS(body)
        settings = {config.symbol: config for config in SYMBOL_CONFIGS(configurations).of(set(rows.keys)).values()}
        return rows.values(joined=settings, as_of=now, received_at=now)

    cases: dict[str, Callable[[bytes], Any]] = {
        "orjson": orjson.loads,
        "venuekit": ours,
        "venuekit, symbolConfig decoded too": ours_with_configuration,
    }
    ccxt = ccxt_parser(listings)
    if ccxt is not None:
        cases["ccxt"] = ccxt
    figures: dict[str, list[float]] = {name: [] for name in cases}
    for number, body in enumerate(bodies):
        for name, case in cases.items():
            started = time.process_time()
            answer = case(body)
            took = (time.process_time() - started) * 1e6
            assert len(answer) == OPEN
            del answer
            if number >= WARM_UP:
                figures[name].append(took)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
