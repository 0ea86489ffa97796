"""
From the bytes of a message of a user stream to its events: venuekit beside ``orjson.loads`` of the same bytes.

Prints JSON: microseconds of CPU per message, for each message and reader one number per round.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from measure import pin

from venuekit.plugin import MessageArrival
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES
from venuekit_bybit_inverse.stream import BybitDecoder
from venuekit_bybit_inverse.stream_messages import MESSAGES as BYBIT_MESSAGES

ROUNDS, CALLS = 9, 4000
#: of a market order that was filled: one asset and one position
ACCOUNT = (
    b'{"e":"ACCOUNT_UPDATE","T":1643186482920,"E":1643186482925,"a":{"B":[{"a":"USDT","wb":"788.59145825",'
    b'"cw":"788.59145825","bc":"0"}],"P":[{"s":"ETHUSDT","pa":"0.003","ep":"2487.51000","bep":"2488.1","cr":"0",'
    b'"up":"0.00077345","mt":"cross","iw":"0","ps":"BOTH","ma":"USDT"}],"m":"ORDER"}}'
)
FILL = (
    b'{"e":"ORDER_TRADE_UPDATE","T":1709220138458,"E":1709220138459,"o":{"s":"ETHUSDT","c":"p2GMXdRRegAV7JIN2WrQVw",'
    b'"S":"BUY","o":"MARKET","f":"GTC","q":"0.003","p":"0","ap":"2487.5100","sp":"0","x":"TRADE","X":"FILLED",'
    b'"i":3026735151,"l":"0.003","z":"0.003","L":"2487.51","n":"0.00298501","N":"USDT","T":1709220138458,'
    b'"t":148318954,"b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH","cp":false,'
    b'"rp":"0","pP":false,"si":0,"ss":0,"V":"NONE","pm":"NONE","gtd":0,"er":"0"}}'
)
POSITION = (
    b'{"id":"1003076014fb7eedb","topic":"position.inverse","creationTime":1790380000044,"data":[{"entryPrice":"80000",'
    b'"category":"inverse","positionIdx":0,"riskId":1,"riskLimitValue":"150","symbol":"BTCUSD","side":"Buy",'
    b'"size":"10000","positionValue":"0.125","tradeMode":0,"positionStatus":"Normal","autoAddMargin":0,'
    b'"adlRankIndicator":2,"leverage":"10","breakEvenPrice":"80088.05","positionBalance":"0","markPrice":"82000.00",'
    b'"liqPrice":"73059.40","bustPrice":"","positionMM":"0.0007","positionIM":"0.0126","tpslMode":"Full",'
    b'"takeProfit":"","stopLoss":"","trailingStop":"0","unrealisedPnl":"0.00304878","curRealisedPnl":"-0.00006875",'
    b'"cumRealisedPnl":"-0.00006875","seq":24987956059,"isReduceOnly":false,"createdTime":"1790300000000",'
    b'"updatedTime":"1790380000000","openTime":1790370000000}]}'
)


def measure() -> Mapping[str, Mapping[str, list[float]]]:
    binance, bybit = BinanceDecoder(MESSAGES), BybitDecoder(BYBIT_MESSAGES, {"BTCUSD": "BTC"})
    arrival = MessageArrival(datetime.now(UTC), 1)
    messages: Mapping[str, tuple[Callable[..., Any], bytes]] = {
        "account": (binance, ACCOUNT),
        "fill": (binance, FILL),
        "position": (bybit, POSITION),
    }
    figures: dict[str, dict[str, list[float]]] = {}
    for name, (decode, body) in messages.items():
        rounds: dict[str, list[float]] = {"orjson": [], "venuekit": []}
        assert decode(body, arrival)
        for _ in range(ROUNDS):
            began = time.process_time()
            for _ in range(CALLS):
                orjson.loads(body)
            between = time.process_time()
            for _ in range(CALLS):
                decode(body, arrival)
            ended = time.process_time()
            rounds["orjson"].append((between - began) / CALLS * 1e6)
            rounds["venuekit"].append((ended - between) / CALLS * 1e6)
        figures[name] = rounds
    return figures


if __name__ == "__main__":
    pin(-1)
    print(json.dumps(measure()))
