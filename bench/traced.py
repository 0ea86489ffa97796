"""
The files of the product that one ``set_leverage`` passes: the second call of an account, as the first one loads.

Prints JSON: the paths of the files.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from types import FrameType

from bare import serving
from clients import open_account
from house import ROOT

from venuekit.capabilities import LeverageControl


async def main() -> None:
    files: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    with serving() as base:
        async with AsyncExitStack() as stack:
            control = LeverageControl.of(await open_account(stack, "binance_usdm", base))
            await control.set_leverage("BTCUSDT", 20)
            sys.setprofile(note)
            try:
                await control.set_leverage("BTCUSDT", 20)
            finally:
                sys.setprofile(None)
    homes = (f"{ROOT}/core/", f"{ROOT}/plugins/")
    print(json.dumps(sorted(file.removeprefix(f"{ROOT}/") for file in files if file.startswith(homes))))


if __name__ == "__main__":
    asyncio.run(main())
