"""
The other side of a user stream: sends ACCOUNT_UPDATE messages one by one, in a process of its own.

Answers the requests that an account makes before it reads. On a connection it sends as many messages as its first
argument says, with a pause of as many milliseconds as its second one says, none for 0. Prints its port, serves until
its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web
from measure import pin

#: an event as Binance sends it: one asset and one position
MESSAGE = (
    '{"e":"ACCOUNT_UPDATE","E":%d,"T":%d,"a":{"B":[{"a":"USDT","wb":"122624.12345678","cw":"100.12345678","bc":"0"}],'
    '"P":[{"s":"BTCUSDT","pa":"0.%03d","ep":"60123.40000","bep":"60125.1","cr":"200.5","up":"0.40000000",'
    '"mt":"isolated","iw":"1200.12345678","ps":"BOTH","ma":"USDT"}],"m":"ORDER"}}'
)


async def _answer(request: web.BaseRequest) -> web.StreamResponse:
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return web.json_response({"listenKey": "benchkey", "serverTime": time.time_ns() // 1_000_000, "symbols": []})
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    now = time.time_ns() // 1_000_000
    pause = float(sys.argv[2]) / 1000
    for number in range(int(sys.argv[1])):
        if pause:
            await asyncio.sleep(pause)
        await socket.send_str(MESSAGE % (now + number, now + number, number % 1000))
    await socket.receive()
    return socket


async def _serve() -> None:
    runner = web.ServerRunner(web.Server(_answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    pin(-1)
    asyncio.run(_serve())
