"""PnL report: funding, fees and realised profit of a week by day and symbol, in USD by the close of the day."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import venuekit
from venuekit.capabilities import CandleReader, IncomeKind, IncomeReader, InstrumentReader
from venuekit.simulator import DropAfter, RandomDisturbances

DAY, START = timedelta(days=1), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
PROFIT = (IncomeKind.FUNDING, IncomeKind.COMMISSION, IncomeKind.REALIZED_PNL)  # a transfer is none


async def report(account: venuekit.Account) -> None:
    rows = await IncomeReader.of(account).iter_income(start=START, end=START + 7 * DAY).all()
    prices: dict[tuple[str, str], Decimal] = {}
    for asset in {row.asset for row in rows} - {"USDT"}:
        (contract, *_) = await InstrumentReader.of(account).find(base=asset, quote="USD")
        async for one in CandleReader.of(account).iter_candles(contract.symbol, DAY, start=START):
            prices[asset, f"{one.opens_at:%m-%d}"] = one.close
    sums: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for day, row in ((f"{row.time:%m-%d}", row) for row in rows if row.kind in PROFIT):
        sums[day, row.symbol] += row.amount * (prices[row.asset, day] if row.asset != "USDT" else 1)
    for (day, symbol), amount in sums.items():
        print(f"{account.venue.id} {day} {symbol}: {amount:+,.2f} USD")


async def main() -> None:
    async with venuekit.simulate(scenario="flat") as sim:  # where one answer in five is lost
        for venue, symbol, asset in (("binance_usdm", "ETHUSDT", "USDT"), ("bybit_inverse", "ETHUSD", "ETH")):
            for half, (kind, size) in enumerate(zip(PROFIT * 4, (-3, -1, 8) * 4, strict=True)):
                sim.ledger_of(venue).book(asset, kind, Decimal(size) / 100, symbol=symbol, time=START + half * DAY / 2)
            sim.disturb_randomly(RandomDisturbances(7, 0.2, choices=[DropAfter()]))
            async with venuekit.connect(venue, sim.credentials(venue)) as account:
                await report(account)


asyncio.run(main())
