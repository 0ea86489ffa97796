"""Trade on a simulated venue and move its price with the standard library alone; arguments: what starts venuekit."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SIM = ["sim", "--venue", "binance_usdm", "--scenario", "flat", "--json", "--control=0"]


def send(verb: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    with urlopen(Request(url, body, headers, method=verb), timeout=30) as answer:  # noqa: S310 - this machine
        return json.load(answer)


with subprocess.Popen([*(sys.argv[1:] or ["venuekit"]), *SIM], stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
    told = json.loads(process.stdout.readline()) if process.stdout else {}
    venue = told["venues"]["binance_usdm"]

    def call(verb: str, path: str, **parameters: object) -> Any:
        query = urlencode({**parameters, "timestamp": time.time_ns() // 10**6})
        signature = hmac.new(venue["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
        return send(verb, f"{venue['rest']}{path}?{query}&signature={signature}", {"X-MBX-APIKEY": venue["key"]})

    try:
        limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
        order = call("POST", "/fapi/v1/order", **limit, price="86000")
        body = json.dumps({"symbol": "BTCUSDT", "price": "85900"}).encode()  # the order is filled
        send("POST", f"{told['control']}/mark", {"Content-Type": "application/json"}, body)
        print(call("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=order["orderId"])["status"])
        print([row["positionAmt"] for row in call("GET", "/fapi/v3/positionRisk", symbol="BTCUSDT")])
    finally:
        process.terminate()
