"""One process of several that read from a venue as fast as their shared budget lets them, until it is spent."""

from __future__ import annotations

import asyncio
import sys

from venuekit import Runtime, errors
from venuekit.credentials import Credentials
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


async def main(rest: str, key: str, secret: str) -> None:
    async with Runtime(journal=False) as runtime:
        account = await runtime.open(TOY_PERP, Credentials.sim(rest, key, secret))
        impatient = account.with_options(max_wait=0)
        while True:
            try:
                await impatient.call(TOY.SETTINGS)
            except errors.Throttled:
                return


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
