"""What an account may do is decided where it is opened; what goes beyond it is never sent."""

import asyncio
from decimal import Decimal

import venuekit
from venuekit.capabilities import LeverageControl, PositionModeControl
from venuekit.errors import GuardRefused


async def main() -> None:
    guard = venuekit.Guard(symbols={"ETHUSDT"}, max_leverage=Decimal(10))
    async with (
        venuekit.simulate("binance_usdm") as sim,
        venuekit.connect("binance_usdm", sim.credentials("binance_usdm"), guard=guard) as account,
    ):
        control = LeverageControl.of(account)
        print("allowed:", (await control.set_leverage("ETHUSDT", 10)).long)
        for symbol, leverage in (("ETHUSDT", 11), ("BTCUSDT", 5)):
            try:
                await control.set_leverage(symbol, leverage)
            except GuardRefused as error:
                print(f"refused, {error.outcome}:", error)

        account.halt()  # latches: from now on only reads, and what cancels or reduces
        try:
            mode = await PositionModeControl.of(account).get_position_mode()
            await PositionModeControl.of(account).set_position_mode(mode.mode)
        except GuardRefused as error:
            print(f"refused, {error.outcome}:", error)


asyncio.run(main())
