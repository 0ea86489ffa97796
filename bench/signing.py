"""
Client CPU of a signature by each kind of key, and of reading a private key when an account is opened.

Prints JSON: microseconds per signature by kind, and milliseconds of the reading, one number per round.
"""

from __future__ import annotations

import asyncio
import json
import time

from measure import pin

from venuekit import Secret
from venuekit.credentials import make_signer
from venuekit.key_kinds import KeyKind
from venuekit.simulator.key_pairs import make_key_pair

SIGNATURES, ROUNDS = 300, 7
#: as long as that of an order
PAYLOAD = b"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=60000.1&recvWindow=5000" * 2


async def measure(secret: Secret) -> tuple[list[float], list[float]]:
    """Return the figures of one key."""
    signing, reading = [], []
    for _ in range(ROUNDS):
        began = time.process_time()
        signer = make_signer(secret)
        read = time.process_time()
        for _ in range(SIGNATURES):
            await signer.sign(PAYLOAD)
        signing.append((time.process_time() - read) / SIGNATURES * 1e6)
        reading.append((read - began) * 1e3)
    return signing, reading


def main() -> None:
    """Measure every kind."""
    pin(0)
    figures = {}
    for kind in KeyKind:
        secret = Secret("a" * 64 if kind is KeyKind.HMAC else make_key_pair(kind, "bench")[0])
        make_signer(secret)  # which loads the library
        signing, reading = asyncio.run(measure(secret))
        figures[kind.value] = {"signing": signing, "reading": reading}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
