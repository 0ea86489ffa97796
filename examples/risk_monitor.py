"""
Risk monitor: worth, margin ratio and distance to liquidation of several accounts, with alerts.

`python risk_monitor.py accounts.toml main hedge` looks at accounts of a file; without arguments they are simulated, and
one of them cannot be read.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import venuekit
from venuekit.simulator import CannedAnswer, DropAfter

LEAST_DISTANCE, MOST_MARGIN = Decimal("0.08"), Decimal("0.5")
#: a decision of this program: no stablecoin is taken for its currency without it
RATES = {("USDT", "USD"): Decimal(1), ("USDC", "USD"): Decimal(1)}


def alerts(risk: venuekit.Portfolio) -> Iterator[str]:
    for name, account in risk.accounts.items():
        if account.margin_ratio is not None and account.margin_ratio > MOST_MARGIN:
            yield f"{name}: margin ratio {account.margin_ratio:.1%}"
        for one in account.positions:
            if one.distance is not None and one.distance < LEAST_DISTANCE:
                yield f"{name}: {one.position.symbol} is {one.distance:.1%} from its liquidation"
    for unknown in risk.unknown:
        yield f"{unknown.account}: {unknown.figure} unknown: {unknown.reason}"


async def look(accounts: Mapping[str, venuekit.Account]) -> None:
    risk = await venuekit.portfolio(accounts, rates=RATES)
    for name, account in risk.accounts.items():
        equity = "unknown" if account.equity is None else f"{account.equity.amount:,.2f} USD"
        margin = "unknown" if account.margin_ratio is None else f"{account.margin_ratio:.1%}"
        print(f"{name}: equity {equity}, margin ratio {margin}")
    print("exposure:", ", ".join(f"{amount:+.4f} {base}" for base, amount in risk.exposure.items()))
    print(f"together at least {risk.known_equity.amount:,.2f} USD")
    for alert in alerts(risk):
        print("ALERT", alert)


@asynccontextmanager
async def simulated() -> AsyncIterator[Mapping[str, venuekit.Account]]:
    async with venuekit.simulate("binance_usdm", "binance_coinm", "bybit_inverse") as sim, AsyncExitStack() as stack:
        opened = {name: venuekit.connect(name, sim.credentials(name)) for name in sim.venue_ids}
        accounts = {name: await stack.enter_async_context(one) for name, one in opened.items()}
        sim.disturb("binance_usdm", ("GET", "/fapi/v3/positionRisk"), DropAfter())  # a read is sent again
        sim.disturb("bybit_inverse", ("GET", "/v5/position/list"), *[CannedAnswer(404, b"<html>")] * 9)
        yield accounts


async def main() -> None:
    async with venuekit.open_accounts(*sys.argv[1:], read_only=True) if sys.argv[1:] else simulated() as accounts:
        await look(accounts)


asyncio.run(main())
