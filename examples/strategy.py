"""How far each position is from liquidation, and a leverage for the next one: the same code for every venue."""

import asyncio

import venuekit
from venuekit.capabilities import LeverageControl, PositionReader


async def look_after(account: venuekit.Account, symbol: str) -> None:
    for position in await PositionReader.of(account).get_positions():
        if position.liquidation_price and position.mark_price:
            distance = abs(1 - position.liquidation_price / position.mark_price)
            print(f"{account.venue.id} {position.symbol} {position.quantity:+}: liquidation {distance:.1%} away")
    setting = await LeverageControl.of(account).set_leverage(symbol, 5)
    print(f"{account.venue.id} {symbol}: leverage {setting.long}, changed: {setting.changed}")


async def main() -> None:
    async with venuekit.simulate() as sim:  # with keys of your own: venuekit.Credentials(key, secret, "testnet")
        for venue_id, symbol in (("binance_usdm", "ETHUSDT"), ("bybit_inverse", "ETHUSD")):
            async with venuekit.connect(venue_id, sim.credentials(venue_id)) as account:
                await look_after(account, symbol)


asyncio.run(main())
